"""Parameters of planners, counted from shapes: those of the learner that trains."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from quartet import algorithms, config
from quartet.algorithms.planner import Planner
from quartet.evaluation.planner_size import PlannerSize, planner_size
from quartet.nets.lanes import LaneRandom
from quartet.tasks.drones import Drones

ROOT = Path(__file__).resolve().parents[2]
PAPER = {"width": 128, "multipliers": [1, 4, 8], "hidden": 256}


def settings(name: str, variant: str = "default", **sizes: Any) -> dict[str, Any]:
    wanted = config.hyperparameters(ROOT, name, "drones-4", "medium-replay", variant)
    return wanted | config.sized(config.load(ROOT, scale="quick").scale, "planning", "drones-4") | sizes


def count(name: str, agents: int, variant: str = "default", **sizes: Any) -> PlannerSize:
    return planner_size(name, settings(name, variant, **sizes), Drones(agents).spec)


@pytest.mark.parametrize("variant", ["default", "atten", "dec-atten", "qmix", "no-sharing"])
def test_the_team_is_what_dof_trains(variant: str) -> None:
    learner = algorithms.make("dof", Drones(4).spec, settings("dof", variant), (0,))
    assert isinstance(learner, Planner)
    assert count("dof", 4, variant).team == learner.networks["planner"].numel()


@pytest.mark.parametrize("name", ["madiff-d", "madiff-c", "independent-diffusion"])
def test_the_team_is_what_the_others_train(name: str) -> None:
    learner = algorithms.make(name, Drones(4).spec, settings(name), (0,))
    assert isinstance(learner, Planner)
    assert count(name, 4).team == learner.networks["planner"].numel()


def test_a_dof_agent_carries_the_same_whatever_the_team() -> None:
    agents = {count("dof", drones).agent for drones in (4, 8, 16, 32, 64)}
    assert len(agents) == 1
    assert agents.pop() == count("dof", 4, "concat").agent + 1  # its own weight in f: WConcat; h has the other


def test_what_is_shared_is_trained_once_and_what_is_not_n_times() -> None:
    alone = count("dof", 8, "no-sharing")
    assert count("dof", 8).team == pytest.approx(alone.agent, rel=1e-3)
    assert alone.team == pytest.approx(8 * alone.agent, rel=1e-3)


def test_attention_adds_what_madiffs_authors_added() -> None:
    ours = count("madiff-d", 4, **PAPER).agent - count("independent-diffusion", 4, **PAPER).agent
    assert ours == pytest.approx(4.6e6, rel=0.25)


def operations(name: str, agents: int) -> int:
    """Multiplications and additions of one decision of one agent."""
    learner, observed = (
        algorithms.make(name, Drones(agents).spec, settings(name), (0,)),
        Drones(agents).spec.observation,
    )
    assert isinstance(learner, Planner)
    random = LaneRandom((0,), agents)
    learner.fit(np.random.default_rng(0).normal(size=(1000, observed)).astype(np.float32))
    with FlopCounterMode(display=False) as counter:
        learner.act(torch.zeros(agents, 1, observed), random)
    return int(counter.get_total_flops()) // agents


def test_a_dof_agent_computes_the_same_whatever_the_team_and_a_madiff_agent_for_all_of_it() -> None:
    dof, madiff = ([operations(name, agents) for agents in (4, 16)] for name in ("dof", "madiff-d"))
    assert dof[1] == dof[0]
    assert madiff[1] / madiff[0] == pytest.approx(16 / 4, rel=0.05)
