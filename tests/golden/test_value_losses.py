"""The losses of the recurrent learners against plain loops over seeds, sequences and steps."""

from math import exp, log

import pytest
import torch
from torch import Tensor

from quartet import algorithms
from quartet.algorithms.icq_recurrent import ICQRecurrent, implicit_weights, policy_loss
from quartet.algorithms.qmix import QMIX, Valued
from quartet.algorithms.qmix_bcq import QMIXBCQ
from quartet.algorithms.qmix_cql import conservative_loss
from quartet.data.sequences import Sequences
from quartet.nets.lanes import LaneRandom
from tests.discrete import HYPERPARAMETERS, SIZES, SPEC, draw_sequences

SEEDS, ROWS, STEPS = (0, 1), 6, 5


def made(name: str, **changes: object) -> tuple[QMIX, Sequences, Valued]:
    """A learner whose targets differ from its networks, a batch, and what it says of it."""
    learner = algorithms.make(name, SPEC, HYPERPARAMETERS[name] | SIZES | changes, SEEDS)
    assert isinstance(learner, QMIX)
    random = LaneRandom(SEEDS, SPEC.agents)
    for network, parameters in learner.networks.items():
        parameters += 0.3 * torch.randn(parameters.shape, generator=torch.Generator().manual_seed(len(network)))
    batch = draw_sequences(random, ROWS, STEPS)
    return learner, batch, learner.value(learner.networks["values"], learner.networks["mixer"], batch)


def team_value(learner: QMIX, prefix: str, batch: Sequences, place: tuple[int, int, int], choices: list[int]) -> float:
    """Q_tot of a joint choice in one frame of one sequence."""
    seed, frame, row = place
    values = learner.net(learner.networks[f"{prefix}values"], batch.observations)[place]
    own = torch.stack([values[agent, choice] for agent, choice in enumerate(choices)])
    assert batch.states is not None
    states = batch.states[:, frame, row : row + 1]
    return float(learner.mixer(learner.networks[f"{prefix}mixer"], states)(own.expand(2, 1, 1, -1))[seed])


def best(values: Tensor, allowed: Tensor) -> list[int]:
    """Every agent's best allowed choice."""
    return [
        max((float(q), -number) for number, (q, ok) in enumerate(zip(own, may, strict=True)) if ok)[1] * -1
        for own, may in zip(values, allowed, strict=True)
    ]


def one_step_targets(learner: QMIX, batch: Sequences, values: Tensor, allowed: Tensor) -> Tensor:
    target = torch.zeros_like(batch.rewards)
    for seed, step, row in torch.cartesian_prod(*map(torch.arange, target.shape)).tolist():
        after = (seed, step + 1, row)
        following = team_value(learner, "target ", batch, after, best(values[after], allowed[after]))
        here = seed, step, row
        target[here] = 2 * batch.rewards[here] + 0.9 * (1 - batch.terminals[here]) * following
    return target


def test_qmixs_loss_is_half_the_squared_error_of_double_q_learning() -> None:
    learner, batch, valued = made("qmix")
    target = one_step_targets(learner, batch, valued.values, batch.legal)
    torch.testing.assert_close(learner.target(valued, batch), target)
    for seed in range(2):
        errors = [
            (
                float(target[seed, t, b])
                - team_value(learner, "", batch, (seed, t, b), batch.choices[seed, t, b].tolist())
            )
            for t in range(STEPS)
            for b in range(ROWS)
            if batch.known[seed, t, b]
        ]
        by_hand = sum(error**2 for error in errors) / (2 * len(errors))
        assert float(learner.td_loss(valued, batch)[seed]) == pytest.approx(by_hand, rel=1e-4)


def test_longer_returns_are_pengs() -> None:
    one, batch, valued = made("qmix")
    longer, _, _ = made("qmix", td_lambda=0.6)
    following, target = one.following(valued, batch), longer.target(valued, batch)
    for seed, row in torch.cartesian_prod(torch.arange(2), torch.arange(ROWS)).tolist():
        ahead = 0.0
        for step in reversed(range(STEPS)):
            value = float(following[seed, step, row])
            if step + 1 < STEPS and batch.known[seed, step + 1, row]:
                value = 0.4 * value + 0.6 * ahead
            ahead = float(2 * batch.rewards[seed, step, row] + 0.9 * (1 - batch.terminals[seed, step, row]) * value)
            assert float(target[seed, step, row]) == pytest.approx(ahead, rel=1e-4)


