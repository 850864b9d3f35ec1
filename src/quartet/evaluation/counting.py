"""Counting what an algorithm costs: parameters, memory and arithmetic, the same on every machine."""

from collections.abc import Callable, Mapping
from functools import partial
from math import prod
from typing import Any

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from quartet import algorithms
from quartet.algorithms.base import Algorithm
from quartet.data.transitions import Transitions
from quartet.errors import unknown
from quartet.evaluation.cost import Cost
from quartet.nets.lanes import LaneRandom
from quartet.tasks.spec import TaskSpec

COUNTED = ("bc", "ma-cql", "omar", "ma-sfbc", "dom2")  # that train on transitions, every update like the last
_ROWS = (8, 16)  # the minibatches that are counted


def team(agents: int) -> TaskSpec:
    """Cooperative navigation with as many landmarks as agents: what each of them sees grows with the team."""
    own, landmarks, others = 4, 2 * agents, 2 * 2 * (agents - 1)
    return TaskSpec(agents=agents, observation=own + landmarks + others, action=2, horizon=25)


def count(name: str, hyperparameters: Mapping[str, Any], agents: int) -> Cost:
    """Build the learner of a team, and count what one update and one action do."""
    if name not in COUNTED:
        raise unknown("algorithm to count", name, COUNTED)
    spec, random = team(agents), LaneRandom((0,), agents)
    learner = algorithms.make(name, spec, {**hyperparameters, "compile": False}, (0,))
    once, a_row = _operations(lambda rows: learner.update(_batch(spec, random, rows), random))
    _, acting = _operations(lambda rows: learner.act(random.normal(rows, spec.observation), random))
    return Cost(
        agents=agents,
        parameters=_trained(learner),
        memory=sum(kept.numel() * kept.element_size() for kept in _tensors(learner.state_dict())),
        update=once + a_row * hyperparameters["batch"],
        action=acting // agents,
    )


def _added(_: object, x: tuple[int, ...], weight: tuple[int, ...], **_others: object) -> int:
    """Operations of a product x (L, B, in) weight (L, in, out), by their shapes, wherever it is added to."""
    return 2 * prod(x) * weight[2]


def operations(work: Callable[[], object]) -> int:
    """Floating-point operations of a call's matrix products and convolutions; the rest, elementwise, is not counted."""
    with FlopCounterMode(display=False, custom_mapping={torch.ops.aten.baddbmm_: _added}) as counter:
        work()
    return int(counter.get_total_flops())


def _operations(work: Callable[[int], object]) -> tuple[int, int]:
    """What a call does once, and what it does for every row: two minibatches tell, for arithmetic is linear in them."""
    counted = [operations(partial(work, rows)) for rows in _ROWS]
    a_row = (counted[1] - counted[0]) // (_ROWS[1] - _ROWS[0])
    return counted[0] - a_row * _ROWS[0], a_row


def _batch(spec: TaskSpec, random: LaneRandom, rows: int) -> Transitions:
    return Transitions(
        observations=random.normal(rows, spec.observation),
        actions=2 * random.uniform(rows, spec.action) - 1,
        rewards=random.normal(rows),
        next_observations=random.normal(rows, spec.observation),
        terminals=torch.zeros(random.lanes, rows),
    )


def _trained(learner: Algorithm) -> int:
    state = learner.state_dict()
    return sum(state["networks"][name].numel() for name in state["optimisers"])


def _tensors(state: object) -> list[Tensor]:
    """Every tensor in a saved state."""
    if isinstance(state, Tensor):
        return [state]
    inside = state.values() if isinstance(state, Mapping) else state if isinstance(state, list | tuple) else ()
    return [tensor for part in inside for tensor in _tensors(part)]
