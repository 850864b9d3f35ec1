"""One renderer for every table: Markdown, LaTeX, CSV in long form, JSON."""

from pathlib import Path

from quartet.artifacts import text
from quartet.artifacts.measure import Stamp
from quartet.artifacts.output import asked, long_csv, write_all


def render_table(
    artifact_id: str, paper_dir: Path, results: Path, stamp: Stamp, out_dir: Path, root: Path = Path(".")
) -> list[Path]:
    """Write `<out_dir>/<artifact_id>.{md,tex,csv,json}` from what is under `results`, the folder of one scale."""
    module, order = asked("table", artifact_id, paper_dir, results, stamp, root)
    view, kind = module.view(order), order.artifact.kind
    texts = {
        "md": text.render(f"{kind}.md.j2", **view),
        "tex": text.render(f"{kind}.tex.j2", **view),
        "csv": long_csv(view["cells"], module.LONG),
        "json": text.plain_json(view),
    }
    return write_all(out_dir, artifact_id, texts)
