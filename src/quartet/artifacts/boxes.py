"""Boxes and arrows: what diagrams are drawn with."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from quartet.artifacts import style

Point = tuple[float, float]


def canvas(width: float, height: float) -> tuple[Figure, Axes]:
    """An empty sheet whose units are tenths of an inch."""
    figure = Figure(figsize=(width, height), layout="constrained")
    axis = figure.subplots()
    axis.set(xlim=(0, 10 * width), ylim=(0, 10 * height), aspect="equal")
    axis.set_axis_off()
    return figure, axis


def box(axis: Axes, at: Point, size: Point, said: str, colour: str = style.INK, *, strong: bool = False) -> None:
    """A box around its centre, tinted lightly so that its words are readable on light and on dark pages."""
    (x, y), (width, height) = at, size
    corner = x - width / 2, y - height / 2
    rounded = f"round,pad=0,rounding_size={min(width, height, 6) * 0.15}"
    tint = FancyBboxPatch(corner, width, height, boxstyle=rounded, facecolor=colour, alpha=0.14, linewidth=0)
    edge = FancyBboxPatch(corner, width, height, boxstyle=rounded, fill=False, edgecolor=colour, linewidth=1.1)
    axis.add_patch(tint)
    axis.add_patch(edge)
    axis.text(x, y, said, ha="center", va="center", size=8, fontweight="bold" if strong else "normal", linespacing=1.35)


def arrow(axis: Axes, *points: Point, dashed: bool = False, colour: str = style.INK) -> None:
    """A line through the points with a head at the last."""
    xs, ys = zip(*points[:-1], strict=True)
    line = (0, (4, 2)) if dashed else "-"
    axis.plot(xs, ys, color=colour, linestyle=line, linewidth=1.1, solid_capstyle="butt", zorder=1)
    drawn = {"arrowstyle": "-|>", "color": colour, "linestyle": line, "shrinkA": 0, "shrinkB": 0, "linewidth": 1.1}
    axis.annotate("", points[-1], xytext=points[-2], arrowprops={**drawn, "mutation_scale": 9}, zorder=1)


def note(axis: Axes, at: Point, said: str, *, side: str = "center", size: float = 7.5) -> None:
    """A few words beside a box."""
    axis.text(*at, said, ha=side, va="center", size=size, alpha=0.8, linespacing=1.3)
