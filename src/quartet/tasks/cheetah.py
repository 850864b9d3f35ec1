"""Two-agent HalfCheetah: one agent moves the back leg, the other the front leg, and both are paid for speed.

The factorisation is OMAR's (2x3, own joints only); the shifts are DOM2's (Table 5, after Packer et al. 2018).
"""

from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from quartet.errors import QuartetError, unknown
from quartet.tasks.cheetah_body import STEP_SECONDS, Array, Simulation
from quartet.tasks.random import normal, uniform
from quartet.tasks.spec import Step, TaskSpec

Intervals = tuple[tuple[float, float], ...]

# DOM2 Table 5: each parameter is drawn anew for every episode, uniformly from its intervals.
RANGES: dict[str, dict[str, Intervals]] = {
    "standard": {"power": ((1.0, 1.0),), "density": ((1000.0, 1000.0),), "friction": ((0.4, 0.4),)},
    "random": {"power": ((0.8, 1.2),), "density": ((750.0, 1250.0),), "friction": ((0.25, 0.55),)},
    "extreme": {
        "power": ((0.6, 0.8), (1.2, 1.4)),
        "density": ((500.0, 750.0), (1250.0, 1500.0)),
        "friction": ((0.1, 0.25), (0.55, 0.7)),
    },
}

SPEC = TaskSpec(agents=2, observation=6, action=3, horizon=1000, state=17)
LEGS = (slice(5, 2, -1), slice(8, 5, -1))  # joints of the agents, back and front: foot, shin, thigh
START = 0.1  # positions start within this of rest, velocities with this standard deviation
CONTROL_COST = 0.1  # what a unit of squared action costs

_JOINTS = 9  # three of the root, then those of the legs
_PARAMETERS = ("power", "density", "friction")


class Cheetah:
    """n episodes of two-agent HalfCheetah; the simulation is in double precision on the CPU, wherever tensors go."""

    spec = SPEC

    def __init__(self, device: str | torch.device = "cpu") -> None:
        self.device, self.simulation = torch.device(device), Simulation(torch.get_num_threads())
        self.time = SPEC.horizon  # nothing to step until reset

    @property
    def settings(self) -> tuple[str, ...]:
        """The names `reset` accepts: "standard" first."""
        return tuple(RANGES)

    def reset(self, seeds: Tensor, setting: str = "standard") -> Tensor:
        """Start one episode per seed (n,); a seed starts at the same place in every setting."""
        if setting not in RANGES:
            raise unknown("setting", setting, RANGES, where="task 'cheetah'")
        if seeds.ndim != 1 or seeds.dtype != torch.int64 or not len(seeds):
            raise _wrong(f"seeds are {seeds.dtype} of shape {tuple(seeds.shape)}", "pass one int64 per episode, (n,)")
        seeds = seeds.cpu()
        places = START * (2 * uniform(seeds, _JOINTS).double() - 1)
        speeds = START * normal(seeds, _JOINTS + 1, first=_JOINTS)[:_JOINTS]
        shifts = None if setting == "standard" else shifts_of(seeds, setting).tolist()
        self.simulation.place(places.t().numpy(), speeds.t().numpy(), shifts)
        self.time = 0
        return self._observations()

    @torch.no_grad()
    def step(self, actions: Tensor) -> Step:
        """Advance all episodes by actions (n, 2, 3); an entry beyond [-1, 1] acts as the nearer end."""
        n = len(self.simulation.positions)
        if self.time >= SPEC.horizon:
            raise _wrong("no episode is under way", "call reset first")
        if actions.shape != (n, SPEC.agents, SPEC.action):
            raise _wrong(f"actions have shape {tuple(actions.shape)}", f"the shape is {(n, SPEC.agents, SPEC.action)}")
        controls = actions.detach().cpu().numpy().reshape(n, -1).clip(-1, 1).astype(np.float64)
        before = self.simulation.positions[:, 0].copy()
        self.simulation.step(controls)
        self.time += 1
        return Step(
            observations=self._observations(),
            rewards=self._tensor(self._rewards(before, controls)),
            terminals=torch.zeros(n, dtype=torch.bool, device=self.device),
            truncations=torch.full((n,), self.time >= SPEC.horizon, device=self.device),
        )

    def state(self) -> Tensor:
        """The global state (n, 17): all positions but the root's x, then all velocities, as gymnasium observes them."""
        return self._tensor(np.concatenate([self.simulation.positions[:, 1:], self.simulation.velocities], axis=1))

    def _observations(self) -> Tensor:
        """Each agent's own joints, foot first, position then velocity: (n, 2, 6)."""
        positions, velocities = self.simulation.positions, self.simulation.velocities
        seen = np.empty((len(positions), SPEC.agents, SPEC.observation))
        for agent, leg in enumerate(LEGS):
            seen[:, agent, 0::2], seen[:, agent, 1::2] = positions[:, leg], velocities[:, leg]
        return self._tensor(seen)

    def _rewards(self, before: Array, controls: Array) -> Array:
        """Forward speed less the control cost, the same for both agents: (n, 2)."""
        speed = (self.simulation.positions[:, 0] - before) / STEP_SECONDS
        rewards = speed - CONTROL_COST * np.square(controls).sum(axis=1)
        return np.repeat(rewards[:, None], SPEC.agents, axis=1)

    def _tensor(self, values: Array) -> Tensor:
        return torch.from_numpy(values).to(self.device, torch.float32)


def shifts_of(seeds: Tensor, setting: str) -> Tensor:
    """The (power, density, friction) of each seed's episode in this setting, (n, 3) float64."""
    draws = uniform(seeds, len(_PARAMETERS), first=2 * _JOINTS + 1).double()
    chosen = [_within(draw, RANGES[setting][name]) for draw, name in zip(draws, _PARAMETERS, strict=True)]
    return torch.stack(chosen, dim=1)


def _within(draw: Tensor, intervals: Intervals) -> Tensor:
    """Numbers uniform in [0, 1) laid out over the intervals, one after the other."""
    left = draw * sum(high - low for low, high in intervals)
    place = intervals[0][0] + left
    for (low, high), (following, _) in pairwise(intervals):
        left = left - (high - low)
        place = torch.where(left < 0, place, following + left)
    return place


def _wrong(what: str, mend: str) -> QuartetError:
    return QuartetError(what, where="task 'cheetah'", mend=mend)
