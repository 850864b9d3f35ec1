"""The planners: who sees what, lanes, guidance, the return to go, and that they learn."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from test_data import make
from torch import Tensor

from quartet import algorithms, config
from quartet.algorithms.planner import Planner
from quartet.algorithms.team_model import Parts, TeamModel
from quartet.data.episodes import Episodes, episode_returns
from quartet.diffusion import consistency
from quartet.errors import QuartetError
from quartet.nets.lanes import LaneRandom
from quartet.tasks.battle import Battle
from quartet.tasks.spec import chosen

ROOT = Path(__file__).parents[2]
PLANNERS = ("dof", "madiff-d", "madiff-c", "independent-diffusion")
EPISODES = make([12] * 20, agents=3)
SPEC = EPISODES.spec
SIZES: dict[str, Any] = {
    "updates": 1, "batch": 4, "width": 8, "multipliers": [1, 2, 4], "hidden": 16, "visited": 1.0, "average_start": 1,
    "average_every": 1, "episodes": 2, "compile": False, "steps": 4, "average_decay": 0.0,
}  # fmt: skip


def planner(name: str, seeds: tuple[int, ...] = (0, 1), variant: str = "default", **changes: object) -> Planner:
    settings = config.hyperparameters(ROOT, name, "spread", "medium", variant)
    learner = algorithms.make(name, SPEC, settings | SIZES | {"history": 2, "horizon": 6} | changes, seeds)
    assert isinstance(learner, Planner)
    return learner


def trained(
    name: str, seeds: tuple[int, ...] = (0, 1), updates: int = 30, variant: str = "default", **changes: object
) -> Planner:
    """A planner after some updates, its attention switched on."""
    learner, random = planner(name, seeds, variant, rate=3e-3, **changes), LaneRandom(seeds, SPEC.agents)
    sampler = learner.sampler(EPISODES, torch.ones(1, len(EPISODES)).double().numpy())
    for _ in range(updates):
        learner.update(sampler.sample(random, 4), random)
    return learner


def act(learner: Planner, *seen: Tensor, seeds: tuple[int, ...] = (0, 1)) -> Tensor:
    """The plan's action after a row of observations, from the same noise every time."""
    random = LaneRandom(seeds, SPEC.agents)
    learner.begin(seen[0].shape[1])
    for observations in seen:
        actions = learner.act(observations, random)
    return actions


def first_agents(actions: Tensor) -> Tensor:
    return actions.view(-1, SPEC.agents, *actions.shape[1:])[:, 0]


def with_others_changed(observations: Tensor) -> Tensor:
    changed = observations.clone().view(-1, SPEC.agents, *observations.shape[1:])
    changed[:, 1:] += 0.8
    return changed.view_as(observations)


DECENTRAL = [
    ("dof", "default"),
    ("dof", "dec-atten"),
    ("dof", "no-sharing"),
    ("dof", "normalised-wconcat"),
    ("madiff-d", "default"),
    ("madiff-d", "dof"),
    ("independent-diffusion", "default"),
    ("dof-vae", "default"),
]
CENTRAL = [("madiff-c", "default"), ("dof", "atten"), ("dof", "qmix"), ("dof", "h-atten")]


@cache
def _learnt(name: str, variant: str) -> Planner:
    return trained(name, variant=variant)


@pytest.mark.parametrize(("name", "variant"), DECENTRAL)
def test_a_decentralised_plan_is_the_same_to_the_bit_whatever_team_mates_see(name: str, variant: str) -> None:
    learner, seen = _learnt(name, variant), torch.randn(6, 2, SPEC.observation)
    before, after = act(learner, seen), act(learner, with_others_changed(seen))
    assert torch.equal(first_agents(before), first_agents(after))
    assert not torch.equal(before, after)


@pytest.mark.parametrize(("name", "variant"), CENTRAL)
def test_a_centralised_plan_changes_with_what_team_mates_see(name: str, variant: str) -> None:
    learner, seen = _learnt(name, variant), torch.randn(6, 2, SPEC.observation)
    assert not torch.equal(first_agents(act(learner, seen)), first_agents(act(learner, with_others_changed(seen))))


