"""The importer: published folders become episodes files, and whatever is damaged or foreign is refused in one line."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from quartet import config, paths
from quartet.cli import main
from quartet.data import omar
from quartet.data.episodes import open_episodes
from quartet.errors import QuartetError
from quartet.evaluation.scores import read_card
from quartet.tasks.spec import TaskSpec
from tests.published_folder import SPREAD, publish

ROOT = Path(__file__).resolve().parents[2]
CHEETAH = TaskSpec(agents=2, observation=6, action=3, horizon=10, state=17)


@pytest.mark.parametrize("rows_at_once", [7, 1 << 16])
def test_particle_data_is_split_every_25_steps_though_no_done_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_at_once: int
) -> None:
    monkeypatch.setattr(omar, "_ROWS_AT_ONCE", rows_at_once)
    folder = publish(tmp_path / "seed_0_data", SPREAD)
    read = omar.read_folder(folder, "spread", "expert", SPREAD)
    assert read.offsets.tolist() == [0, 25, 50, 75, 100]
    assert np.flatnonzero(read.truncations).tolist() == [24, 49, 74, 99]
    assert not read.terminals.any()
    for agent in range(3):
        published = {name: np.load(folder / f"{name}_{agent}.npy").astype(np.float32) for name in omar.FIELDS}
        assert np.array_equal(read.observations[:, agent], published["obs"])
        assert np.array_equal(read.actions[:, agent], published["acs"])
        assert np.array_equal(read.rewards[:, agent], published["rews"])
        assert np.array_equal(read.final_observations[:, agent], published["next_obs"][24::25])


def test_a_return_is_the_sum_over_steps_of_the_mean_over_agents(tmp_path: Path) -> None:
    folder = publish(tmp_path / "seed_0_data", SPREAD)
    rewards = np.mean([np.load(folder / f"rews_{agent}.npy") for agent in range(3)], axis=0)
    read = omar.read_folder(folder, "spread", "expert", SPREAD)
    assert np.allclose(read.returns, rewards.reshape(4, 25).sum(axis=1), atol=1e-5)


def test_a_done_stored_at_the_time_limit_is_a_truncation_and_no_end(tmp_path: Path) -> None:
    folder = publish(tmp_path / "seed_0_data", CHEETAH, done_at_limit=True)
    read = omar.read_folder(folder, "cheetah", "expert", CHEETAH)
    assert not read.terminals.any()
    assert np.flatnonzero(read.truncations).tolist() == [9, 19, 29, 39]
    assert read.state is not None
    assert np.array_equal(read.state, np.load(folder / "states_0.npy").astype(np.float32))


def _over(name: str, change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Path], None]:
    return lambda folder: np.save(folder / name, change(np.load(folder / name)))


def _at(name: str, index: tuple[int, ...], value: float) -> Callable[[Path], None]:
    def changed(array: np.ndarray) -> np.ndarray:
        array[index] = value
        return array

    return _over(name, changed)


def _bytes(name: str, content: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(content)


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda folder: (folder / "acs_1.npy").unlink(), r"acs_1\.npy: there is no such file"),
    "truncated": (lambda f: (f / "obs_2.npy").write_bytes((f / "obs_2.npy").read_bytes()[:900]), r"obs_2\.npy: is not"),
    "empty": (_bytes("rews_0.npy", b""), r"rews_0\.npy: is not a whole \.npy file"),
    "foreign": (_bytes("rews_0.npy", b"PK\x03\x04 a zip file"), r"rews_0\.npy: is not a whole \.npy file"),
    "pickled": (
        lambda folder: np.save(folder / "rews_0.npy", np.array([print], dtype=object), allow_pickle=True),
        r"rews_0\.npy: is not a whole \.npy file of numbers",
    ),
    "texts": (_over("rews_1.npy", lambda a: a.astype(str)), r"rews_1\.npy: is <U32, not floating point"),
    "another task's": (_over("obs_0.npy", lambda a: a[:, :16]), r"obs_0\.npy: has shape \(100, 16\).* \(steps, 18\)"),
    "a column too many": (_over("rews_0.npy", lambda a: a[:, None]), r"has shape \(100, 1\), the task needs \(steps\)"),
    "shorter": (_over("acs_2.npy", lambda a: a[:75]), r"acs_2\.npy: holds 75 steps, rews_0\.npy 100"),
    "not finite": (_at("rews_1.npy", (7,), np.nan), r"rews_1\.npy: holds numbers that are not finite"),
    "overflowing": (_at("obs_1.npy", (24, 0), 1e300), r"obs_1\.npy: holds numbers that are not finite"),
    "no action": (_at("acs_0.npy", (3, 1), 1.5), r"acs_0\.npy: holds actions outside \[-1, 1\]"),
    "an early done": (_at("dones_1.npy", (30,), 1.0), r"dones_1\.npy: marks step 30 as done"),
    "rows out of order": (
        _at("next_obs_2.npy", (41, 5), 9.0),
        r"next_obs_2\.npy: does not lead from step 41 to step 42",
    ),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_folder_is_one_line_naming_the_file(tmp_path: Path, name: str) -> None:
    damage, message = DAMAGES[name]
    folder = publish(tmp_path / "seed_0_data", SPREAD)
    damage(folder)
    with pytest.raises(QuartetError, match=message) as caught:
        omar.read_folder(folder, "spread", "expert", SPREAD)
    assert "\n" not in str(caught.value)


def test_steps_that_are_no_whole_episodes_are_refused(tmp_path: Path) -> None:
    folder = publish(tmp_path / "seed_0_data", SPREAD)
    with pytest.raises(QuartetError, match="holds 100 steps, which are no whole episodes of 30"):
        omar.read_folder(folder, "spread", "expert", replace(SPREAD, horizon=30))


def test_flipped_bytes_are_never_a_traceback(tmp_path: Path) -> None:
    folder = publish(tmp_path / "seed_0_data", SPREAD)
    path = folder / "rews_0.npy"
    content, random = path.read_bytes(), np.random.default_rng(0)
    refused = 0
    for position in random.integers(0, 140, 200):
        broken = bytearray(content)
        broken[position] ^= int(random.integers(1, 256))
        path.write_bytes(broken)
        try:
            omar.read_folder(folder, "spread", "expert", SPREAD)
        except QuartetError:
            refused += 1
    assert refused > 100


def test_the_command_writes_what_the_dataset_stage_would(
    project: config.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = publish(project.root / "published" / "seed_0_data", SPREAD)
    options = ["--root", str(project.root), "--scale", "tiny", "--results", str(project.paths.results)]
    assert main(["import", str(folder), "spread/expert", *options]) == 0
    made = project.paths.at(paths.DATASET, task="spread", dataset="expert")
    episodes = open_episodes(made)
    assert (episodes.task, episodes.quality, len(episodes)) == ("spread", "expert", 4)
    assert "rews_2.npy" in paths.provenance_of(made).read_text()
    card = read_card(project.paths.at(paths.CARD, task="spread", dataset="expert"))
    assert card["mean"] == pytest.approx(float(episodes.returns.mean()), rel=1e-5)
    assert main(["import", str(folder.parent), "spread/expert", *options]) == 2
    assert "obs_0.npy: there is no such file; name one of its folders seed_0_data" in capsys.readouterr().err


def test_every_algorithm_of_continuous_actions_trains_from_a_dataset_that_the_configuration_imports(
    project: config.Config,
) -> None:
    folder = publish(project.root / "published" / "seed_0_data", SPREAD)
    chosen = project.root / "config" / "config.yaml"
    chosen.write_text(re.sub("(?m)^imports:.*$", f"imports: {{spread/expert: {folder}}}", chosen.read_text()))
    scale = project.root / "config" / "scales" / "tiny.yaml"
    scale.write_text(scale.read_text().replace("updates: 6,", "updates: 2,"))
    options = ["--root", str(project.root), "--scale", "tiny", "--results", str(project.paths.results)]
    assert main(["dataset", "spread/expert", *options]) == 0
    root = project.root
    continuous = [name for name in config.algorithms(root) if config.sizes_of(root, name) != "recurrent"]
    for algorithm in continuous:
        assert main(["train", f"spread/expert/{algorithm}/default", *options]) == 0
        names = {"task": "spread", "dataset": "expert", "algorithm": algorithm, "variant": "default"}
        log = project.paths.at(paths.TRAINING_LOG, **names).read_text().splitlines()
        assert log[-1].startswith("2,1,2,")


@pytest.mark.parametrize(
    ("imports", "message"),
    [
        ("{spraed/expert: a}", "unknown imported task 'spraed'; did you mean 'spread'"),
        ("{spread/expret: a}", "unknown imported dataset 'expret'; did you mean 'expert'"),
        ("{spread: a}", "imports: 'spread' does not match"),
        ("{spread/expert: 3}", r"imports\.spread/expert: expected a string, found 3"),
    ],
)
def test_a_wrong_import_is_one_line(project: config.Config, imports: str, message: str) -> None:
    chosen = project.root / "config" / "config.yaml"
    chosen.write_text(re.sub("(?m)^imports:.*$", f"imports: {imports}", chosen.read_text()))
    with pytest.raises(QuartetError, match=message):
        config.load(project.root)
