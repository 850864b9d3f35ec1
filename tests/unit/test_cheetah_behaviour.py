"""Behaviour policies and datasets of a task with a global state and long episodes: the cheetah."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from quartet.data.episodes import Episodes, open_episodes
from quartet.data.mixtures import mix, share
from quartet.training.behaviour import BehaviourConfig, train_behaviour
from quartet.training.collect import build_dataset
from quartet.training.matd3 import MATD3, Config, Minibatch

SIZES = {
    "updates": 6,
    "environments": 2,
    "batch": 8,
    "hidden": 8,
    "prey_updates": 1,
    "prey_times": 1,
    "evaluations": 2,
    "evaluation_episodes": 1,
    "seed": 0,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a short training leaves, and a dataset of the medium policy."""
    folder = tmp_path_factory.mktemp("cheetah")
    train_behaviour("cheetah", None, SIZES, folder)
    build_dataset("medium", "cheetah", None, folder, [], {"transitions": 3000, "seed": 0}, folder / "medium.h5")
    return folder


def test_the_warm_up_is_whole_episodes_so_that_every_replay_has_some(folder: Path) -> None:
    replay = open_episodes(folder / "replay.h5")
    assert BehaviourConfig.of(SIZES, "cheetah").warm_up == 1000
    assert replay.lengths.tolist() == [1000, 1000]
    assert np.abs(replay.actions).mean() == pytest.approx(0.5, abs=0.02)  # of uniform actions


def test_a_dataset_keeps_the_state_that_its_observations_are_part_of(folder: Path) -> None:
    medium = open_episodes(folder / "medium.h5")
    assert medium.state is not None
    assert medium.state.shape == (3000, 17)
    positions, velocities = medium.state[:, 2:8], medium.state[:, 11:17]  # of the legs' joints, back then front
    for agent in range(2):
        for row, joint in enumerate((2, 1, 0)):  # an agent sees its foot first
            assert np.array_equal(medium.observations[:, agent, 2 * row], positions[:, 3 * agent + joint])
            assert np.array_equal(medium.observations[:, agent, 2 * row + 1], velocities[:, 3 * agent + joint])


def test_the_discount_and_the_share_that_is_medium_are_the_cheetahs_own(folder: Path) -> None:
    summary = json.loads((folder / "summary.json").read_text())
    assert (summary["config"]["learner"]["gamma"], summary["medium_goal"]) == (0.99, 0.51)


def test_centralised_critics_see_the_state_and_all_actions() -> None:
    learner, draw = MATD3(2, 6, 3, 8, Config(smoothing=0.0), seed=0, state=17), torch.randn
    batch = Minibatch(draw(2, 5, 6), draw(2, 5, 3), draw(2, 5), draw(2, 5, 6), draw(5, 17), draw(5, 17))
    assert batch.state is not None
    seen = learner._seen(batch.observations, batch.actions, batch.state)
    assert torch.equal(seen, torch.cat([batch.state, *batch.actions], dim=1).expand(2, -1, -1))
    own = draw(2, 5, 3)
    choosing = learner._seen_choosing(batch, own)
    assert torch.equal(choosing[0], torch.cat([batch.state, own[0], batch.actions[1]], dim=1))
    assert torch.equal(choosing[1], torch.cat([batch.state, batch.actions[0], own[1]], dim=1))


def test_one_episode_in_a_thousand_of_a_mixture_is_of_the_rest_but_one_at_least(folder: Path) -> None:
    medium = open_episodes(folder / "medium.h5")
    mixed = mix("medium-expert", medium, medium, seed=0)
    assert mixed.behaviour == "2 episodes of medium, 1 of expert"
    assert mixed.state is not None
    assert (share("cheetah"), share("tag")) == (0.999, 0.9)


def test_a_particle_tasks_mixture_has_one_in_ten_of_the_rest(random_spread: Episodes) -> None:
    mixed = mix("random-medium", random_spread, random_spread, seed=0)
    assert mixed.behaviour == "18 episodes of random, 2 of medium"
