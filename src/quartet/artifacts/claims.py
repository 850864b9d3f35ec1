"""What the paper claims about its tables and figures, judged by our numbers."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from quartet.artifacts import along, text
from quartet.artifacts.claim import Claim, Judgement, count_rows, decided
from quartet.artifacts.comparisons import Comparison, Side, names
from quartet.artifacts.measure import Grid, Stamp, measure
from quartet.artifacts.output import write_all
from quartet.artifacts.spec import Paper, load_paper
from quartet.errors import QuartetError, unknown
from quartet.evaluation import statistics
from quartet.schema import load_yaml

LISTS = ("artifact", "rivals", "only")  # a single name may stand for a list of one
ALONG = {"fraction": along.enough, "peak": along.peak}  # claims about the points of one figure's lines


def load_claims(paper_dir: Path, paper: Paper, root: Path = Path(".")) -> tuple[Claim, ...]:
    """Read and check `<paper_dir>/claims.yaml` against the artifacts it speaks of."""
    file = paper_dir / "claims.yaml"
    data = load_yaml(file, "claims", root)["claims"]
    claims = {name: Claim(name, **_listed(given)) for name, given in data.items()}
    for claim in claims.values():
        _fits(claim, paper, f"{file}: claims.{claim.id}")
    for artifact in paper.artifacts:
        for name in artifact.claims:
            if name not in claims:
                raise unknown("claim", name, claims, where=f"{paper_dir / 'artifacts.yaml'}: artifacts.{artifact.id}")
    return tuple(claims.values())


def render_claims(paper_dir: Path, results: Path, stamp: Stamp, out_dir: Path, root: Path = Path(".")) -> list[Path]:
    """Judge every claim of a paper; write `<out_dir>/claims.{md,json}`."""
    paper = load_paper(paper_dir, root)
    claims = load_claims(paper_dir, paper, root)
    grids = measured(claims, paper, results, root)
    view: dict[str, Any] = {
        "paper": paper.id,
        "title": paper.title,
        "scale": stamp.scale,
        "commit": stamp.commit,
        "banner": stamp.banner,
        "claims": [
            {**vars(claim), "number": numbers(claim, paper), **vars(judge(claim, grids, stamp))} for claim in claims
        ],
    }
    texts = {"md": text.render("claims.md.j2", **view), "json": text.plain_json(view)}
    return write_all(out_dir, "claims", texts)


def measured(claims: Sequence[Claim], paper: Paper, results: Path | None, root: Path) -> dict[str, Grid]:
    """The grids that the claims speak of; without results, what the paper prints in them."""
    wanted = dict.fromkeys(name for claim in claims for name in claim.artifact)
    return {name: measure(paper.artifact(name), paper, results, root) for name in wanted}


def numbers(claim: Claim, paper: Paper) -> str:
    """What the paper calls the tables and figures a claim is about."""
    return ", ".join(paper.artifact(name).number for name in claim.artifact)


def judge(claim: Claim, grids: dict[str, Grid], stamp: Stamp) -> Judgement:
    """The verdict of our own evaluations; none at a scale that proves nothing, or while cells are missing."""
    if not stamp.evidence:
        return Judgement("not judged", None, None, stamp.banner)
    if any(grids[name].artifact.kind == "printed" for name in claim.artifact):
        return Judgement("not judged", None, None, "nothing of ours stands beside what the paper prints")
    if claim.compare in ALONG:
        grid, lines = grids[claim.artifact[0]], (claim.column, *claim.rivals)
        cells = [cell for cell in grid.cells.values() if cell.column.id.partition("@")[0] in lines]
        sides = [Side((cell,), grid.artifact.normalised) for cell in cells]
    else:
        sides = [side for found in claim.comparisons(grids) for side in (found.ours, *found.rivals)]
    poor = sum(seeds.size < 2 for side in sides for seeds in side.seeds)
    if poor:
        return Judgement("not judged", None, None, f"cells missing or with fewer than two seeds: {poor}")
    if claim.compare in ALONG:
        return ALONG[claim.compare](claim, grid)
    by = _significance if claim.compare == "significance" else _by_bootstrap
    return by(claim, claim.comparisons(grids))


def _by_bootstrap(claim: Claim, comparisons: Sequence[Comparison]) -> Judgement:
    """How many comparisons are won, and in what share of bootstrap worlds there are enough."""
    random = np.random.default_rng(0)
    table = [[(found.ours, 1.0), *((rival, claim.times) for rival in found.rivals)] for found in comparisons]
    plain = np.array(
        [[_statistic(claim, [s[None] for s in side.seeds], times) for side, times in row] for row in table]
    )
    worlds = np.array(
        [
            [_statistic(claim, [statistics.redraw(s, random) for s in side.seeds], times) for side, times in row]
            for row in table
        ]
    )
    won = int(statistics.wins(plain[:, 0], plain[:, 1:], each=claim.each)[0])
    return decided(claim, won, statistics.wins(worlds[:, 0], worlds[:, 1:], each=claim.each))


def _statistic(claim: Claim, cells: Sequence[statistics.Values], times: float) -> statistics.Values:
    """What is compared, higher being better, for cells of seeds (worlds, n): their average, or minus the deviation."""
    measured: statistics.Values
    if claim.compare == "deviation":
        measured = -np.mean([seeds.std(axis=1, ddof=1) for seeds in cells], axis=0)
        return measured
    measured = np.mean([seeds.mean(axis=1) for seeds in cells], axis=0)
    return -measured if claim.compare == "cost" else multiplied(measured, times)


def multiplied(values: statistics.Values, times: float) -> statistics.Values:
    """So many times a value; nothing is ten times what is below zero, and anything above zero is more than that."""
    return values if times == 1 else times * np.maximum(values, 0)


def _significance(claim: Claim, comparisons: Sequence[Comparison]) -> Judgement:
    """Leads that survive Holm's correction; the claim fails only where even the plain means are too few."""
    pairs = [(found.ours.seeds[0], rival.seeds[0]) for found in comparisons for rival in found.rivals]
    corrected = statistics.holm([statistics.welch(ours, rival) for ours, rival in pairs])
    ahead = [bool(ours.mean() > rival.mean()) for ours, rival in pairs]
    sure = [lead and p < statistics.SIGNIFICANT for lead, p in zip(ahead, corrected, strict=True)]
    won, leading = (count_rows(flags, len(claim.rivals), each=claim.each) for flags in (sure, ahead))
    verdict = "holds" if won >= claim.at_least else "undecided" if leading >= claim.at_least else "fails"
    why = f"significant in {won} of {claim.of}, ahead in {leading}, {claim.at_least} needed"
    return Judgement(verdict, won, None, why)


def _listed(given: dict[str, Any]) -> dict[str, Any]:
    lists = {key: (given[key],) if isinstance(given[key], str) else tuple(given[key]) for key in LISTS if key in given}
    return {**given, **lists}


def _fits(claim: Claim, paper: Paper, place: str) -> None:
    """Every name is known, and there are as many comparisons as the claim says."""
    comparisons = 0
    for artifact in (paper.artifact(name) for name in claim.artifact):
        known, panels = names(artifact), len(artifact.blocks)
        for name in (claim.column, *claim.rivals):
            if name not in known:
                raise unknown("column", name, known, where=place)
        along_lines = {"fraction": panels * len(claim.rivals), "peak": panels - 1}
        pairs = 0 if claim.compare in ALONG else len(claim.sides.pairs(artifact))
        comparisons += along_lines.get(claim.compare, pairs * (len(claim.rivals) if claim.each else 1))
    if claim.of != comparisons or claim.at_least > claim.of:
        raise QuartetError(f"'of' is {claim.of}, the table has {comparisons} comparisons", where=place)
