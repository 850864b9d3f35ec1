"""Atomic writes: an artefact is either whole or absent, whatever kills the job that writes it."""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from quartet.errors import QuartetError

LEFT = 3600.0  # seconds


@contextmanager
def atomic(path: str | Path) -> Iterator[Path]:
    """Yield a temporary neighbour of `path`; on success it is flushed and renamed to `path`, else removed."""
    target = Path(path)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    except OSError as error:
        raise _unwritable(target, error) from error
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.chmod(0o644)
        temporary.replace(target)
    except OSError as error:
        raise _unwritable(target, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: str | Path, text: str) -> None:
    """Write a text file atomically, with Unix line ends."""
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def sweep(folder: Path) -> None:
    """Remove what killed writers left behind; what was touched within the hour may still be written."""
    for path in folder.rglob(".*.part"):
        with suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > LEFT:
                path.unlink()


def _unwritable(target: Path, error: OSError) -> QuartetError:
    reason = os.strerror(error.errno) if error.errno else str(error)  # HDF5's own words fill many lines
    return QuartetError(
        f"cannot write: {reason.lower()}", where=str(target), mend="free space or choose a folder you may write to"
    )
