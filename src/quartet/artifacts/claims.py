"""What the paper claims about its tables, judged by our numbers or by its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from quartet.artifacts import text
from quartet.artifacts.measure import Grid, Measured, Stamp, measure
from quartet.artifacts.output import write_all
from quartet.artifacts.spec import Artifact, Paper, load_paper
from quartet.errors import QuartetError, unknown
from quartet.evaluation import statistics
from quartet.schema import load_yaml

SURE = 0.95  # a verdict needs at least this probability behind it


@dataclass(frozen=True)
class Claim:
    """One claim: `column` beats `rivals` in at least `at_least` of `of` comparisons."""

    id: str
    says: str
    evidence: str
    artifact: str
    column: str
    rivals: tuple[str, ...]
    compare: str  # mean | deviation | significance
    against: str  # best | each
    at_least: int
    of: int
    reading: str = ""

    @property
    def each(self) -> bool:
        """Whether every rival is a comparison of its own."""
        return self.against == "each"


@dataclass(frozen=True)
class Judgement:
    """What became of a claim."""

    verdict: str  # holds | fails | undecided | not judged
    won: int | None  # comparisons won by the plain numbers
    probability: float | None  # that at least `at_least` are won, over bootstrap worlds; none for significance
    why: str


def load_claims(paper_dir: Path, paper: Paper, root: Path = Path(".")) -> tuple[Claim, ...]:
    """Read and check `<paper_dir>/claims.yaml` against the artifacts it speaks of."""
    file = paper_dir / "claims.yaml"
    data = load_yaml(file, "claims", root)["claims"]
    claims = {name: Claim(name, **{**given, "rivals": tuple(given["rivals"])}) for name, given in data.items()}
    for claim in claims.values():
        _fits(claim, paper.artifact(claim.artifact), f"{file}: claims.{claim.id}")
    for artifact in paper.artifacts:
        for name in artifact.claims:
            if name not in claims:
                raise unknown("claim", name, claims, where=f"{paper_dir / 'artifacts.yaml'}: artifacts.{artifact.id}")
    return tuple(claims.values())


def render_claims(paper_dir: Path, results: Path, stamp: Stamp, out_dir: Path, root: Path = Path(".")) -> list[Path]:
    """Judge every claim of a paper; write `<out_dir>/claims.{md,json}`."""
    paper = load_paper(paper_dir, root)
    claims = load_claims(paper_dir, paper, root)
    grids = {name: measure(paper.artifact(name), paper, results, root) for name in {c.artifact for c in claims}}
    judged = [(claim, judge(claim, grids[claim.artifact], stamp)) for claim in claims]
    view = {
        "paper": paper.id,
        "title": paper.title,
        "scale": stamp.scale,
        "commit": stamp.commit,
        "banner": stamp.banner,
        "claims": [
            {**vars(claim), "number": paper.artifact(claim.artifact).number, **vars(judgement)}
            for claim, judgement in judged
        ],
    }
    texts = {"md": text.render("claims.md.j2", **view), "json": text.plain_json(view)}
    return write_all(out_dir, "claims", texts)


def judge(claim: Claim, grid: Grid, stamp: Stamp) -> Judgement:
    """The verdict of our own evaluations; none at a scale that proves nothing, or while cells are missing."""
    if not stamp.evidence:
        return Judgement("not judged", None, None, stamp.banner)
    table = [[grid.cells[row.id, name] for name in (claim.column, *claim.rivals)] for row in grid.artifact.rows]
    poor = sum(cell.seeds.size < 2 for row in table for cell in row)
    if poor:
        return Judgement("not judged", None, None, f"cells missing or with fewer than two seeds: {poor}")
    if claim.compare == "significance":
        return _significance(claim, table)
    return _by_bootstrap(claim, table)


def _by_bootstrap(claim: Claim, table: Sequence[Sequence[Measured]]) -> Judgement:
    """How many comparisons are won, and in what share of bootstrap worlds there are enough."""
    random = np.random.default_rng(0)
    plain = np.array([[_statistic(claim, cell.seeds[None, :]) for cell in row] for row in table])
    worlds = np.array([[_statistic(claim, statistics.redraw(cell.seeds, random)) for cell in row] for row in table])
    won = int(statistics.wins(plain[:, 0], plain[:, 1:], each=claim.each)[0])
    counts = statistics.wins(worlds[:, 0], worlds[:, 1:], each=claim.each)
    probability = float((counts >= claim.at_least).mean())
    if probability >= SURE and won >= claim.at_least:
        verdict = "holds"
    elif probability <= 1 - SURE and won < claim.at_least:
        verdict = "fails"
    else:
        verdict = "undecided"
    return Judgement(verdict, won, probability, f"won {won} of {claim.of}, {claim.at_least} needed")


def _statistic(claim: Claim, seeds: statistics.Values) -> statistics.Values:
    """What is compared, higher being better, for seeds (worlds, n)."""
    measured: statistics.Values = seeds.mean(axis=1) if claim.compare == "mean" else -seeds.std(axis=1, ddof=1)
    return measured


def _significance(claim: Claim, table: Sequence[Sequence[Measured]]) -> Judgement:
    """Leads that survive Holm's correction; the claim fails only where even the plain means are too few."""
    pairs = [(row[0].seeds, rival.seeds) for row in table for rival in row[1:]]
    corrected = statistics.holm([statistics.welch(ours, rival) for ours, rival in pairs])
    ahead = [ours.mean() > rival.mean() for ours, rival in pairs]
    sure = [lead and p < statistics.SIGNIFICANT for lead, p in zip(ahead, corrected, strict=True)]
    won, leading = (count_rows(flags, len(claim.rivals), each=claim.each) for flags in (sure, ahead))
    verdict = "holds" if won >= claim.at_least else "undecided" if leading >= claim.at_least else "fails"
    why = f"significant in {won} of {claim.of}, ahead in {leading}, {claim.at_least} needed"
    return Judgement(verdict, won, None, why)


def count_rows(flags: Sequence[bool], rivals: int, *, each: bool) -> int:
    """Comparisons won, from one flag a row and rival: each of them, or the rows in which all are."""
    table = np.array(flags, dtype=bool).reshape(-1, rivals)
    return int(table.sum() if each else table.all(axis=1).sum())


def _fits(claim: Claim, artifact: Artifact, place: str) -> None:
    columns = [column.id for column in artifact.columns]
    for name in (claim.column, *claim.rivals):
        if name not in columns:
            raise unknown("column", name, columns, where=place)
    comparisons = len(artifact.rows) * (len(claim.rivals) if claim.each else 1)
    if claim.of != comparisons or claim.at_least > claim.of:
        raise QuartetError(f"'of' is {claim.of}, the table has {comparisons} comparisons", where=place)
