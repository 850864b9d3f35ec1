"""The recurrent learners: lanes that never touch, runs that go on to the bit, legal choices, and that they learn."""

from functools import cache
from pathlib import Path

import pytest
import torch
from torch import Tensor

from quartet import algorithms, tasks
from quartet.algorithms.base import Algorithm
from quartet.data.sequences import Sequences
from quartet.errors import QuartetError
from quartet.nets.lanes import LaneRandom
from quartet.tasks.spec import MaskedTask, TaskSpec, chosen
from tests.discrete import HYPERPARAMETERS, SIZES, SPEC, draw_sequences, episodes

UPDATES = 20


def make(name: str, seeds: tuple[int, ...] = (0, 1), spec: TaskSpec = SPEC, **changes: object) -> Algorithm:
    return algorithms.make(name, spec, HYPERPARAMETERS[name] | SIZES | changes, seeds)


@cache
def train(name: str, seeds: tuple[int, ...]) -> tuple[dict[str, Tensor], Tensor]:
    """Networks after training, and the scores of three steps after it."""
    learner, random = make(name, seeds), LaneRandom(seeds, SPEC.agents)
    for _ in range(UPDATES):
        learner.update(draw_sequences(random), random)
    learner.begin(5)
    scores = [learner.act(random.normal(5, SPEC.observation), random) for _ in range(3)]
    return learner.state_dict()["networks"], torch.cat(scores, dim=1)


@pytest.mark.parametrize("name", HYPERPARAMETERS)
def test_three_seeds_together_are_three_seeds_alone(name: str) -> None:
    together, scores = train(name, (0, 1, 2))
    for position, seed in enumerate((0, 1, 2)):
        alone, own = train(name, (seed,))
        for network, parameters in alone.items():
            torch.testing.assert_close(together[network][position : position + 1], parameters, atol=1e-4, rtol=0)
        torch.testing.assert_close(scores.view(3, SPEC.agents, -1, 4)[position], own, atol=1e-3, rtol=0)


@pytest.mark.parametrize("name", HYPERPARAMETERS)
def test_a_saved_run_goes_on_to_the_bit(name: str, tmp_path: Path) -> None:
    whole, random = make(name), LaneRandom((0, 1), SPEC.agents)
    for _ in range(5):
        whole.update(draw_sequences(random), random)
    torch.save({"learner": whole.state_dict(), "random": random.state_dict()}, tmp_path / "state.pt")
    saved = torch.load(tmp_path / "state.pt", weights_only=True)
    resumed, again = make(name), LaneRandom((0, 1), SPEC.agents)
    resumed.load_state_dict(saved["learner"])
    again.load_state_dict(saved["random"])
    for _ in range(4):  # past the next change of the targets
        metrics = whole.update(draw_sequences(random), random)
        resumed.update(draw_sequences(again), again)
    for network, parameters in whole.state_dict()["networks"].items():
        assert torch.equal(parameters, resumed.state_dict()["networks"][network]), network
    assert all(values.shape == (4,) and values.isfinite().all() for values in metrics.values())


@pytest.mark.parametrize("name", HYPERPARAMETERS)
@pytest.mark.parametrize("task_name", ["3m", "2s3z", "drones-4"])
def test_whatever_an_algorithm_says_the_team_makes_legal_choices(name: str, task_name: str) -> None:
    """Untrained networks, whose scores are anything: the property holds by how scores are read, in every state."""
    task, seeds = tasks.make(task_name), (0, 1)
    assert isinstance(task, MaskedTask)
    learner, random = make(name, seeds, task.spec), LaneRandom(seeds, task.spec.agents)
    for parameters in learner.networks.values():
        parameters *= 5
    observations, episodes_of_a_seed, made = task.reset(torch.arange(16)), 8, set()
    learner.begin(episodes_of_a_seed)
    for _ in range(30):
        lanes = observations.unflatten(0, (2, -1)).transpose(1, 2).flatten(0, 1)
        scores = learner.act(lanes, random).unflatten(0, (2, -1)).transpose(1, 2).flatten(0, 1)
        legal, choices = task.legal(), chosen(scores, task.legal())
        assert legal.gather(2, choices.unsqueeze(2)).all()
        made |= set(choices.flatten().tolist())
        observations = task.step(scores).observations
    assert len(made) > 1


@pytest.mark.parametrize("name", HYPERPARAMETERS)
def test_a_new_episode_is_begun_without_memory_of_the_last(name: str) -> None:
    learner, random = make(name), LaneRandom((0, 1), SPEC.agents)
    first, second = (random.normal(3, SPEC.observation) for _ in range(2))
    learner.begin(3)
    fresh = learner.act(first, random)
    remembering = learner.act(second, random)
    learner.begin(3)
    assert torch.equal(learner.act(first, random), fresh)
    learner.begin(3)
    if name != "madt":  # of whom one step is all it sees, here but for the present's number
        assert not torch.allclose(learner.act(second, random), remembering)


