"""Any figure: find the module that draws its kind, save what it draws as SVG and PNG."""

from importlib import import_module
from pathlib import Path

from quartet.artifacts import style
from quartet.artifacts.kinds import FIGURES
from quartet.artifacts.measure import Stamp
from quartet.artifacts.output import Order
from quartet.artifacts.spec import load_paper
from quartet.errors import QuartetError
from quartet.files import atomic


def render_figure(
    artifact_id: str, paper_dir: Path, results: Path, stamp: Stamp, out_dir: Path, root: Path = Path(".")
) -> list[Path]:
    """Write `<out_dir>/<artifact_id>.{svg,png}` from what is under `results`, the folder of one scale."""
    paper = load_paper(paper_dir, root)
    artifact = paper.artifact(artifact_id)
    if artifact.kind not in FIGURES:
        raise QuartetError(f"'{artifact_id}' is a table, not a figure", mend=f"try: quartet table {artifact_id}")
    # Imported only when asked for: some kinds draw the models and tasks themselves, and torch takes seconds.
    module = import_module(f"quartet.artifacts.{FIGURES[artifact.kind]}")
    with style.styled():
        figure = module.draw(Order(artifact, paper, results, stamp, root))
        drawn = {"svg": style.svg(figure), "png": style.png(figure)}
    written = [out_dir / f"{artifact_id}.{suffix}" for suffix in drawn]
    for path, content in zip(written, drawn.values(), strict=True):
        with atomic(path) as temporary:
            temporary.write_bytes(content)
    return written
