"""Measures of datasets made larger as bars: panels are blocks, groups rows; intervals over subsets."""

from matplotlib.figure import Figure
from matplotlib.patches import Patch

from quartet.artifacts import style, text
from quartet.artifacts.examined import examinations, place, told
from quartet.artifacts.output import Order
from quartet.artifacts.toys import summary

WIDTH = 0.8  # of a group of bars


def draw(order: Order) -> Figure:
    """Every measure of every dataset; a word where nothing was measured."""
    artifact, found = order.artifact, examinations(order.artifact, order.results)
    looks, width = style.looks(artifact.columns), WIDTH / len(artifact.columns)
    figure, axes = style.panels(style.lettered([title for title, _ in artifact.blocks]), height=2.6)
    for axis, (_, rows) in zip(axes, artifact.blocks, strict=True):
        for group, row in enumerate(rows):
            for number, column in enumerate(artifact.columns):
                shown = summary(found.get(place(artifact, row, column)), row.where["measure"])
                at = group - WIDTH / 2 + (number + 0.5) * width
                hatch = style.HATCHES[number % len(style.HATCHES)]
                if shown["mean"] is None:
                    axis.text(at, 0, "none", rotation=90, size=7, ha="center", va="bottom")
                    continue
                axis.bar(at, shown["mean"], width, color=looks[column.id].colour, edgecolor="white", hatch=hatch)
                axis.plot([at, at], [shown["low"], shown["high"]], color=style.INK, linewidth=1.2)
                axis.text(at, shown["high"], text.number(shown["mean"], 2), size=6.5, ha="center", va="bottom")
        axis.set_xticks(range(len(rows)), [row.title for row in rows], size=8)
        axis.set_xlim(-0.5, len(rows) - 0.5)
        axis.tick_params(axis="x", length=0)
        axis.grid(axis="y")
        axis.margins(y=0.12)
    keys = [
        Patch(facecolor=looks[column.id].colour, hatch=style.HATCHES[i % len(style.HATCHES)], label=column.title)
        for i, column in enumerate(artifact.columns)
    ]
    style.legend(figure, keys, handlelength=1.4)
    style.footer(figure, told(order, found), order.stamp.banner)
    return figure
