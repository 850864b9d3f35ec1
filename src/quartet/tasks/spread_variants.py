"""Two variants of `spread` that no paper runs: what DOM2's review asks about sparse rewards and long horizons."""

from dataclasses import replace

from torch import Tensor

from quartet.tasks import spread
from quartet.tasks.particle import World, total


def sparse_reward(world: World) -> Tensor:
    """A landmark pays only while an agent is within .1 of it, then as much as in `spread`: 10; collisions cost 5."""
    covered = (world.distance[:, 3:].amin(0) < spread.NEAREST).to(world.distance.dtype)
    return total(covered, 0) / spread.NEAREST - spread.COLLISION * spread.contacts(world)


SPARSE = replace(spread.RULES, name="spread-sparse", reward=sparse_reward)
LONG = replace(spread.RULES, name="spread-long", horizon=100)
