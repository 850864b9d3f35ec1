"""The episodes file: one HDF5 file per dataset, uncompressed and contiguous, so that reading it is mapping it."""

import errno
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from quartet.data.schema import FIELDS, FORMAT, OPTIONAL_SIZES, VERSION, expected_shape, read_layout
from quartet.errors import QuartetError
from quartet.files import atomic
from quartet.tasks.spec import TaskSpec

Array = NDArray[np.generic]
_ROWS_AT_ONCE = 1 << 16  # rows checked or copied at a time: keeps the working set small beside a mapped file


@dataclass(frozen=True)
class Episodes:
    """M transitions in E whole episodes; episode e owns rows offsets[e]:offsets[e + 1] of every per-step array."""

    task: str  # the task's name
    quality: str  # which dataset of the task this is
    behaviour: str  # who acted, in words
    spec: TaskSpec  # the task's sizes
    observations: NDArray[np.float32]  # (M, agents, observation)
    actions: NDArray[np.float32]  # (M, agents, action)
    rewards: NDArray[np.float32]  # (M, agents)
    terminals: NDArray[np.bool_]  # (M,) the task itself ended
    truncations: NDArray[np.bool_]  # (M,) the horizon cut the episode
    offsets: NDArray[np.int64]  # (E + 1,)
    returns: NDArray[np.float32]  # (E,) sum over steps of the mean reward over agents
    final_observations: NDArray[np.float32]  # (E, agents, observation) what the last step of each episode led to
    state: NDArray[np.float32] | None = None  # (M, state) where the task has a global state
    legal_actions: NDArray[np.bool_] | None = None  # (M, agents, actions) where the task forbids some
    subset: NDArray[np.int64] | None = None  # (E,) which of several small datasets each episode belongs to, from 0
    returns_to_go: NDArray[np.float32] | None = None  # (M,) what generated episodes say is still to come

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def transitions(self) -> int:
        """Number of rows M."""
        return int(self.offsets[-1])

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Number of steps of each episode, (E,)."""
        return np.diff(self.offsets)

    def arrays(self) -> dict[str, Array]:
        """The arrays that are there, by name, in the order of the schema."""
        values = {name: getattr(self, name) for name in FIELDS}
        return {name: value for name, value in values.items() if value is not None}


def episode_returns(rewards: NDArray[np.float32], offsets: NDArray[np.int64]) -> NDArray[np.float32]:
    """The return of every episode: its steps' sum of the mean reward over agents."""
    per_step = rewards.mean(axis=1, dtype=np.float64)
    return np.add.reduceat(per_step, offsets[:-1]).astype(np.float32)


def open_episodes(path: str | Path) -> Episodes:
    """Map an episodes file after checking all of it; whatever is wrong is one line naming file and field."""
    place = Path(path)
    layout = read_layout(place)
    mapped = {
        name: np.memmap(place, np.dtype(FIELDS[name].dtype), mode="c", offset=offset, shape=shape)
        for name, (offset, shape) in layout.places.items()
    }
    episodes = Episodes(layout.task, layout.quality, layout.behaviour, layout.spec, **mapped)
    _check_values(episodes, place)
    return episodes


def write_episodes(path: str | Path, episodes: Episodes) -> None:
    """Write an episodes file atomically; equal episodes give equal bytes."""
    arrays = episodes.arrays()
    for name, array in arrays.items():
        field = FIELDS[name]
        expected = expected_shape(field, episodes.spec, episodes.transitions, len(episodes))
        if array.dtype != np.dtype(field.dtype) or array.shape != expected:
            raise QuartetError(
                f"field '{name}' is {array.dtype} {array.shape}, not {field.dtype} {expected}", where=str(path)
            )
    _check_values(episodes, Path(path))
    with atomic(path) as temporary:
        try:
            _fill(temporary, episodes, arrays)
        except RuntimeError as error:  # how HDF5 reports, when it closes a file, that there is no room for it
            number = re.search(r"errno = (\d+)", str(error))
            raise OSError(int(number[1]) if number else errno.EIO, "the dataset could not be written") from error


