"""From files to numbers: every cell of a table measured, beside what the paper printed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from math import isfinite
from pathlib import Path

import numpy as np

from quartet import paths
from quartet.artifacts.published import NOTHING, Printed, printed_beside
from quartet.artifacts.spec import Artifact, Cell, Column, Paper, Row
from quartet.evaluation import measurements, statistics
from quartet.evaluation.scores import Returns, by_seed, late_returns, normalised, read_card, read_returns
from quartet.evaluation.strategies import counted
from quartet.names import BATTLES, COUNTED, MEASURED
from quartet.toys.result import read_result


@dataclass(frozen=True)
class Stamp:
    """What every rendered artefact prints about itself."""

    scale: str
    commit: str
    seeds: int  # seeds asked for at this scale
    evidence: bool  # false at a scale that only exercises the pipeline

    @property
    def banner(self) -> str:
        """The warning without which a number of such a scale is never shown; empty where numbers are evidence."""
        return "" if self.evidence else f"{self.scale}: exercises the pipeline, proves nothing"


@dataclass(frozen=True)
class Ends:
    """The two ends of a normalised score; None where they are not known."""

    random: float | None
    expert: float | None
    noise: float = 0.0  # standard deviation of random play's returns

    @property
    def together(self) -> bool:
        """Whether the expert is not even one deviation of random play above it: scores between the two say nothing."""
        return self.random is not None and self.expert is not None and self.expert - self.random < self.noise

    def score(self, value: float | None) -> float | None:
        """The normalised score of a value."""
        if value is None or self.random is None or self.expert is None or self.random == self.expert:
            return None
        return normalised(value, self.random, self.expert)

    def scored(self, returns: Returns | None) -> Returns | None:
        """The normalised score of every episode; none while an end is not known."""
        if returns is None or self.random is None or self.expert is None or self.random == self.expert:
            return None
        return replace(returns, values=normalised(returns.values, self.random, self.expert))


NO_ENDS = Ends(None, None)  # of what is counted, not paid
BATTLE_ENDS = Ends(0.0, 20.0)  # SMAC: the least and the most that a battle pays
UNPLAYED = Cell("", "", "", "", "standard", "return")  # of what is measured without a run: its mean counts
NOWHERE = Cell("", "", "", "", "", "")  # of what is printed alone, and of what is not run


@dataclass(frozen=True)
class Measured:
    """One cell: our returns if they are there, the printed value if there is one."""

    row: Row
    column: Column
    cell: Cell
    returns: Returns | None
    printed: Printed
    own: Ends
    papers: Ends

    @cached_property
    def seeds(self) -> statistics.Values:
        """One number per seed; empty where the cell is missing."""
        return np.empty(0) if self.returns is None else by_seed(self.returns, self.cell.metric, self.cell.setting)

    @property
    def normalised_seeds(self) -> statistics.Values:
        """Each seed's normalised score, by our own ends; empty where the cell or an end is missing."""
        scores = [self.own.score(float(seed)) for seed in self.seeds]
        return np.array([score for score in scores if score is not None])

    @property
    def mean(self) -> float | None:
        """Mean over seeds."""
        return statistics.mean(self.seeds) if self.seeds.size else None

    @property
    def difference(self) -> float | None:
        """Ours minus the paper's."""
        return None if self.mean is None or self.printed.mean is None else self.mean - self.printed.mean

    @cached_property
    def interval(self) -> tuple[float | None, float | None]:
        """95 % bootstrap interval of the mean over seeds; none for fewer than two seeds."""
        return statistics.interval([self.seeds]) if self.seeds.size > 1 else (None, None)

    @property
    def deviation(self) -> float | None:
        """Standard deviation over seeds; none for fewer than two seeds."""
        return statistics.deviation(self.seeds) if self.seeds.size > 1 else None


@dataclass(frozen=True)
class Verdict:
    """A row's best cell and how sure its lead over the runner-up is."""

    best: str  # column id
    runner_up: str
    improvement: float  # P(a seed of the best beats a seed of the runner-up)
    p: float  # Welch
    p_holm: float  # the same, corrected over the rows of the table
    p_rank: float  # Mann-Whitney, which assumes less and finds less

    @property
    def significant(self) -> bool:
        """Whether the lead survives Holm's correction at 5 %."""
        return self.p_holm < statistics.SIGNIFICANT


