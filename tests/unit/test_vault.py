"""OG-MARL's vaults: one written here in their layout, read back as episodes."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from quartet import config
from quartet.data import vault
from quartet.data.episodes import open_episodes, write_episodes
from quartet.errors import QuartetError
from quartet.stages.importing import import_dataset
from quartet.tasks.battle.maps import battle_map

tensorstore = pytest.importorskip("tensorstore")

SPEC = battle_map("3m").spec
STEPS, ENDS, CUT = 12, (3, 7), 9  # two decided battles, one cut by the limit, two steps of an unfinished one
ENDLESS = 1000


def written(folder: Path, **changed: Any) -> Path:
    """A vault of random battles on 3m; None leaves a field out."""
    random, agents = np.random.default_rng(0), SPEC.agents
    choices = random.integers(0, SPEC.choices, (1, STEPS, agents))
    flags = {name: np.zeros((1, STEPS, agents), np.float32) for name in ("terminals", "truncations")}
    flags["terminals"][:, ENDS] = flags["truncations"][:, CUT] = 1
    legals = random.integers(0, 2, (1, STEPS, agents, SPEC.choices)).astype(np.float32)
    np.put_along_axis(legals, choices[..., None], 1, axis=3)
    fields = {
        "observations": random.random((1, STEPS, agents, SPEC.observation), np.float32),
        "actions": choices,
        "rewards": random.random((1, STEPS, 1), np.float32).repeat(agents, axis=2),
        **flags,
        "infos.state": random.random((1, STEPS, SPEC.state), np.float32),
        "infos.legals": legals,
    } | changed
    fields = {name: array for name, array in fields.items() if array is not None}
    folder.mkdir(parents=True)
    tree: dict[str, Any] = {}
    for name, array in fields.items():
        *outer, leaf = name.split(".")
        (tree.setdefault(outer[0], {}) if outer else tree)[leaf] = str(array.shape)
        store(folder, f"{name}.", array, (1, ENDLESS, *array.shape[2:]))
    store(folder, "vault_index", np.array([STEPS], np.int32), (1,))
    (folder / "metadata.json").write_text(json.dumps({"version": 1.2, "structure_shape": tree}))
    return folder


def store(folder: Path, name: str, array: np.ndarray, shape: tuple[int, ...]) -> None:
    place = {"driver": "ocdbt", "base": folder.as_uri(), "path": name}
    made = tensorstore.open(
        {"driver": "zarr", "kvstore": place}, shape=shape, dtype=array.dtype.name, create=True
    ).result()
    (made[:, : array.shape[1]] if array.ndim > 1 else made).write(array).result()


def test_a_vault_becomes_whole_episodes(tmp_path: Path) -> None:
    folder = written(tmp_path / "3m.vlt" / "Good")
    assert vault.is_vault(folder)
    episodes = vault.read_vault(folder, "3m", "good", SPEC)
    assert episodes.offsets.tolist() == [0, 4, 8, 10]
    assert np.flatnonzero(episodes.terminals).tolist() == [3, 7]
    assert np.flatnonzero(episodes.truncations).tolist() == [9]
    raw = {name: vault._array(folder, f"{name}.", STEPS)[0] for name in ("observations", "actions", "infos.legals")}
    np.testing.assert_array_equal(episodes.observations, raw["observations"][:10])
    np.testing.assert_array_equal(episodes.actions.argmax(-1), raw["actions"][:10])
    np.testing.assert_array_equal(episodes.final_observations, raw["observations"][[3, 7, 9]])
    assert episodes.legal_actions is not None
    np.testing.assert_array_equal(episodes.legal_actions, raw["infos.legals"][:10] > 0)
    write_episodes(tmp_path / "good.h5", episodes)
    assert len(open_episodes(tmp_path / "good.h5")) == 3


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"rewards": None}, "holds no 'rewards'"),
        ({"truncations": None}, "holds no 'truncations'"),
        ({"infos.legals": None}, "holds no 'infos.legals'"),
        ({"infos.state": np.zeros((1, STEPS, 7), np.float32)}, r"'infos.state' has shape \(7,\) a step"),
        ({"actions": np.full((1, STEPS, 3), 9)}, "choices outside 0 to 8"),
        (
            {name: np.zeros((1, STEPS, 3), np.float32) for name in ("terminals", "truncations")},
            "holds no finished episode",
        ),
    ],
)
def test_what_a_vault_lacks_is_one_line(tmp_path: Path, changed: dict[str, Any], message: str) -> None:
    with pytest.raises(QuartetError, match=message):
        vault.read_vault(written(tmp_path / "Good", **changed), "3m", "good", SPEC)


def test_a_damaged_vault_is_one_line(tmp_path: Path) -> None:
    folder = written(tmp_path / "Good")
    for path in vault.files(folder):
        if path.name != "metadata.json":
            path.unlink()
    with pytest.raises(QuartetError, match="has no whole array 'vault_index'"):
        vault.read_vault(folder, "3m", "good", SPEC)
    (folder / "metadata.json").write_text("[]")
    with pytest.raises(QuartetError, match="does not describe a vault"):
        vault.read_vault(folder, "3m", "good", SPEC)


def test_a_vault_that_says_it_was_written_without_end_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules[__name__], "ENDLESS", 1 << 50)
    folder = written(tmp_path / "Good")
    index = {"driver": "ocdbt", "base": folder.as_uri(), "path": vault.INDEX}
    tensorstore.open({"driver": "zarr", "kvstore": index}).result().write(np.array([2**31 - 1], np.int32)).result()
    with pytest.raises(QuartetError, match="says that 'observations' holds"):
        vault.read_vault(folder, "3m", "good", SPEC)


def test_the_import_stage_takes_a_vault_for_what_it_is(project: config.Config, tmp_path: Path) -> None:
    import_dataset(project, str(written(tmp_path / "3m.vlt" / "Good")), "3m/good")
    assert len(open_episodes(project.paths.at("datasets/{task}/{dataset}.h5", task="3m", dataset="good"))) == 3
