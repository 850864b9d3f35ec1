"""How far one column leads another, dataset by dataset, against what the returns of the datasets look like."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from quartet.artifacts import style
from quartet.artifacts.cards import cards_of
from quartet.artifacts.measure import Grid
from quartet.artifacts.output import Order, table_header
from quartet.artifacts.spec import Row
from quartet.evaluation import statistics

WORLDS = 2000  # bootstrap worlds of a correlation
FEWEST = 3  # datasets: two are always in order or against it
AGAINST = ("Coefficient of variation of the returns", "Skewness of the returns")


@dataclass(frozen=True)
class Point:
    """One dataset: its returns' shape, and the lead in bootstrap worlds, normalised; the first world is the data."""

    row: Row
    shape: tuple[float, float]
    lead: statistics.Values  # (1 + WORLDS,)

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the lead, seeds redrawn."""
        low, high = np.quantile(self.lead[1:], [0.025, 0.975])
        return float(low), float(high)


def draw(order: Order) -> Figure:
    """One panel a property of the returns; a point a dataset, with the rank correlation over all of them."""
    grid, blocks = order.measured(), order.artifact.blocks
    found = points(grid, cards_of(order.artifact, order.results))
    figure, axes = style.panels(style.lettered([told(found, place) for place in range(len(AGAINST))]), height=3.2)
    looks = dict(zip((title for title, _ in blocks), zip(style.COLOURS, style.MARKERS, strict=True), strict=False))
    for place, axis in enumerate(axes):
        for point in found:
            _dot(axis, point, point.shape[place], style.Look(*looks[point.row.block], ""))
        axis.axhline(0, color=style.INK, alpha=0.4, linewidth=0.8)
        axis.set_xlabel(AGAINST[place])
        axis.grid(axis="y")
    axes[0].set_xscale("log")
    axes[0].xaxis.set_major_formatter("{x:g}")
    first, second = (column.title for column in order.artifact.columns)
    axes[0].set_ylabel(f"{first} − {second},\nnormalised score")
    style.legend(figure, [style.Look(*looks[title], "").key(title) for title, _ in blocks])
    names = {initials(row.title): row.title for row in order.artifact.rows}
    key = " · ".join(f"{short}: {title}" for short, title in names.items())
    style.footer(figure, f"{table_header(grid, order.stamp)}\n{key}", order.stamp.banner)
    return figure


def initials(title: str) -> str:
    """A title short enough to stand beside its point."""
    return "".join(word[0].lower() for word in title.split())


def points(grid: Grid, cards: Mapping[str, dict[str, Any]]) -> list[Point]:
    """The datasets whose card and whose two cells are there, with two seeds or more."""
    random = np.random.default_rng(0)
    found = []
    for row in grid.artifact.rows:
        first, second = (cell.normalised_seeds for cell in grid.row(row))
        if row.id in cards and min(first.size, second.size) > 1:
            worlds = [statistics.redraw(seeds, random, WORLDS).mean(axis=1) for seeds in (first, second)]
            lead = np.concatenate([[first.mean() - second.mean()], worlds[0] - worlds[1]])
            found.append(Point(row, shape(cards[row.id]), lead))
    return found


def shape(card: Mapping[str, Any]) -> tuple[float, float]:
    """Coefficient of variation (sd over the size of the mean) and skewness of a dataset's returns, this one by bins."""
    edges, counts = (np.array(card["histogram"][name], dtype=float) for name in ("edges", "counts"))
    middles = (edges[:-1] + edges[1:]) / 2
    mean = np.average(middles, weights=counts)
    sd = np.sqrt(np.average((middles - mean) ** 2, weights=counts))
    skewness = np.average(((middles - mean) / sd) ** 3, weights=counts) if sd else 0.0
    return card["sd"] / abs(card["mean"]), float(skewness)


def correlation(found: Sequence[Point], place: int) -> tuple[float, float, float]:
    """Spearman's rank correlation over the datasets, and its 95 % interval: datasets and seeds are redrawn."""
    x, leads = np.array([point.shape[place] for point in found]), np.array([point.lead for point in found])
    chosen = np.random.default_rng(0).integers(len(found), size=(WORLDS, len(found)))
    worlds = statistics.rank_correlation(x[chosen], leads[chosen, np.arange(1, WORLDS + 1)[:, None]])
    told = worlds[~np.isnan(worlds)]  # a world of one dataset, drawn again and again, tells nothing
    low, high = np.quantile(told, [0.025, 0.975]) if told.size else (np.nan, np.nan)
    return float(statistics.rank_correlation(x, leads[:, 0])), float(low), float(high)


def told(found: Sequence[Point], place: int) -> str:
    """The correlation in words."""
    if len(found) < FEWEST:
        return "datasets missing"
    rho, low, high = correlation(found, place)
    return f"rank correlation {rho:.2f} [{low:.2f}, {high:.2f}]"


def _dot(axis: Axes, point: Point, x: float, look: style.Look) -> None:
    """A dataset with its interval and its name."""
    axis.plot([x, x], point.interval, color=look.colour, linewidth=1.1)
    axis.plot(x, point.lead[0], marker=look.marker, color=look.colour, markersize=5, linestyle="")
    axis.annotate(initials(point.row.title), (x, point.lead[0]), xytext=(4, 3), textcoords="offset points", size=7)
