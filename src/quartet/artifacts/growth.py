"""What algorithms cost as the team grows, drawn: one panel a quantity, both axes logarithmic."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, NullFormatter, NullLocator

from quartet.artifacts import style
from quartet.artifacts.costs import costs_of, told, value
from quartet.artifacts.output import Order


def draw(order: Order) -> Figure:
    """A line an algorithm; growth with a power of the team's size is straight here, its slope the power."""
    artifact, costs = order.artifact, costs_of(order)
    looks = style.looks(artifact.columns)
    figure, axes = style.panels(style.lettered([title for title, _ in artifact.blocks]), height=2.7)
    for axis, (_, rows) in zip(axes, artifact.blocks, strict=True):
        if not costs:
            style.missing(axis)
            continue
        agents = [int(row.where["agents"]) for row in rows]
        for column in artifact.columns:
            found = [value(costs, row, column) for row in rows]
            heights = [float("nan") if count is None else count for count in found]
            look = looks[column.id]
            axis.plot(
                agents, heights, color=look.colour, marker=look.marker, linestyle=look.dashes, markersize=4.5,
                linewidth=1.3,
            )  # fmt: skip
        _logarithmic(axis, agents)
    style.legend(figure, [looks[column.id].key(column.title) for column in artifact.columns], handlelength=2.6)
    style.footer(figure, told(order, costs), "")
    return figure


def _logarithmic(axis: Axes, agents: list[int]) -> None:
    axis.set_xscale("log", base=2)
    axis.set_yscale("log")
    axis.set_xticks(agents, [str(count) for count in agents])
    axis.xaxis.set_minor_locator(NullLocator())
    axis.yaxis.set_major_formatter(EngFormatter(sep=""))
    axis.yaxis.set_minor_formatter(NullFormatter())
    axis.set_xlabel("Agents")
    axis.grid(axis="y")
