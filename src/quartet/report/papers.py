"""A paper as the report shows it: claims with verdicts, tables and figures in its order, what is missing and why."""

import re
from collections.abc import Sequence
from typing import Any

from quartet import paths, plan
from quartet.artifacts.kinds import TABLES
from quartet.artifacts.spec import Artifact, Paper
from quartet.report.sources import Sources, read, read_json
from quartet.schema import load_yaml

VERDICTS = ("holds", "fails", "undecided", "not judged")
_NUMBER = re.compile(r"(Table|Figure)s? (\d+)")


def view(paper: Paper, sources: Sources) -> dict[str, Any]:
    """Everything a paper's page shows, as plain data."""
    folder = sources.rendered / paper.id
    audit = read_json(folder / "audit.json")
    claims = claims_of(read_json(folder / "claims.json"), audit)
    artifacts = [artifact_view(artifact, sources) for artifact in ordered(paper.artifacts)]
    states = [artifact["state"] for artifact in artifacts]
    return {
        "id": paper.id,
        "title": paper.title,
        "source": paper.source,
        "short": short(paper),
        "claims": claims,
        "tally": tally(claims),
        "audit": audit,
        "claims_md": read(folder / "claims.md"),
        "audit_md": read(folder / "audit.md"),
        "artifacts": artifacts,
        "states": {state: states.count(state) for state in STATES if state in states},
        "left_out": load_yaml(sources.config.paper(paper.id) / "claims.yaml", "claims", sources.config.root).get(
            "left_out", []
        ),
        "absent": [{"number": number, "why": why} for number, why in paper.absent.items()],
        "deviations": read(sources.config.paper(paper.id) / "deviations.md") or "",
    }


def short(paper: Paper) -> str:
    """A paper's name in a line of navigation: how it prints the algorithm it is named after."""
    name, _, rest = paper.id.partition("-")
    return f"{paper.titles.get(name, name.upper())} {rest}".strip()


def claims_of(judged: dict[str, Any] | None, audit: dict[str, Any] | None) -> list[dict[str, Any]]:
    """Every claim with our verdict and with what the paper's own printed numbers say of it, the judged ones first."""
    recounted = {claim["id"]: claim for claim in (audit or {}).get("claims", ())}
    banner = (judged or {}).get("banner")  # every page says it: no reason of a single claim's
    found = [
        {**claim, "why": "" if claim["why"] == banner else claim["why"], "printed": recounted.get(claim["id"])}
        for claim in (judged or {}).get("claims", ())
    ]
    return sorted(found, key=lambda claim: bool(claim["verdict"] == VERDICTS[-1]))


def tally(claims: list[dict[str, Any]]) -> dict[str, Any]:
    """How many claims came to which verdict, and how many the paper's own numbers bear out."""
    printed = [claim["printed"]["agrees"] for claim in claims if claim["printed"]]
    counts = {verdict: sum(claim["verdict"] == verdict for claim in claims) for verdict in VERDICTS}
    return {"claims": len(claims), **counts, "agrees": sum(printed), "recounted": len(printed)}


def sums(shown: Sequence[dict[str, Any]]) -> dict[str, int]:
    """The tallies of all papers in one; `judged` are the claims with a verdict."""
    tallies = [paper["tally"] for paper in shown]
    total = {key: sum(found[key] for found in tallies) for key in tally([])}
    return {**total, "judged": total["claims"] - total[VERDICTS[-1]]}


def ordered(artifacts: tuple[Artifact, ...]) -> list[Artifact]:
    """Tables by their number, then figures, then what is ours; what draws a table follows it."""

    def place(numbered: tuple[int, Artifact]) -> tuple[int, int, int]:
        declared, artifact = numbered
        found = _NUMBER.match(artifact.number)
        return (("Table", "Figure").index(found[1]), int(found[2]), declared) if found else (2, 0, declared)

    return [artifact for _, artifact in sorted(enumerate(artifacts), key=place)]


STATES = ("complete", "partial", "printed", "missing")


def artifact_view(artifact: Artifact, sources: Sources) -> dict[str, Any]:
    """What has been rendered of an artifact, and how much of what it is made from is there."""
    is_table = artifact.kind in TABLES
    pattern = paths.TABLE if is_table else paths.FIGURE
    base = sources.rendered / pattern.format(paper=artifact.paper, artifact=artifact.id)
    table = read_json(base.with_name(f"{base.name}.json")) if is_table else None
    figure = base.with_name(f"{base.name}.svg")
    drawn = not is_table and figure.exists()
    wanted = [path for path in plan.inputs(sources.config, artifact) if path.is_relative_to(sources.evidence)]
    there = sum(path.exists() for path in wanted)
    return {
        "id": artifact.id,
        "kind": artifact.kind,
        "number": artifact.number,
        "caption": artifact.caption,
        "claims": artifact.claims,
        "view": table,
        "md": read(base.with_name(f"{base.name}.md")) if is_table else None,
        "tex": read(base.with_name(f"{base.name}.tex")) if is_table else None,
        "figure": figure if drawn else None,
        "wanted": len(wanted),
        "there": there,
        **_state(artifact, there, len(wanted), rendered=table is not None or drawn),
    }


def _state(artifact: Artifact, there: int, wanted: int, *, rendered: bool) -> dict[str, str]:
    """One word for how far an artifact is, and why it is no further."""
    if not rendered:
        return {"state": "missing", "why": f"not rendered: {there} of {wanted} result files are there"}
    if artifact.kind == "printed":
        return {"state": "printed", "why": "what the paper prints; nothing of ours stands beside it"}
    if there == wanted:
        return {"state": "complete", "why": "made from all it needs" if wanted else "nothing is trained for it"}
    if there:
        return {"state": "partial", "why": f"{wanted - there} of {wanted} result files are missing at this scale"}
    return {"state": "missing", "why": f"not run at this scale: {wanted} result files are missing"}