def two_steps(random: LaneRandom, rows: int = 32) -> Sequences:
    """Two agents, two steps; only a joint choice of 1 and then of 2 pays, and the data make each choice at random.

    Both agents see afterwards whether the first was right.
    """
    base = draw_sequences(random, rows, steps=2)
    choices, everything = base.choices, torch.ones_like(base.legal)
    uniform = random.uniform(3, rows).unflatten(0, (-1, SPEC.agents)).movedim(1, -1)
    choices = 1 + (uniform < 0.5).long()
    first, second = (choices[:, step] == step + 1 for step in (0, 1))
    paid = (first.all(2) & second.all(2)).float()
    ones = torch.ones_like(base.real)
    ends = torch.stack([torch.zeros_like(paid), ones[:, 1]], dim=1)
    observations = torch.zeros_like(base.observations)
    observations[:, 0, ..., 0] = 1
    observations[:, 1, ..., 1] = first.all(2, keepdim=True).float()
    rewards = torch.stack([torch.zeros_like(paid), paid], dim=1)
    to_go = paid[:, None].expand(-1, 3, -1)
    return Sequences(observations, everything, choices, base.states * 0, rewards, ends, ones, ones, base.times, to_go)


FINDERS = [("qmix", {}), ("qmix-cql", {"cql_weight": 0.2}), ("qmix-bcq", {}), ("icq-recurrent", {})]


@pytest.mark.parametrize(("name", "changes"), FINDERS)
def test_a_team_finds_the_two_choices_that_pay_together(name: str, changes: dict[str, float]) -> None:
    learner, random = make(name, rate=0.01, hidden=16, **changes), LaneRandom((0, 1), SPEC.agents)
    for _ in range(120):
        learner.update(two_steps(random), random)
    learner.begin(1)
    for step in range(2):
        scores = learner.act(torch.eye(3)[step].expand(4, 1, 3), random)
        assert scores[..., 1:3].argmax(-1).flatten().tolist() == [step] * 4


def test_bc_makes_the_datas_likelier_choice_and_madt_the_one_that_leads_to_the_return_it_asks_for() -> None:
    data, random = episodes([3] * 40, [True] * 40), LaneRandom((0, 1), SPEC.agents)
    for name in ("bc-recurrent", "madt"):
        learner = make(name, rate=0.02)
        drawing = learner.sampler(data, torch.ones(1, 40).double().numpy())
        for _ in range(60):
            learner.update(drawing.sample(random, 8), random)
        learner.begin(2)
        for step in range(3):
            seen = torch.tensor([[0.0, step, agent] for agent in (0, 1)]).repeat(2, 1).unsqueeze(1).expand(4, 2, 3)
            assert learner.act(seen, random).argmax(-1).flatten().tolist() == [step] * 8, name


def test_madt_asks_for_more_where_more_was_paid_for_the_same_sight() -> None:
    """One sight, two choices: 1 paid 20 and 2 nothing."""
    learner, random = make("madt", rate=0.01, sequence=1), LaneRandom((0, 1), SPEC.agents)
    for _ in range(100):
        base = draw_sequences(random, 32, steps=1)
        choices = 1 + (base.returns > 0.5).long()
        asked = {"choices": choices.unsqueeze(3).expand_as(base.choices), "returns": 20.0 * (choices == 1)}
        learner.update(Sequences(**vars(base) | asked | {"legal": torch.ones_like(base.legal)}), random)
    sight = torch.zeros(4, 1, 3)
    learner.begin(1)
    assert learner.act(sight, random).argmax(-1).flatten().tolist() == [1] * 4
    learner.begin(1)
    learner.reward(torch.full((4, 1), 20.0))
    assert learner.act(sight, random).argmax(-1).flatten().tolist() == [2] * 4


def test_what_cannot_be_learned_from_is_one_clear_line() -> None:
    continuous = TaskSpec(agents=2, observation=3, action=2, horizon=25)
    with pytest.raises(QuartetError, match="QMIX is for discrete actions; use it on drones or on a battle map"):
        make("qmix", spec=continuous)
    with pytest.raises(QuartetError, match="unknown context 'stat'; did you mean 'state'"):
        make("qmix", context="stat")
    data = episodes([3], [True])
    without = type(data)(**vars(data) | {"state": None})
    with pytest.raises(QuartetError, match="medium: the dataset holds no global state; use a variant whose context"):
        make("qmix").sampler(without, torch.ones(1, 1).double().numpy())
    learner, random = make("qmix", context="observations"), LaneRandom((0, 1), SPEC.agents)
    drawn = learner.sampler(without, torch.ones(1, 1).double().numpy()).sample(random, 4)
    assert learner.update(drawn, random)["td"].isfinite().all()
