"""Two variants of `spread` that no paper runs: what DOM2's review asks about sparse rewards and long horizons."""

from dataclasses import replace

from torch import Tensor

from quartet.tasks import spread
from quartet.tasks.particle import World, total


def sparse_reward(world: World) -> Tensor:
    """10 for each landmark with an agent within .1, as `spread` pays there; nothing near it, nor for collisions.

    Collisions are free because they would be felt at every step: the online policies then learn to flee, and only that.
    """
    covered = (world.distance[:, 3:].amin(0) < spread.NEAREST).to(world.distance.dtype)
    return (total(covered, 0) / spread.NEAREST).expand(3, -1)


SPARSE = replace(spread.RULES, name="spread-sparse", reward=sparse_reward)
LONG = replace(spread.RULES, name="spread-long", horizon=100)
