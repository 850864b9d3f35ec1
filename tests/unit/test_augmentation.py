"""Small datasets made larger: subsets of whole episodes, copies, episodes as tensors and back, EAQ's model in lanes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from quartet.augmentation import copies
from quartet.augmentation.model import Config, EpisodeModel, EpisodeSampler
from quartet.augmentation.subsets import LEAST, few, of_subset, subsets
from quartet.augmentation.tensor import DONE, REWARD, VALUE, EpisodeTensor, decoded, features
from quartet.data.episodes import Episodes, episode_returns, open_episodes, write_episodes
from quartet.data.weights import of_seeds
from quartet.errors import QuartetError
from quartet.nets.lanes import LaneRandom
from quartet.tasks.spec import TaskSpec

SPEC = TaskSpec(agents=2, observation=3, action=4, horizon=9, state=5, choices=4)
SMALL = {"width": 8, "multipliers": [1, 2], "visited": 0.1, "average_start": 2, "average_decay": 0.9}
CONFIG = Config.read({**SMALL, "guidance": 0.1, "rate": 0.01, "steps": 20, "schedule": "linear", "sampler": "ddpm"})


def fights(lengths: list[int], seed: int = 0) -> Episodes:
    """Episodes of a game of discrete choices; those that last the horizon are cut, the others end."""
    random = np.random.default_rng(seed)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    rows = int(offsets[-1])
    actions = np.eye(4, dtype=np.float32)[random.integers(4, size=(rows, 2))]
    rewards = np.repeat(random.uniform(0, 2, size=(rows, 1)).astype(np.float32), 2, axis=1)
    last = np.zeros(rows, bool)
    last[offsets[1:] - 1] = True
    cut = last & np.repeat(np.array(lengths) == SPEC.horizon, lengths)
    return Episodes(
        task="3m",
        quality="medium",
        behaviour="test",
        spec=SPEC,
        observations=random.uniform(-1, 1, size=(rows, 2, 3)).astype(np.float32),
        actions=actions,
        rewards=rewards,
        terminals=last & ~cut,
        truncations=cut,
        offsets=offsets,
        returns=episode_returns(rewards, offsets),
        final_observations=random.uniform(-1, 1, size=(len(lengths), 2, 3)).astype(np.float32),
        state=random.normal(size=(rows, 5)).astype(np.float32),
        legal_actions=(actions > 0) | (random.uniform(size=(rows, 2, 4)) < 0.5),
    )


def steps_of(episodes: Episodes) -> list[bytes]:
    """The observations of every episode, to tell episodes apart by."""
    return [piece.tobytes() for piece in np.split(episodes.observations, episodes.offsets[1:-1])]


MANY = fights([3 + number % 7 for number in range(200)])


def test_subsets_are_whole_episodes_of_the_right_number_and_share_none() -> None:
    drawn = few(MANY, "medium-few", 3.0, 3, seed=0)
    assert (drawn.quality, drawn.state, len(drawn)) == ("medium-few", None, 3 * 6)
    whole, found = steps_of(MANY), steps_of(drawn)
    assert len(set(found)) == len(found)
    assert set(found) <= set(whole)  # to the byte: nothing of a neighbour at either end
    assert [len(part) for part in subsets(drawn)] == [6, 6, 6]
    assert steps_of(of_subset(drawn, 1)) == found[6:12]


def test_a_subset_is_the_same_for_the_same_seed_alone() -> None:
    again = [steps_of(few(MANY, "medium-few", 3.0, 3, seed)) for seed in (0, 0, 1)]
    assert again[0] == again[1] != again[2]


def test_no_subset_is_smaller_than_can_be_learnt_from_and_too_many_are_one_line() -> None:
    assert len(of_subset(few(MANY, "medium-few", 0.1, 3, 0), 0)) == LEAST
    with pytest.raises(QuartetError, match="3 subsets of 80 episodes need more than the 200 that there are"):
        few(MANY, "medium-few", 40, 3, 0)


def test_subsets_survive_their_file(tmp_path: Path) -> None:
    write_episodes(tmp_path / "few.h5", few(MANY, "medium-few", 3.0, 3, 0))
    read = open_episodes(tmp_path / "few.h5")
    assert read.subset is not None
    assert read.subset.tolist() == [0] * 6 + [1] * 6 + [2] * 6


def test_every_seed_learns_from_a_subset_of_its_own_at_every_point_of_a_sweep() -> None:
    weights = np.array([[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]])
    rows = of_seeds(weights, np.array([0, 1, 0, 1]), seeds=3)
    assert rows.tolist() == [
        [1, 0, 3, 0], [0, 2, 0, 4], [1, 0, 3, 0],
        [5, 0, 7, 0], [0, 6, 0, 8], [5, 0, 7, 0],
    ]  # fmt: skip
    assert of_seeds(weights, None, seeds=3) is weights


def test_copies_change_nothing_and_the_best_are_those_with_the_highest_returns() -> None:
    doubled = copies.united([MANY, MANY], "medium-few-x5", "twice")
    assert steps_of(doubled) == 2 * steps_of(MANY)
    kept = copies.best(MANY, 20)
    assert len(kept) == 20
    assert kept.returns.min() >= np.sort(MANY.returns)[-20]


def test_rad_s_draws_one_number_for_an_observation_and_rad_m_one_for_each_entry() -> None:
    ratios = {
        name: copies.scaled(MANY, draw(np.random.default_rng(0), 0.8, 1.2)).observations / MANY.observations
        for name, draw in (("s", copies.one_number), ("m", copies.one_each))
    }
    for ratio in ratios.values():
        assert 0.799 < ratio.min() < 0.82
        assert 1.18 < ratio.max() < 1.201
    within = {name: (ratio.max(2) - ratio.min(2)).mean() for name, ratio in ratios.items()}
    assert within["s"] < 1e-5 < 0.1 < within["m"]
    between = copies.scaled(MANY, copies.one_number(np.random.default_rng(0), 0.8, 1.2))
    assert np.array_equal(between.actions, MANY.actions)
    assert np.array_equal(between.rewards, MANY.rewards)


def test_a_tensor_holds_the_team_its_reward_its_return_to_go_and_the_end_and_then_zeros() -> None:
    episodes = fights([3, 9])
    tensor = EpisodeTensor.of(episodes, longest=9, gamma=1.0, divisor=4)
    assert tensor.values.shape == (2, 12, features(SPEC)) == (2, 12, 2 * (3 + 4) + 3)
    values = tensor.values * tensor.sizes
    first = values[0, :3]
    assert first[:, :3].numpy() == pytest.approx(episodes.observations[:3, 0])
    assert first[:, 3:7].numpy() == pytest.approx(episodes.actions[:3, 0])
    assert first[:, 7:10].numpy() == pytest.approx(episodes.observations[:3, 1])
    paid = episodes.rewards[:3, 0]
    assert first[:, REWARD].numpy() == pytest.approx(paid)
    assert first[:, VALUE].numpy() == pytest.approx([paid.sum(), paid[1:].sum(), paid[2]])
    assert first[:, DONE].tolist() == [0, 0, 1]
    assert not values[0, 3:].any()
    assert tensor.values.abs().max() == 1


def test_what_is_written_into_a_tensor_is_read_from_it() -> None:
    episodes = fights([3, 9, 5])
    tensor = EpisodeTensor.of(episodes, longest=9, gamma=1.0, divisor=4)
    read = decoded(tensor.values, tensor, episodes, legal=None)
    for name in ("offsets", "actions", "terminals", "truncations"):
        assert np.array_equal(getattr(read, name), getattr(episodes, name)), name
    for name in ("observations", "rewards", "returns"):
        assert getattr(read, name) == pytest.approx(getattr(episodes, name), abs=1e-5), name
    assert read.returns_to_go is not None
    assert read.returns_to_go[[0, 3, 12]] == pytest.approx(episodes.returns, abs=1e-5)


def test_generated_episodes_end_at_the_first_done_and_their_choices_are_legal() -> None:
    episodes = fights([3, 9, 5])
    tensor = EpisodeTensor.of(episodes, longest=9, gamma=1.0, divisor=4)
    values = torch.rand(6, 12, features(SPEC), generator=torch.Generator().manual_seed(0)) * 2 - 1
    values[..., DONE] = 0.0
    values[0, [4, 7], DONE] = 0.6
    read = decoded(values, tensor, episodes, legal=lambda seen: np.zeros((*seen.shape[:2], 4), bool))
    assert read.lengths.tolist() == [5, 9, 9, 9, 9, 9]
    assert (read.terminals.sum(), read.truncations.sum()) == (1, 5)
    assert (read.actions.sum(2) == 1).all()
    assert read.legal_actions is not None
    assert np.array_equal(read.legal_actions, read.actions > 0)  # nothing but what was done


def tensors(subsets: int) -> torch.Tensor:
    """Four episodes of each subset, (S, E, T, F)."""
    return torch.stack([EpisodeTensor.of(fights([3, 5, 9, 4], seed), 9, 1.0, 2).values for seed in range(subsets)])


def model(guidance: float, subsets: int = 2) -> EpisodeModel:
    return EpisodeModel(tensors(subsets), replace(CONFIG, guidance=guidance), "cpu")


def trained(guidance: float, subsets: int = 2) -> EpisodeModel:
    learner = model(guidance, subsets)
    sampler = EpisodeSampler(tensors(subsets))
    random = LaneRandom(range(subsets), 1)
    for _ in range(3):
        learner.update(sampler.sample(random, 4), random)
    return learner


def test_the_loss_is_equation_5_by_hand() -> None:
    """Episodes whose Q_tot the network cannot see through noise: the loss from its own predictions."""
    learner = model(0.5, subsets=1)
    episodes = EpisodeTensor.of(fights([3, 5, 9, 4]), 9, 1.0, 2).values[None]
    levels, noise = (
        torch.tensor([[1, 5, 10, 20]]),
        torch.randn(episodes.shape, generator=torch.Generator().manual_seed(1)),
    )
    terms = learner.terms(learner.online, episodes, levels, noise)
    squares, lacking = [], []
    for row, level in enumerate(levels[0].tolist()):
        alpha, sigma = learner.schedule.alphas[level], learner.schedule.sigmas[level]
        noised = alpha * episodes[:, row : row + 1] + sigma * noise[:, row : row + 1]
        clean = learner.clean(learner.net.unpack(learner.online), noised, torch.tensor([[level]]))[0, 0]
        squares.append((clean - episodes[0, row]).square().mean())
        best = max(float(episodes[0, other, :, VALUE].sum() / 10) for other in range(4))
        lacking.append(max(0.0, best - float(clean[:, VALUE].sum() / 10)))
    assert terms["diffusion"].item() == pytest.approx(float(torch.stack(squares).mean()), rel=1e-4)
    assert terms["q"].item() == pytest.approx(0.5 * sum(lacking) / 4, rel=1e-4)
    assert sum(lacking) > 0


def test_without_guidance_nothing_is_added() -> None:
    learner = model(0.0, subsets=1)
    episodes = EpisodeTensor.of(fights([3, 5]), 9, 1.0, 2).values[None]
    assert learner.terms(learner.online, episodes, torch.ones(1, 2).long(), episodes)["q"].item() == 0


def test_lanes_of_subsets_are_separate_trainings_and_the_weight_changes_them() -> None:
    together = trained(0.5, subsets=2)
    assert torch.allclose(together.online[:1], trained(0.5, subsets=1).online, atol=1e-6)
    assert not torch.equal(together.online, trained(0.0, subsets=2).online)


def test_models_of_all_weights_begin_alike_and_see_the_same_noise() -> None:
    assert torch.equal(model(0.5).online, model(0.0).online)
    first, other = (
        model(guidance).update(EpisodeSampler(tensors(2)).sample(random, 4), random)["diffusion"]
        for guidance, random in ((0.5, LaneRandom(range(2), 1)), (0.0, LaneRandom(range(2), 1)))
    )
    assert torch.equal(first, other)


def test_a_saved_model_goes_on_as_if_nothing_had_happened() -> None:
    learner, other = trained(0.1), model(0.1)
    other.load_state_dict(learner.state_dict())
    episodes = torch.rand(2, 4, 10, features(SPEC), generator=torch.Generator().manual_seed(2))
    for each in (learner, other):
        each.update(episodes, LaneRandom(range(2), 1))
    assert torch.equal(learner.online, other.online)
    assert torch.equal(learner.average, other.average)


def test_generated_episodes_are_bounded_and_those_of_the_same_numbers() -> None:
    learner, unguided = trained(0.1), trained(0.0)
    first, again, plain = (each.generate(3, LaneRandom(range(2), 1)) for each in (learner, learner, unguided))
    assert first.shape == (2, 3, 10, features(SPEC))
    assert first.abs().max() <= 1
    assert torch.equal(first, again)
    assert not torch.equal(first, plain)


def test_a_trained_model_generates_the_only_episode_it_knows() -> None:
    episodes = fights([5])
    tensor = EpisodeTensor.of(episodes, 5, 1.0, 4)
    learner = EpisodeModel(tensor.values[None], replace(CONFIG, guidance=0.0, visited=1.0, schedule="cosine"), "cpu")
    sampler, random = EpisodeSampler(tensor.values[None]), LaneRandom([0], 1)
    for _ in range(20):
        learner.update(sampler.sample(random, 8), random)
    made = decoded(learner.generate(2, LaneRandom([1], 1))[0], tensor, episodes, None)
    assert made.lengths.tolist() == [5, 5]
    assert np.array_equal(made.actions[:5], episodes.actions)
    assert np.abs(made.observations[:5] - episodes.observations).mean() < 0.1
