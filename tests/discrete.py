"""Small data of discrete actions for the tests of the recurrent algorithms."""

from typing import Any

import numpy as np
import torch

from quartet.data.episodes import Episodes, episode_returns
from quartet.data.sequences import Sequences
from quartet.nets.lanes import LaneRandom
from quartet.tasks.spec import TaskSpec

SPEC = TaskSpec(agents=2, observation=3, action=4, horizon=12, state=5, choices=4)
SIZES = {"hidden": 8, "batch": 6, "updates": 1, "compile": False}
BASE = {"rate": 0.003, "clip": 20.0, "sequence": 5, "period": 3}
VALUE = {
    **BASE,
    "gamma": 0.9,
    "target_every": 4,
    "rho": 1.0,
    "td_lambda": 0.0,
    "reward_scale": 2.0,
    "embed": 4,
    "hyper": 6,
    "context": "state",
}
GPT = {"width": 8, "heads": 2, "blocks": 2, "decay": 0.1, "target": 20.0, "return_scale": 20.0}
HYPERPARAMETERS: dict[str, dict[str, Any]] = {
    "bc-recurrent": BASE,
    "qmix": VALUE,
    "qmix-cql": VALUE | {"cql_weight": 3.0, "random_actions": 3},
    "qmix-bcq": VALUE | {"threshold": 0.4},
    "icq-recurrent": VALUE | {"temperature": 0.1, "value_temperature": 1000.0},
    "madt": GPT | {"rate": 0.003, "clip": 0.5, "sequence": 2},
}


def draw_sequences(random: LaneRandom, rows: int = 6, steps: int = 5, spec: TaskSpec = SPEC) -> Sequences:
    """Sequences of noise, some of which end before their last step; every seed's from its own stream."""

    def uniform(*shape: int) -> torch.Tensor:
        """(S, ..., N): of an agent's numbers the team has the first one's."""
        return random.uniform(*shape).unflatten(0, (-1, spec.agents)).movedim(1, -1)

    frames = (steps + 1, rows)
    legal = uniform(*frames, spec.choices).mT < 0.7
    legal[..., 0] = True
    choices = (uniform(*frames, spec.choices).mT * legal).argmax(-1)
    lengths = 1 + (uniform(rows)[..., 0] * 2 * steps).long()
    frame = torch.arange(steps)[:, None]
    real = (frame < lengths[:, None]).float()
    terminals = (frame == lengths[:, None] - 1).float()
    return Sequences(
        observations=2 * uniform(*frames, spec.observation).mT - 1,
        legal=legal,
        choices=choices,
        states=uniform(*frames, spec.state)[..., 0],
        rewards=uniform(steps, rows)[..., 0],
        terminals=terminals,
        real=real,
        known=real,
        times=torch.arange(steps + 1)[None, :, None].expand(len(real), -1, rows),
        returns=uniform(*frames)[..., 0],
    )


def episodes(lengths: list[int], ended: list[bool], spec: TaskSpec = SPEC) -> Episodes:
    """Episodes whose observations say episode, step and agent; the choice is the step's number, modulo their count."""
    rows = [(episode, step) for episode, length in enumerate(lengths) for step in range(length)]
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    observations = np.array([[[e, t, agent] for agent in range(spec.agents)] for e, t in rows], np.float32)
    choices = np.array([[t % spec.choices] * spec.agents for _, t in rows])
    rewards = np.array([[t, t + 2] for _, t in rows], np.float32)
    last = np.zeros(len(rows), np.bool_)
    last[offsets[1:] - 1] = True
    terminals = last & np.repeat(ended, lengths)
    return Episodes(
        task="3m",
        quality="medium",
        behaviour="a pattern",
        spec=spec,
        observations=observations,
        actions=np.eye(spec.choices, dtype=np.float32)[choices],
        rewards=rewards,
        terminals=terminals,
        truncations=last & ~terminals,
        offsets=offsets,
        returns=episode_returns(rewards, offsets),
        final_observations=observations[offsets[1:] - 1],
        state=np.array([[e, t, 0, 0, 0] for e, t in rows], np.float32),
        legal_actions=np.ones((len(rows), spec.agents, spec.choices), np.bool_),
    )