def test_the_conservative_term_by_hand() -> None:
    learner, batch, valued = made("qmix-cql")
    uniform = torch.rand(2, SPEC.agents, 3, STEPS, ROWS, generator=torch.Generator().manual_seed(1))
    found = conservative_loss(valued, batch, uniform)
    for seed in range(2):
        gaps = []
        for t, b in torch.nonzero(batch.real[seed]).tolist():
            place = (seed, t, b)
            of_data = team_value(learner, "", batch, place, batch.choices[place].tolist())
            drawn = [[int(4 * uniform[seed, agent, k, t, b]) for agent in range(SPEC.agents)] for k in range(3)]
            every = [*(team_value(learner, "", batch, place, choices) for choices in drawn), of_data]
            gaps.append(log(sum(exp(value) for value in every)) - of_data)
        assert float(found[seed]) == pytest.approx(sum(gaps) / len(gaps), rel=1e-4)


def test_bcq_seeks_the_next_choice_among_those_the_behaviour_makes_likely() -> None:
    learner, batch, valued = made("qmix-bcq")
    assert isinstance(learner, QMIXBCQ)
    allowed, logits = learner.allowed(batch), learner.net(learner.networks["behaviour"], batch.observations)
    for place in torch.cartesian_prod(*map(torch.arange, allowed.shape[:4])).tolist():
        weights = [exp(float(logit)) * bool(ok) for logit, ok in zip(logits[*place], batch.legal[*place], strict=True)]
        assert allowed[*place].tolist() == [weight > 0 and weight >= 0.4 * max(weights) for weight in weights]
    assert (allowed.sum(-1) < batch.legal.sum(-1)).any()
    target = one_step_targets(learner, batch, valued.values, allowed)
    torch.testing.assert_close(learner.target(valued, batch), target)


def test_implicit_weights_are_a_softmax_over_the_sequences_that_are_still_going() -> None:
    values, mask = torch.tensor([[[1.0, 2.0, 9.0]]]), torch.tensor([[[1.0, 1.0, 0.0]]])
    first, second = exp(1 / 0.5), exp(2 / 0.5)
    wanted = torch.tensor([[[2 * first / (first + second), 2 * second / (first + second), 0.0]]])
    torch.testing.assert_close(implicit_weights(values, mask, 0.5), wanted)
    assert implicit_weights(values, torch.zeros_like(mask), 0.5).tolist() == [[[0.0, 0.0, 0.0]]]


def test_icqs_targets_follow_the_data_and_its_policies_the_better_choices() -> None:
    learner, batch, valued = made("icq-recurrent")
    assert isinstance(learner, ICQRecurrent)
    for seed, step in torch.cartesian_prod(torch.arange(2), torch.arange(STEPS)).tolist():
        rows = [row for row in range(ROWS) if batch.known[seed, step, row]]
        after = {row: (seed, step + 1, row) for row in rows}
        values = {
            row: team_value(learner, "target ", batch, place, batch.choices[place].tolist())
            for row, place in after.items()
        }
        total = sum(exp(value / 1000) for value in values.values())
        for row, value in values.items():
            weighted = len(rows) * exp(value / 1000) / total * value
            assert float(learner.following(valued, batch)[seed, step, row]) == pytest.approx(weighted, rel=1e-3)


def test_icqs_policy_loss_by_hand() -> None:
    learner, batch, valued = made("icq-recurrent")
    found = policy_loss(learner.networks["policy"], learner.net, batch, valued, 0.1)["policy"]
    logits = learner.net(learner.networks["policy"], batch.observations)
    logs = logits.masked_fill(~batch.legal, -torch.inf).log_softmax(-1)
    credit = valued.mixing.credit().view(2, STEPS, ROWS, SPEC.agents)
    for seed in range(2):
        total = 0.0
        for step, agent in torch.cartesian_prod(torch.arange(STEPS), torch.arange(SPEC.agents)).tolist():
            rows = [row for row in range(ROWS) if batch.real[seed, step, row]]
            places = {row: (seed, step, row, agent) for row in rows}
            gains = {}
            for row, place in places.items():
                values = valued.values[place]
                expected = (logs[place].exp() * values).sum()
                gains[row] = exp(float(values[batch.choices[place]] - expected) / 0.1)
            for row, place in places.items():
                weight = len(rows) * gains[row] / sum(gains.values())
                total -= float(credit[place]) * weight * float(logs[place][batch.choices[place]])
        assert float(found[seed]) == pytest.approx(total / float(batch.real[seed].sum()), rel=1e-3)
