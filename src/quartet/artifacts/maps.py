"""t-SNE of observations, real and new: a panel a row and column."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from quartet.artifacts import style
from quartet.artifacts.examined import examinations, place, told
from quartet.artifacts.output import Order
from quartet.toys.result import Result

SIDE = 2.1  # of a panel, in inches
KINDS = (("original", style.COLOURS[0], "o"), ("new", style.COLOURS[3], "x"))


def draw(order: Order) -> Figure:
    """The first subset's observations; axes of a t-SNE have no unit."""
    artifact, found = order.artifact, examinations(order.artifact, order.results)
    figure, panels = style.matrix(artifact, SIDE, above=0.6)
    for row, column, axis in panels:
        axis.set(xticks=[], yticks=[])
        _panel(axis, found.get(place(artifact, row, column)))
    keys = figure.axes[0].get_legend_handles_labels()[0]
    if keys:
        figure.legend(handles=keys, loc="outside upper right", ncols=2, markerscale=2)
    style.footer(figure, f"{told(order, found)} · observations of the first subset", order.stamp.banner)
    return figure


def _panel(axis: Axes, result: Result | None) -> None:
    if result is None:
        style.missing(axis)
        return
    for number, (name, colour, marker) in enumerate(KINDS):
        points = [(x, y) for x, y, kind in result.points if kind == number]
        across, up = zip(*points, strict=True)
        axis.scatter(across, up, s=4, linewidths=0.5, alpha=0.7, color=colour, marker=marker, label=name)
