"""What algorithms are paid against what a decision of theirs takes, one point an algorithm."""

from matplotlib.figure import Figure

from quartet.artifacts import style
from quartet.artifacts.output import Order, table_header
from quartet.artifacts.ranking import time_of, worlds_of


def draw(order: Order) -> Figure:
    """The mean score with its interval over the mean time of a decision, which stands on a logarithmic axis."""
    grid = order.measured()
    columns, worlds = grid.artifact.columns, worlds_of(grid)
    looks = style.looks(columns)
    figure, [axis] = style.panels([""], height=3.8)
    for column in columns:
        seconds, look = time_of(grid, column, "seconds"), looks[column.id]
        if seconds is None or not worlds.rows:
            continue
        score = worlds.score(column)
        axis.plot([1000 * seconds] * 2, [score.low, score.high], color=look.colour, linewidth=1.1)
        axis.plot(1000 * seconds, score.value, marker=look.marker, color=look.colour, markersize=6, linestyle="")
        axis.annotate(column.title, (1000 * seconds, score.value), xytext=(6, 4), textcoords="offset points", size=8)
    if not axis.lines:
        style.missing(axis)
    else:
        axis.set_xscale("log")
    axis.set_xlabel("CPU time of a decision of the team, ms")
    axis.set_ylabel("Normalised score, mean over datasets")
    axis.grid(axis="y")
    told = f"{table_header(grid, order.stamp)} · {len(worlds.rows)} datasets that all have learnt from"
    style.footer(figure, told, order.stamp.banner)
    return figure
