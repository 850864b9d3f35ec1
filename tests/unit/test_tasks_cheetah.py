"""What the cheetah promises beyond what it shares with gymnasium's: seeds, settings, shifts, errors."""

import numpy as np
import pytest
import torch
from torch import Tensor

from quartet.names import settings_of
from quartet.tasks.cheetah import RANGES, Cheetah, shifts_of
from quartet.tasks.cheetah_body import Simulation
from quartet.tasks.random import normal
from quartet.training.online import play, uniform

PARAMETERS = ("power", "density", "friction")


def rollout(cheetah: Cheetah, seeds: Tensor, actions: Tensor, setting: str) -> Tensor:
    """All observations and rewards of the episodes, (n, numbers)."""
    parts = [cheetah.reset(seeds, setting).flatten(1)]
    for action in actions:
        step = cheetah.step(action)
        parts += [step.observations.flatten(1), step.rewards]
    return torch.cat(parts, dim=1)


@pytest.mark.parametrize("setting", RANGES)
@pytest.mark.parametrize("threads", [1, 3])
def test_a_batch_equals_its_single_episodes_bit_for_bit(setting: str, threads: int) -> None:
    cheetah, seeds = Cheetah(), torch.arange(48) * 1_000_003 - 7
    cheetah.simulation = Simulation(threads)
    actions = 2 * torch.rand(40, 48, 2, 3, generator=torch.Generator().manual_seed(0)) - 1
    together = rollout(cheetah, seeds, actions, setting)
    for i in range(0, 48, 7):
        assert torch.equal(together[i : i + 1], rollout(cheetah, seeds[i : i + 1], actions[:, i : i + 1], setting))


def test_a_seed_starts_at_the_same_place_in_every_setting() -> None:
    cheetah = Cheetah()
    starts = [cheetah.reset(torch.arange(9), setting) for setting in cheetah.settings]
    assert cheetah.settings == settings_of("cheetah")
    assert all(torch.equal(start, starts[0]) for start in starts)


def test_positions_start_uniformly_and_velocities_normally() -> None:
    cheetah = Cheetah()
    cheetah.reset(torch.arange(3000))
    positions, velocities = cheetah.simulation.positions, cheetah.simulation.velocities
    assert 0.0999 < np.abs(positions).max() <= 0.1
    assert positions.std() == pytest.approx(0.1 / 3**0.5, rel=0.01)
    assert velocities.std() == pytest.approx(0.1, rel=0.02)
    assert np.abs(np.corrcoef(velocities.T) - np.eye(9)).max() < 0.08


def test_normal_numbers_are_normal_and_a_seeds_own() -> None:
    drawn = normal(torch.arange(20_000), 4)
    ordered = drawn.flatten().sort().values
    exact = torch.special.ndtri((torch.arange(80_000, dtype=torch.float64) + 0.5) / 80_000)
    assert (ordered - exact)[800:-800].abs().max() < 0.05
    assert torch.equal(normal(torch.tensor([17]), 4)[:, 0], drawn[:, 17])


@pytest.mark.parametrize("setting", ["random", "extreme"])
def test_shifts_fill_their_intervals_independently(setting: str) -> None:
    drawn = shifts_of(torch.arange(4000), setting).numpy()
    for values, name in zip(drawn.T, PARAMETERS, strict=True):
        intervals = RANGES[setting][name]
        shares = [np.mean((values >= low) & (values <= high)) for low, high in intervals]
        assert sum(shares) == 1
        assert shares == pytest.approx([1 / len(intervals)] * len(intervals), abs=0.03)
        assert values.min() == pytest.approx(intervals[0][0], rel=0.01)
        assert values.max() == pytest.approx(intervals[-1][1], rel=0.01)
    assert np.abs(np.corrcoef(drawn.T) - np.eye(3)).max() < 0.06


def test_the_extremes_leave_out_the_random_settings_interval() -> None:
    for name in PARAMETERS:
        ((low, high),) = RANGES["random"][name]
        (_, inner_low), (inner_high, _) = RANGES["extreme"][name]
        assert (inner_low, inner_high) == (low, high)


@pytest.mark.parametrize("changed", [(0.6, 1000.0, 0.4), (1.0, 500.0, 0.4), (1.0, 1000.0, 0.1)])
def test_each_parameter_changes_the_motion_by_itself(changed: tuple[float, float, float]) -> None:
    simulation = Simulation()
    simulation.place(np.zeros((2, 9)), np.zeros((2, 9)), [(1.0, 1000.0, 0.4), changed])
    for action in np.random.default_rng(0).uniform(-1, 1, (60, 1, 6)).repeat(2, axis=1):
        simulation.step(action)
    assert abs(simulation.positions[0] - simulation.positions[1]).max() > 1e-2


def test_standard_episodes_follow_shifted_ones_unchanged() -> None:
    fresh, used = Cheetah(), Cheetah()
    actions = 2 * torch.rand(20, 3, 2, 3, generator=torch.Generator().manual_seed(0)) - 1
    rollout(used, torch.arange(3), actions, "extreme")
    seeds = torch.arange(5, 8)
    assert torch.equal(rollout(fresh, seeds, actions, "standard"), rollout(used, seeds, actions, "standard"))


def test_a_full_action_is_the_largest() -> None:
    ends = [Cheetah().reset(torch.arange(1)) for _ in range(2)]
    for number, size in enumerate((1.0, 7.0)):
        cheetah = Cheetah()
        cheetah.reset(torch.arange(1))
        ends[number] = cheetah.step(torch.full((1, 2, 3), size)).observations
    assert torch.equal(*ends)


def test_a_cheetah_can_be_drawn_from_its_own_state() -> None:
    cheetah = Cheetah()
    cheetah.reset(torch.arange(3), "random")
    cheetah.step(torch.ones(3, 2, 3))
    _, data = cheetah.simulation.data(2)
    assert np.array_equal(data.qpos, cheetah.simulation.positions[2])


@pytest.mark.slow
def test_uniform_actions_score_what_the_published_random_dataset_does() -> None:
    policy = uniform(torch.Generator().manual_seed(0), size=3)
    returns = play(Cheetah(), policy, torch.arange(400))
    assert float(returns.mean()) == pytest.approx(-282.9, abs=3 * 78 / 400**0.5)
    assert float(returns.std()) == pytest.approx(78, rel=0.1)
