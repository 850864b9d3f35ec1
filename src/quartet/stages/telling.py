"""What is told in the terminal: an artifact, how far the workflow is, what changed between two sets of results."""

import io
import subprocess
import tarfile
import tempfile
from pathlib import Path

from quartet import outlook
from quartet.config import Config
from quartet.errors import QuartetError
from quartet.report import comparison, terminal
from quartet.report.sources import Sources
from quartet.stages.reference import COMMITTED
from quartet.stages.render import stamp


def show(settings: Config, target: str) -> None:
    """Print an artifact."""
    print(terminal.show(Sources(settings, settings.paths.base, stamp(settings)), target))


def status(settings: Config, target: str) -> None:
    """Print what is done, what runs, what is left."""
    print(outlook.status(settings, target))


def compare(settings: Config, target: str) -> None:
    """Print what changed since another set of results: a folder's, or the committed reference's at a commit."""
    scale = settings.scale["name"]
    after = comparison.results_of(settings.paths.base)
    folder = Path(target)
    if folder.is_dir():
        before = comparison.results_of(folder / scale if (folder / scale).is_dir() else folder)
    else:
        with tempfile.TemporaryDirectory() as scratch:
            before = comparison.results_of(_checked_out(settings.root, target, scale, Path(scratch)))
    print(comparison.compare(before, after))


def _checked_out(root: Path, commit: str, scale: str, scratch: Path) -> Path:
    """The committed reference of a scale as it was at a commit."""
    wanted = (COMMITTED / scale).as_posix()
    command = ["git", "-C", str(root), "archive", "--", commit, wanted]
    found = subprocess.run(command, capture_output=True, check=False)
    if found.returncode:
        raise QuartetError(f"'{commit}' is neither a folder nor a commit that holds {wanted}", mend="see: git log")
    with tarfile.open(fileobj=io.BytesIO(found.stdout)) as archive:
        archive.extractall(scratch, filter="data")
    return scratch / wanted
