"""The figures: a table drawn, the portrait of the datasets, the behaviour policies' learning curves."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import EngFormatter

from quartet import paths
from quartet.artifacts import style
from quartet.artifacts.cards import cards_of
from quartet.artifacts.measure import Grid, Measured, Stamp, measure
from quartet.artifacts.output import table_header
from quartet.artifacts.published import Printed, read_published
from quartet.artifacts.spec import Artifact, Row, load_paper
from quartet.errors import QuartetError
from quartet.files import atomic

Blocks = tuple[tuple[str, tuple[Row, ...]], ...]

LEVELS = ("random", "medium", "expert")  # the datasets whose published returns a learning curve passes


def render_figure(
    artifact_id: str, paper_dir: Path, results: Path, stamp: Stamp, out_dir: Path, root: Path = Path(".")
) -> list[Path]:
    """Write `<out_dir>/<artifact_id>.{svg,png}` from what is under `results`, the folder of one scale."""
    paper = load_paper(paper_dir, root)
    artifact = paper.artifact(artifact_id)
    with style.styled():
        if artifact.kind == "chart":
            figure = chart(measure(artifact, paper, results, root), stamp)
        elif artifact.kind == "portrait":
            figure = portrait(artifact, results, stamp)
        elif artifact.kind == "curves":
            figure = curves(artifact, read_published(artifact, root), results, stamp)
        else:
            raise QuartetError(f"'{artifact_id}' is a table, not a figure", mend=f"try: quartet table {artifact_id}")
        drawn = {"svg": style.svg(figure), "png": style.png(figure)}
    written = [out_dir / f"{artifact_id}.{suffix}" for suffix in drawn]
    for path, content in zip(written, drawn.values(), strict=True):
        with atomic(path) as temporary:
            temporary.write_bytes(content)
    return written


def chart(grid: Grid, stamp: Stamp) -> Figure:
    """A dot plot of a table: ours filled with its interval, the paper's hollow, one panel a block."""
    blocks = grid.artifact.blocks
    columns = grid.artifact.columns
    looks = style.looks(columns)
    deepest = max(len(rows) for _, rows in blocks)
    figure, axes = style.panels([title for title, _ in blocks], height=1.2 + 0.17 * deepest * (len(columns) + 1))
    for axis, (_, rows) in zip(axes, blocks, strict=True):
        for place, row in enumerate(rows):
            for offset, cell in enumerate(grid.row(row)):
                height = place + (offset - (len(columns) - 1) / 2) / (len(columns) + 1)
                _dot(axis, cell, height, *looks[cell.column.id])
            if place:
                axis.axhline(place - 0.5, color=style.INK, alpha=0.12, linewidth=0.6)
        axis.set_xlabel("Return")
        axis.grid(axis="x")
    _name_rows(axes, blocks)
    keys = [
        Line2D([], [], color=colour, marker=marker, linestyle="", label=column.title)
        for column in columns
        for colour, marker in [looks[column.id]]
    ]
    keys.append(Line2D([], [], color=style.INK, marker="o", mfc="none", linestyle="", label="hollow: the paper"))
    figure.legend(handles=keys, loc="outside upper right", ncols=len(keys), handletextpad=0.2, columnspacing=1.2)
    style.footer(figure, table_header(grid, stamp), stamp.banner)
    return figure


def _dot(axis: Axes, cell: Measured, height: float, colour: str, marker: str) -> None:
    low, high = cell.interval
    if low is not None and high is not None:
        axis.plot([low, high], [height, height], color=colour, linewidth=1.4, solid_capstyle="butt")
    if cell.mean is not None:
        axis.plot(cell.mean, height, marker=marker, color=colour, markersize=4.5, linestyle="")
    if cell.printed.mean is not None:
        axis.plot(cell.printed.mean, height, marker=marker, color=colour, mfc="none", markersize=4.5, linestyle="")


