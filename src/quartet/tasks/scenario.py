"""A scenario is a particle world with rules: who acts, what each sees and is paid. A task is the team's part of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from quartet.errors import QuartetError, unknown
from quartet.tasks.particle import Body, World
from quartet.tasks.random import uniform
from quartet.tasks.spec import Step, TaskSpec

HORIZON = 25
Prey = Callable[[Tensor], Tensor]  # observations (n, prey_observation) -> actions (n, 2)
View = Callable[[World], Tensor]


@dataclass(frozen=True)
class Rules:
    """Everything that makes one scenario; observations are (movers, size, n), rewards (movers, n)."""

    name: str
    bodies: tuple[Body, ...]  # the team first, then the prey if there is one, then what does not move
    team: int  # how many bodies the team has
    observe: View
    reward: View
    speeds: Mapping[str, tuple[float, float] | None]  # setting -> range of the team's speed caps; None: the bodies' own
    observe_prey: View | None = None
    reward_prey: View | None = None
    horizon: int = field(default=HORIZON)

    @property
    def prey(self) -> int:
        """How many prey there are: 0 or 1."""
        return int(self.observe_prey is not None)


class Scenario:
    """n episodes of one scenario with every mover under control: actions are (n, team + prey, 2), the prey last.

    After `reset` or `step`, ask for what you need: `observations` (n, team, o), `rewards` (n, team),
    `prey_observations` (n, p), `prey_rewards` (n,).
    """

    def __init__(self, rules: Rules, device: str | torch.device = "cpu") -> None:
        self.rules, self.device = rules, torch.device(device)
        self.world = World(rules.bodies, self.device)
        self.episodes = 0
        self.time = rules.horizon  # nothing to step until reset
        self._caps = torch.tensor([body.max_speed for body in rules.bodies[: self.world.movers]], device=self.device)
        self._starts = torch.tensor([body.start for body in rules.bodies], device=self.device)

    @property
    def settings(self) -> tuple[str, ...]:
        """The names `reset` accepts."""
        return tuple(self.rules.speeds)

    @property
    def over(self) -> bool:
        """Whether the horizon is reached; all episodes reach it together."""
        return self.time >= self.rules.horizon

    def reset(self, seeds: Tensor, setting: str = "standard") -> None:
        """Start one episode per seed; the same seed starts at the same place in every setting."""
        if setting not in self.rules.speeds:
            raise unknown("setting", setting, self.settings, where=f"task '{self.rules.name}'")
        if seeds.ndim != 1 or seeds.dtype != torch.int64 or not len(seeds):
            raise QuartetError(
                f"seeds are {seeds.dtype} of shape {tuple(seeds.shape)}",
                where=f"task '{self.rules.name}'",
                mend="pass one int64 seed per episode, shape (n,)",
            )
        coordinates = 2 * len(self.rules.bodies)
        draws = uniform(seeds.to(self.device), coordinates + self.rules.team)
        unit = draws[:coordinates].view(2, -1, len(seeds)) * 2 - 1
        caps = self._caps.unsqueeze(1).repeat(1, len(seeds))
        speeds = self.rules.speeds[setting]
        if speeds is not None:
            slowest, fastest = speeds
            caps[: self.rules.team] = draws[coordinates:] * (fastest - slowest) + slowest
        self.world.place(unit * self._starts.unsqueeze(1), caps)
        self.episodes, self.time = len(seeds), 0

    @torch.no_grad()
    def step(self, actions: Tensor) -> None:
        """Advance all episodes by actions (n, team + prey, 2); an entry beyond [-1, 1] acts as the nearer end."""
        where = f"task '{self.rules.name}'"
        if self.over:
            raise QuartetError("no episode is under way", where=where, mend="call reset first")
        expected = (self.episodes, self.world.movers, 2)
        if actions.shape != expected:
            raise QuartetError(f"actions have shape {tuple(actions.shape)}", where=where, mend=f"pass {expected}")
        self.world.step(actions.clamp(-1, 1).permute(2, 1, 0).contiguous())
        self.time += 1

    def observations(self) -> Tensor:
        """What the team sees, (n, team, observation)."""
        return self.rules.observe(self.world).permute(2, 0, 1).contiguous()

    def rewards(self) -> Tensor:
        """What the team is paid for the last step, (n, team)."""
        return self.rules.reward(self.world).t().contiguous()

    def prey_observations(self) -> Tensor:
        """What the prey sees, (n, prey_observation)."""
        return self._prey(self.rules.observe_prey)(self.world)[0].t().contiguous()

    def prey_rewards(self) -> Tensor:
        """What the prey is paid for the last step, (n,)."""
        return self._prey(self.rules.reward_prey)(self.world)[0]

    def _prey(self, view: View | None) -> View:
        if view is None:
            raise QuartetError("there is no prey", where=f"task '{self.rules.name}'")
        return view


class ParticleTask:
    """The team's task: the scenario with its prey, if any, played by a fixed policy (none: it stands still)."""

    def __init__(self, rules: Rules, prey: Prey | None = None, device: str | torch.device = "cpu") -> None:
        if prey is not None and not rules.prey:
            raise QuartetError("there is no prey to play", where=f"task '{rules.name}'", mend="leave prey out")
        self.scenario, self.prey = Scenario(rules, device), prey
        self.scenario.reset(torch.zeros(1, dtype=torch.int64))
        size = self.scenario.observations().shape[-1]
        self.scenario.time = rules.horizon
        self.spec = TaskSpec(agents=rules.team, observation=size, action=2, horizon=rules.horizon)

    @property
    def settings(self) -> tuple[str, ...]:
        """The names `reset` accepts: "standard" first."""
        return self.scenario.settings

    def reset(self, seeds: Tensor, setting: str = "standard") -> Tensor:
        """Start one episode per seed and return the observations (n, team, observation)."""
        self.scenario.reset(seeds, setting)
        return self.scenario.observations()

    @torch.no_grad()
    def step(self, actions: Tensor) -> Step:
        """Advance all episodes by the team's actions (n, team, 2)."""
        scenario = self.scenario
        if scenario.rules.prey:
            actions = torch.cat([actions, self._prey_actions().unsqueeze(1)], dim=1)
        scenario.step(actions)
        n, device = scenario.episodes, scenario.device
        return Step(
            observations=scenario.observations(),
            rewards=scenario.rewards(),
            terminals=torch.zeros(n, dtype=torch.bool, device=device),
            truncations=torch.full((n,), scenario.over, device=device),
        )

    def _prey_actions(self) -> Tensor:
        if self.prey is None:
            return torch.zeros(self.scenario.episodes, 2, device=self.scenario.device)
        return self.prey(self.scenario.prey_observations())
