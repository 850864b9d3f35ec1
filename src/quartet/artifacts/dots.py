"""Where teams are, step by step, when they try again and again from one start: a panel an algorithm (DoF Figure 1)."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle

from quartet.artifacts import style
from quartet.artifacts.output import Order
from quartet.artifacts.trajectories import AGENTS
from quartet.evaluation.strategies import ATTEMPTS, read_trajectories

SIDE = 2.1  # of a panel, in inches
REACH = 1.5  # what a panel shows of the plane; landmarks lie within 1
RADIUS = 0.05  # of a landmark of cooperative navigation


def draw(order: Order) -> Figure:
    """The first seed's team of every algorithm, all its attempts in one panel."""
    artifact = order.artifact
    [row] = artifact.rows
    files = [artifact.cell(row, column).file(order.results) for column in artifact.columns]
    kept = [read_trajectories(file) if file.exists() else None for file in files]
    figure = Figure(figsize=(SIDE * len(kept), SIDE + 0.8), layout="constrained")
    axes = figure.subplots(1, len(kept), squeeze=False)[0]
    titles = style.lettered([column.title for column in artifact.columns])
    for axis, title, found in zip(axes, titles, kept, strict=True):
        axis.set_title(title, size=9)
        axis.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), aspect="equal", xticks=[], yticks=[])
        axis.spines[["top", "right"]].set_visible(True)
        if found is None:
            style.missing(axis)
        else:
            _panel(axis, found["runs"][0]["trajectories"], found["landmarks"])
    style.legend(figure, _keys())
    missing, stamp = sum(found is None for found in kept), order.stamp
    told = (
        f"{missing} of {len(kept)} algorithms missing" if missing else f"{ATTEMPTS} attempts of the first seed's teams"
    )
    style.footer(figure, f"scale {stamp.scale} · commit {stamp.commit} · {told}", stamp.banner)
    return figure


def _panel(axis: Axes, attempts: list[Any], landmarks: list[list[float]]) -> None:
    """Every agent at every step of every attempt; where it starts stands its sign."""
    for place in landmarks:
        axis.add_patch(Circle((place[0], place[1]), RADIUS, facecolor=style.INK, edgecolor="none", zorder=1))
    for number, (colour, _, marker) in enumerate(AGENTS):
        across, up = zip(*(place for attempt in attempts for place in attempt[number]), strict=True)
        axis.scatter(across, up, s=7, linewidths=0, alpha=0.5, color=colour, zorder=2)
        start = attempts[0][number][0]
        axis.plot(*start, marker=marker, color=colour, mec=style.INK, mew=0.8, markersize=6, zorder=3)


def _keys() -> list[Line2D]:
    agents = [
        Line2D([], [], linestyle="", marker=marker, color=colour, mec=style.INK, label=f"agent {number + 1}, its start")
        for number, (colour, _, marker) in enumerate(AGENTS)
    ]
    return [*agents, Line2D([], [], linestyle="", marker="o", color=style.INK, label="landmark")]
