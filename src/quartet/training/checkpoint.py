"""Checkpoints: tensors and numbers only, written atomically, loaded without running any code."""

import io
import warnings
from pathlib import Path
from typing import Any

import torch

from quartet import files
from quartet.errors import QuartetError


def save(path: Path, state: dict[str, Any]) -> None:
    """Write a checkpoint; the same state gives the same bytes."""
    buffer = io.BytesIO()  # saving to a buffer keeps the temporary file's name out of the archive
    torch.save(state, buffer)
    with files.atomic(path) as temporary:
        temporary.write_bytes(buffer.getbuffer())


def load(path: Path, device: str = "cpu") -> dict[str, Any]:
    """Read a checkpoint; a damaged or foreign file is one clear line."""
    try:
        with warnings.catch_warnings(action="ignore"):  # torch remarks on the pickle inside a foreign file
            state = torch.load(path, map_location=device, weights_only=True)
    except FileNotFoundError as error:
        raise QuartetError("no such checkpoint", where=str(path), mend="train first: `quartet train ...`") from error
    except Exception as error:  # an unpickler may raise anything on foreign bytes
        raise QuartetError(
            "damaged, or no checkpoint of ours", where=str(path), mend="delete it and train again"
        ) from error
    if not isinstance(state, dict):
        raise QuartetError("no checkpoint of ours", where=str(path), mend="delete it and train again")
    return state
