"""Windows of trajectories, their padding and returns, and the normaliser by place in the data."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from test_data import make

from quartet.data.normaliser import Deviations, Places, Sight
from quartet.data.windows import Windows, WindowSampler, returns_to_go
from quartet.nets.lanes import LaneRandom

EPISODES = make([3, 7, 5])
HISTORY, HORIZON = 2, 4


def sampler(gamma: float = 0.9, scale: float = 10.0, **changes: object) -> WindowSampler:
    values = EPISODES.observations.reshape(-1, 3)
    sizes = {"history": HISTORY, "horizon": HORIZON, "gamma": gamma, "scale": scale}
    return WindowSampler(EPISODES, None, sight=Sight(Places.fit(values), identity=False), **(sizes | changes))


def sample(rows: int = 40, seeds: tuple[int, ...] = (0, 1)) -> Windows:
    return sampler().sample(LaneRandom(seeds, 2), rows)


def presents(windows: Windows) -> list[tuple[int, int]]:
    """The episode and step of each window of the first seed, found by the return of its first agent."""
    returns = returns_to_go(EPISODES, 0.9)[:, 0] / 10
    rows = [int(np.abs(returns - value).argmin()) for value in windows.returns[0, :, 0].tolist()]
    episodes = np.searchsorted(EPISODES.offsets, rows, side="right") - 1
    return [(int(e), row - int(EPISODES.offsets[e])) for e, row in zip(episodes, rows, strict=True)]


def test_the_first_observation_repeats_backwards_and_the_last_forwards() -> None:
    windows, normaliser = sample(), Places.fit(EPISODES.observations.reshape(-1, 3))
    for row, (episode, step) in enumerate(presents(windows)):
        first, last = EPISODES.offsets[episode : episode + 2]
        whole = np.concatenate([EPISODES.observations[first:last], EPISODES.final_observations[episode, None]])
        frames = np.clip(np.arange(step - HISTORY, step + HORIZON), 0, last - first)
        expected = normaliser.to(torch.from_numpy(whole[frames])).transpose(0, 1)
        assert torch.equal(windows.observations[0, row], expected)


def test_pairs_of_frames_are_real_where_an_action_led_from_one_to_the_other() -> None:
    windows = sample()
    for row, (episode, step) in enumerate(presents(windows)):
        frames = np.arange(step - HISTORY, step + HORIZON - 1)
        inside = (frames >= 0) & (frames < EPISODES.lengths[episode])
        assert windows.real[0, row].bool().tolist() == inside.tolist()
        taken = EPISODES.actions[EPISODES.offsets[episode] + frames[inside]]
        assert np.array_equal(windows.actions[0, row, :, :-1][:, inside], taken.swapaxes(0, 1))


def test_returns_to_go_are_discounted_sums_of_an_agents_own_rewards() -> None:
    returns = returns_to_go(EPISODES, 0.9)
    for start, end in zip(EPISODES.offsets[:-1], EPISODES.offsets[1:], strict=True):
        for row in range(start, end):
            ahead = EPISODES.rewards[row:end].astype(float)
            assert returns[row] == pytest.approx((0.9 ** np.arange(len(ahead)) @ ahead).tolist(), rel=1e-4, abs=1e-5)


def test_every_step_is_a_windows_present_equally_often() -> None:
    counts = torch.zeros(15)
    returns = torch.from_numpy(returns_to_go(EPISODES, 0.9)[:, 0] / np.float32(10))
    for value in sampler().sample(LaneRandom([0], 2), 15_000).returns[0, :, 0]:
        counts[(returns - value).abs().argmin()] += 1
    assert (counts / 1000 - 1).abs().max() < 0.15


def test_adding_a_seed_changes_no_other_seeds_windows() -> None:
    assert torch.equal(sample(8, (0, 1)).observations, sample(8, (0, 1, 2)).observations[:2])


def test_the_normaliser_spreads_every_dimension_evenly_over_minus_one_to_one() -> None:
    values = np.exp(np.random.default_rng(0).normal(size=(5000, 2))).astype(np.float32) * [1, 100]
    places = Places.fit(values.astype(np.float32)).to(torch.from_numpy(values.astype(np.float32)))
    for column in places.T:
        assert torch.allclose(column.sort().values, torch.linspace(-1, 1, 5000), atol=2e-3)


def test_normalised_values_come_back() -> None:
    values = torch.randn(3000, 4)
    normaliser = Places.fit(values.numpy())
    torch.testing.assert_close(normaliser.back(normaliser.to(values)), values, atol=1e-3, rtol=0)


def test_beyond_the_data_places_stop_at_the_ends() -> None:
    normaliser = Places.fit(np.linspace(2, 3, 100, dtype=np.float32)[:, None])
    assert normaliser.to(torch.tensor([[1.0], [4.0]])).flatten().tolist() == [-1, 1]
    assert normaliser.back(torch.tensor([[-9.0], [9.0]])).flatten().tolist() == [2, 3]


def test_a_dimension_of_few_values_keeps_them_apart_and_a_constant_is_no_accident() -> None:
    values = np.zeros((1000, 2), dtype=np.float32)
    values[:300, 0] = 1
    normaliser = Places.fit(values)
    places = normaliser.to(torch.from_numpy(values))
    assert places.isfinite().all()
    assert places[:, 0].unique().numel() == 2
    assert torch.equal(normaliser.back(places), torch.from_numpy(values))


def test_deviations_are_halved_cut_at_four_and_none_where_nothing_changes() -> None:
    values = np.random.default_rng(0).normal(3, 5, (5000, 2)).astype(np.float32)
    values[:, 1] = 0.1
    normaliser = Deviations.fit(values)
    normalised = normaliser.to(torch.from_numpy(values))
    assert normalised[:, 0].mean() == pytest.approx(0, abs=1e-5)
    assert normalised[:, 0].std() == pytest.approx(0.5, rel=1e-3)
    assert torch.equal(normalised[:, 1], torch.zeros(5000))
    assert normaliser.to(torch.tensor([[1e3, 0.2]])).flatten().tolist() == [2, 2]


def test_agents_that_are_told_who_they_are_see_their_number_first() -> None:
    observations = torch.randn(4, 2, 3)
    normaliser = Deviations.fit(observations.flatten(0, 1).numpy())
    seen = Sight(normaliser, identity=True)(observations)
    assert torch.equal(seen[..., 2:], Sight(normaliser, identity=False)(observations))
    assert torch.equal(seen[3, :, :2], torch.tensor([[1.0, -1.0], [-1.0, 1.0]]))


def test_windows_hold_the_legal_actions_of_every_frame_where_a_task_forbids_some() -> None:
    legal = np.random.default_rng(0).random((15, 2, 2)) < 0.5
    masked, values = replace(EPISODES, legal_actions=legal), EPISODES.observations.reshape(-1, 3)
    sight = Sight(Places.fit(values), identity=False)
    drawing = WindowSampler(masked, None, sight=sight, history=HISTORY, horizon=HORIZON, gamma=0.9, scale=10.0)
    windows = drawing.sample(LaneRandom((0, 1), 2), 40)
    assert windows.legal is not None
    assert sample().legal is None
    for row, (episode, step) in enumerate(presents(windows)):
        frames = EPISODES.offsets[episode] + np.clip(
            np.arange(step - HISTORY, step + HORIZON), 0, EPISODES.lengths[episode] - 1
        )
        assert np.array_equal(windows.legal[0, row], legal[frames].swapaxes(0, 1))
