"""EAQ's stages by their commands: from a dataset of battles to a policy learnt from generated ones."""

import csv
from pathlib import Path

import pytest
import torch
from test_cli import line, quartet
from torch import Tensor

from quartet import config, paths, tasks
from quartet.data.episodes import open_episodes, write_episodes
from quartet.tasks.battle import Battle
from quartet.tasks.battle.players import uniform
from quartet.toys.result import read_result
from quartet.training.rounds import play_round, to_episodes


class Uniform:
    """A team that does anything."""

    def __init__(self, battle: Battle) -> None:
        self.battle, self.player = battle, uniform(0)

    def begin(self, episodes: int) -> None:
        """It remembers nothing."""

    def __call__(self, observations: Tensor) -> Tensor:  # noqa: ARG002
        return self.player(self.battle)


@pytest.fixture
def battles(project: config.Config) -> config.Config:
    """A project that holds the dataset 3m/medium: thirty battles of a team that does anything."""
    battle = tasks.make("3m")
    episodes = to_episodes([play_round(battle, Uniform(battle), torch.arange(30))], battle, "3m", "medium", "anything")
    write_episodes(project.paths.at(paths.DATASET, task="3m", dataset="medium"), episodes)
    return project


def made(settings: config.Config, quality: str) -> Path:
    return settings.paths.at(paths.DATASET, task="3m", dataset=quality)


def test_a_policy_is_learnt_from_generated_battles(battles: config.Config) -> None:
    run = "3m/medium-eaq/qmix-cql/joint-observations"
    for command in (
        "dataset 3m/medium-few",
        "augment 3m/medium-few/default",
        "dataset 3m/medium-eaq",
        "examine 3m/medium-eaq",
    ):
        assert quartet(battles, *command.split()) == 0, command
    assert quartet(battles, "train", run) == 0
    assert quartet(battles, "evaluate", f"{run}/standard") == 0
    models = {"task": "3m", "dataset": "medium-few", "variant": "default"}
    with battles.paths.at(paths.AUGMENTATION_LOG, **models).open() as handle:
        assert {row["metric"] for row in csv.DictReader(handle)} == {"diffusion", "q"}
    enlarged = open_episodes(made(battles, "medium-eaq"))
    assert len(enlarged) == 3 * 6 * 4
    found = read_result(battles.paths.at(paths.EXAMINATION, task="3m", dataset="medium-eaq"))
    assert found.measures["episodes"] == [20, 20, 20]
    assert {"focus-all", "coverage", "gap", "illegal", "place-error"} <= found.measures.keys()
    for path in (made(battles, "medium-eaq"), battles.paths.at(paths.AUGMENTATION, **models)):
        assert '"commit"' in paths.provenance_of(path).read_text()


def test_the_same_commands_make_the_same_bytes(battles: config.Config) -> None:
    found = []
    for _ in range(2):
        for command in ("dataset 3m/medium-few", "augment 3m/medium-few/no-q", "dataset 3m/medium-eaq-no-q"):
            assert quartet(battles, *command.split()) == 0
        found.append(made(battles, "medium-eaq-no-q").read_bytes())
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("dataset 3m/medium-eaq", "medium-few.h5"),
        ("augment 3m/medium/default", "unknown dataset of subsets 'medium'; did you mean 'medium-few'"),
        ("augment 3m/medium-eaq/default", "unknown dataset of subsets 'medium-eaq'"),
        ("augment 3m/medium-few/no_q", "unknown variant of eaq 'no_q'; did you mean 'no-q'"),
        ("augment 3m/medium-few", "has 2 parts, needs 3; write TASK/DATASET/VARIANT"),
        ("examine 3m/medium-eqa", "did you mean 'medium-eaq'"),
        ("train 3m/medium-few/qmix-cql/default", "medium-few.h5"),
    ],
)
def test_what_is_missing_or_misspelt_is_one_line(
    battles: config.Config, capsys: pytest.CaptureFixture[str], command: str, message: str
) -> None:
    assert quartet(battles, *command.split()) == 2
    assert message in line(capsys)


def test_a_mixer_that_needs_the_state_refuses_data_without_one(
    battles: config.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    assert quartet(battles, "dataset", "3m/medium-few") == 0
    capsys.readouterr()
    assert quartet(battles, "train", "3m/medium-few/qmix-cql/default") == 2
    assert "the dataset holds no global state" in line(capsys)
