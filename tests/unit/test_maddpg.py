"""MADDPG with discrete choices: its losses by hand, what may never be chosen, and that it learns."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from quartet.data.episodes import open_episodes
from quartet.errors import QuartetError
from quartet.training.drone_behaviour import train_drones
from quartet.training.maddpg import MADDPG, Config, Minibatch, load_pilot

SIZES = {"updates": 40, "environments": 4, "batch": 16, "hidden": 16, "evaluations": 2, "evaluation_episodes": 4}


def minibatch(rows: int = 6, agents: int = 3, *, ends: bool = False) -> Minibatch:
    random = torch.Generator().manual_seed(1)
    legal = torch.rand(2, rows, agents, 4, generator=random) < 0.5
    legal[..., 0] = True
    seen = torch.randn(2, rows, agents, 5, generator=random)
    actions = torch.eye(4)[torch.zeros(rows, agents, dtype=torch.int64)]
    rewards = torch.randn(rows, generator=random)
    return Minibatch(seen[0], legal[0], actions, rewards, seen[1], legal[1], torch.full((rows,), ends))


def learner(agents: int = 3, **constants: float) -> MADDPG:
    return MADDPG(agents, 5, 4, 8, Config(**constants), seed=0)


def test_what_ends_is_worth_its_reward_alone() -> None:
    batch, one = minibatch(ends=True), learner(gamma=0.9)
    value = one.value(one.online[1:], batch.observations, batch.actions)
    by_hand = (value - 0.5 / 3 * batch.rewards).square().mean()
    torch.testing.assert_close(one.critic_loss(batch, torch.Generator().manual_seed(0)), by_hand)


def test_what_goes_on_is_worth_what_the_targets_expect_of_a_legal_choice() -> None:
    batch, one = minibatch(), learner(gamma=0.9)
    only = replace(batch, next_legal=torch.eye(4, dtype=torch.bool)[0].expand(6, 3, 4))  # one choice: no randomness
    later = one.value(one.targets[1:], batch.next_observations, torch.eye(4)[0].expand(6, 3, 4))
    value = one.value(one.online[1:], batch.observations, batch.actions)
    by_hand = (value - 0.5 / 3 * batch.rewards - 0.9 * later).square().mean()
    torch.testing.assert_close(one.critic_loss(only, torch.Generator().manual_seed(0)), by_hand)


def test_the_critic_does_not_mind_the_order_of_the_agents() -> None:
    batch, one = minibatch(), learner()
    turned = one.value(one.online[1:], batch.observations.roll(1, 1), batch.actions.roll(1, 1))
    torch.testing.assert_close(turned, one.value(one.online[1:], batch.observations, batch.actions))


def test_no_pilot_chooses_what_is_not_legal() -> None:
    batch, one = minibatch(rows=200), learner()
    chosen = one.pilot().choose(batch.observations, batch.legal, torch.Generator().manual_seed(0))
    assert batch.legal[chosen == 1].all()
    assert (chosen.sum(2) == 1).all()


def test_choices_are_drawn_as_often_as_their_logits_say() -> None:
    one = learner()
    pilot, seen = one.pilot(), torch.ones(20_000, 1, 5)
    pilot.parameters[:, -4:] = torch.tensor([0.0, 1.0, 2.0, 0.0])  # biases of the last layer
    pilot.parameters[:, :-4] = 0
    legal = torch.tensor([True, True, True, False]).expand(20_000, 1, 4)
    shares = pilot.choose(seen, legal, torch.Generator().manual_seed(0)).mean((0, 1))
    torch.testing.assert_close(shares[:3], torch.tensor([0.0, 1.0, 2.0]).softmax(0), atol=0.015, rtol=0)


def test_the_actor_moves_towards_what_the_critic_prefers() -> None:
    batch, one = minibatch(rows=64), learner(logit_cost=0.0)
    random = torch.Generator().manual_seed(0)
    everything = replace(batch, legal=torch.ones_like(batch.legal))
    before = one.actor_loss(everything, random)
    for _ in range(60):
        one._descend(one.actor_loss(everything, random), [0])
    assert one.actor_loss(everything, random) < before


def test_a_behaviour_leaves_pilots_their_curve_and_the_whole_replay(tmp_path: Path) -> None:
    for out in ("a", "b"):
        train_drones("drones-4", {**SIZES, "seed": 0}, tmp_path / out)
    for name in ("expert.pt", "medium.pt", "replay.h5", "curve.csv", "summary.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert open_episodes(tmp_path / "a" / "replay.h5").quality == "medium-replay"
    assert load_pilot(tmp_path / "a" / "expert.pt").net.outputs == 6
    assert (tmp_path / "a" / "curve.csv").read_text().splitlines()[-1].startswith("40,")
    (tmp_path / "foreign.pt").write_bytes(b"not a pilot")
    with pytest.raises(QuartetError, match=r"foreign\.pt"):
        load_pilot(tmp_path / "foreign.pt")


@pytest.mark.slow
def test_a_team_of_four_learns_to_win(tmp_path: Path) -> None:
    sizes = {**SIZES, "updates": 2500, "environments": 8, "batch": 64, "hidden": 64, "evaluation_episodes": 64}
    train_drones("drones-4", {**sizes, "evaluations": 5, "seed": 0}, tmp_path)
    means = [float(line.split(",")[2]) for line in (tmp_path / "curve.csv").read_text().splitlines()[1:]]
    assert means[-1] > -40  # uniform choices: -107, the sighted team that knows how to shoot: -7
