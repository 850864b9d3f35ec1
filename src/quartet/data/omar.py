"""The datasets that OMAR published, folders of .npy files with one file a field and agent, read as episodes."""

from pathlib import Path
from tokenize import TokenError

import numpy as np
from numpy.typing import NDArray

from quartet.data.episodes import Episodes, episode_returns
from quartet.errors import QuartetError
from quartet.tasks.spec import TaskSpec

Mapped = NDArray[np.generic]
FIELDS = {"obs": "observation", "acs": "action", "rews": None, "next_obs": "observation", "dones": None}
_ROWS_AT_ONCE = 1 << 16  # rows copied or compared at a time: the rest stays in the files
_ROUNDING = 1e-4  # how far a step's next observation may lie from the next step's observation


def read_folder(folder: Path, task: str, quality: str, spec: TaskSpec) -> Episodes:
    """The transitions of one folder as whole episodes of the task's horizon.

    None of these tasks ends by itself. Where the files mark the time limit as done (HalfCheetah, not the particle
    tasks) it becomes a truncation, so learners bootstrap through it here as everywhere.
    """
    parts = {name: [_opened(folder, name, agent, spec) for agent in range(spec.agents)] for name in FIELDS}
    transitions = _same_length(parts, folder)
    if transitions % spec.horizon:
        what = f"holds {transitions} steps, which are no whole episodes of {spec.horizon}"
        raise _unfit(folder / "rews_0.npy", what)
    offsets = np.arange(0, transitions + 1, spec.horizon, dtype=np.int64)
    truncations = np.zeros(transitions, dtype=np.bool_)
    truncations[offsets[1:] - 1] = True
    observations, rewards = _stacked(parts["obs"], folder, "obs"), _stacked(parts["rews"], folder, "rews")
    for agent in range(spec.agents):
        _check_dones(parts["dones"][agent], truncations, folder / f"dones_{agent}.npy")
        _check_order(observations[:, agent], parts["next_obs"][agent], truncations, folder / f"next_obs_{agent}.npy")
    return Episodes(
        task=task,
        quality=quality,
        behaviour=f"imported from {folder.name}, in the layout OMAR published",
        spec=spec,
        observations=observations,
        actions=_actions(parts["acs"], folder),
        rewards=rewards,
        terminals=np.zeros(transitions, dtype=np.bool_),
        truncations=truncations,
        offsets=offsets,
        returns=episode_returns(rewards, offsets),
        final_observations=_stacked([array[offsets[1:] - 1] for array in parts["next_obs"]], folder, "next_obs"),
        state=_stacked([_opened(folder, "states", 0, spec)], folder, "states")[:, 0] if spec.state else None,
    )


def files(folder: Path, spec: TaskSpec) -> list[Path]:
    """The files an import reads."""
    state = [folder / "states_0.npy"] if spec.state else []
    return [folder / f"{name}_{agent}.npy" for name in FIELDS for agent in range(spec.agents)] + state


def _opened(folder: Path, name: str, agent: int, spec: TaskSpec) -> Mapped:
    """One file, mapped, once its type and its shape are those of the field."""
    path = folder / f"{name}_{agent}.npy"
    array = _mapped(path)
    axis = {**FIELDS, "states": "state"}[name]
    further = (getattr(spec, axis),) if axis else ()
    if array.dtype.kind not in ("bfiu" if name == "dones" else "f"):
        raise _unfit(path, f"is {array.dtype}, not {'flags' if name == 'dones' else 'floating point'}")
    if array.ndim != 1 + len(further) or array.shape[1:] != further or not array.shape[0]:
        wanted = ", ".join(map(str, ("steps", *further)))
        raise _unfit(path, f"has shape {array.shape}, the task needs ({wanted})")
    return array


def _mapped(path: Path) -> Mapped:
    if not path.is_file():
        inside = sorted(found.name for found in path.parent.glob("seed_*_data"))
        mend = f"name one of its folders {', '.join(inside)}" if inside else "see docs/importing.md for the layout"
        raise QuartetError("there is no such file", where=str(path), mend=mend)
    try:
        return np.lib.format.open_memmap(path, mode="r")  # never unpickles: an array of objects cannot be mapped
    # numpy reports damage with whichever of these its header parser happened to meet
    except (OSError, ValueError, OverflowError, TypeError, SyntaxError, TokenError, MemoryError) as error:
        raise _unfit(path, "is not a whole .npy file of numbers (truncated, damaged or foreign)") from error


def _same_length(parts: dict[str, list[Mapped]], folder: Path) -> int:
    lengths = {f"{name}_{agent}.npy": len(a) for name, arrays in parts.items() for agent, a in enumerate(arrays)}
    steps = lengths["rews_0.npy"]
    for name, length in lengths.items():
        if length != steps:
            raise _unfit(folder / name, f"holds {length} steps, rews_0.npy {steps}")
    return steps


def _check_dones(dones: Mapped, ends: NDArray[np.bool_], path: Path) -> None:
    early = np.flatnonzero((np.asarray(dones) != 0) & ~ends)
    if early.size:
        raise _unfit(path, f"marks step {early[0]} as done, within an episode of a task that never ends early")


def _check_order(observations: NDArray[np.float32], following: Mapped, ends: NDArray[np.bool_], path: Path) -> None:
    """Within an episode what a step led to is what the next step saw; else the rows are not in the order of time."""
    for start in range(0, len(ends) - 1, _ROWS_AT_ONCE):
        rows = slice(start, min(start + _ROWS_AT_ONCE, len(ends) - 1))
        seen = observations[rows.start + 1 : rows.stop + 1]
        apart = ~np.isclose(following[rows], seen, rtol=_ROUNDING, atol=_ROUNDING).all(axis=1) & ~ends[rows]
        if apart.any():
            row = start + int(apart.argmax())
            raise _unfit(path, f"does not lead from step {row} to step {row + 1} of the same episode")


def _actions(arrays: list[Mapped], folder: Path) -> NDArray[np.float32]:
    actions = _stacked(arrays, folder, "acs")
    for agent in range(len(arrays)):
        if np.abs(actions[:, agent]).max() > 1 + _ROUNDING:
            raise _unfit(folder / f"acs_{agent}.npy", "holds actions outside [-1, 1]")
    return actions.clip(-1, 1, out=actions)


def _stacked(arrays: list[Mapped], folder: Path, name: str) -> NDArray[np.float32]:
    """The agents' arrays side by side, (rows, agents, ...), copied a piece at a time."""
    stacked = np.empty((len(arrays[0]), len(arrays), *arrays[0].shape[1:]), dtype=np.float32)
    for agent, array in enumerate(arrays):
        for start in range(0, len(array), _ROWS_AT_ONCE):
            rows = slice(start, start + _ROWS_AT_ONCE)
            with np.errstate(over="ignore"):  # refused on the next line
                stacked[rows, agent] = array[rows]
            if not np.isfinite(stacked[rows, agent]).all():
                raise _unfit(folder / f"{name}_{agent}.npy", "holds numbers that are not finite")
    return stacked


def _unfit(path: Path, what: str) -> QuartetError:
    return QuartetError(what, where=str(path), mend="copy the file again, or name the task it belongs to")
