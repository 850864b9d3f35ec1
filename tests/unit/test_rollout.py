"""Evaluation: whose start an episode has, what attempts share, and that points of a sweep play as if alone."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from quartet import tasks
from quartet.errors import QuartetError
from quartet.evaluation import rollout
from quartet.evaluation.scores import by_seed, read_returns
from quartet.nets.lanes import LaneRandom
from quartet.tasks.drone_players import sighted


class Policy:
    """Acts the same everywhere, plus noise; lanes differ by their point, of which each has so many lanes."""

    def __init__(self, points: list[float], lanes: int, noise: float) -> None:
        self.bias, self.noise = torch.tensor(points).repeat_interleave(lanes).view(-1, 1, 1), noise
        self.begun: list[int] = []
        self.paid: list[Tensor] = []

    def begin(self, episodes: int) -> None:
        self.begun.append(episodes)

    def reward(self, rewards: Tensor) -> None:
        self.paid.append(rewards)

    def act(self, observations: Tensor, random: LaneRandom) -> Tensor:
        return (self.bias + self.noise * random.normal(observations.shape[1], 2)).clamp(-1, 1)


class Shooters(Policy):
    """Drones that see whom to shoot."""

    def __init__(self) -> None:
        super().__init__([0.0], 8, 0.0)

    def act(self, observations: Tensor, random: LaneRandom) -> Tensor:  # noqa: ARG002
        return sighted(observations)


def play(seeds: tuple[int, ...], episodes: int, attempts: int = 1, noise: float = 0.0, *points: float) -> Tensor:
    policy = Policy(list(points or [0.2]), 3 * len(seeds), noise)
    played = rollout.evaluate(
        tasks.make("spread"), policy, seeds, episodes, "standard", attempts=attempts, points=len(points or [0.2])
    )
    return played["return"]


def test_attempts_from_one_start_differ_in_the_policys_randomness_alone() -> None:
    still, lively = play((0, 1), 6, 3)[0], play((0, 1), 6, 3, 0.5)[0]
    starts = play((0, 1), 2)[0]
    assert torch.equal(still, starts.repeat_interleave(3, dim=1))
    assert lively.unique().numel() == lively.numel()


def test_points_of_a_sweep_play_as_each_would_alone() -> None:
    together = play((0, 1), 4, 1, 0.3, -0.4, 0.6)
    for position, point in enumerate((-0.4, 0.6)):
        assert torch.equal(together[position], play((0, 1), 4, 1, 0.3, point)[0])


def test_a_policy_is_told_when_episodes_begin_and_what_every_step_paid() -> None:
    policy = Policy([0.2], 6, 0.0)
    returns = rollout.evaluate(tasks.make("spread"), policy, (0, 1), 4, "standard")["return"][0]
    paid = torch.stack(policy.paid)  # (steps, lanes, episodes)
    assert policy.begun == [4]
    assert paid.shape == (25, 6, 4)
    torch.testing.assert_close(paid.sum(0).view(2, 3, 4).mean(1), returns)


def test_adding_a_seed_changes_no_other_seeds_returns() -> None:
    assert torch.equal(play((0, 1), 4, 1, 0.3)[0], play((0, 1, 2), 4, 1, 0.3)[0, :2])


def test_raw_returns_are_written_in_long_form_before_them_the_point() -> None:
    returns = torch.tensor([[[1.0, 2.0]], [[3.0, 4.5]]])
    assert rollout.returns_csv({"return": returns[:1]}, [7]) == "seed,episode,return\n7,0,1.000000\n7,1,2.000000\n"
    swept = rollout.returns_csv({"return": returns}, [7], ["eta=1", "eta=5"]).splitlines()
    assert swept[0] == "point,seed,episode,return"
    assert swept[3] == "eta=5,7,0,3.000000"


def test_what_a_task_counts_is_a_column_of_its_own_and_read_as_a_metric(tmp_path: Path) -> None:
    task, file = tasks.make("drones-4"), tmp_path / "standard.csv"
    played = rollout.evaluate(task, Shooters(), (0, 1), 6, "standard")
    file.write_text(rollout.returns_csv(played, (0, 1)))
    assert file.read_text().startswith("seed,episode,return,won\n0,0,")
    shares = by_seed(read_returns(file, column="won"), "wins")
    assert shares.tolist() == task.won.view(2, 6).double().mean(1).tolist()
    torch.testing.assert_close(
        torch.from_numpy(read_returns(file).values).float(), played["return"][0], atol=1e-5, rtol=0
    )
    file.write_text("seed,episode,return\n0,0,1.0\n")
    with pytest.raises(QuartetError, match="there is no column 'won'"):
        read_returns(file, column="won")
