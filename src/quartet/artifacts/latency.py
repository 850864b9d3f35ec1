"""What algorithms are paid against what a decision of theirs takes, one point an algorithm."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from quartet.artifacts import style
from quartet.artifacts.output import Order
from quartet.artifacts.ranking import Standing, time_of, told, worlds_of

LINE, WIDE = 10.0, 80.0  # points that a name takes up, and across


def draw(order: Order) -> Figure:
    """The mean score with its interval over the mean time of a decision, which stands on a logarithmic axis."""
    grid = order.measured()
    worlds = worlds_of(grid)
    points = {
        column.title: (1000 * seconds, worlds.score(column))
        for column in grid.artifact.columns
        if worlds.rows and (seconds := time_of(grid, column, "seconds")) is not None
    }
    figure, [axis] = style.panels([""], height=3.8)
    for across, score in points.values():
        axis.plot([across] * 2, [score.low, score.high], color=style.REFERENCE, linewidth=1.1)
        axis.plot(across, score.value, marker="o", color=style.INK, markersize=5, linestyle="")
    if points:
        axis.set_xscale("log")
        axis.xaxis.set_major_formatter("{x:g}")
    else:
        style.missing(axis)
    axis.set_xlabel("CPU time of a decision of the team, ms")
    axis.set_ylabel("Normalised score, mean over datasets")
    axis.grid(axis="y")
    style.footer(figure, told(grid, order.stamp, worlds), order.stamp.banner)
    name(figure, axis, points)
    return figure


def name(figure: Figure, axis: Axes, points: dict[str, tuple[float, Standing]]) -> None:
    """The names right of their points, from the highest down, each below those that it would touch."""
    figure.draw_without_rendering()  # where things are is known only once they are laid out
    taken: list[tuple[float, float]] = []
    for title, (across, score) in sorted(points.items(), key=lambda point: -point[1][1].value):
        x, y = axis.transData.transform((across, score.value)) * 72 / figure.dpi
        free = y
        for left, above in sorted(taken, key=lambda place: -place[1]):
            if abs(left - x) < WIDE and abs(above - free) < LINE:
                free = above - LINE
        taken.append((x, free))
        axis.annotate(
            title, (across, score.value), xytext=(6, free - y), textcoords="offset points", size=8, va="center"
        )
