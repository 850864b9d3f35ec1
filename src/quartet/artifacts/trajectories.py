"""Where teams go from one start: a row an algorithm, a panel an attempt, its ground the strategy (DOM2 Figure 9)."""

from collections.abc import Sequence
from string import ascii_uppercase
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, Rectangle

from quartet.artifacts import style
from quartet.artifacts.output import Order
from quartet.artifacts.published import NOTHING, Printed, read_published
from quartet.artifacts.spec import Column
from quartet.evaluation.strategies import ATTEMPTS, Strategy, distinct, read_trajectories, shown, strategy

SIDE = 1.9  # of a panel, in inches
AGENTS: tuple[tuple[str, Any, str], ...] = (
    (style.COLOURS[3], "-", "o"),
    (style.COLOURS[0], (0, (4, 1.5)), "s"),
    (style.COLOURS[4], (0, (1, 1)), "^"),
)
GREEN = style.COLOURS[2]
GROUNDS = ("#cfe6f7", "#fbe0b8", "#cdeedd", "#f6d3e4", "#f5f0b0", "#dcd7f2", "#e3cfb8", "#d3d3d3")  # tints, in turn
UNDONE = "#ffffff"
LETTER = "#303030"  # on a tint in every theme, so not the ink of the page
REACH = 1.35  # what a panel shows of the plane

Kept = dict[str, Any]


def draw(order: Order) -> Figure:
    """The attempts of the first seed's team of every algorithm, with the number of strategies they show."""
    artifact = order.artifact
    [row] = artifact.rows
    printed = read_published(artifact, order.root)
    files = {column.id: artifact.cell(row, column).file(order.results) for column in artifact.columns}
    kept = {name: read_trajectories(file) if file.exists() else None for name, file in files.items()}
    letters: dict[Strategy, str] = {}  # in the order in which they appear
    figure = Figure(figsize=(SIDE * ATTEMPTS, (SIDE + 0.25) * len(kept) + 0.5), layout="constrained")
    for part, column in zip(figure.subfigures(len(kept), 1, squeeze=False)[:, 0], artifact.columns, strict=True):
        found = kept[column.id]
        part.suptitle(_title(column, found, printed.get((row.id, column.id), NOTHING)), x=0.01, ha="left", fontsize=9.5)
        _row(part, found, letters)
    style.legend(figure, _keys())
    missing, stamp = sum(found is None for found in kept.values()), order.stamp
    told = f"{missing} of {len(kept)} algorithms missing" if missing else "all algorithms, the first seed of each"
    style.footer(figure, f"scale {stamp.scale} · commit {stamp.commit} · {told}", stamp.banner)
    return figure


def _title(column: Column, kept: Kept | None, printed: Printed) -> str:
    """How many strategies the shown seed's attempts and the average seed's show, and how many the paper counts."""
    theirs = "" if printed.mean is None else f"; the paper counts {printed.mean:.0f}"
    if kept is None:
        return f"{column.title}: missing{theirs}"
    counts = [distinct(shown(run, kept["landmarks"])) for run in kept["runs"]]
    average = f" ({sum(counts) / len(counts):.1f} on average over {len(counts)} seeds)" if counts[1:] else ""
    ours = f"{counts[0]} {'strategy' if counts[0] == 1 else 'strategies'}"
    return f"{column.title}: {ours} in {ATTEMPTS} attempts{average}{theirs}"


def _row(part: SubFigure, kept: Kept | None, letters: dict[Strategy, str]) -> None:
    axes = list(part.subplots(1, ATTEMPTS))
    for number, axis in enumerate(axes):
        axis.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), aspect="equal", xticks=[], yticks=[])
        axis.spines[["top", "right"]].set_visible(True)
        if kept is None:
            style.missing(axis)
        else:
            run = kept["runs"][0]
            _panel(axis, run["trajectories"][number], kept["landmarks"], letters)


def _panel(
    axis: Axes, attempt: Sequence[Any], landmarks: Sequence[Sequence[float]], letters: dict[Strategy, str]
) -> None:
    """One attempt: paths, landmarks (full where an agent ends), the strategy as ground and as letter."""
    shown = strategy([path[-1] for path in attempt], landmarks)
    letter, tint = "not completed", UNDONE
    if shown is not None:
        letter = letters.setdefault(shown, ascii_uppercase[len(letters)])
        tint = GROUNDS[ascii_uppercase.index(letter) % len(GROUNDS)]
    axis.add_patch(Rectangle((0, 0), 1, 1, transform=axis.transAxes, facecolor=tint, edgecolor="none", zorder=0))
    for number, place in enumerate(landmarks):
        full = shown is not None and number in shown
        face = GREEN if full else UNDONE
        axis.add_patch(Circle((place[0], place[1]), 0.1, facecolor=face, edgecolor=GREEN, zorder=2))
    for path, (colour, dashes, marker) in zip(attempt, AGENTS, strict=True):
        across, up = zip(*path, strict=True)
        [line] = axis.plot(across, up, color=colour, linestyle=dashes, linewidth=1.4, zorder=3)
        line.set(marker=marker, markevery=[len(path) - 1], markersize=5.5, mec="white", mew=0.7)
    axis.text(0.04, 0.96, letter, transform=axis.transAxes, ha="left", va="top", size=7.5, color=LETTER, zorder=5)


def _keys() -> list[Line2D]:
    agents = [
        Line2D([], [], color=colour, linestyle=dashes, marker=marker, markersize=4, label=f"agent {number + 1}")
        for number, (colour, dashes, marker) in enumerate(AGENTS)
    ]
    full, empty = (
        Line2D([], [], linestyle="", marker="o", color=GREEN, markerfacecolor=face, label=label)
        for face, label in ((GREEN, "landmark reached"), (UNDONE, "landmark"))
    )
    return [*agents, full, empty]
