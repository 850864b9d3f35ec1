"""The vaults that OG-MARL publishes: zarr arrays in one OCDBT store, one flat line of time, read as episodes.

Needs tensorstore, which comes with the extra `vaults`.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quartet.data.episodes import Episodes, episode_returns
from quartet.errors import QuartetError
from quartet.tasks.spec import TaskSpec

METADATA = "metadata.json"
LARGEST = 1 << 32  # numbers in an array, four times what the largest vault holds
INDEX = "vault_index"  # how many steps of the endless time axis are written
Read = NDArray[np.generic]


def is_vault(folder: Path) -> bool:
    """Whether the folder looks like one vault: <environment>/<scenario>.vlt/<quality>."""
    return (folder / METADATA).is_file()


def files(folder: Path) -> list[Path]:
    """The files an import reads."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def read_vault(folder: Path, task: str, quality: str, spec: TaskSpec) -> Episodes:
    """All whole episodes of a vault, the unfinished last one left out.

    A vault does not hold what the last step of an episode led to. Its last observation stands in for it, which no
    learner uses where the battle was decided.
    """
    known = _leaves(folder)
    steps = int(_array(folder, INDEX)[0])
    read = {name: _array(folder, f"{name}.", steps)[0] for name in known}
    ends = {name: _ends(read, name, folder) for name in ("terminals", "truncations")}
    last = np.flatnonzero(ends["terminals"] | ends["truncations"])
    if not len(last):
        raise _unfit(folder, "holds no finished episode")
    offsets = np.concatenate([[0], last + 1]).astype(np.int64)
    whole = int(offsets[-1])
    rewards = _field(read, "rewards", (spec.agents,), whole, folder)
    observations = _field(read, "observations", (spec.agents, spec.observation), whole, folder)
    return Episodes(
        task=task,
        quality=quality,
        behaviour=f"imported from {folder.parent.name}/{folder.name}, a vault of OG-MARL",
        spec=spec,
        observations=observations,
        actions=_actions(read, spec, whole, folder),
        rewards=rewards,
        terminals=ends["terminals"][:whole],
        truncations=(ends["truncations"] & ~ends["terminals"])[:whole],
        offsets=offsets,
        returns=episode_returns(rewards, offsets),
        final_observations=observations[last],
        state=_field(read, "infos.state", (spec.state,), whole, folder) if spec.state else None,
        legal_actions=_legal(read, spec, whole, folder) if spec.choices else None,
    )


def _leaves(folder: Path) -> list[str]:
    """The names of the arrays, nested ones dotted, as the vault's own description lists them."""
    try:
        tree = json.loads((folder / METADATA).read_text(encoding="utf-8"))["structure_shape"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _unfit(folder / METADATA, "does not describe a vault") from error
    return list(_names(tree))


def _names(tree: dict[str, Any], before: str = "") -> Iterable[str]:
    for name, inside in tree.items():
        if isinstance(inside, dict):
            yield from _names(inside, f"{before}{name}.")
        else:
            yield before + name


def _array(folder: Path, name: str, steps: int | None = None) -> Read:
    """One array, its first steps where it has an axis of time."""
    try:
        import tensorstore
    except ImportError as error:
        raise QuartetError("vaults need tensorstore", mend="pip install 'quartet[vaults]'") from error
    store = {"driver": "ocdbt", "base": folder.resolve().as_uri(), "path": name}
    try:
        opened = tensorstore.open({"driver": "zarr", "kvstore": store}).result()
        chosen = opened if steps is None else opened[:, :steps]
        if chosen.size > LARGEST:
            raise _unfit(folder, f"says that '{name.rstrip('.')}' holds {chosen.size} numbers")
        return np.asarray(chosen.read().result())
    except (ValueError, IndexError) as error:
        raise _unfit(folder, f"has no whole array '{name.rstrip('.')}'") from error


def _field(read: dict[str, Read], name: str, axes: tuple[int, ...], whole: int, folder: Path) -> NDArray[np.float32]:
    """The steps of whole episodes of a field that must have these axes."""
    array = read.get(name)
    if array is None:
        raise _unfit(folder, f"holds no '{name}'")
    if array.shape[1:] != axes:
        raise _unfit(folder, f"'{name}' has shape {array.shape[1:]} a step, the task needs {axes}")
    return np.ascontiguousarray(array[:whole], dtype=np.float32)


def _ends(read: dict[str, Read], name: str, folder: Path) -> NDArray[np.bool_]:
    """Where an episode ended for all agents, (steps,)."""
    if name not in read:
        raise _unfit(folder, f"holds no '{name}'")
    return np.asarray((read[name] != 0).all(axis=1))


def _actions(read: dict[str, Read], spec: TaskSpec, whole: int, folder: Path) -> NDArray[np.float32]:
    """Actions as they are, or choices one-hot."""
    if not spec.choices:
        return _field(read, "actions", (spec.agents, spec.action), whole, folder)
    choices = _field(read, "actions", (spec.agents,), whole, folder).astype(np.int64)
    if choices.min() < 0 or choices.max() >= spec.choices:
        raise _unfit(folder, f"'actions' holds choices outside 0 to {spec.choices - 1}")
    return np.eye(spec.choices, dtype=np.float32)[choices]


def _legal(read: dict[str, Read], spec: TaskSpec, whole: int, folder: Path) -> NDArray[np.bool_]:
    return _field(read, "infos.legals", (spec.agents, spec.choices), whole, folder) > 0


def _unfit(path: Path, what: str) -> QuartetError:
    return QuartetError(what, where=str(path), mend="copy the vault again, or name the task it belongs to")
