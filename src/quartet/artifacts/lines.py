"""Averages as lines, one panel a block: ours with intervals along the points, the paper's values hollow."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullFormatter, NullLocator

from quartet.artifacts import style
from quartet.artifacts.averages import Average, measured_in, over
from quartet.artifacts.cards import cards_of
from quartet.artifacts.output import Order, table_header
from quartet.artifacts.spec import Column

SPAN = 20  # points that reach this many times their smallest stand on a logarithmic axis


def draw(order: Order) -> Figure:
    """Every line averaged over the rows of a block, at each of its points."""
    grid, artifact = order.measured(), order.artifact
    cards = cards_of(artifact, order.results) if artifact.level else {}
    firsts = [points[0] for points in artifact.lines.values()]
    looks, blocks = style.looks(firsts), artifact.blocks
    figure, axes = style.panels(style.lettered([title for title, _ in blocks]), height=2.9 if blocks[1:] else 3.6)
    for axis, (_, rows) in zip(axes, blocks, strict=True):
        found = [[over(grid, rows, column) for column in points] for points in artifact.lines.values()]
        for rank, (first, averages) in enumerate(zip(firsts, found, strict=True)):
            _line(axis, places(artifact.lines[first.title]), averages, looks[first.id], rank - (len(firsts) - 1) / 2)
        _ticks(axis, artifact.lines[firsts[0].title])
        for row in rows if artifact.level else ():
            if row.id in cards:
                axis.axhline(cards[row.id]["mean"], color=style.INK, linestyle=":", linewidth=1.0)
        axis.set_ylabel(measured_in(grid, rows))
        axis.set_xlabel(artifact.along)
        axis.grid(axis="y")
    keys = [looks[first.id].key(first.title) for first in firsts]
    if artifact.level:
        keys.append(Line2D([], [], color=style.INK, linestyle=":", label="the dataset's mean"))
    if any(cell.printed.mean is not None for cell in grid.cells.values()):
        keys.append(Line2D([], [], color=style.INK, marker="o", mfc="none", linestyle="", label="hollow: the paper"))
    if len(grid.there) < len(grid.cells):
        keys.append(Line2D([], [], color=style.INK, marker="x", linestyle="", label="missing"))
    style.legend(figure, keys, handlelength=2.6)
    style.footer(figure, table_header(grid, order.stamp), order.stamp.banner)
    return figure


def places(points: Sequence[Column]) -> list[float]:
    """Where the points stand: at the value of a sweep's point (eta=0.5), else one after the other."""
    if all(value_of(point) is not None for point in points):
        return [value_of(point) or 0.0 for point in points]
    return [float(place) for place in range(len(points))]


def value_of(point: Column) -> float | None:
    """The number a point of a sweep sets; none for any other point."""
    name, _, value = point.where.get("variant", "").partition("=")
    return float(value) if name and value else None


def _line(axis: Axes, xs: Sequence[float], averages: Sequence[Average], look: style.Look, rank: float) -> None:
    """One line, moved a little aside so that its intervals stay readable beside the others'."""
    logarithmic = min(xs) > 0 and max(xs) / min(xs) >= SPAN
    moved = [x * 1.06**rank if logarithmic else x + 0.012 * rank * (max(xs) - min(xs)) for x in xs]
    heights = [float("nan") if found.mean is None else found.mean for found in averages]
    axis.plot(
        moved, heights, color=look.colour, linestyle=look.dashes, marker=look.marker, markersize=4.5, linewidth=1.3
    )
    for x, found in zip(moved, averages, strict=True):
        if found.low is not None and found.high is not None:
            axis.plot([x, x], [found.low, found.high], color=look.colour, linewidth=1.1)
        if found.paper is not None:
            axis.plot(x, found.paper, marker=look.marker, color=look.colour, mfc="none", markersize=6, linestyle="")
        if found.mean is None:
            at = 0.03 + 0.035 * (rank + len(averages) / 2)
            axis.plot(x, at, "x", color=look.colour, markersize=3.5, transform=axis.get_xaxis_transform())


def _ticks(axis: Axes, points: Sequence[Column]) -> None:
    """The points, and only they, along the axis."""
    xs = places(points)
    if min(xs) > 0 and max(xs) / min(xs) >= SPAN:
        axis.set_xscale("log")
        axis.xaxis.set_minor_locator(NullLocator())
        axis.xaxis.set_minor_formatter(NullFormatter())
    named = value_of(points[0]) is None
    style.name_columns(axis, xs, [point.point for point in points] if named else [f"{x:g}" for x in xs])
