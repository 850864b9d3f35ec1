"""Checkpoints: tensors and numbers only, written atomically, loaded without running any code."""

import io
import pickletools
import re
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from quartet import files
from quartet.errors import QuartetError

# What a state of ours is made of; torch allows a little more, and some of that allocates whatever it is told to.
OURS = re.compile(r"collections OrderedDict|torch\._utils _rebuild_tensor_v2|torch \w+Storage")


def save(path: Path, state: dict[str, Any]) -> None:
    """Write a checkpoint; the same state gives the same bytes."""
    buffer = io.BytesIO()  # saving to a buffer keeps the temporary file's name out of the archive
    torch.save(state, buffer)
    with files.atomic(path) as temporary:
        temporary.write_bytes(buffer.getbuffer())


def load(path: Path, device: str = "cpu") -> dict[str, Any]:
    """Read a checkpoint; a damaged or foreign file is one clear line."""
    if not path.is_file():
        raise QuartetError("no such checkpoint", where=str(path), mend="train first: `quartet train ...`")
    try:
        _examine(path)
        with warnings.catch_warnings(action="ignore"):  # torch remarks on the pickle inside a foreign file
            state = torch.load(path, map_location=device, weights_only=True)
    except Exception as error:  # an unpickler may raise anything on foreign bytes
        raise QuartetError(
            "damaged, or no checkpoint of ours", where=str(path), mend="delete it and train again"
        ) from error
    if not isinstance(state, dict):
        raise QuartetError("no checkpoint of ours", where=str(path), mend="delete it and train again")
    return state


@contextmanager
def fitting(path: Path, what: str, mend: str) -> Iterator[None]:
    """While a loaded state is taken apart: one that lacks something, or is of another shape, is one clear line."""
    try:
        yield
    except QuartetError as error:
        raise QuartetError(error.what, where=str(path), mend=mend) from error
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError, RuntimeError) as error:
        raise QuartetError(what, where=str(path), mend=mend) from error


def _examine(path: Path) -> None:
    """Refuse, before anything is unpacked, what is packed, claims to hold more than it does, or fails its checksums."""
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        packed = any(member.compress_type != zipfile.ZIP_STORED for member in members)
        if packed or sum(member.file_size for member in members) > path.stat().st_size:
            raise ValueError("unpacking it would take more than its own size")
        if damaged := archive.testzip():  # torch does not look at the checksums it writes
            raise ValueError(f"{damaged} is not what was written")
        pickles = [archive.read(member) for member in members if member.filename.lower().endswith(".pkl")]
        if foreign := [name for pickled in pickles for name in _named(pickled) if not OURS.fullmatch(name)]:
            raise ValueError(f"asks for {foreign[0]}")


def _named(pickled: bytes) -> list[str]:
    """The functions and classes that a pickle asks for; it is read, not run."""
    return [str(found) for operation, found, _ in pickletools.genops(pickled) if operation.name == "GLOBAL"]
