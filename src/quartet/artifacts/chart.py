"""A table drawn: ours filled with its interval, the paper's values hollow beside it."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from quartet.artifacts import style
from quartet.artifacts.measure import Measured
from quartet.artifacts.output import Order, table_header


def draw(order: Order) -> Figure:
    """A dot plot of a table: ours filled with its interval, the paper's hollow, one panel a block."""
    grid, stamp = order.measured(), order.stamp
    blocks = grid.artifact.blocks
    columns = grid.artifact.columns
    looks = style.looks(columns)
    deepest = max(len(rows) for _, rows in blocks)
    figure, axes = style.panels([title for title, _ in blocks], height=1.2 + 0.17 * deepest * (len(columns) + 1))
    for axis, (_, rows) in zip(axes, blocks, strict=True):
        for place, row in enumerate(rows):
            for offset, cell in enumerate(grid.row(row)):
                height = place + (offset - (len(columns) - 1) / 2) / (len(columns) + 1)
                _dot(axis, cell, height, looks[cell.column.id])
            if place:
                axis.axhline(place - 0.5, color=style.INK, alpha=0.12, linewidth=0.6)
        axis.set_xlabel("Return")
        axis.grid(axis="x")
    style.name_rows(axes, blocks)
    keys = [
        Line2D([], [], color=looks[c.id].colour, marker=looks[c.id].marker, linestyle="", label=c.title)
        for c in columns
    ]
    keys.append(Line2D([], [], color=style.INK, marker="o", mfc="none", linestyle="", label="hollow: the paper"))
    style.legend(figure, keys, handletextpad=0.2)
    style.footer(figure, table_header(grid, stamp), stamp.banner)
    return figure


def _dot(axis: Axes, cell: Measured, height: float, look: style.Look) -> None:
    colour, marker = look.colour, look.marker
    low, high = cell.interval
    if low is not None and high is not None:
        axis.plot([low, high], [height, height], color=colour, linewidth=1.4, solid_capstyle="butt")
    if cell.mean is not None:
        axis.plot(cell.mean, height, marker=marker, color=colour, markersize=4.5, linestyle="")
    if cell.printed.mean is not None:
        axis.plot(cell.printed.mean, height, marker=marker, color=colour, mfc="none", markersize=4.5, linestyle="")