@pytest.mark.parametrize("name", [*PLANNERS, "dof-vae"])
def test_three_seeds_together_are_three_seeds_alone(name: str) -> None:
    together = trained(name, (0, 1, 2), updates=10)
    for position, seed in enumerate((0, 1, 2)):
        alone = trained(name, (seed,), updates=10)
        for network in ("planner", "average"):
            own = together.networks[network][position : position + 1]
            torch.testing.assert_close(own, alone.networks[network], atol=1e-4, rtol=0)


@pytest.mark.parametrize("name", [*PLANNERS, "dof-vae"])
def test_a_saved_run_goes_on_to_the_bit_and_acts_alike(name: str) -> None:
    learner, again = _learnt(name, "default"), planner(name)
    again.load_state_dict(learner.state_dict())
    seen = torch.randn(6, 2, SPEC.observation)
    assert torch.equal(act(learner, seen), act(again, seen))
    for network, saved in learner.networks.items():
        assert torch.equal(saved, again.networks[network]), network


@pytest.mark.parametrize("name", PLANNERS)
def test_metrics_have_one_value_for_every_seed_and_agent_and_actions_the_tasks_shape(name: str) -> None:
    learner, random = planner(name), LaneRandom((0, 1), SPEC.agents)
    sampler = learner.sampler(EPISODES, torch.ones(1, len(EPISODES)).double().numpy())
    metrics = learner.update(sampler.sample(random, 4), random)
    assert {name: value.shape for name, value in metrics.items()} == {"diffusion": (6,), "inverse": (6,)}
    actions = act(learner, torch.randn(6, 5, SPEC.observation))
    assert actions.shape == (6, 5, SPEC.action)
    assert actions.abs().max() <= 1


