"""Trajectory weights, thresholds, mixtures and cards."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from quartet.data.card import card, write_card
from quartet.data.episodes import Episodes, combine, episode_returns, open_episodes, write_episodes
from quartet.data.mixtures import mix, mix_seeds
from quartet.data.weights import published_returns, quantile_thresholds, trajectory_weights
from quartet.errors import QuartetError
from quartet.tasks.spec import TaskSpec


def make(lengths: list[int], quality: str = "medium", seed: int = 0, agents: int = 2) -> Episodes:
    """Episodes of the given lengths with random content."""
    random = np.random.default_rng(seed)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    rows, spec = int(offsets[-1]), TaskSpec(agents=agents, observation=3, action=2, horizon=max(lengths))
    rewards = random.normal(size=(rows, agents)).astype(np.float32)
    truncations = np.zeros(rows, bool)
    truncations[offsets[1:] - 1] = True
    return Episodes(
        task="spread",
        quality=quality,
        behaviour="test",
        spec=spec,
        observations=random.normal(size=(rows, agents, 3)).astype(np.float32),
        actions=random.uniform(-1, 1, size=(rows, agents, 2)).astype(np.float32),
        rewards=rewards,
        terminals=np.zeros(rows, bool),
        truncations=truncations,
        offsets=offsets,
        returns=episode_returns(rewards, offsets),
        final_observations=random.normal(size=(len(lengths), agents, 3)).astype(np.float32),
    )


def test_a_trajectory_counts_once_and_once_more_for_every_threshold_it_reaches() -> None:
    weights = trajectory_weights(np.float32([0, 65.5, 90, 101.5, 300]), [65.5, 86.4, 101.5, 101.5])
    assert weights.tolist() == [1, 2, 3, 5, 5]


def test_no_thresholds_means_every_trajectory_once() -> None:
    assert trajectory_weights(np.float32([1, -1]), []).tolist() == [1, 1]


def test_returns_distributed_as_published_keep_the_printed_thresholds() -> None:
    returns = np.random.default_rng(0).normal(size=1000)
    returns = ((returns - returns.mean()) / returns.std() * 59 + 116.4).astype(np.float32)
    assert quantile_thresholds(returns, [100.0, 300.0], published_returns("tag", "medium")) == pytest.approx(
        [100, 300], abs=1e-3
    )


def test_thresholds_move_with_the_dataset_and_keep_their_share_of_it() -> None:
    published = np.random.default_rng(0).gamma(2.0, 30.0, 4000).astype(np.float32)
    ours = 0.5 * published - 7
    reference = (float(published.mean()), float(published.std()))
    thresholds = quantile_thresholds(ours, [50.0, 120.0, 120.0], reference)
    assert [np.mean(ours >= t) for t in thresholds] == pytest.approx([np.mean(published >= t) for t in (50, 120, 120)])


def test_a_mixtures_published_moments_are_those_of_its_parts_together() -> None:
    random = np.random.default_rng(0)
    sample = np.concatenate([random.normal(-4.1, 11, 900_000), random.normal(116.4, 59, 100_000)])
    assert published_returns("tag", "random-medium") == pytest.approx((sample.mean(), sample.std()), rel=0.01)
    with pytest.raises(QuartetError, match="unknown dataset 'expret'; did you mean 'expert'"):
        published_returns("tag", "expret")


def test_a_mixture_holds_whole_episodes_nine_to_one() -> None:
    most, rest = make([5] * 50, "medium", seed=1), make([5] * 50, "expert", seed=2)
    mixed = mix("medium-expert", most, rest, seed=3)
    assert (len(mixed), mixed.transitions, mixed.quality) == (50, 250, "medium-expert")
    ours = mixed.observations.reshape(50, -1)
    of_most = (ours[:, None] == most.observations.reshape(50, -1)[None]).all(-1)
    of_rest = (ours[:, None] == rest.observations.reshape(50, -1)[None]).all(-1)
    assert (of_most.sum(), of_rest.sum()) == (45, 5)
    source = np.where(of_most.any(1), of_most.argmax(1), 50 + of_rest.argmax(1))
    finals = np.concatenate([most.final_observations, rest.final_observations])
    assert np.array_equal(mixed.final_observations, finals[source])
    assert np.array_equal(mixed.returns, np.concatenate([most.returns, rest.returns])[source])


def test_a_mixture_is_the_same_for_the_same_seed_only() -> None:
    most, rest = make([4] * 30, "random", seed=1), make([4] * 30, "medium", seed=2)
    one, again, other = (mix("random-medium", most, rest, seed) for seed in (0, 0, 1))
    assert np.array_equal(one.actions, again.actions)
    assert not np.array_equal(one.actions, other.actions)


def test_a_mixture_without_enough_episodes_says_so() -> None:
    with pytest.raises(QuartetError, match="random-medium: needs 5 medium episodes, there are 2"):
        mix("random-medium", make([3] * 50), make([3] * 2), seed=0)


def test_seeds_are_mixed_in_equal_parts_of_whole_episodes_none_twice() -> None:
    parts = [make([4] * count, "medium", seed=count) for count in (9, 10, 12)]
    mixed, again = (mix_seeds("medium", parts, seed=1) for _ in range(2))
    assert (len(mixed), mixed.transitions, mixed.quality) == (9, 36, "medium")
    for place, part in enumerate(parts):
        ours = mixed.observations.reshape(9, -1)[3 * place : 3 * place + 3]
        found = (ours[:, None] == part.observations.reshape(len(part), -1)[None]).all(-1)
        assert found.any(1).all()
        assert len(set(found.argmax(1))) == 3
    assert np.array_equal(mixed.actions, again.actions)


def test_combining_keeps_episodes_of_different_lengths_whole() -> None:
    part = make([2, 5, 3])
    both = combine([(part, np.array([2, 0])), (part, np.array([1]))], "medium", "test")
    assert both.offsets.tolist() == [0, 3, 5, 10]
    assert np.array_equal(both.rewards, part.rewards[[7, 8, 9, 0, 1, 2, 3, 4, 5, 6]])
    with pytest.raises(QuartetError, match="different tasks"):
        combine([(part, np.array([0])), (replace(part, task="tag"), np.array([0]))], "medium", "test")


def test_a_card_tells_what_the_returns_look_like(tmp_path: Path) -> None:
    episodes = make([4] * 100)
    write_episodes(tmp_path / "a.h5", episodes)
    write_card(tmp_path / "a.h5", tmp_path / "a.json")
    read = json.loads((tmp_path / "a.json").read_text())
    assert read == card(open_episodes(tmp_path / "a.h5"))
    assert (read["episodes"], read["transitions"], read["task"]) == (100, 400, "spread")
    assert read["mean"] == pytest.approx(episodes.returns.mean())
    assert sum(read["histogram"]["counts"]) == 100
    assert read["histogram"]["edges"][-1] == read["max"] == pytest.approx(episodes.returns.max())
