"""Joint actions of two agents as their policies learn: where they are pushed and where they go (OMSD Figure 2)."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from quartet.artifacts import style
from quartet.artifacts.output import Order
from quartet.artifacts.toys import results_of, told
from quartet.toys.result import Result

SIDE = 2.5  # of a panel, in inches
REACH = 1.12  # what a panel shows of the plane
FOLLOWED = 50  # paths in a panel


def draw(order: Order) -> Figure:
    """A row of panels a toy, a panel a method."""
    artifact, results = order.artifact, results_of(order)
    shape = len(artifact.rows), len(artifact.columns)
    figure = Figure(figsize=(SIDE * shape[1] + 0.3, SIDE * shape[0] + 0.4), layout="constrained")
    for row, axes in zip(artifact.rows, figure.subplots(*shape, squeeze=False), strict=True):
        for column, axis, letter in zip(artifact.columns, axes, "abcdefgh", strict=False):
            axis.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), aspect="equal", xticks=[-1, 0, 1], yticks=[-1, 0, 1])
            if row is artifact.rows[0]:
                axis.set_title(f"({letter}) {column.title}", size=9, loc="left")
            _panel(axis, results.get((row.where["toy"], column.where["method"])))
        axes[0].set_ylabel(row.title)
    note = "arrows: the mean push over seeds; lines: every seed's joint action, dots where it ends"
    style.footer(figure, f"{told(order, results)} · {note}", order.stamp.banner)
    return figure


def _panel(axis: Axes, result: Result | None) -> None:
    if result is None or not result.arrows:
        style.missing(axis)
        return
    x, y, u, v = np.array(result.arrows).T
    length = np.hypot(u, v)
    axis.quiver(x, y, u / length, v / length, length, cmap="Greys", pivot="mid", width=0.005, clim=(-1, length.max()))
    for path in result.paths[:FOLLOWED]:
        across, up = zip(*path, strict=True)
        agree = across[-1] * up[-1] > 0
        colour = style.COLOURS[0] if agree else style.COLOURS[3]
        axis.plot(across, up, color=colour, linewidth=0.8, alpha=0.7, zorder=2)
        axis.plot(across[-1], up[-1], "o" if agree else "X", color=colour, markersize=4, zorder=3)
