"""Any figure: find the module that draws its kind, save what it draws as SVG and PNG."""

from pathlib import Path

from quartet.artifacts import style
from quartet.artifacts.measure import Stamp
from quartet.artifacts.output import asked
from quartet.files import atomic


def render_figure(
    artifact_id: str, paper_dir: Path, results: Path, stamp: Stamp, out_dir: Path, root: Path = Path(".")
) -> list[Path]:
    """Write `<out_dir>/<artifact_id>.{svg,png}` from what is under `results`, the folder of one scale."""
    module, order = asked("figure", artifact_id, paper_dir, results, stamp, root)
    with style.styled():
        figure = module.draw(order)
        drawn = {"svg": style.svg(figure), "png": style.png(figure)}
    written = [out_dir / f"{artifact_id}.{suffix}" for suffix in drawn]
    for path, content in zip(written, drawn.values(), strict=True):
        with atomic(path) as temporary:
            temporary.write_bytes(content)
    return written
