"""The report: one page that holds every artifact, every verdict and the audit, and needs no other file."""

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from quartet import paths
from quartet.artifacts import text
from quartet.artifacts.kinds import TABLES
from quartet.artifacts.measure import Stamp
from quartet.artifacts.output import write_all
from quartet.artifacts.spec import Artifact, Paper, load_paper
from quartet.errors import QuartetError


def render_report(
    paper_dirs: Sequence[Path], results: Path, stamp: Stamp, out_dir: Path, root: Path = Path(".")
) -> list[Path]:
    """Write `<out_dir>/index.html` and `report.md` from what has been rendered under `results`, one scale's folder."""
    papers = [_paper(load_paper(folder, root), results) for folder in paper_dirs]
    view = {"scale": stamp.scale, "commit": stamp.commit, "banner": stamp.banner, "papers": papers}
    written = write_all(out_dir, "report", {"md": text.render("report.md.j2", **view)})
    return [*write_all(out_dir, "index", {"html": text.render("report.html.j2", **view)}), *written]


def _paper(paper: Paper, results: Path) -> dict[str, Any]:
    folder = results / paper.id
    return {
        "id": paper.id,
        "title": paper.title,
        "artifacts": [_artifact(artifact, results) for artifact in paper.artifacts],
        **{name: _json(folder / f"{name}.json") for name in ("claims", "audit")},
        **{f"{name}_md": _text(folder / f"{name}.md") for name in ("claims", "audit")},
    }


def _artifact(artifact: Artifact, results: Path) -> dict[str, Any]:
    """What has been rendered of an artifact; None stands for what has not been yet."""
    is_table = artifact.kind in TABLES
    pattern = paths.TABLE if is_table else paths.FIGURE
    base = results / pattern.format(paper=artifact.paper, artifact=artifact.id)
    drawn = None if is_table else _text(base.with_name(f"{base.name}.svg"))
    return {
        "id": artifact.id,
        "kind": artifact.kind,
        "number": artifact.number,
        "caption": artifact.caption,
        "view": _json(base.with_name(f"{base.name}.json")) if is_table else None,
        "md": _text(base.with_name(f"{base.name}.md")) if is_table else None,
        "svg": None if drawn is None else base64.b64encode(drawn.encode()).decode(),
        "link": f"../{pattern.format(paper=artifact.paper, artifact=artifact.id)}",
    }


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def _json(path: Path) -> Any:
    found = _text(path)
    try:
        return None if found is None else json.loads(found)
    except ValueError as error:
        raise QuartetError("not JSON", where=str(path), mend="delete it and render it again") from error
