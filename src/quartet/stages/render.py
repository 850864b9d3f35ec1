"""The stages that render: tables, figures, the audit, claims and the report, from files that are already there.

They write beside the evidence, in the folder of its scale, unless another one is named.
"""

from contextlib import AbstractContextManager
from pathlib import Path

from quartet import plan, provenance
from quartet.artifacts import audit as auditing
from quartet.artifacts import claims as judging
from quartet.artifacts.figure import render_figure
from quartet.artifacts.measure import Stamp
from quartet.artifacts.spec import Artifact
from quartet.artifacts.table import render_table
from quartet.config import Config, check
from quartet.errors import unknown
from quartet.report import layout, site
from quartet.report.sources import Sources


def table(settings: Config, target: str, out: Path | None = None) -> None:
    """Render a table as Markdown, LaTeX, long CSV and JSON."""
    _artifact(settings, target, "table", out)


def figure(settings: Config, target: str, out: Path | None = None) -> None:
    """Draw a figure as SVG and PNG."""
    _artifact(settings, target, "figure", out)


def audit(settings: Config, target: str, out: Path | None = None) -> None:
    """Recompute a paper's own arithmetic from its printed tables."""
    paper, folder = _paper(settings, target), (out or settings.paths.base) / target
    with _recorded(settings, "audit", target, [], _pair(folder, "audit"), "quartet.artifacts.audit"):
        auditing.render_audit(paper, folder, settings.root)


def claims(settings: Config, target: str, out: Path | None = None) -> None:
    """Judge a paper's claims by our evaluations."""
    paper, folder = _paper(settings, target), (out or settings.paths.base) / target
    claimed = [artifact for artifact in plan.artifacts(settings) if artifact.paper == target and artifact.claims]
    read = [path for artifact in claimed for path in plan.inputs(settings, artifact)]
    with _recorded(settings, "claims", target, read, _pair(folder, "claims"), "quartet.artifacts.claims"):
        judging.render_claims(paper, settings.paths.base, stamp(settings), folder, settings.root)


def report(settings: Config, target: str, out: Path | None = None) -> None:
    """Write the report from everything rendered so far."""
    check("report", target, ("all",))
    rendered = out or settings.paths.base
    read = [path for artifact in plan.artifacts(settings) for path in _outputs(settings, artifact, rendered)]
    read += [rendered / paper / f"{name}.json" for paper in settings.papers for name in ("audit", "claims")]
    made = [rendered / "report" / name for name in layout.pages(settings)]
    with _recorded(settings, "report", target, read, made[:1], "quartet.report.site"):
        site.write_report(Sources(settings, rendered, stamp(settings)), rendered / "report")


def stamp(settings: Config, commit: str | None = None) -> Stamp:
    """What every artefact prints about itself; made again, it names the commit of the first time."""
    scale = settings.scale
    return Stamp(scale["name"], commit or provenance.commit(), len(settings.seeds), scale["evidence"])


def _artifact(settings: Config, target: str, command: str, out: Path | None) -> None:
    known = {a.id: a for a in plan.artifacts(settings) if plan.stage_of(a) == command}
    if target not in known:
        raise unknown(command, target, known)
    artifact = known[target]
    made = _outputs(settings, artifact, out or settings.paths.base)
    with _recorded(settings, command, target, plan.inputs(settings, artifact), made, plan.module_of(artifact)):
        render(settings, artifact, made[0].parent)


def _outputs(settings: Config, artifact: Artifact, out: Path) -> list[Path]:
    """The files of an artifact, moved to where everything is written."""
    return [out / path.relative_to(settings.paths.base) for path in plan.outputs(settings, artifact)]


def render(settings: Config, artifact: Artifact, out: Path, commit: str | None = None) -> None:
    """An artifact's files into a folder, without provenance."""
    write = render_figure if plan.stage_of(artifact) == "figure" else render_table
    made = stamp(settings, commit)
    write(artifact.id, settings.paper(artifact.paper), settings.paths.base, made, out, settings.root)


def _recorded(
    settings: Config, stage: str, target: str, read: list[Path], made: list[Path], *modules: str
) -> AbstractContextManager[None]:
    wanted = {"target": target, "scale": settings.scale["name"], "seeds": list(settings.seeds)}
    there = [path for path in dict.fromkeys(read) if path.exists()]
    return provenance.record(
        made, stage=stage, settings=wanted, inputs=there, modules=["quartet.stages.render", *modules]
    )


def _pair(folder: Path, name: str) -> list[Path]:
    return [folder / f"{name}.{suffix}" for suffix in ("md", "json")]


def _paper(settings: Config, name: str) -> Path:
    return settings.paper(check("paper", name, settings.papers))
