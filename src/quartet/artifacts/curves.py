"""The behaviour policies as they learn online."""

import csv
import io
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter

from quartet import paths, reading
from quartet.artifacts import style
from quartet.artifacts.output import Order
from quartet.artifacts.published import read_published
from quartet.errors import QuartetError

LEVELS = ("random", "medium", "expert")  # the datasets whose published returns a learning curve passes


def draw(order: Order) -> Figure:
    """Mean and deviation of the behaviour policy's return while it learns, one panel a task."""
    artifact, results, stamp = order.artifact, order.results, order.stamp
    published = read_published(artifact, order.root)
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
    for first in axes[:: style.ACROSS]:
        first.set_ylabel("Return")
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
    text = reading.text(path)
    try:
        rows = list(csv.DictReader(io.StringIO(text)))
        return {name: [float(row[name]) for row in rows] for name in ("transitions", "mean", "sd")}
    except (KeyError, TypeError, ValueError, csv.Error) as error:
        raise QuartetError("damaged curve: needs numbers under transitions, mean, sd", where=str(path)) from error
