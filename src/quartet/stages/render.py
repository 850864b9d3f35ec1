"""The stages that render: tables, figures, the audit, claims and the report, from files that are already there."""

from contextlib import AbstractContextManager
from pathlib import Path

from quartet import plan, provenance
from quartet.artifacts import audit as auditing
from quartet.artifacts import claims as judging
from quartet.artifacts.figure import render_figure
from quartet.artifacts.measure import Stamp
from quartet.artifacts.report import render_report
from quartet.artifacts.spec import Artifact
from quartet.artifacts.table import render_table
from quartet.config import Config, check
from quartet.errors import unknown


def table(settings: Config, target: str) -> None:
    """Render a table as Markdown, LaTeX, long CSV and JSON."""
    _artifact(settings, target, "table")


def figure(settings: Config, target: str) -> None:
    """Draw a figure as SVG and PNG."""
    _artifact(settings, target, "figure")


def audit(settings: Config, target: str) -> None:
    """Recompute a paper's own arithmetic from its printed tables."""
    folder = _paper(settings, target)
    with _recorded(settings, "audit", target, [], _pair(settings, target, "audit")):
        auditing.render_audit(folder, settings.paths.base / target, settings.root)


def claims(settings: Config, target: str) -> None:
    """Judge a paper's claims by our evaluations."""
    folder = _paper(settings, target)
    claimed = [artifact for artifact in plan.artifacts(settings) if artifact.paper == target and artifact.claims]
    read = [path for artifact in claimed for path in plan.inputs(settings, artifact)]
    with _recorded(settings, "claims", target, read, _pair(settings, target, "claims")):
        judging.render_claims(folder, settings.paths.base, stamp(settings), settings.paths.base / target, settings.root)


def report(settings: Config, target: str) -> None:
    """Write one page with everything rendered so far."""
    check("report", target, ("all",))
    folder = settings.paths.base / "report"
    read = [path for artifact in plan.artifacts(settings) for path in plan.outputs(settings, artifact)]
    with _recorded(settings, "report", target, read, [folder / "index.html", folder / "report.md"]):
        papers = [settings.paper(name) for name in settings.papers]
        render_report(papers, settings.paths.base, stamp(settings), folder, settings.root)


def stamp(settings: Config) -> Stamp:
    """What every artefact prints about itself."""
    scale = settings.scale
    return Stamp(scale["name"], provenance.commit(), len(settings.seeds), scale["evidence"])


def _artifact(settings: Config, target: str, command: str) -> None:
    known = {a.id: a for a in plan.artifacts(settings) if plan.stage_of(a) == command}
    if target not in known:
        raise unknown(command, target, known)
    artifact = known[target]
    made = plan.outputs(settings, artifact)
    with _recorded(settings, command, target, plan.inputs(settings, artifact), made, plan.module_of(artifact)):
        _render(settings, artifact, made[0].parent)


def _render(settings: Config, artifact: Artifact, out: Path) -> None:
    render = render_figure if plan.stage_of(artifact) == "figure" else render_table
    render(artifact.id, settings.paper(artifact.paper), settings.paths.base, stamp(settings), out, settings.root)


def _recorded(
    settings: Config, stage: str, target: str, read: list[Path], made: list[Path], *modules: str
) -> AbstractContextManager[None]:
    wanted = {"target": target, "scale": settings.scale["name"], "seeds": list(settings.seeds)}
    there = [path for path in dict.fromkeys(read) if path.exists()]
    return provenance.record(
        made, stage=stage, settings=wanted, inputs=there, modules=["quartet.stages.render", *modules]
    )


def _pair(settings: Config, paper: str, name: str) -> list[Path]:
    return [settings.paths.base / paper / f"{name}.{suffix}" for suffix in ("md", "json")]


def _paper(settings: Config, name: str) -> Path:
    return settings.paper(check("paper", name, settings.papers))