def _fill(path: Path, episodes: Episodes, arrays: Mapping[str, Array]) -> None:
    with h5py.File(path, "w") as file:
        file.attrs["version"] = np.int64(VERSION)
        texts = {"format": FORMAT, "task": episodes.task, "quality": episodes.quality, "behaviour": episodes.behaviour}
        for name, text in texts.items():
            # of fixed length: a damaged length then cannot ask for gigabytes
            file.attrs[name] = np.bytes_(text.encode())
        for size, value in asdict(episodes.spec).items():
            if value or size not in OPTIONAL_SIZES:
                file.attrs[size] = np.int64(value)
        for name, array in arrays.items():
            file.create_dataset(name, data=array, track_times=False)


def combine(parts: Sequence[tuple[Episodes, NDArray[np.int64]]], quality: str, behaviour: str) -> Episodes:
    """The chosen whole episodes of each part, one part after the other; every row is held once."""
    first = parts[0][0]
    if any(part.task != first.task or part.spec != first.spec for part, _ in parts):
        raise QuartetError("episodes of different tasks cannot be combined", where=quality)
    lengths = np.concatenate([part.lengths[chosen] for part, chosen in parts])
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    arrays: dict[str, Array] = {"offsets": offsets}
    for name, array in first.arrays().items():
        if name != "offsets":
            rows = offsets[-1] if FIELDS[name].per == "step" else len(lengths)
            arrays[name] = np.empty((rows, *array.shape[1:]), array.dtype)
            _copy_rows(arrays[name], parts, name)
    return Episodes(task=first.task, quality=quality, behaviour=behaviour, spec=first.spec, **arrays)  # type: ignore[arg-type]


def _copy_rows(target: Array, parts: Sequence[tuple[Episodes, NDArray[np.int64]]], name: str) -> None:
    done = 0
    for part, chosen in parts:
        source = part.arrays()[name]
        rows = chosen if FIELDS[name].per == "episode" else _rows_of(part, chosen)
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            piece = rows[start : start + _ROWS_AT_ONCE]
            target[done : done + len(piece)] = source[piece]
            done += len(piece)


def _rows_of(episodes: Episodes, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
    lengths = episodes.lengths[chosen]
    before = np.cumsum(lengths) - lengths
    return np.repeat(episodes.offsets[chosen] - before, lengths) + np.arange(lengths.sum())


def _check_values(episodes: Episodes, place: Path) -> None:
    """Offsets rise from 0 to M, every value is one its type allows, and the returns are those of the rewards."""
    offsets = episodes.offsets
    if offsets[0] != 0 or offsets[-1] != len(episodes.rewards) or np.any(offsets[1:] <= offsets[:-1]):
        raise _bad(place, "offsets", "does not rise from 0 to the number of transitions")
    for name, array in episodes.arrays().items():
        for start in range(0, len(array), _ROWS_AT_ONCE):
            rows = array[start : start + _ROWS_AT_ONCE]
            if array.dtype == np.float32 and not np.isfinite(rows.view(np.float32)).all():
                raise _bad(place, name, "holds numbers that are not finite")
            if array.dtype == np.bool_ and rows.view(np.uint8).max(initial=0) > 1:
                raise _bad(place, name, "holds bytes that are neither true nor false")
    if episodes.spec.choices:
        _check_choices(episodes, place)
    expected = episode_returns(episodes.rewards, offsets)
    if not np.allclose(episodes.returns, expected, rtol=1e-4, atol=1e-3):
        raise _bad(place, "returns", "is not the sum of the rewards")


def _check_choices(episodes: Episodes, place: Path) -> None:
    """Every agent makes one choice, and one that it had."""
    for start in range(0, len(episodes.actions), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        made = episodes.actions[rows] == 1
        if not (made.sum(axis=2) == 1).all() or np.count_nonzero(episodes.actions[rows]) != np.count_nonzero(made):
            raise _bad(place, "actions", "is not one choice an agent")
        if episodes.legal_actions is not None and not episodes.legal_actions[rows][made].all():
            raise _bad(place, "legal_actions", "forbids a choice that was made")


def _bad(place: Path, name: str, what: str) -> QuartetError:
    return QuartetError(f"field '{name}' {what}", where=str(place), mend="build the dataset again")