def portrait(artifact: Artifact, results: Path, stamp: Stamp) -> Figure:
    """The histograms of the datasets' returns, stacked from the lowest quality to the highest, one panel a task."""
    cards = cards_of(artifact, results)
    blocks = artifact.blocks
    deepest = max(len(rows) for _, rows in blocks)
    figure, axes = style.panels([title for title, _ in blocks], height=1.0 + 0.5 * deepest)
    colours = mpl.colormaps["viridis"]
    for axis, (_, rows) in zip(axes, blocks, strict=True):
        for place, row in enumerate(rows):
            shade = colours(0.2 + 0.6 * place / max(1, len(rows) - 1))
            if row.id in cards:
                _ridge(axis, cards[row.id], place, shade)
        if not any(row.id in cards for row in rows):
            style.missing(axis)
        axis.set_xlabel("Return of an episode")
        axis.spines["left"].set_visible(False)
        axis.tick_params(axis="y", length=0)
        axis.grid(axis="x")
    _name_rows(axes, blocks)
    for axis in axes:
        axis.set_ylim(deepest - 0.4, -1.0)
    absent = len(artifact.rows) - len(cards)
    told = f"{absent} of {len(artifact.rows)} datasets missing" if absent else f"all {len(artifact.rows)} datasets"
    style.footer(figure, f"scale {stamp.scale} · commit {stamp.commit} · {told} · line: mean", stamp.banner)
    return figure


def _ridge(axis: Axes, card: dict[str, Any], place: int, shade: Any) -> None:
    """One histogram standing on its own line, its highest bar just below the next."""
    edges, counts = card["histogram"]["edges"], card["histogram"]["counts"]
    tallest = max(counts) or 1
    tops = [place + 0.3 - 1.1 * count / tallest for count in counts]
    axis.stairs(tops, edges, baseline=place + 0.3, fill=True, color=shade, alpha=0.75, zorder=place + 2)
    axis.plot([card["mean"]] * 2, [place + 0.3, place - 0.05], color=style.INK, linewidth=1.2, zorder=place + 3)


def _name_rows(axes: Sequence[Axes], blocks: Blocks) -> None:
    """Row titles at the left of each panel, but not again where a panel has the same rows as the one before it."""
    named: list[str] = []
    for axis, (_, rows) in zip(axes, blocks, strict=True):
        titles = [row.title for row in rows]
        axis.set_yticks(range(len(rows)), titles if titles != named else [""] * len(rows))
        axis.set_ylim(len(rows) - 0.5, -0.5)
        named = titles


def curves(artifact: Artifact, published: dict[tuple[str, str], Printed], results: Path, stamp: Stamp) -> Figure:
    """Mean and deviation of the behaviour policy's return while it learns, one panel a task."""
    figure, axes = style.panels([title for title, _ in artifact.blocks], height=2.7)
    absent = 0
    for axis, (_, rows) in zip(axes, artifact.blocks, strict=True):
        file = results / paths.BEHAVIOUR.format(task=rows[0].task) / "curve.csv"
        if file.exists():
            _curve(axis, read_curve(file))
        else:
            style.missing(axis)
            absent += 1
        for row in rows:
            level = published.get((row.id, "return"))
            if row.dataset in LEVELS and level is not None and level.mean is not None:
                axis.axhline(level.mean, color=style.INK, linestyle=(0, (4, 3)), linewidth=0.8, alpha=0.7)
                axis.annotate(
                    row.title, (1, level.mean), xycoords=("axes fraction", "data"), ha="right", va="bottom", size=7
                )
        axis.set_xlabel("Transitions")
        axis.xaxis.set_major_formatter(EngFormatter(sep=""))
        axis.grid(axis="y")
    axes[0].set_ylabel("Return")
    told = f"{absent} of {len(axes)} curves missing" if absent else f"all {len(axes)} curves"
    style.footer(figure, f"scale {stamp.scale} · commit {stamp.commit} · {told} · band: sd over episodes", stamp.banner)
    return figure


def _curve(axis: Axes, points: dict[str, list[float]]) -> None:
    mean, sd = points["mean"], points["sd"]
    low, high = ([m + sign * s for m, s in zip(mean, sd, strict=True)] for sign in (-1, 1))
    axis.fill_between(points["transitions"], low, high, color=style.COLOURS[0], alpha=0.25, linewidth=0)
    axis.plot(points["transitions"], mean, color=style.COLOURS[0], linewidth=1.6)


def read_curve(path: Path) -> dict[str, list[float]]:
    """The columns transitions, mean and sd of a behaviour policy's curve."""
    with path.open(newline="", encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    try:
        return {name: [float(row[name]) for row in rows] for name in ("transitions", "mean", "sd")}
    except (KeyError, TypeError, ValueError) as error:
        raise QuartetError("damaged curve: needs numbers under transitions, mean, sd", where=str(path)) from error
