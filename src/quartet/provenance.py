"""Beside every artefact: what made it, from what, with what, at what cost."""

import ast
import hashlib
import json
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from quartet import files, paths, reading
from quartet.errors import QuartetError

PACKAGES = ("torch", "numpy", "h5py", "pandas", "snakemake")
DESCRIBED = {
    **dict.fromkeys(("sha256", "stage", "commit", "settings_hash", "source_hash", "python", "machine"), str),
    **{"inputs": dict[str, str], "packages": dict[str, str]},
    **{"wall_seconds": float, "peak_memory_mb": float},
}
SOURCE = Path(__file__).resolve().parent


def digest(value: object) -> str:
    """A short hash of a JSON-able value, independent of key order."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:16]


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def verified_digest(path: Path) -> str:
    """The same, once it is the one in the provenance beside the file, where there is one."""
    found, beside = file_digest(path), paths.provenance_of(path)
    if beside.is_file() and read(beside)["sha256"] != found:
        mend = f"make it again; if it was changed on purpose, delete {beside.name}"
        raise QuartetError("is not what its stage wrote: damaged, or changed since", where=str(path), mend=mend)
    return found


def read(path: Path) -> dict[str, Any]:
    """What `record` wrote beside an artefact."""
    what, mend = "no provenance", "delete it, and make its artefact again"
    found: dict[str, Any] = reading.data(path, what, mend)
    if not reading.fits(found, DESCRIBED):
        raise QuartetError(f"{what}: something is missing, or of another type", where=str(path), mend=mend)
    return found


@cache
def sources(module: str) -> tuple[Path, ...]:
    """The package's own files that `module` imports, directly or not: the files a stage depends on."""
    found: dict[str, Path] = {}
    queue = [module]
    while queue:
        name = queue.pop()
        path = _module_file(name)
        if path is None or name in found:
            continue
        found[name] = path
        queue += _imports(path)
    return tuple(sorted(set(found.values())))


def _module_file(name: str) -> Path | None:
    parts = name.split(".")
    if parts[0] != "quartet":
        return None
    base = SOURCE.joinpath(*parts[1:])
    for candidate in (base / "__init__.py", base.with_suffix(".py")):
        if candidate.is_file():
            return candidate
    return None


@cache  # most stages share most files
def _imports(path: Path) -> list[str]:
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return names


def source_digest(modules: Iterable[str]) -> str:
    """One hash for all source files the given modules depend on."""
    found = sorted({path for module in modules for path in sources(module)})
    return digest([(str(path.relative_to(SOURCE)), file_digest(path)) for path in found])


@cache
def commit() -> str:
    """The repository's commit, marked `+changes` where tracked files differ from it; `unknown` outside a checkout."""
    try:
        head = _git("rev-parse", "--short=10", "HEAD")
        changed = _git("status", "--porcelain", "--untracked-files=no", "--", "src", "config", "workflow", "Snakefile")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return head + ("+changes" if changed else "")


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(SOURCE), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _device() -> str:
    """The GPU that this process has used, by its name; torch is asked only where a stage has loaded it."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_initialized():
        return "cpu"
    return str(torch.cuda.get_device_name())


@contextmanager
def record(
    outputs: Sequence[Path], *, stage: str, settings: Mapping[str, Any], inputs: Sequence[Path], modules: Sequence[str]
) -> Iterator[None]:
    """Run a stage on inputs that are what their stages wrote; then write the provenance of each output beside it."""
    started = time.perf_counter()
    there = [path for path in inputs if path.is_file()]  # a stage says itself what it lacks
    verified = {str(path): verified_digest(path) for path in there}
    yield
    report = {
        "stage": stage,
        "settings": dict(settings),
        "settings_hash": digest(settings),
        "source_hash": source_digest(modules),
        "commit": commit(),
        "inputs": verified,
        "packages": {name: metadata.version(name) for name in PACKAGES},
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "device": _device(),
        "wall_seconds": round(time.perf_counter() - started, 3),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }
    for path in outputs:
        text = json.dumps({"artefact": path.name, "sha256": file_digest(path), **report}, indent=2, sort_keys=True)
        files.write_text(paths.provenance_of(path), text + "\n")
