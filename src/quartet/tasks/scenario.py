"""A scenario is a particle world with rules: who acts, what each sees and is paid. A task is the team's part of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from quartet.errors import QuartetError, unknown
from quartet.tasks.particle import Body, World
from quartet.tasks.random import uniform
from quartet.tasks.spec import Step, TaskSpec

Policy = Callable[[Tensor], Tensor]  # observations (..., o) -> actions (..., 2)
View = Callable[[World], Tensor]
Start = Callable[[Tensor], Tensor]  # uniform numbers in [0, 1), (2, bodies, n) -> places (2, bodies, n)


@dataclass(frozen=True)
class Rules:
    """Everything that makes one scenario; views of the world are (movers, size, n), rewards (movers, n)."""

    name: str
    bodies: tuple[Body, ...]  # the team first, then the prey if there is one, then what does not move
    team: int  # how many bodies the team has
    observation: int  # size of what one member of the team sees
    observe: View
    reward: View
    speeds: Mapping[str, tuple[float, float] | None]  # setting -> range of the team's speed caps; None: the bodies' own
    prey_observation: int = 0  # size of what the prey sees; 0 where there is no prey
    observe_prey: View | None = None
    reward_prey: View | None = None
    horizon: int = 25
    start: Start | None = None  # where an episode begins; None: every body uniformly in its own square
    hides: Mapping[str, int] = field(default_factory=dict)  # setting -> how many fixtures an episode hides, else none
    contacts: View | None = None  # how many of the team each of it touches, (team, n), where that is counted


class Scenario:
    """n episodes of one scenario with every mover under control: actions are (n, team + prey, 2), the prey last.

    After `reset` or `step`, ask for what you need: `observations` (n, team, o), `rewards` (n, team),
    `prey_observations` (n, p), `prey_rewards` (n,).
    """

    def __init__(self, rules: Rules, device: str | torch.device = "cpu") -> None:
        self.rules, self.device = rules, torch.device(device)
        self.world = World(rules.bodies, self.device)
        self.episodes, self.time = 0, rules.horizon  # nothing to step until reset
        self._caps = torch.tensor([[body.max_speed] for body in rules.bodies[: self.world.movers]], device=device)
        self._starts = torch.tensor([[body.start] for body in rules.bodies], device=device)

    @property
    def settings(self) -> tuple[str, ...]:
        """The names `reset` accepts."""
        return tuple(self.rules.speeds)

    @property
    def over(self) -> bool:
        """Whether the horizon is reached; all episodes reach it together."""
        return self.time >= self.rules.horizon

    def reset(self, seeds: Tensor, setting: str = "standard") -> None:
        """Start one episode per seed (n,); a seed starts at the same place in every setting."""
        if setting not in self.rules.speeds:
            raise unknown("setting", setting, self.settings, where=f"task '{self.rules.name}'")
        if seeds.ndim != 1 or seeds.dtype != torch.int64 or not len(seeds):
            what = f"seeds are {seeds.dtype} of shape {tuple(seeds.shape)}"
            raise self._error(what, mend="pass one int64 seed per episode, shape (n,)")
        coordinates = 2 * len(self.rules.bodies)
        hides, team = self.rules.hides.get(setting, 0), self.rules.team
        fixtures = len(self.rules.bodies) - self.world.movers if hides else 0
        draws = uniform(seeds.to(self.device), coordinates + team + fixtures)
        drawn = draws[:coordinates].view(2, -1, len(seeds))
        places = (drawn * 2 - 1) * self._starts if self.rules.start is None else self.rules.start(drawn)
        caps = self._caps.repeat(1, len(seeds))
        speeds = self.rules.speeds[setting]
        if speeds is not None:
            slowest, fastest = speeds
            caps[:team] = draws[coordinates : coordinates + team] * (fastest - slowest) + slowest
        ranks = draws[coordinates + team :].argsort(stable=True, dim=0).argsort(dim=0)
        self.world.place(places, caps, ranks < hides if hides else None)  # the lowest numbers hide
        self.episodes, self.time = len(seeds), 0

    @torch.no_grad()
    def step(self, actions: Tensor) -> None:
        """Advance all episodes by actions (n, team + prey, 2); an entry beyond [-1, 1] acts as the nearer end."""
        if self.over:
            raise self._error("no episode is under way", mend="call reset first")
        self.check("actions", actions, (self.episodes, self.world.movers, 2))
        self.world.step(actions.to(torch.float32).clamp(-1, 1).permute(2, 1, 0).contiguous())
        self.time += 1

    def observations(self) -> Tensor:
        """What the team sees, (n, team, observation)."""
        rows = self.rules.observe(self.world)
        flat = (
            rows.flatten(0, 1).t().contiguous()
        )  # torch transposes a matrix in blocks, but permutes three axes slowly
        return flat.view(self.episodes, self.rules.team, self.rules.observation)

    def rewards(self) -> Tensor:
        """What the team is paid for the last step, (n, team)."""
        return self.rules.reward(self.world).t().contiguous()

    def prey_observations(self) -> Tensor:
        """What the prey sees, (n, prey_observation)."""
        return self._prey(self.rules.observe_prey)(self.world)[0].t().contiguous()

    def prey_rewards(self) -> Tensor:
        """What the prey is paid for the last step, (n,)."""
        return self._prey(self.rules.reward_prey)(self.world)[0]

    def check(self, what: str, value: Tensor, expected: tuple[int, ...]) -> None:
        """Refuse a tensor of another shape than `expected`."""
        if value.shape != expected:
            raise self._error(f"{what} have shape {tuple(value.shape)}", mend=f"the shape is {expected}")

    def _prey(self, view: View | None) -> View:
        if view is None:
            raise self._error("there is no prey")
        return view

    def _error(self, what: str, mend: str = "") -> QuartetError:
        return QuartetError(what, where=f"task '{self.rules.name}'", mend=mend)


class ParticleTask:
    """The team's task: the scenario with its prey, if any, played by a fixed policy (None: it stands still)."""

    collisions: Tensor  # (n,) pairs in touch, summed over the steps so far; only of rules that count contacts

    def __init__(self, rules: Rules, prey: Policy | None = None, device: str | torch.device = "cpu") -> None:
        if prey is not None and not rules.prey_observation:
            raise QuartetError("there is no prey to play", where=f"task '{rules.name}'", mend="leave prey out")
        self.scenario, self.prey = Scenario(rules, device), prey
        self.spec = TaskSpec(agents=rules.team, observation=rules.observation, action=2, horizon=rules.horizon)

    @property
    def settings(self) -> tuple[str, ...]:
        """The names `reset` accepts: "standard" first."""
        return self.scenario.settings

    def reset(self, seeds: Tensor, setting: str = "standard") -> Tensor:
        """Start one episode per seed and return the observations (n, team, observation)."""
        self.scenario.reset(seeds, setting)
        if self.scenario.rules.contacts is not None:
            self.collisions = torch.zeros(len(seeds), dtype=torch.int64, device=self.scenario.device)
        return self.scenario.observations()

    @torch.no_grad()
    def step(self, actions: Tensor) -> Step:
        """Advance all episodes by the team's actions (n, team, 2)."""
        scenario = self.scenario
        n, device = scenario.episodes, scenario.device
        scenario.check("actions", actions, (n, self.spec.agents, 2))
        scenario.step(torch.cat([actions, self._prey_actions()], dim=1) if scenario.rules.prey_observation else actions)
        if scenario.rules.contacts is not None:
            self.collisions += scenario.rules.contacts(scenario.world).sum(0).long() // 2
        return Step(
            observations=scenario.observations(),
            rewards=scenario.rewards(),
            terminals=torch.zeros(n, dtype=torch.bool, device=device),
            truncations=torch.full((n,), scenario.over, device=device),
        )

    def _prey_actions(self) -> Tensor:
        """What the prey does now, (n, 1, 2)."""
        n, device = self.scenario.episodes, self.scenario.device
        if self.prey is None or self.scenario.over:  # after the end, the scenario refuses to step
            return torch.zeros(n, 1, 2, device=device)
        actions = self.prey(self.scenario.prey_observations())
        self.scenario.check("the prey's actions", actions, (n, 2))
        return actions.unsqueeze(1)
