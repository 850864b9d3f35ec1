"""Episodes of noise in the shape of a task's data, where what they say does not matter."""

from collections.abc import Sequence

import numpy as np

from quartet.data.episodes import Episodes, episode_returns
from quartet.tasks.spec import TaskSpec


def noise_episodes(spec: TaskSpec, lengths: Sequence[int], task: str = "noise") -> Episodes:
    """Episodes of these lengths, each cut off at its end; of discrete choices all are legal."""
    draw, rows = np.random.default_rng(0), sum(lengths)
    actions = 2 * draw.random((rows, spec.agents, spec.action), np.float32) - 1
    if spec.choices:
        actions = np.eye(spec.choices, dtype=np.float32)[actions.argmax(2)]
    rewards = draw.standard_normal((rows, spec.agents), np.float32)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    truncations = np.zeros(rows, np.bool_)
    truncations[offsets[1:] - 1] = True
    return Episodes(
        task=task,
        quality="random",
        behaviour="noise",
        spec=spec,
        observations=draw.standard_normal((rows, spec.agents, spec.observation), np.float32),
        actions=actions,
        rewards=rewards,
        terminals=np.zeros(rows, np.bool_),
        truncations=truncations,
        offsets=offsets,
        returns=episode_returns(rewards, offsets),
        final_observations=draw.standard_normal((len(lengths), spec.agents, spec.observation), np.float32),
        state=draw.standard_normal((rows, spec.state), np.float32) if spec.state else None,
        legal_actions=np.ones((rows, spec.agents, spec.choices), np.bool_) if spec.choices else None,
    )
