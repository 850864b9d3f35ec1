"""One renderer for every table: Markdown, LaTeX, CSV in long form, JSON."""

from importlib import import_module
from pathlib import Path

from quartet.artifacts import text
from quartet.artifacts.kinds import TABLES
from quartet.artifacts.measure import Stamp
from quartet.artifacts.output import Order, long_csv, write_all
from quartet.artifacts.spec import load_paper
from quartet.errors import QuartetError


def render_table(
    artifact_id: str, paper_dir: Path, results: Path, stamp: Stamp, out_dir: Path, root: Path = Path(".")
) -> list[Path]:
    """Write `<out_dir>/<artifact_id>.{md,tex,csv,json}` from what is under `results`, the folder of one scale."""
    paper = load_paper(paper_dir, root)
    artifact = paper.artifact(artifact_id)
    if artifact.kind not in TABLES:
        raise QuartetError(f"'{artifact_id}' is a figure, not a table", mend=f"try: quartet figure {artifact_id}")
    module = import_module(f"quartet.artifacts.{TABLES[artifact.kind]}")
    view = module.view(Order(artifact, paper, results, stamp, root))
    texts = {
        "md": text.render(f"{artifact.kind}.md.j2", **view),
        "tex": text.render(f"{artifact.kind}.tex.j2", **view),
        "csv": long_csv(view["cells"], module.LONG),
        "json": text.plain_json(view),
    }
    return write_all(out_dir, artifact_id, texts)
