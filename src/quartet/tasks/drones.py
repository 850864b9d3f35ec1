"""Drone combat (DoF, Appendix D.3.5): a team of N against N that a script flies; all of the team are paid alike."""

import torch
from torch import Tensor

from quartet.errors import QuartetError, unknown
from quartet.tasks.combat import ACTIONS, DIRECTIONS, HEALTH, SIGHT, STAY, Combat, Toll, sector
from quartet.tasks.hunters import hunt
from quartet.tasks.random import uniform
from quartet.tasks.spec import Step, TaskSpec, chosen

SIZES = {f"drones-{drones}": drones for drones in (4, 8, 16, 32, 64)}  # D.3.5: as many opponents as agents
HORIZON = 600  # room for the 550 steps that the paper's training episodes last on average (ours)
HESITATION = 0.2  # how often an opponent lets a step pass (ours: an even fight leaves room to be won and lost)
HIT, KILL, VICTORY, IDLE = 1.0, 10.0, 50.0, -3.0  # D.3.5; being hit and losing a drone cost what hits and kills pay
OWN = 5  # what a drone knows of itself: health, place (2), heading (2)


class Drones:
    """n episodes of drone combat; one that is decided stands still, pays nothing and stays terminal."""

    def __init__(self, drones: int, device: str | torch.device = "cpu") -> None:
        self.combat, self.drones, self.device = Combat(drones, device), drones, torch.device(device)
        seen = OWN + len(sector(SIGHT))
        self.spec = TaskSpec(drones, observation=seen, action=len(ACTIONS), horizon=HORIZON, choices=len(ACTIONS))
        self.time = HORIZON  # nothing to step until reset
        self._facing = torch.tensor(DIRECTIONS, dtype=torch.float32, device=device)

    @property
    def settings(self) -> tuple[str, ...]:
        """The names `reset` accepts."""
        return ("standard",)

    @property
    def over(self) -> Tensor:
        """Which episodes are decided, (n,): one side at least has nothing left."""
        return (self.combat.standing == 0).any(dim=1)

    @property
    def won(self) -> Tensor:
        """In which episodes no opponent is left, (n,)."""
        return self.combat.standing[:, 1] == 0

    def reset(self, seeds: Tensor, setting: str = "standard") -> Tensor:
        """Start one episode per seed (n,) and return the observations (n, N, observation)."""
        if setting not in self.settings:
            raise unknown("setting", setting, self.settings, where="task 'drones'")
        if seeds.ndim != 1 or seeds.dtype != torch.int64 or not len(seeds):
            raise _wrong(f"seeds are {seeds.dtype} of shape {tuple(seeds.shape)}", "pass one int64 per episode, (n,)")
        self._seeds, self.time = seeds.to(self.device), 0
        self.combat.start(self._seeds)
        return self._observations()

    @torch.no_grad()
    def step(self, actions: Tensor) -> Step:
        """Advance all episodes by scores (n, N, choices): every drone makes its highest-scored legal choice."""
        if self.time >= HORIZON:
            raise _wrong("no episode is under way", "call reset first")
        expected = (len(self._seeds), self.drones, self.spec.choices)
        if actions.shape != expected:
            raise _wrong(f"actions have shape {tuple(actions.shape)}", f"the shape is {expected}")
        over = self.over
        choices = torch.cat([chosen(actions.to(self.device), self.legal()), self._opponents()], dim=1)
        toll = self.combat.advance(choices.masked_fill(over.unsqueeze(1), STAY))
        self.time += 1
        rewards = self._rewards(toll).masked_fill(over, 0.0)
        ended = self.over
        return Step(
            observations=self._observations(),
            rewards=rewards.unsqueeze(1).repeat(1, self.drones),
            terminals=ended,
            truncations=~ended & (self.time >= HORIZON),
        )

    def legal(self) -> Tensor:
        """What every drone of the team may choose now, (n, N, choices); once all is decided, to stay."""
        legal = self.combat.legal()[:, : self.drones] & ~self.over[:, None, None]
        legal[..., STAY] = True
        return legal

    def _opponents(self) -> Tensor:
        """What the script chooses, (n, N): hesitations come from the episode's own stream, after its start."""
        drawn = uniform(self._seeds, self.drones, first=self.combat.numbers + self.time * self.drones).t()
        return hunt(self.combat, 1).masked_fill(drawn < HESITATION, STAY)

    def _rewards(self, toll: Toll) -> Tensor:
        """What the team is paid for a step, (n,): D.3.5's six amounts."""
        suffered, dealt = (HIT * toll.hits + KILL * toll.losses).unbind(1)
        idle = IDLE * (toll.losses[:, 1] == 0)
        return dealt - suffered + VICTORY * self.won + idle

    def _observations(self) -> Tensor:
        """Health, place in [-1, 1] and heading of oneself, then the cells one sees; zeros for the fallen."""
        combat, own, last = self.combat, slice(self.drones), self.combat.side - 1
        places = [(2 * place[:, own] - last) / last for place in combat.places]
        facing = self._facing[combat.heading[:, own]].unbind(2)
        itself = torch.stack([combat.health[:, own] / HEALTH, *places, *facing], dim=2)
        return torch.cat([itself * combat.alive[:, own, None], combat.sights()[:, own]], dim=2)


def _wrong(what: str, mend: str) -> QuartetError:
    return QuartetError(what, where="task 'drones'", mend=mend)