@dataclass(frozen=True)
class Grid:
    """A measured table."""

    artifact: Artifact
    cells: dict[tuple[str, str], Measured]  # by row id, column id

    def row(self, row: Row) -> list[Measured]:
        """The cells of a row, in the order of the columns."""
        return [self.cells[row.id, column.id] for column in self.artifact.columns]

    def column(self, column: Column) -> list[Measured]:
        """The cells of a column, in the order of the rows."""
        return [self.cells[row.id, column.id] for row in self.artifact.rows]

    @property
    def wanted(self) -> list[Measured]:
        """The cells that are to be run."""
        return [cell for cell in self.cells.values() if cell.cell != NOWHERE]

    @property
    def there(self) -> list[Measured]:
        """The cells whose evaluation exists."""
        return [cell for cell in self.cells.values() if cell.returns is not None]

    @cached_property
    def verdicts(self) -> dict[str, Verdict]:
        """By row id; rows that have a best cell and a runner-up."""
        leads = {row.id: _lead(self.row(row)) for row in self.artifact.rows}
        found = {row: lead for row, lead in leads.items() if lead is not None}
        tests = [statistics.welch(best.seeds, second.seeds) for best, second in found.values()]
        return {
            row: Verdict(
                best.column.id,
                second.column.id,
                statistics.probability_of_improvement(best.seeds, second.seeds),
                p,
                p_holm,
                statistics.mann_whitney(best.seeds, second.seeds),
            )
            for (row, (best, second)), p, p_holm in zip(found.items(), tests, statistics.holm(tests), strict=True)
        }


def measure(artifact: Artifact, paper: Paper, results: Path | None, root: Path = Path(".")) -> Grid:
    """Measure from the evaluations and cards under `results`, one scale's folder; None: what the paper prints alone."""
    printed = printed_beside(artifact, root)
    if artifact.kind == "printed":
        return _alone(artifact, printed)
    if artifact.kind in ("toys", "examined"):
        return _repeated(artifact, printed, results)
    own = {row.task: own_ends(results, row.task) for row in artifact.rows}
    papers = {row.task: _papers_ends(paper, row.task) for row in artifact.rows}
    cells: dict[tuple[str, str], Measured] = {}
    for row in artifact.rows:
        for column in artifact.columns:
            unrun = (row.id, column.id) in artifact.unrun
            cell = NOWHERE if unrun else artifact.cell(row, column)
            returns = None if results is None or unrun else _read(cell, cell.file(results))
            returns = own[row.task].scored(returns) if cell.metric == "score" else returns
            value = printed.get((row.id, column.id), NOTHING)
            paid = cell.metric in ("return", "late", "best")
            ends = (own[row.task], papers[row.task]) if paid else (NO_ENDS, NO_ENDS)
            cells[row.id, column.id] = Measured(row, column, cell, returns, value, *ends)
    return Grid(artifact, cells)


def _alone(artifact: Artifact, printed: Mapping[tuple[str, str], Printed]) -> Grid:
    """What the paper prints, where nothing of ours stands beside it."""
    keys = [
        (row, column, printed.get((row.id, column.id), NOTHING)) for row in artifact.rows for column in artifact.columns
    ]
    cells = [Measured(row, column, NOWHERE, None, value, NO_ENDS, NO_ENDS) for row, column, value in keys]
    return Grid(artifact, {(cell.row.id, cell.column.id): cell for cell in cells})


def _repeated(artifact: Artifact, printed: Mapping[tuple[str, str], Printed], results: Path | None) -> Grid:
    """What methods make of toys, one value a seed; what examinations found, one a subset in which it was found."""
    cells = {}
    for row in artifact.rows:
        for column in artifact.columns:
            file = None if results is None else results / artifact.result(row, column)
            there = read_result(file).measures.get(row.where["measure"]) if file is not None and file.exists() else None
            seeds = [] if there is None else [value for value in there if isfinite(value)]
            returns = Returns(tuple(range(len(seeds))), np.array(seeds)[:, None]) if seeds else None
            value = printed.get((row.id, column.id), NOTHING)
            cells[row.id, column.id] = Measured(row, column, UNPLAYED, returns, value, NO_ENDS, NO_ENDS)
    return Grid(artifact, cells)


def _read(cell: Cell, file: Path) -> Returns | None:
    if not file.exists():
        return None
    if cell.metric in MEASURED:
        return measurements.measured(file, cell.metric)
    if cell.metric == "strategies":
        return counted(file)
    if cell.metric == "late":
        return late_returns(file, cell.point)
    return read_returns(file, cell.point, COUNTED.get(cell.metric, "return"))


def own_ends(results: Path | None, task: str) -> Ends:
    """Mean return of our own random and expert datasets; of battles, what they can pay."""
    if task in BATTLES:
        return BATTLE_ENDS
    if results is None:
        return NO_ENDS
    files = [results / paths.CARD.format(task=task, dataset=quality) for quality in ("random", "expert")]
    cards = [read_card(file) if file.exists() else {} for file in files]
    random, expert = (card.get("mean") for card in cards)
    return Ends(random, expert, cards[0].get("sd", 0.0))


def _papers_ends(paper: Paper, task: str) -> Ends:
    ends = paper.scores.get(task, {})
    return Ends(ends.get("random"), ends.get("expert"))


def _lead(row: list[Measured]) -> tuple[Measured, Measured] | None:
    """The best cell and the runner-up; none of a row of one cell, or where the first two are level."""
    there = [(cell.mean, -place, cell) for place, cell in enumerate(row) if cell.mean is not None]
    if len(there) < 2:
        return None
    (_, _, best), (_, _, second) = sorted(there, key=lambda entry: entry[:2], reverse=True)[:2]
    return (best, second) if best.mean != second.mean else None
