"""What an episodes file must hold, and the reading of its layout without trusting a byte of it."""

from dataclasses import dataclass, fields
from pathlib import Path

import h5py
import numpy as np

from quartet.errors import QuartetError
from quartet.tasks.spec import TaskSpec

FORMAT = "quartet episodes"
VERSION = 1
OPTIONAL_SIZES = {"choices"}  # left out where 0: files of continuous tasks stay as they were before there were others
LONGEST = 1 << 12  # bytes of an attribute
_REMEDY = "build the dataset again"


@dataclass(frozen=True)
class Field:
    """One array of the file: its type, what its first axis counts, and its further axes as sizes of the task."""

    dtype: str
    per: str  # "step" (M rows), "episode" (E rows) or "boundary" (E + 1 rows)
    axes: tuple[str, ...] = ()  # names of TaskSpec sizes
    optional: bool = False


FIELDS: dict[str, Field] = {
    "observations": Field("<f4", "step", ("agents", "observation")),
    "actions": Field("<f4", "step", ("agents", "action")),
    "rewards": Field("<f4", "step", ("agents",)),
    "terminals": Field("|b1", "step"),
    "truncations": Field("|b1", "step"),
    "offsets": Field("<i8", "boundary"),
    "returns": Field("<f4", "episode"),
    "final_observations": Field("<f4", "episode", ("agents", "observation")),
    "state": Field("<f4", "step", ("state",), optional=True),
    "legal_actions": Field("|b1", "step", ("agents", "choices"), optional=True),
    "subset": Field("<i8", "episode", optional=True),
    "returns_to_go": Field("<f4", "step", optional=True),
}


@dataclass(frozen=True)
class Layout:
    """Where each array lies in the file, and what the attributes say."""

    task: str
    quality: str
    behaviour: str
    spec: TaskSpec
    places: dict[str, tuple[int, tuple[int, ...]]]  # name -> (byte offset, shape)


def expected_shape(field: Field, spec: TaskSpec, transitions: int, episodes: int) -> tuple[int, ...]:
    """The shape a field must have."""
    rows = {"step": transitions, "episode": episodes, "boundary": episodes + 1}[field.per]
    return (rows, *(getattr(spec, axis) for axis in field.axes))


def read_layout(path: Path) -> Layout:
    """Check names, types, shapes and byte ranges of an episodes file, before anything is mapped."""
    if not path.is_file():
        raise QuartetError("there is no such dataset", where=str(path), mend="build it with `quartet dataset`")
    try:
        with h5py.File(path, "r") as file:
            return _layout(file, path)
    # h5py reports damage with whichever of these its C library happened to meet
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, OverflowError, MemoryError) as error:
        raise QuartetError(
            "not a whole HDF5 file (truncated, damaged or foreign)", where=str(path), mend=_REMEDY
        ) from error


def _layout(file: h5py.File, path: Path) -> Layout:
    if _text(file, "format", path) != FORMAT:
        raise QuartetError(f"attribute 'format' is not '{FORMAT}'", where=str(path), mend=_REMEDY)
    if (version := _count(file, "version", path)) != VERSION:
        raise QuartetError(
            f"attribute 'version' is {version}, this program reads {VERSION}", where=str(path), mend=_REMEDY
        )
    sizes = [size.name for size in fields(TaskSpec) if size.name in file.attrs or size.name not in OPTIONAL_SIZES]
    spec = TaskSpec(**{size: _count(file, size, path) for size in sizes})
    found = {name: _dataset(file, name, path) for name, field in FIELDS.items() if name in file or not field.optional}
    transitions, episodes = _length(found["rewards"]), _length(found["offsets"]) - 1
    if transitions < 1 or episodes < 1:
        raise _wrong(path, "offsets", "describes no episode")
    places = {}
    for name, dataset in found.items():
        expected = expected_shape(FIELDS[name], spec, transitions, episodes)
        places[name] = (_byte_offset(dataset, name, expected, path), dataset.shape)
    texts = {name: _text(file, name, path) for name in ("task", "quality", "behaviour")}
    return Layout(task=texts["task"], quality=texts["quality"], behaviour=texts["behaviour"], spec=spec, places=places)


def _text(file: h5py.File, name: str, path: Path) -> str:
    value = _attribute(file, name, "S")
    if not isinstance(value, np.bytes_):
        raise QuartetError(f"attribute '{name}' is not a text", where=str(path), mend=_REMEDY)
    return value.decode()


def _count(file: h5py.File, name: str, path: Path) -> int:
    value = _attribute(file, name, "iu")
    if not isinstance(value, np.integer) or value < 0:
        raise QuartetError(f"attribute '{name}' is not a count", where=str(path), mend=_REMEDY)
    return int(value)


def _attribute(file: h5py.File, name: str, kinds: str) -> object:
    """One short value of these types, and nothing else: it is looked at before it is read."""
    if name not in file.attrs:
        return None
    found = file.attrs.get_id(name)
    short = found.shape == () and found.dtype.kind in kinds and found.dtype.itemsize <= LONGEST
    return file.attrs[name] if short else None


def _dataset(file: h5py.File, name: str, path: Path) -> h5py.Dataset:
    link = file.get(name, getlink=True)
    if link is None:
        raise _wrong(path, name, "is missing")
    if not isinstance(link, h5py.HardLink):  # it could lead to any file on this machine
        raise _wrong(path, name, "is a link to somewhere else")
    found = file[name]
    if not isinstance(found, h5py.Dataset):
        raise _wrong(path, name, "is not an array")
    return found


def _length(dataset: h5py.Dataset) -> int:
    return int(dataset.shape[0]) if dataset.shape else 0


def _byte_offset(dataset: h5py.Dataset, name: str, expected: tuple[int, ...], path: Path) -> int:
    """The field's place in the file, once its type, shape and extent are known to be sound."""
    field = FIELDS[name]
    if dataset.dtype != np.dtype(field.dtype):
        raise _wrong(path, name, f"is {dataset.dtype}, not {np.dtype(field.dtype)}")
    shape = dataset.shape
    if shape != expected:
        raise _wrong(path, name, f"has shape {shape}, not {expected}")
    offset = dataset.id.get_offset()
    if offset is None:
        raise _wrong(path, name, "is not stored contiguously")
    if offset + dataset.size * dataset.dtype.itemsize > path.stat().st_size:
        raise _wrong(path, name, "reaches beyond the end of the file")
    return int(offset)


def _wrong(path: Path, name: str, what: str) -> QuartetError:
    return QuartetError(f"field '{name}' {what}", where=str(path), mend=_REMEDY)
