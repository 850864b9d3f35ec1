"""Averages as bars, one panel a block: ours filled, with its interval; the paper's hollow beside it."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from quartet.artifacts import style, text
from quartet.artifacts.averages import Average, measured_in, over
from quartet.artifacts.output import Order, table_header

WIDTH = 0.42


def draw(order: Order) -> Figure:
    """Every column averaged over the rows of a block."""
    grid, columns = order.measured(), order.artifact.columns
    looks, blocks = style.looks(columns), order.artifact.blocks
    figure, axes = style.panels(style.lettered([title for title, _ in blocks]), height=3.1)
    for axis, (_, rows) in zip(axes, blocks, strict=True):
        averages = [over(grid, rows, column) for column in columns]
        for place, (column, found) in enumerate(zip(columns, averages, strict=True)):
            _bar(axis, place, found, looks[column.id].colour, style.HATCHES[place % len(style.HATCHES)])
        style.name_columns(axis, range(len(columns)), [column.title for column in columns])
        axis.set_xlim(-0.7, len(columns) - 0.3)
        axis.tick_params(axis="x", length=0)
        axis.set_ylabel(measured_in(grid, rows))
        axis.grid(axis="y")
        axis.axhline(0, color=style.INK, linewidth=0.8)
        axis.margins(y=0.12)
        if not any(found.mean or found.paper for found in averages):
            axis.set_ylim(0, 1)  # else the axis of bars of nothing shows hundredths around it
    keys = [Patch(facecolor=style.INK, label="filled: ours, with its 95 % interval")]
    if any(cell.printed.mean is not None for cell in grid.cells.values()):
        keys.append(Patch(facecolor="none", edgecolor=style.INK, label="hollow: the paper"))
    style.legend(figure, keys, handlelength=1.4)
    style.footer(figure, table_header(grid, order.stamp), order.stamp.banner)
    return figure


def _bar(axis: Axes, place: int, found: Average, colour: str, hatch: str) -> None:
    """One column: our bar, the paper's at its right; the word where ours is missing."""
    ours, theirs = (place, None) if found.paper is None else (place - WIDTH / 2, place + WIDTH / 2)
    if found.mean is None:
        axis.annotate(
            "missing",
            (ours, 0),
            textcoords="offset points",
            xytext=(0, 4),
            ha="center",
            va="bottom",
            size=7,
            rotation=90,
        )
    else:
        axis.bar(ours, found.mean, WIDTH, color=colour, edgecolor="white", hatch=hatch, linewidth=0)
        _label(axis, ours, found.mean, top=found.mean if found.high is None else found.high)
    if found.low is not None and found.high is not None:
        axis.plot([ours, ours], [found.low, found.high], color=style.INK, linewidth=1.4)
    if theirs is not None and found.paper is not None:
        axis.bar(theirs, found.paper, WIDTH, fill=False, edgecolor=colour, linewidth=1.2)
        _label(axis, theirs, found.paper, top=found.paper, slant="italic")


def _label(axis: Axes, place: float, value: float, top: float, slant: str = "normal") -> None:
    """The value above its bar."""
    at = place, max(top, 0)
    said = text.number(value)
    axis.annotate(said, at, xytext=(0, 2), textcoords="offset points", ha="center", size=6.5, fontstyle=slant)
