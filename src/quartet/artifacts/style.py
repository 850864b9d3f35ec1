"""How figures look, and how they are saved: the same bytes every time, readable on light and on dark pages."""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from string import ascii_lowercase
from typing import Any, NamedTuple

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from quartet.artifacts.spec import Artifact, Column, Row

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9")  # Okabe and Ito: safe for the colour-blind
MARKERS = ("o", "s", "^", "D", "v", "P")
DASHES = ("-", (0, (5, 1.5)), (0, (5, 1.5, 1, 1.5)), (0, (1.5, 1.2)), (0, (8, 2)), (0, (3, 1, 1, 1, 1, 1)))
HATCHES = ("", "///", "...", "\\\\\\", "xxx", "---")  # bars and lines differ in grey, too
ACROSS = 3  # panels in a row
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
    """One panel a title, three in a row at most; `height` is that of a row."""
    across = min(len(titles), ACROSS)
    down = -(-len(titles) // across)
    width = 3.6 * across if across > 1 else 7.2
    figure = Figure(figsize=(width, height * down), layout="constrained")
    axes = list(figure.subplots(down, across, squeeze=False).flat)
    for axis, title in zip(axes, titles, strict=False):
        axis.set_title(title, loc="left")
    for unused in axes[len(titles) :]:
        unused.set_visible(False)
    return figure, axes[: len(titles)]


def matrix(artifact: Artifact, side: float, above: float) -> tuple[Figure, list[tuple[Row, Column, Axes]]]:
    """A square panel a row and column of an artifact, named above and at the left; `above` is left for a legend."""
    shape = len(artifact.rows), len(artifact.columns)
    figure = Figure(figsize=(side * shape[1] + 0.3, side * shape[0] + above), layout="constrained")
    grid = figure.subplots(*shape, squeeze=False)
    for axis, column in zip(grid[0], artifact.columns, strict=True):
        axis.set_title(column.title, size=9)
    for axis, row in zip(grid[:, 0], artifact.rows, strict=True):
        axis.set_ylabel(row.title)
    places = ((row, column) for row in artifact.rows for column in artifact.columns)
    return figure, [(row, column, axis) for (row, column), axis in zip(places, grid.flat, strict=True)]


class Look(NamedTuple):
    """How a column is drawn; no two share a colour, nor a marker or a line in print without colour."""

    colour: str
    marker: str
    dashes: Any = "-"

    def key(self, label: str) -> Line2D:
        """Its entry in a legend of lines."""
        return Line2D([], [], color=self.colour, marker=self.marker, linestyle=self.dashes, label=label)


def lettered(titles: Sequence[str]) -> list[str]:
    """Panel titles with their letters; a single panel needs none."""
    return (
        [f"({letter}) {title}" for letter, title in zip(ascii_lowercase, titles, strict=False)]
        if titles[1:]
        else [*titles]
    )


def looks(columns: Sequence[Column]) -> dict[str, Look]:
    """The look of each column; grey for our references, so that no paper's colour shifts when one is added."""
    ranked = [column.id for column in columns if not column.reference]
    every = [Look(*each) for each in zip(COLOURS, MARKERS, DASHES, strict=True)]
    looked = {name: every[i % len(every)] for i, name in enumerate(ranked)}
    return {column.id: looked.get(column.id, Look(REFERENCE, "X", (0, (1, 1)))) for column in columns}


def name_rows(axes: Sequence[Axes], blocks: Sequence[tuple[str, Sequence[Row]]]) -> None:
    """Row titles at the left of each panel, but not again where a panel has the same rows as the one at its left."""
    named: list[str] = []
    for place, (axis, (_, rows)) in enumerate(zip(axes, blocks, strict=True)):
        titles = [row.title for row in rows]
        again = place % ACROSS and titles == named
        axis.set_yticks(range(len(rows)), [""] * len(rows) if again else titles)
        axis.set_ylim(len(rows) - 0.5, -0.5)
        named = titles


LONG = 8  # letters from which names stand aslant


def name_columns(axis: Axes, places: Sequence[float], titles: Sequence[str]) -> None:
    """Titles under an axis, aslant where one is too long to stand beside its neighbours."""
    aslant = max(map(len, titles)) > LONG
    axis.set_xticks(places, titles, size=8, rotation=25 if aslant else 0, ha="right" if aslant else "center")
    if aslant:
        for label in axis.get_xticklabels():
            label.set_rotation_mode("anchor")


BANNER = 3.8  # inches that the banner takes


def legend(figure: Figure, keys: Sequence[Any], **options: float) -> None:
    """One legend for all panels above them, in as many columns as fit beside the banner."""
    fitting = max(2, int((figure.get_figwidth() - BANNER) / 1.2))
    rows = -(-len(keys) // fitting)
    columns = -(-len(keys) // rows)
    figure.legend(handles=keys, loc="outside upper right", ncols=columns, columnspacing=1.2, **options)


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
