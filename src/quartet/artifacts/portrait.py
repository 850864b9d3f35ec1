"""The portrait of the datasets: how the returns of their episodes are spread."""

from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from quartet.artifacts import style
from quartet.artifacts.cards import cards_of
from quartet.artifacts.output import Order


def draw(order: Order) -> Figure:
    """The histograms of the datasets' returns, stacked from the lowest quality to the highest, one panel a task."""
    artifact, stamp = order.artifact, order.stamp
    cards = cards_of(artifact, order.results)
    blocks = artifact.blocks
    deepest = max(len(rows) for _, rows in blocks)
    figure, axes = style.panels([title for title, _ in blocks], height=1.0 + 0.5 * deepest)
    colours = mpl.colormaps["viridis"]
    for axis, (_, rows) in zip(axes, blocks, strict=True):
        for place, row in enumerate(rows):
            shade = colours(0.2 + 0.6 * place / max(1, len(rows) - 1))
            if row.id in cards:
                _ridge(axis, cards[row.id], place, shade)
        if not any(row.id in cards for row in rows):
            style.missing(axis)
        axis.set_xlabel("Return of an episode")
        axis.spines["left"].set_visible(False)
        axis.tick_params(axis="y", length=0)
        axis.grid(axis="x")
    style.name_rows(axes, blocks)
    for axis in axes:
        axis.set_ylim(deepest - 0.4, -1.0)
    absent = len(artifact.rows) - len(cards)
    told = f"{absent} of {len(artifact.rows)} datasets missing" if absent else f"all {len(artifact.rows)} datasets"
    style.footer(figure, f"scale {stamp.scale} · commit {stamp.commit} · {told} · line: mean", stamp.banner)
    return figure


def _ridge(axis: Axes, card: dict[str, Any], place: int, shade: Any) -> None:
    """One histogram standing on its own line, its highest bar just below the next."""
    edges, counts = card["histogram"]["edges"], card["histogram"]["counts"]
    tallest = max(counts) or 1
    tops = [place + 0.3 - 1.1 * count / tallest for count in counts]
    axis.stairs(tops, edges, baseline=place + 0.3, fill=True, color=shade, alpha=0.75, zorder=place + 2)
    axis.plot([card["mean"]] * 2, [place + 0.3, place - 0.05], color=style.INK, linewidth=1.2, zorder=place + 3)
