"""Sequences of steps: where they begin, what follows their last step, and what lies beyond an episode's end."""

import numpy as np
import torch

from quartet.data.sequences import SequenceSampler
from quartet.nets.lanes import LaneRandom
from tests.discrete import SPEC, episodes

LENGTHS, ENDED = [7, 2, 12], [True, True, False]


def sampler(steps: int = 5, period: int = 3, weights: list[float] | None = None, **more: bool | int) -> SequenceSampler:
    return SequenceSampler(episodes(LENGTHS, ENDED), weights, steps=steps, period=period, **more)


def test_a_sequence_is_consecutive_steps_of_one_episode_and_begins_at_a_multiple_of_the_period() -> None:
    drawn = sampler().sample(LaneRandom((0, 1), SPEC.agents), 50)
    episode, step, agent = drawn.observations.unbind(-1)
    assert drawn.observations.shape == (2, 6, 50, 2, 3)
    assert (episode == episode[:, :1]).all()
    assert set(step[:, 0].flatten().tolist()) == {0.0, 3.0, 6.0, 9.0}
    assert torch.equal(agent, torch.arange(2.0).expand_as(agent))
    lengths = torch.tensor(LENGTHS)[episode[:, 0, :, 0].long()]
    wanted = torch.minimum(step[:, :1, :, 0] + torch.arange(6.0)[:, None], lengths[:, None] - 1.0)
    assert torch.equal(step[..., 0], wanted)
    assert torch.equal(drawn.times, wanted.long())
    assert torch.equal(drawn.choices[..., 0], wanted.long() % SPEC.choices)
    assert drawn.states is not None
    assert torch.equal(drawn.states[..., 1], wanted)


def test_beyond_an_end_nothing_is_real_and_where_time_ran_out_the_last_step_has_no_known_sequel() -> None:
    drawn = sampler().sample(LaneRandom((0,), SPEC.agents), 200)
    for b in range(200):
        episode, first = (int(value) for value in drawn.observations[0, 0, b, 0, :2])
        length = LENGTHS[episode]
        steps = [first + t for t in range(5)]
        assert drawn.real[0, :, b].tolist() == [float(step < length) for step in steps]
        ends = [float(step == length - 1 and ENDED[episode]) for step in steps]
        assert drawn.terminals[0, :, b].tolist() == ends
        sequel = [float(step < length - 1 or (step == length - 1 and ENDED[episode])) for step in steps]
        assert drawn.known[0, :, b].tolist() == sequel


def test_rewards_are_the_teams_mean_and_returns_what_is_still_to_come() -> None:
    drawn = sampler(returns=True).sample(LaneRandom((0,), SPEC.agents), 50)
    real = drawn.real.bool()
    assert torch.equal(drawn.rewards[real], drawn.times[:, :-1][real] + 1.0)
    assert drawn.returns is not None
    lengths = torch.tensor(LENGTHS)[drawn.observations[:, :, :, 0, 0].long()]
    to_go = (lengths * (lengths + 1) - drawn.times * (drawn.times + 1)) / 2
    torch.testing.assert_close(drawn.returns, to_go.float())


def test_every_step_counts_alike_and_an_episode_of_weight_0_is_never_seen() -> None:
    drawn = sampler(period=1, weights=[1.0, 0.0, 1.0]).sample(LaneRandom((0,), SPEC.agents), 20_000)
    episode, step = drawn.observations[0, 0, :, 0, :2].long().unbind(1)
    seen = torch.bincount(12 * episode + step, minlength=36).view(3, 12) / 20_000
    assert seen[1].sum() == 0
    assert np.allclose(seen[0, :7], 1 / 19, atol=0.01)
    assert np.allclose(seen[2], 1 / 19, atol=0.01)


def test_a_seed_draws_the_same_sequences_whatever_its_neighbours() -> None:
    together = sampler().sample(LaneRandom((4, 7), SPEC.agents), 10)
    alone = sampler().sample(LaneRandom((7,), SPEC.agents), 10)
    assert torch.equal(together.observations[1], alone.observations[0])


def test_short_sequences_may_come_several_for_one() -> None:
    assert sampler(steps=1, each=5).sample(LaneRandom((0,), SPEC.agents), 4).real.shape == (1, 1, 20)
