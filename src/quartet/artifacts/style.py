"""How figures look, and how they are saved: the same bytes every time, readable on light and on dark pages."""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from quartet.artifacts.spec import Column, Row

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9")  # Okabe and Ito: safe for the colour-blind
MARKERS = ("o", "s", "^", "D", "v", "P")
REFERENCE = "#8C8C8C"
INK = "#24292f"  # text and axes; in an SVG it becomes the page's own colour
_DARK_INK = "#e6edf3"

_SETTINGS: dict[Any, Any] = {
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": INK,
    "grid.alpha": 0.15,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "quartet",
}


@contextmanager
def styled() -> Iterator[None]:
    """Draw inside this: our settings on top of matplotlib's defaults, whatever the user's own file says."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_SETTINGS)
        yield


def panels(titles: Sequence[str], height: float) -> tuple[Figure, list[Axes]]:
    """One panel a title, side by side."""
    figure = Figure(figsize=(3.6 * len(titles), height), layout="constrained")
    axes = list(figure.subplots(1, len(titles), squeeze=False)[0])
    for axis, title in zip(axes, titles, strict=True):
        axis.set_title(title, loc="left")
    return figure, axes


def looks(columns: Sequence[Column]) -> dict[str, tuple[str, str]]:
    """Colour and marker of each column; grey for our references, so that no paper's colour shifts when one is added."""
    ranked = [column.id for column in columns if not column.reference]
    looked = {name: (COLOURS[i % len(COLOURS)], MARKERS[i % len(MARKERS)]) for i, name in enumerate(ranked)}
    return {column.id: looked.get(column.id, (REFERENCE, "X")) for column in columns}


def name_rows(axes: Sequence[Axes], blocks: Sequence[tuple[str, Sequence[Row]]]) -> None:
    """Row titles at the left of each panel, but not again where a panel has the same rows as the one before it."""
    named: list[str] = []
    for axis, (_, rows) in zip(axes, blocks, strict=True):
        titles = [row.title for row in rows]
        axis.set_yticks(range(len(rows)), titles if titles != named else [""] * len(rows))
        axis.set_ylim(len(rows) - 0.5, -0.5)
        named = titles


def footer(figure: Figure, text: str, banner: str) -> None:
    """Scale, seeds and commit under the figure; the banner of a scale that proves nothing above it."""
    figure.supxlabel(text, fontsize=7.5, x=0.01, ha="left")
    if banner:
        figure.suptitle(banner, fontsize=10, fontweight="bold", color="#D55E00", x=0.01, ha="left")


def missing(axis: Axes) -> None:
    """An empty panel says so."""
    axis.text(0.5, 0.5, "missing", transform=axis.transAxes, ha="center", va="center", alpha=0.6)


def svg(figure: Figure) -> bytes:
    """The figure as SVG on a clear ground, its ink following the reader's light or dark theme."""
    drawn = _saved(figure, "svg", {"Date": None, "Creator": None}, transparent=True).decode()
    style = f"<style>svg{{color:{INK}}}@media(prefers-color-scheme:dark){{svg{{color:{_DARK_INK}}}}}</style>"
    head, body = drawn.replace(INK, "currentColor").split("<defs>", 1)
    return f"{head}{style}\n <defs>{body}".encode()


def png(figure: Figure) -> bytes:
    """The figure as PNG on white."""
    return _saved(figure, "png", {"Software": None}, dpi=160)


def _saved(figure: Figure, kind: str, metadata: dict[str, None], **options: Any) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, metadata=metadata, **options)
    return buffer.getvalue()
