"""Battles as SMAC plays them: a team of agents against opponents that a script commands."""

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from quartet.errors import QuartetError, unknown
from quartet.tasks.battle.fight import Fight, Orders
from quartet.tasks.battle.ground import Ground
from quartet.tasks.battle.maps import IDLE, battle_map
from quartet.tasks.battle.opponents import hunt
from quartet.tasks.battle.starts import draws, start
from quartet.tasks.battle.units import Roster
from quartet.tasks.battle.views import HEADINGS, Views
from quartet.tasks.random import bits
from quartet.tasks.spec import Step, chosen

TICKS_A_STEP = 8
BITS = 8  # of randomness a unit has in a tick: one 64-bit number lasts a step
EARLIEST, SPREAD = -1.0, 3.0  # how many ticks an attack comes late: the game draws from [-1, 2)
KILL, VICTORY, MOST = 10.0, 200.0, 20.0  # SMAC's rewards; whoever wins without regeneration of enemies has MOST


class Battle:
    """n battles of one map; one that is decided stands still, pays nothing and stays terminal."""

    def __init__(self, name: str, device: str | torch.device = "cpu") -> None:
        self.name, self.map, self.device = name, battle_map(name), torch.device(device)
        self.spec, self.ground = self.map.spec, Ground(self.map.size, self.map.cliffs, self.device)
        self.time = self.spec.horizon  # nothing to step until reset
        self._ways = torch.zeros(2, self.spec.choices, device=device)
        self._ways[:, 2:IDLE] = torch.tensor(HEADINGS, device=device).t()

    @property
    def settings(self) -> tuple[str, ...]:
        """The names `reset` accepts."""
        return ("standard",)

    @property
    def standing(self) -> Tensor:
        """How many fighting units live, of the team and of its opponents, (n, 2); medivacs alone cannot go on."""
        fighters = self.fight.alive & ~self.fight.roster.heals
        return torch.stack([fighters[: self.spec.agents].sum(dim=0), fighters[self.spec.agents :].sum(dim=0)], dim=1)

    @property
    def over(self) -> Tensor:
        """Which battles are decided, (n,)."""
        return (self.standing == 0).any(dim=1)

    @property
    def won(self) -> Tensor:
        """Which battles the team has won, (n,): it stands and no opponent does."""
        return (self.standing[:, 0] > 0) & (self.standing[:, 1] == 0)

    def reset(self, seeds: Tensor, setting: str = "standard") -> Tensor:
        """Start one battle per seed (n,) and return the observations (n, agents, observation)."""
        if setting not in self.settings:
            raise unknown("setting", setting, self.settings, where=f"task '{self.name}'")
        if seeds.ndim != 1 or seeds.dtype != torch.int64 or not len(seeds):
            raise self._wrong(
                f"seeds are {seeds.dtype} of shape {tuple(seeds.shape)}", "pass one int64 per episode, (n,)"
            )
        self._seeds, self.time = seeds.to(self.device), 0
        first = start(self.map, self._seeds)
        self.fight = Fight(Roster(self.map.names, first.types), first.x, first.y, self.spec.agents, self.ground)
        self.views = Views(self.map, self.fight)
        self.aim = self.fight.itself
        self.last = torch.zeros(len(seeds), self.spec.agents, self.spec.choices, device=self.device)
        self._most = VICTORY + KILL * self.map.enemies + self._enemies()  # what a victory is worth, before it is scaled
        return self.views.observations()

    @torch.no_grad()
    def step(self, actions: Tensor) -> Step:
        """Advance all battles by scores (n, agents, choices): every agent makes its highest-scored legal choice."""
        if self.time >= self.spec.horizon:
            raise self._wrong("no battle is under way", "call reset first")
        expected = (len(self._seeds), self.spec.agents, self.spec.choices)
        if actions.shape != expected:
            raise self._wrong(f"actions have shape {tuple(actions.shape)}", f"the shape is {expected}")
        over, before, alive = self.over, self._enemies(), self.fight.alive[self.spec.agents :]
        choices = chosen(actions.to(self.device), self.legal())
        self.last = torch.where(over[:, None, None], self.last, one_hot(choices, self.spec.choices).float())
        with self.fight.frozen(over):
            self._play(choices.t())
        self.time += 1
        killed = (alive & ~self.fight.alive[self.spec.agents :]).sum(dim=0)
        gains = (before - self._enemies() + KILL * killed).abs()  # SMAC's: shields that come back pay, too
        rewards = (gains + VICTORY * (self.won & ~over)) * (MOST / self._most)
        ended = self.over
        return Step(
            observations=self.views.observations(),
            rewards=rewards.unsqueeze(1).repeat(1, self.spec.agents),
            terminals=ended,
            truncations=~ended & (self.time >= self.spec.horizon),
        )

    def legal(self) -> Tensor:
        """What every agent may choose now, (n, agents, choices)."""
        return self.views.legal()

    def state(self) -> Tensor:
        """The global state of every battle now, (n, state)."""
        return self.views.state(self.last)

    def _play(self, choices: Tensor) -> None:
        """The ticks of one step: the team keeps to its choices (agents, n), the script decides at every tick."""
        agents, fight = self.spec.agents, self.fight
        numbers = bits(self._seeds, len(fight.x), first=draws(self.map) + self.time * len(fight.x))
        east, north = (torch.cat([way[choices], torch.zeros_like(fight.x[agents:])]) for way in self._ways)
        target = choices - IDLE + torch.where(fight.roster.heals[:agents], 0, agents)
        own = torch.where(choices >= IDLE, target, fight.itself[:agents])
        for tick in range(TICKS_A_STEP):
            self.aim = torch.cat([own, hunt(fight, self.aim)[agents:]])
            late = EARLIEST + SPREAD * ((numbers >> BITS * tick) & (2**BITS - 1)) / 2**BITS
            fight.tick(Orders(east, north, self.aim), late)

    def _enemies(self) -> Tensor:
        """Health and shields of all opponents, (n,)."""
        return (self.fight.health + self.fight.shield)[self.spec.agents :].sum(dim=0)

    def _wrong(self, what: str, mend: str) -> QuartetError:
        return QuartetError(what, where=f"task '{self.name}'", mend=mend)