@pytest.mark.parametrize(("name", "rows"), [("dof", 3), ("madiff-d", 9), ("madiff-c", 3), ("independent-diffusion", 3)])
def test_an_episodes_plan_takes_n_rows_of_the_network_a_level_and_madiff_d_n_squared(
    name: str, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    learner, counted = planner(name, (0,)), []
    plain = learner.model.predict

    def counting(parts: Parts, x: Tensor, *rest: Tensor) -> Tensor:
        counted.append(x.shape[1] * x.shape[2])
        return plain(parts, x, *rest)

    monkeypatch.setattr(learner.model, "predict", counting)
    act(learner, torch.randn(3, 5, SPEC.observation), seeds=(0,))
    assert counted == [2 * 5 * rows] * SIZES["steps"]  # twice: with and without the return


def test_what_was_seen_stands_in_the_plan_the_first_observation_before_the_episode() -> None:
    learner, random = _learnt("dof", "default"), LaneRandom((0, 1), SPEC.agents)
    learner.begin(4)
    first, second = torch.rand(2, 2, 4, 3, learner.observation).unbind(0)
    learner.look(first)
    learner.look(second)
    plan = learner.plan(random)
    assert torch.equal(plan[..., :3, :], torch.stack([first, first, second], dim=3))


def test_whose_a_frame_is_is_known_of_every_frame_and_to_madiff_d_of_its_own_row_alone() -> None:
    for name in ("dof", "madiff-d"):
        learner = _learnt(name, "default")
        learner.begin(4)
        learner.look(learner.sight(torch.randn(2, 4, 3, SPEC.observation)))
        plan = learner.plan(LaneRandom((0, 1), SPEC.agents))
        own = 2 * torch.eye(3) - 1
        assert torch.equal(plan[..., :3], own[:, None].expand(2, 4, 3, learner.frames, 3)), name
    observations = torch.randn(2, 4, 3, learner.frames, learner.observation)
    known = learner.known(observations, torch.ones(2, 4, dtype=torch.long))
    assert not known[:, :, [0, 2]].any()


def test_with_the_return_as_the_only_condition_the_plan_is_blind() -> None:
    learner = trained("dof", updates=3, variant="return-only")
    one, other = (act(learner, torch.randn(6, 2, SPEC.observation)) for _ in range(2))
    assert torch.equal(one, other)


def test_the_return_to_go_loses_what_was_paid() -> None:
    learner = planner("dof", (0,), gamma=0.5, return_scale=10.0, target=0.9)
    learner.begin(2)
    learner.reward(torch.tensor([[1.0, 2.0], [0.0, 0.0], [-1.0, 4.0]]))
    assert torch.allclose(learner.wanted[0], torch.tensor([[1.6, 1.8, 2.0], [1.4, 1.8, 1.0]]))


def test_guidance_compares_with_the_condition_dropped_for_certain_unless_as_released() -> None:
    """With w = 0 the unconditional prediction acts alone: what return is asked for must not matter."""
    seen = torch.randn(6, 2, SPEC.observation)
    for variant, matters in (("default", False), ("random-dropout", True)):
        learner = trained("dof", variant=variant, guidance=0.0)
        plans = []
        for wanted in (0.1, 0.9):
            learner.begin(2)
            learner.wanted.fill_(wanted)
            plans.append(learner.act(seen, LaneRandom((0, 1), SPEC.agents)))
        assert torch.equal(*plans) is not matters, variant


@pytest.mark.parametrize(("name", "variant"), [("dof", "default"), ("madiff-c", "default"), ("dof", "no-sharing")])
def test_training_lowers_both_losses(name: str, variant: str) -> None:
    learner, random = planner(name, (0,), variant, rate=5e-3), LaneRandom((0,), SPEC.agents)
    sampler = learner.sampler(EPISODES, torch.ones(1, len(EPISODES)).double().numpy())
    losses = []
    for _ in range(60):
        losses.append(learner.update(sampler.sample(random, 8), random))
    for term, start in (("diffusion", 0.9), ("inverse", 0.98)):
        early, late = (torch.stack([own[term] for own in part]).mean() for part in (losses[:10], losses[-10:]))
        assert late < start * early, term


def test_windows_that_cannot_be_halved_and_unknown_names_are_one_line() -> None:
    with pytest.raises(QuartetError, match="window of 9 frames cannot be halved 2 times"):
        planner("dof", history=3)
    with pytest.raises(QuartetError, match="unknown sampler 'dpm'; did you mean 'ddpm'"):
        planner("dof", sampler="dpm")
    with pytest.raises(QuartetError, match="a consistency model predicts data"):
        planner("dof", sampler="consistency")
    with pytest.raises(QuartetError, match="unknown normaliser 'place'; did you mean 'places'"):
        planner("dof", normaliser="place")
    with pytest.raises(QuartetError, match="unknown noise_factorization 'wconcatt'; did you mean 'wconcat'"):
        planner("dof", noise_factorization="wconcatt")
    with pytest.raises(QuartetError, match="share one noise network"):
        planner("madiff-c", sharing=False)


def test_points_of_a_sweep_train_as_each_would_alone() -> None:
    weights = torch.ones(2, len(EPISODES)).double().numpy()
    weights[1, 10:] = 0
    networks = []
    for shares in (weights, weights[:1], weights[1:]):
        points = len(shares)
        learner, random = planner("dof", (3,) * points), LaneRandom((3,), SPEC.agents, points=points)
        sampler = learner.sampler(EPISODES, shares)
        for _ in range(5):
            learner.update(sampler.sample(random, 4), random)
        networks.append(learner.networks["planner"])
    torch.testing.assert_close(networks[0], torch.cat(networks[1:]), atol=1e-4, rtol=0)
    assert not torch.allclose(networks[1], networks[2], atol=1e-5)


def test_before_training_a_plan_read_as_data_stays_at_the_present_where_no_output_corrects_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A frame of which nothing is left is the present, not zero: without it short trainings learn nothing."""
    for sampler in ("ddpm", "consistency"):
        learner = planner("dof", (0,), output="data", sampler=sampler)
        monkeypatch.setattr(learner.model, "predict", lambda _, x, *__: torch.zeros_like(x))
        learner.begin(4)
        learner.look(torch.rand(1, 4, 3, learner.observation) - 0.5)
        plan = learner.plan(LaneRandom((0,), 3))
        future, present = plan[..., learner.config.history + 1 :, :], plan[..., learner.config.history, :]
        assert (future.mean(3) - present).abs().mean() < 0.5 * present.abs().mean(), sampler


def test_imagined_rows_count_as_little_as_asked_and_the_revealed_one_in_full() -> None:
    losses = {}
    for imagined in (1.0, 0.1):
        learner, random = planner("madiff-d", (0,), imagined=imagined), LaneRandom((0,), 3)
        batch = learner.sampler(EPISODES, np.ones((1, len(EPISODES)))).sample(random, 1)
        noise = learner.draw(1, random)
        losses[imagined] = learner.diffusion_loss(learner.model.unpack(learner.networks["planner"]), batch, noise)[0]
    revealed = int(noise.agents[0, 0])
    for agent in range(3):
        torch.testing.assert_close(losses[0.1][agent], (1.0 if agent == revealed else 0.1) * losses[1.0][agent])


def test_noise_and_data_are_two_readings_of_the_same_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that knows what the noise is plans the same whichever its output is read as."""
    plans, truth = [], torch.rand(1, 4, 3, 8, SPEC.observation) - 0.5
    for output in ("noise", "data"):
        learner = planner("dof", (0,), output=output, identity=False, sampler="ddim", condition="return")

        def exact(_: Parts, x: Tensor, levels: Tensor, *__: Tensor, of: Planner = learner) -> Tensor:
            alpha, sigma = (values[levels][..., None, None, None] for values in (of.alphas, of.sigmas))
            truths = truth.expand(1, *[-1] * 4).repeat(1, 2, 1, 1, 1)
            if of.config.output == "noise":
                return (x - alpha * truths) / sigma
            return (truths - consistency.skip(alpha, sigma) * x / alpha) / consistency.out(alpha, sigma)

        monkeypatch.setattr(learner.model, "predict", exact)
        learner.begin(4)
        learner.look(torch.zeros(1, 4, 3, SPEC.observation))
        plans.append(learner.plan(LaneRandom((0,), 3)))
    torch.testing.assert_close(plans[0], plans[1], atol=1e-4, rtol=0)
    torch.testing.assert_close(plans[1], truth, atol=1e-3, rtol=0)


def test_a_consistency_model_is_trained_towards_its_averages_jump_from_one_level_below() -> None:
    changes: dict[str, Any] = {"sampler": "consistency", "output": "data", "identity": False}
    learner, random = planner("dof", (0,), **changes), LaneRandom((0,), 3)
    sampler = learner.sampler(EPISODES, torch.ones(1, len(EPISODES)).double().numpy())
    batch, noise = sampler.sample(random, 4), learner.draw(4, random)
    parts = learner.model.unpack(learner.networks["planner"])
    learner.networks["average"].copy_(learner.networks["planner"])

    def jump(levels: Tensor) -> Tensor:
        alpha, sigma = (values[levels][..., None, None, None] for values in (learner.alphas, learner.sigmas))
        noised = learner.put(batch.observations, alpha * batch.observations + sigma * noise.epsilon)
        predicted = learner.model.predict(parts, noised, levels, batch.returns, noise.keep)
        mixed = learner.model.mix(parts, predicted, batch.observations[..., batch.history, :])
        told_from_present = learner.from_present(mixed, batch.observations, alpha, sigma)
        return consistency.clean(told_from_present, noised, alpha, sigma)

    squares = (jump(noise.levels) - jump(noise.levels - 1)).square().mean(4)[..., batch.history + 1 :]
    expected = squares.sum((1, 3)) / (4 * learner.frames)
    torch.testing.assert_close(learner.diffusion_loss(parts, batch, noise), expected)


def test_a_consistency_model_is_called_as_often_as_its_jumps_say(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[int] = []
    plain = TeamModel.predict

    def recorded(model: TeamModel, parts: Parts, x: Tensor, levels: Tensor, *rest: Tensor) -> Tensor:
        called.append(int(levels[0, 0]))
        return plain(model, parts, x, levels, *rest)

    monkeypatch.setattr(TeamModel, "predict", recorded)
    for jumps in (1, 2):
        act(planner("dof", (0,), "consistency", jumps=jumps), torch.randn(3, 5, SPEC.observation), seeds=(0,))
    assert called == [4, 4, 2]


def discrete(forbid: bool) -> Episodes:
    """Episodes whose agents choose among two actions, the second of which is never legal where `forbid`."""
    actions = np.zeros_like(EPISODES.actions)
    actions[..., 0] = 1
    legal = np.ones(actions.shape, dtype=bool)
    legal[..., 1] = not forbid
    return replace(EPISODES, spec=replace(SPEC, choices=2), actions=actions, legal_actions=legal)


def test_choices_are_learnt_by_cross_entropy_over_what_is_legal() -> None:
    for forbid in (True, False):
        episodes = discrete(forbid)
        settings = config.hyperparameters(ROOT, "dof", "spread", "medium", "default")
        learner = algorithms.make("dof", episodes.spec, settings | SIZES | {"history": 2, "horizon": 6}, (0,))
        assert isinstance(learner, Planner)
        random = LaneRandom((0,), 3)
        batch = learner.sampler(episodes, np.ones((1, len(episodes)))).sample(random, 4)
        loss = learner.inverse_loss(learner.model.unpack(learner.networks["planner"]), batch)
        if forbid:  # one action is left: nothing to learn
            assert torch.equal(loss, torch.zeros_like(loss))
        else:
            assert loss.sub(float(np.log(2))).abs().max() < 0.2
        scores = learner.act(torch.randn(3, 5, SPEC.observation), random)
        assert scores.shape == (3, 5, 2)  # of illegal ones, too: the task knows which are


@pytest.mark.parametrize("name", PLANNERS)
def test_in_battles_a_planner_asks_for_a_victory_and_makes_legal_choices(name: str) -> None:
    battle, random = Battle("3m"), LaneRandom((0,), 3)
    settings = config.hyperparameters(ROOT, name, "3m", "medium", "default")
    learner = algorithms.make(name, battle.spec, settings | SIZES | {"history": 4}, (0,))
    assert isinstance(learner, Planner)
    learner.fit(np.random.default_rng(0).normal(size=(50, battle.spec.observation)).astype(np.float32))
    observations, made = battle.reset(torch.arange(4)), set()
    learner.begin(4)
    assert (learner.wanted * learner.config.return_scale == 20).all()
    for _ in range(15):
        scores = learner.act(observations.transpose(0, 1), random).transpose(0, 1)
        legal, choices = battle.legal(), chosen(scores, battle.legal())
        assert legal.gather(2, choices.unsqueeze(2)).all()
        made |= set(choices.flatten().tolist())
        observations = battle.step(scores).observations
    assert len(made) > 1


def test_agents_that_share_a_network_are_told_apart_by_their_number() -> None:
    same = torch.randn(1, 2, SPEC.observation).repeat(3, 1, 1)
    for told in (False, True):
        silent = {"start_deviation": 0.0, "step_deviation": 0.0}
        learner = trained("madiff-c", (0,), updates=10, identity=told, **silent)
        first, *others = act(learner, same, seeds=(0,)).unbind(0)
        assert all(torch.allclose(first, other, atol=1e-5) for other in others) is not told


def homing(episodes: int, length: int = 12) -> Episodes:
    """A team whose agents walk to the origin: o' = o + .2 a, with a = -5 o within [-1, 1]."""
    generator = np.random.default_rng(0)
    places = [generator.uniform(-1, 1, (episodes, 2, 2)).astype(np.float32)]
    actions = []
    for _ in range(length):
        actions.append(np.clip(-5 * places[-1], -1, 1))
        places.append(places[-1] + np.float32(0.2) * actions[-1])
    template, rows = make([length] * episodes), episodes * length

    def flat(steps: list[Any]) -> Any:
        return np.stack(steps, axis=1).reshape(rows, 2, 2)

    rewards = np.zeros((rows, 2), dtype=np.float32)
    return replace(
        template,
        spec=replace(template.spec, observation=2),
        observations=flat(places[:-1]),
        actions=flat(actions),
        rewards=rewards,
        returns=episode_returns(rewards, template.offsets),
        final_observations=places[-1],
    )


READINGS = [("noise", "places", 600), ("data", "deviations", 200)]  # as the papers have it, as short trainings need it


@pytest.mark.slow
@pytest.mark.parametrize(("output", "normaliser", "updates"), READINGS)
@pytest.mark.parametrize("name", PLANNERS)
def test_a_planner_does_what_the_team_did_that_it_learnt_from(
    name: str, output: str, normaliser: str, updates: int
) -> None:
    episodes, random = homing(200), LaneRandom((0,), 2)
    settings = config.hyperparameters(ROOT, name, "spread", "medium", "default") | SIZES
    changes = {"history": 2, "horizon": 6, "rate": 2e-3, "steps": 20, "average_decay": 0.98, "target": 0.0}
    learner = algorithms.make(
        name, episodes.spec, settings | changes | {"width": 16, "output": output, "normaliser": normaliser}, (0,)
    )
    sampler = learner.sampler(episodes, np.ones((1, len(episodes))))
    for _ in range(updates):
        learner.update(sampler.sample(random, 32), random)
    seen = 2 * random.uniform(100, 2) - 1
    learner.begin(100)
    actions, taught = learner.act(seen, random), (-5 * seen).clamp(-1, 1)
    assert (actions - taught).abs().mean() < 0.35
    assert ((actions > 0) == (taught > 0)).float().mean() > 0.9
