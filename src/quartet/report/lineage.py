"""The provenance page: which commit, which code and which inputs stand behind every artifact."""

from collections import Counter
from typing import Any

from quartet import paths, plan, provenance
from quartet.artifacts.spec import Artifact
from quartet.report.ledger import computed
from quartet.report.papers import ordered
from quartet.report.sources import Sources

SHORT = 12  # signs of a hash that are shown


def view(sources: Sources) -> dict[str, Any]:
    """Rows by paper, and the commits behind the evidence."""
    return {
        "papers": [
            {"id": paper.id, "rows": [_row(artifact, sources) for artifact in ordered(paper.artifacts)]}
            for paper in sources.papers
        ],
        "evidence": _evidence(sources),
    }


def _row(artifact: Artifact, sources: Sources) -> dict[str, Any]:
    """An artifact's own provenance, from the first of the files it was rendered into."""
    pattern = paths.FIGURE if plan.stage_of(artifact) == "figure" else paths.TABLE
    stem = sources.rendered / pattern.format(paper=artifact.paper, artifact=artifact.id)
    suffix = "svg" if plan.stage_of(artifact) == "figure" else "csv"
    described = paths.provenance_of(stem.with_name(f"{stem.name}.{suffix}"))
    found = provenance.read(described) if described.exists() else {}
    return {
        "id": artifact.id,
        "number": artifact.number,
        "commit": found.get("commit"),
        "sha256": found.get("sha256", "")[:SHORT],
        "source_hash": found.get("source_hash", "")[:SHORT],
        "settings_hash": found.get("settings_hash", "")[:SHORT],
        "inputs": len(found.get("inputs", ())),
    }


def _evidence(sources: Sources) -> list[dict[str, Any]]:
    """How many files of every stage were made at which commit."""
    made = Counter((found["stage"], found["commit"]) for found in computed(sources).values())
    return [{"stage": stage, "commit": commit, "files": count} for (stage, commit), count in sorted(made.items())]
