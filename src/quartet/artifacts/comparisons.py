"""A claim's comparisons: which cells stand against which, for our numbers and for the paper's alike."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from quartet.artifacts.averages import seeds_of
from quartet.artifacts.measure import Grid, Measured
from quartet.artifacts.spec import Artifact, Row
from quartet.evaluation import statistics

AVERAGED = ("bars", "lines")  # kinds whose claims are about averages over the rows of a panel, not about rows

Cells = tuple[Measured, ...]


@dataclass(frozen=True)
class Side:
    """One side of a comparison: a cell of a table, or the cells that a figure averages."""

    cells: Cells
    normalised: bool

    @property
    def seeds(self) -> list[statistics.Values]:
        """One number a seed, by cell."""
        return [seeds_of(cell, normalised=self.normalised) for cell in self.cells]

    @property
    def printed(self) -> tuple[float | None, float | None]:
        """The paper's mean; its spread, where it is that of a single printed cell."""
        means = [
            cell.papers.score(c.mean) if self.normalised else c.mean for cell in self.cells for c in [cell.printed]
        ]
        known = [mean for mean in means if mean is not None]
        mean = sum(known) / len(known) if len(known) == len(means) else None
        return mean, self.cells[0].printed.spread if len(self.cells) == 1 else None


@dataclass(frozen=True)
class Comparison:
    """Ours against each rival, at one row of a table or in one panel of a figure."""

    name: str
    ours: Side
    rivals: tuple[Side, ...]


@dataclass(frozen=True)
class Sides:
    """What a claim compares: a column with rivals, at some rows or points only, or a block with another."""

    column: str
    rivals: tuple[str, ...]
    only: tuple[str, ...] = ()  # blocks, rows or points it speaks of; all unless said
    over: str | None = None  # the block whose rows are the rivals

    def comparisons(self, grid: Grid) -> list[Comparison]:
        """Every comparison in a grid, from its first row or panel to its last."""

        def side(rows: Sequence[Row], column: str) -> Side:
            return Side(tuple(grid.cells[row.id, column] for row in rows), grid.artifact.normalised)

        return [
            Comparison(name, side(rows, ours), tuple(side(there, rival) for rival in rivals))
            for name, rows, there, ours, rivals in self.pairs(grid.artifact)
        ]

    def pairs(self, artifact: Artifact) -> list[tuple[str, Sequence[Row], Sequence[Row], str, tuple[str, ...]]]:
        """What stands against what: name, our rows, the rivals' rows, our column, the rivals' columns."""
        return [
            (name, rows, there, ours, rivals)
            for name, rows, there in self._groups(artifact)
            for ours, rivals in _points(artifact, self.column, self.rivals)
            if not self.only or {name, *name.split("/"), *ours.split("@")} & set(self.only)
        ]

    def _groups(self, artifact: Artifact) -> Iterator[tuple[str, Sequence[Row], Sequence[Row]]]:
        """Name, our rows and the rivals' rows; they differ only where a block is compared with another."""
        by_id = {row.id: row for row in artifact.rows}
        for _, rows in artifact.blocks:
            if artifact.kind in AVERAGED:
                yield rows[0].id.split("/")[0], rows, rows
                continue
            for row in rows:
                block, name = row.id.split("/")
                if self.over is None:
                    yield row.id, [row], [row]
                elif block != self.over:
                    yield row.id, [row], [by_id[f"{self.over}/{name}"]]


def _points(artifact: Artifact, column: str, rivals: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The column and its rivals; where they are lines, they meet at every point."""
    columns = [known.id for known in artifact.columns]
    if column in columns:
        yield column, rivals
        return
    for known in columns:
        line, _, point = known.partition("@")
        if line == column:
            yield known, tuple(f"{rival}@{point}" for rival in rivals)


def names(artifact: Artifact) -> list[str]:
    """What a claim may call a column: its id, or the line it is a point of."""
    columns = [column.id for column in artifact.columns]
    return [*columns, *dict.fromkeys(column.partition("@")[0] for column in columns if "@" in column)]
