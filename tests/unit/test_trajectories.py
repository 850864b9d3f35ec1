"""Where teams go when they try again and again from one start."""

import json
from typing import Any

import pytest
import torch
from torch import Tensor

from quartet import config, paths, tasks
from quartet.cli import main
from quartet.errors import QuartetError
from quartet.evaluation.strategies import ATTEMPTS, strategy
from quartet.evaluation.trajectories import roll_out
from quartet.nets.lanes import LaneRandom
from quartet.tasks.reference import alternate

SEEDS = (3, 5)


class Playing:
    """The team of `tasks.reference`, its actions shaken by `noise`."""

    def __init__(self, noise: float) -> None:
        self.noise = noise

    def begin(self, episodes: int) -> None:
        """It remembers nothing."""

    def reward(self, rewards: Tensor) -> None:
        """It does not mind."""

    def act(self, observations: Tensor, random: LaneRandom) -> Tensor:
        lanes, episodes, size = observations.shape
        teams = observations.view(-1, 3, episodes, size).transpose(1, 2)
        actions = alternate(teams.flatten(0, 1)).view(-1, episodes, 3, 2).transpose(1, 2)
        return actions.reshape(lanes, episodes, 2) + self.noise * random.normal(episodes, 2)


def told(noise: float = 0.0) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(roll_out(tasks.make("landmarks"), Playing(noise), SEEDS, attempts=4))  # type: ignore[arg-type]
    return found


def test_every_seed_tries_from_its_one_start_near_the_centre() -> None:
    runs = told(noise=0.5)["runs"]
    assert [run["seed"] for run in runs] == [3, 5]
    tried = torch.tensor([run["trajectories"] for run in runs])
    assert tried.shape == (2, 4, 3, 26, 2)  # seeds, attempts, agents, steps and the start, coordinates
    starts = tried[:, :, :, 0]
    assert torch.equal(starts, starts[:, :1].expand_as(starts))
    assert not torch.equal(starts[0], starts[1])
    assert starts.square().sum(-1).max() <= 0.01 + 1e-3


def test_attempts_of_a_deterministic_policy_are_the_same_and_of_a_random_one_are_not() -> None:
    for noise, same in ((0.0, True), (0.5, False)):
        first, second, *_ = told(noise)["runs"][0]["trajectories"]
        assert (first == second) is same


def test_what_is_kept_tells_strategies_and_returns() -> None:
    kept = told()
    ends = [[path[-1] for path in attempt] for run in kept["runs"] for attempt in run["trajectories"]]
    assert {strategy(end, kept["landmarks"]) for end in ends} <= {frozenset({0, 2, 4}), frozenset({1, 3, 5})}
    assert all(value == pytest.approx(670, abs=50) for run in kept["runs"] for value in run["returns"])


def test_the_stage_keeps_what_every_seeds_team_did(project: config.Config) -> None:
    options = ["--root", str(project.root), "--scale", "tiny", "--results", str(project.paths.results)]
    assert main(["train", "spread/random/dom2/default", *options]) == 0
    names = {"task": "spread", "dataset": "random", "algorithm": "dom2", "variant": "default"}
    kept, written = project.paths.at(paths.TRAJECTORIES, **names), []
    for _ in range(2):
        assert main(["trajectories", "spread/random/dom2/default", *options]) == 0
        written.append(kept.read_text())
    assert written[0] == written[1]
    assert [len(run["trajectories"]) for run in json.loads(written[0])["runs"]] == [ATTEMPTS] * 2
    assert '"commit"' in paths.provenance_of(kept).read_text()


def test_a_task_without_places_is_refused() -> None:
    with pytest.raises(QuartetError, match="only particle tasks have places"):
        roll_out(tasks.make("cheetah"), Playing(0.0), SEEDS)  # type: ignore[arg-type]
