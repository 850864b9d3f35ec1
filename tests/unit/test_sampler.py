"""The sampler: weighted as literal copies would be, each lane its own agent and its own stream."""

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.stats import chisquare
from test_data import make

from quartet.data.episodes import combine, open_episodes, write_episodes
from quartet.data.sampler import TeamSampler, TransitionSampler
from quartet.errors import QuartetError
from quartet.nets.lanes import LaneRandom


class Ramp(LaneRandom):
    """Evenly spaced numbers instead of random ones: sampling becomes exact counting."""

    def uniform(self, *shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
        return ((torch.arange(shape[0], dtype=dtype) + 0.5) / shape[0]).expand(self.lanes, -1)


def test_weights_sample_exactly_as_copies_of_trajectories_would() -> None:
    episodes = make([3, 5, 2])
    weights = np.array([1, 4, 2])
    copies = combine([(episodes, np.repeat(np.arange(3), weights))], "medium", "copies")
    draws = 7 * copies.transitions
    weighted = TransitionSampler(episodes, weights).sample(Ramp([0], 2), draws)
    literal = TransitionSampler(copies).sample(Ramp([0], 2), draws)
    for name in ("observations", "actions", "rewards", "next_observations", "terminals"):
        one, other = (getattr(batch, name).reshape(2, draws, -1) for batch in (weighted, literal))
        for lane in range(2):
            assert sorted(one[lane].tolist()) == sorted(other[lane].tolist()), name


def test_drawn_frequencies_are_those_of_the_weights() -> None:
    episodes, weights = make([3, 5, 2]), np.array([1.0, 4.0, 0.0])
    batch = TransitionSampler(episodes, weights).sample(LaneRandom([3], 2), 46_000)
    for agent in range(2):
        own = torch.from_numpy(episodes.rewards[:, agent].copy())
        counts = (batch.rewards[agent][:, None] == own).sum(0).numpy()
        assert counts[8:].tolist() == [0, 0]
        assert chisquare(counts[:8], 46_000 * np.repeat([1, 4], [3, 5]) / 23).pvalue > 1e-3


def test_every_row_is_its_own_agents_and_leads_to_what_followed() -> None:
    episodes = make([3, 1, 4])
    batch = TransitionSampler(episodes).sample(LaneRandom([0, 1], 2), 200)
    following = np.concatenate([episodes.observations[1:], episodes.observations[:1]])
    following[episodes.offsets[1:] - 1] = episodes.final_observations
    for lane in range(4):
        rows = [
            int(np.flatnonzero((episodes.observations[:, lane % 2] == row).all(-1))[0])
            for row in batch.observations[lane].numpy()
        ]
        assert np.array_equal(batch.actions[lane], episodes.actions[rows, lane % 2])
        assert np.array_equal(batch.rewards[lane], episodes.rewards[rows, lane % 2])
        assert np.array_equal(batch.next_observations[lane], following[rows, lane % 2])


def test_adding_a_seed_changes_no_other_lane() -> None:
    sampler = TransitionSampler(make([5] * 20))
    few, many = LaneRandom([7, 8], 2), LaneRandom([7, 8, 9], 2)
    for _ in range(3):
        short, long = sampler.sample(few, 16), sampler.sample(many, 16)
        assert torch.equal(short.observations, long.observations[:4])
        assert not torch.equal(short.observations[:2], short.observations[2:])


def test_a_mapped_file_samples_as_the_arrays_in_memory(tmp_path: Path) -> None:
    episodes = make([5] * 20)
    write_episodes(tmp_path / "a.h5", episodes)
    mapped = TransitionSampler(open_episodes(tmp_path / "a.h5")).sample(LaneRandom([1], 2), 64)
    held = TransitionSampler(episodes).sample(LaneRandom([1], 2), 64)
    assert torch.equal(mapped.next_observations, held.next_observations)
    assert mapped.rewards.dtype == mapped.terminals.dtype == torch.float32


def test_sampling_does_not_copy_the_mapped_rows(tmp_path: Path) -> None:
    write_episodes(tmp_path / "a.h5", make([5] * 20))
    episodes = open_episodes(tmp_path / "a.h5")
    sampler = TransitionSampler(episodes)
    assert sampler._observations.data_ptr() == episodes.observations.ctypes.data


@pytest.mark.parametrize("weights", [[1.0], [1.0, -1.0], [0.0, 0.0], [1.0, np.nan]])
def test_weights_that_mean_nothing_are_refused(weights: list[float]) -> None:
    with pytest.raises(QuartetError, match="trajectory weights"):
        TransitionSampler(make([3, 5]), weights)


def test_teams_see_the_same_step_and_what_they_did_next() -> None:
    episodes = make([3, 1, 4])
    batch = TeamSampler(episodes).sample(LaneRandom([0, 1], 2), 200)
    last = episodes.offsets[1:] - 1
    for seed in (0, 2):
        rows = [
            int(np.flatnonzero((episodes.observations[:, 0] == row).all(-1))[0])
            for row in batch.observations[seed].numpy()
        ]
        followed = ~np.isin(rows, last)
        for agent in (0, 1):
            assert np.array_equal(batch.observations[seed + agent], episodes.observations[rows, agent])
            assert np.array_equal(batch.followed[seed + agent].numpy() == 1, followed)
            known = np.asarray(rows)[followed] + 1
            assert np.array_equal(batch.next_actions[seed + agent].numpy()[followed], episodes.actions[known, agent])


def test_a_teams_steps_are_those_its_first_agent_would_draw_alone() -> None:
    episodes = make([3, 5, 2])
    alone, team = (kind(episodes).sample(LaneRandom([0, 1], 2), 50) for kind in (TransitionSampler, TeamSampler))
    for lane in (0, 2):
        assert torch.equal(alone.observations[lane], team.observations[lane])
