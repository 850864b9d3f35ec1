"""A one-step problem for teams, on which a learner must choose, not average."""

import torch

from quartet.data.transitions import TeamTransitions
from quartet.nets.lanes import LaneRandom
from quartet.tasks.spec import TaskSpec


def bandit(random: LaneRandom, spec: TaskSpec, rows: int = 64) -> TeamTransitions:
    """Half of the data's actions lie near -.5, half near .5 (both entries), and only one side pays.

    Which one is told by the sign of the first observation. It must depend on it: critics that normalise a query by its
    own batch, as the released code's do, cannot tell a policy that always answers .5 from one that always answers -.5.
    """
    side = torch.where(random.uniform(rows, 1) < 0.5, -1.0, 1.0)
    actions = 0.5 * side + 0.05 * random.normal(rows, spec.action)
    observations = random.normal(rows, spec.observation)
    rewards = 5 * (side * observations[..., :1].sign()).squeeze(2)
    ends = torch.ones(random.lanes, rows)
    return TeamTransitions(observations, actions, rewards, observations, ends, actions, 1 - ends)
