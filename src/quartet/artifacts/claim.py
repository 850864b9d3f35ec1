"""A claim and its judgement."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from quartet.artifacts.comparisons import Comparison, Sides
from quartet.artifacts.measure import Grid

SURE = 0.95  # a verdict needs at least this probability behind it


@dataclass(frozen=True)
class Claim:
    """One claim: `column` beats `rivals` in at least `at_least` of `of` comparisons."""

    id: str
    says: str
    evidence: str
    artifact: tuple[str, ...]
    column: str
    rivals: tuple[str, ...]
    compare: str  # mean | cost | deviation | significance | fraction | peak
    against: str  # best | each
    at_least: int
    of: int
    reading: str = ""
    only: tuple[str, ...] = ()
    over: str | None = None
    times: float = 1.0  # mean: how many times the rival's
    within: float | None = None  # fraction: the largest share of the data that counts as enough

    @property
    def each(self) -> bool:
        """Whether every rival is a comparison of its own."""
        return self.against == "each"

    @property
    def sides(self) -> Sides:
        """What stands against what."""
        return Sides(self.column, self.rivals, self.only, self.over)

    def comparisons(self, grids: dict[str, Grid]) -> list[Comparison]:
        """Its comparisons in all the artifacts it speaks of."""
        return [found for name in self.artifact for found in self.sides.comparisons(grids[name])]


@dataclass(frozen=True)
class Judgement:
    """What became of a claim."""

    verdict: str  # holds | fails | undecided | not judged
    won: int | None  # comparisons won by the plain numbers
    probability: float | None  # that at least `at_least` are won, over bootstrap worlds; none for significance
    why: str
    details: tuple[str, ...] = ()


def decided(claim: Claim, won: int, counts: npt.NDArray[np.int64], details: tuple[str, ...] = ()) -> Judgement:
    """The verdict of the plain numbers and of the comparisons won in each bootstrap world."""
    probability = float((counts >= claim.at_least).mean())
    if probability >= SURE and won >= claim.at_least:
        verdict = "holds"
    elif probability <= 1 - SURE and won < claim.at_least:
        verdict = "fails"
    else:
        verdict = "undecided"
    return Judgement(verdict, won, probability, f"won {won} of {claim.of}, {claim.at_least} needed", details)


def count_rows(flags: list[bool], rivals: int, *, each: bool) -> int:
    """Comparisons won, from one flag a row and rival: each of them, or the rows in which all are."""
    table = np.array(flags, dtype=bool).reshape(-1, rivals)
    return int(table.sum() if each else table.all(axis=1).sum())
