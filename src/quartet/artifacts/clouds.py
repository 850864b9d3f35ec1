"""Points that the toys' methods generate: a row a toy, a panel a method, the shares of the quadrants in corners."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from quartet.artifacts import style
from quartet.artifacts.output import Order
from quartet.artifacts.toys import results_of, told
from quartet.evaluation import statistics
from quartet.toys.result import Result

SIDE = 1.75  # of a panel, in inches
REACH = 1.7  # what a panel shows of the plane
CORNERS = {
    "top-left": (0.03, 0.97),
    "top-right": (0.97, 0.97),
    "bottom-left": (0.03, 0.03),
    "bottom-right": (0.97, 0.03),
}


def draw(order: Order) -> Figure:
    """The first seed's points of every method; shares are means over seeds."""
    results = results_of(order)
    figure, panels = style.matrix(order.artifact, SIDE, above=0.4)
    for row, column, axis in panels:
        axis.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), aspect="equal", xticks=[], yticks=[])
        _panel(axis, results.get((row.where["toy"], column.where["method"])))
    style.footer(figure, f"{told(order, results)} · points of the first seed", order.stamp.banner)
    return figure


def _panel(axis: Axes, result: Result | None) -> None:
    if result is None:
        style.missing(axis)
        return
    across, up = zip(*result.points, strict=True)
    axis.scatter(across, up, s=2, linewidths=0, alpha=0.6, color=style.COLOURS[0])
    for line in (axis.axhline, axis.axvline):
        line(0, color=style.REFERENCE, linewidth=0.6, zorder=0)
    for name, (x, y) in CORNERS.items():
        if name in result.measures:
            share = statistics.mean(result.seeds(name))
            axis.text(
                x, y, f"{share:.2f}", transform=axis.transAxes, size=7.5, color=style.COLOURS[3],
                ha="left" if x < 0.5 else "right", va="bottom" if y < 0.5 else "top",
            )  # fmt: skip
