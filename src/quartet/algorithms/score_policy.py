"""Policies regularised by the score of the behaviour (SRPO; OMSD Algorithm 1), whatever that score is decomposed into.

First implicit critics and diffusion models of the behaviour are trained, then deterministic policies, one an agent,
follow beta grad Q + grad log mu. Four algorithms differ in whose critic and whose score an agent follows:

    brpo-ind    its own critic Q_i(s, a_i), the score of mu_i(a_i | s)          OMSD Eq. 7
    brpo-fac    the team's critic Q(s, a), the score of mu_i(a_i | s)           OMSD B.2
    brpo-jal    the team's critic, the score of mu(a | s)                       OMSD Eq. 10
    omsd        the team's critic, the score of mu_i(a_i | s, a_<i)             OMSD Eq. 13
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import cos, inf, pi
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from quartet.algorithms.base import Sampler
from quartet.algorithms.critics import initial_twins
from quartet.algorithms.implicit_critics import expectile_loss, twin_loss, twin_values
from quartet.algorithms.learner import Learner, Settings, per_lane
from quartet.algorithms.teams import to_lanes, to_teams
from quartet.data.episodes import Episodes
from quartet.data.transitions import TeamTransitions
from quartet.diffusion.vp import alpha
from quartet.errors import QuartetError, unknown
from quartet.nets.deep_residual import DeepResidual
from quartet.nets.lanes import LaneRandom
from quartet.nets.parameters import Terms, initial_random, soft_update
from quartet.nets.plain_mlp import PlainMLP
from quartet.tasks.spec import TaskSpec

ORDERS = ("forward", "backward")
INPUTS = ("local", "team")
WEIGHTINGS: dict[str, Callable[[Tensor], Tensor]] = {  # w(t) by sigma_t (SRPO released code)
    "variance": torch.square,
    "score": lambda sigma: (1 - sigma.square()).sqrt() / sigma,  # makes it the gradient of E_t KL[pi_t || mu_t]
}
DATA_TIMES = (0.001, 1.0)  # diffusion times at which the behaviour is learnt (SRPO released code)


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Hyperparameters of score-regularised policies."""

    LANEABLE: ClassVar[frozenset[str]] = Settings.LANEABLE | {"beta"}
    SAMPLER: ClassVar[str] = "teams"

    hidden: int  # width of all networks
    updates: int  # of the whole training
    pretraining: float  # share of the updates, in per cent, for critics and behaviour; the rest is the policies'
    gamma: float  # discount
    rho: float  # share of the online critics in a target update
    expectile: float  # IQL's tau
    critic_rate: float  # Adam's learning rate, critics
    behaviour_rate: float  # Adam's learning rate, behaviour models
    decay: float  # weight decay of the behaviour models
    policy_rate: float  # Adam's first learning rate, policies; it falls to 0 as a cosine
    dropout: float  # dropout rate in the behaviour models
    beta: float | tuple[float, ...]  # weight of the critic's gradient beside the score
    times: tuple[float, float]  # diffusion times at which policies are scored, from and to
    time_scale: float  # of the Fourier features of times
    weighting: str  # w(t) of Proposition 4, one of WEIGHTINGS
    baseline: bool  # whether the noise itself is taken from the predicted noise
    order: str  # in which agents are decomposed: "forward" or "backward"
    policy_input: str  # what a policy sees: "local" observations or those of the whole "team"


@dataclass(frozen=True)
class Noise:
    """All random numbers of one update, drawn before anything is computed."""

    times: Tensor  # (L, B) diffusion times
    epsilon: Tensor  # (L, B, a) what is added
    keep: Tensor | None = None  # (L, B, units) dropout mask


def noised(actions: Tensor, noise: Noise) -> tuple[Tensor, Tensor]:
    """alpha_t a + sigma_t eps, and sigma_t (L, B, 1)."""
    left = alpha(noise.times)[..., None]
    sigma = (1 - left.square()).sqrt()
    return left * actions + sigma * noise.epsilon, sigma


def behaviour_loss(parameters: Tensor, net: DeepResidual, actions: Tensor, condition: Tensor, noise: Noise) -> Terms:
    """OMSD Eq. 2: E |eps - eps*(a_t | s, t)|^2."""
    found = net(parameters, noised(actions, noise)[0], condition, noise.times, noise.keep)
    return {"behaviour": (noise.epsilon - found).square().sum(2).mean(1)}


def policy_loss(parameters: Tensor, net: PlainMLP, seen: Tensor, directions: Tensor) -> Terms:
    """A loss whose gradient is that of OMSD Eq. 13 and Proposition 4: directions (L, B, a) times d pi / d theta."""
    return {"policy": -(directions * torch.tanh(net(parameters, seen))).sum(2).mean(1)}


class ScorePolicy(Learner):
    """What the four share; each says whose critic and whose behaviour model it has."""

    team_critic = True  # one critic of the team's actions, or one an agent of its own
    team_behaviour = False  # one model of the team's actions, or one an agent of its own
    sees_before = False  # whether an agent's model is shown the actions of those before it

    def __init__(self, spec: TaskSpec, config: Config, seeds: tuple[int, ...], device: torch.device) -> None:
        super().__init__(config, device)
        for name, known in (("order", ORDERS), ("policy_input", INPUTS), ("weighting", WEIGHTINGS)):
            if getattr(config, name) not in known:
                raise unknown(name, getattr(config, name), known)
        self.config, self.agents = config, spec.agents
        self.beta = per_lane(config.beta, len(seeds) * spec.agents, device)
        self.pretraining = max(1, int(config.updates * config.pretraining // 100))
        state, whole = spec.state or spec.agents * spec.observation, spec.agents * spec.action
        seen = spec.observation * (spec.agents if config.policy_input == "team" else 1)
        told = state + whole * self.sees_before
        self.policy = PlainMLP(seen, config.hidden, spec.action, depth=2, activation="relu")
        modelled = whole if self.team_behaviour else spec.action
        self.behaviour = DeepResidual(modelled, told, config.hidden, config.time_scale)
        asked = state + (whole if self.team_critic else spec.action)
        self.critic, self.value = (PlainMLP(size, config.hidden, 1, 2, "relu") for size in (asked, state))
        self.before = _before(spec, config.order).to(device)

        def lanes(network: int, *, team: bool) -> LaneRandom:
            return initial_random(seeds, 1 if team else spec.agents, network)

        self.add("policy", self.policy.init(lanes(0, team=False)), config.policy_rate)
        self.add("critics", initial_twins(self.critic, lanes(1, team=self.team_critic)), config.critic_rate)
        self.add("value", self.value.init(lanes(2, team=self.team_critic)), config.critic_rate)
        self.add("behaviour", self.behaviour.init(lanes(3, team=self.team_behaviour)), config.behaviour_rate)
        self.add("target critics", self.networks["critics"].clone())

    def sampler(self, episodes: Episodes, weights: NDArray[np.float64]) -> Sampler:
        """Teams' transitions, with rewards in units in which the returns span the horizon (SRPO's 1000 / span)."""
        if episodes.spec.state and episodes.state is None:
            mend = "build it again, or learn with an algorithm that asks for observations alone"
            raise QuartetError("holds no global state", where=f"dataset {episodes.task}/{episodes.quality}", mend=mend)
        scale = np.float32(episodes.spec.horizon / max(float(np.ptp(episodes.returns)), 1e-6))
        return super().sampler(replace(episodes, rewards=scale * episodes.rewards), weights)

    def update(self, batch: TeamTransitions, random: LaneRandom) -> dict[str, Tensor]:
        """Algorithm 1: critics and behaviour first, and only then the policies."""
        if self.optimisers["behaviour"].steps < self.pretraining:
            metrics = self.learn_values(batch) | self.learn_behaviour(batch, random)
            return {name: self.shown(value, team=len(value) == len(batch.actions)) for name, value in metrics.items()}
        optimiser, left = self.optimisers["policy"], self.config.updates - self.pretraining
        optimiser.rate = self.config.policy_rate * (1 + cos(pi * min(1.0, optimiser.steps / max(1, left)))) / 2
        observations = self.seen(batch.observations)
        with torch.no_grad():
            actions = torch.tanh(self.policy(self.networks["policy"], observations))
        directions = self.directions(actions, self.states(batch)[0], self.draw(batch, random, self.config.times))
        return self.descend("policy", policy_loss, self.policy, observations, directions, norm=inf)

    def learn_values(self, batch: TeamTransitions) -> dict[str, Tensor]:
        """One step of V and of the twin critics (IQL), on the mean reward of the team."""
        settings, team = self.config, self.team_critic
        rewards, ends = to_teams(batch.rewards, self.agents).mean(2), batch.terminals[:: self.agents]
        whole = (*self.states(batch), rewards, ends)
        states, following, known, rewards, ends = (self.shown(part, team=team) for part in whole)
        actions = self.of_team(batch.actions, team=team)
        with torch.no_grad():
            values = twin_values(self.critic, self.networks["target critics"], states, actions).amin(0)
            target = rewards + settings.gamma * (1 - ends) * self.value(self.networks["value"], following).squeeze(2)
        inputs = self.value, states, values, settings.expectile
        metrics = self.descend("value", expectile_loss, *inputs, norm=inf)
        asked = self.critic, states, actions, target, known
        metrics |= self.descend("critics", twin_loss, *asked, norm=inf)
        soft_update(self.networks["target critics"], self.networks["critics"], settings.rho)
        return metrics

    def learn_behaviour(self, batch: TeamTransitions, random: LaneRandom) -> dict[str, Tensor]:
        """One step of the diffusion models of what the data show."""
        noise = self.draw(batch, random, DATA_TIMES, dropped=self.config.dropout)
        actions = self.of_team(batch.actions, team=self.team_behaviour)
        inputs = self.behaviour, actions, self.condition(self.states(batch)[0], batch.actions), noise
        # AdamW: the weights decay apart from the moments.
        self.networks["behaviour"].mul_(1 - self.config.behaviour_rate * self.config.decay)
        return self.descend("behaviour", behaviour_loss, *inputs, norm=inf)

    def draw(
        self, batch: TeamTransitions, random: LaneRandom, span: tuple[float, float], dropped: float | None = None
    ) -> Noise:
        """Times, noise and, for training, dropout of the behaviour models; a team's model has one time for all."""
        (rows, size), (low, high) = batch.actions.shape[1:], span
        times, epsilon = low + (high - low) * random.uniform(rows), random.normal(rows, size)
        keep = None if dropped is None else random.keep(rows, self.behaviour.units, dropped=dropped)
        if not self.team_behaviour:
            return Noise(times, epsilon, keep)
        first = slice(None, None, self.agents)
        return Noise(times[first], self.of_team(epsilon, team=True), None if keep is None else keep[first])

    @torch.no_grad()
    def directions(self, actions: Tensor, states: Tensor, noise: Noise) -> Tensor:
        """Where every agent's action (L, B, a) is pushed: beta grad Q - w(t) (eps* - eps) (Proposition 4)."""
        beta = self.beta[:, None, None] if isinstance(self.beta, Tensor) else self.beta
        return beta * self.climb(actions, states) + self.score(actions, states, noise)

    def climb(self, actions: Tensor, states: Tensor) -> Tensor:
        """The critic's gradient towards each agent's action, the mean of both target critics."""
        states, leaf = self.shown(states, team=self.team_critic), actions.detach().requires_grad_()
        with torch.enable_grad():
            asked = self.of_team(leaf, team=self.team_critic)
            values = twin_values(self.critic, self.networks["target critics"], states, asked).mean(0)
            [gradient] = torch.autograd.grad(values.sum(), leaf)
        return gradient

    def score(self, actions: Tensor, states: Tensor, noise: Noise) -> Tensor:
        """-w(t) (eps* - eps), where -eps* / sigma_t is the score of the noised behaviour (OMSD Proposition 4)."""
        clean = self.of_team(actions, team=self.team_behaviour)
        asked, sigma = noised(clean, noise)
        found = self.behaviour(self.networks["behaviour"], asked, self.condition(states, actions), noise.times)
        weight = WEIGHTINGS[self.config.weighting](sigma)
        pull = weight * (noise.epsilon - found if self.config.baseline else -found)
        return to_lanes(pull.view(*pull.shape[:2], self.agents, -1)) if self.team_behaviour else pull

    def condition(self, states: Tensor, actions: Tensor) -> Tensor:
        """What a behaviour model is shown: the state; in omsd the clean actions of the agents before, too."""
        states = self.shown(states, team=self.team_behaviour)
        if not self.sees_before:
            return states
        others = self.of_team(actions, team=True).repeat_interleave(self.agents, 0)
        return torch.cat([states, others * self.before.repeat(len(others) // self.agents, 1, 1)], dim=2)

    def states(self, batch: TeamTransitions) -> tuple[Tensor, Tensor, Tensor]:
        """State, next state (S, B, s) and whether the next is known (S, B); the team's observations where none is."""
        if batch.states is not None and batch.next_states is not None:
            known = torch.maximum(batch.followed, batch.terminals)[:: self.agents]
            return batch.states, batch.next_states, known
        now, then = (self.of_team(seen, team=True) for seen in (batch.observations, batch.next_observations))
        return now, then, torch.ones_like(now[..., 0])

    def of_team(self, values: Tensor, *, team: bool) -> Tensor:
        """Agents' values (L, B, v) side by side, (S, B, N v), for a network of the team; else as they are."""
        return to_teams(values, self.agents).flatten(2) if team else values

    def shown(self, values: Tensor, *, team: bool) -> Tensor:
        """A team's values (S, ...) for a network of the team as they are; else to every agent's, (L, ...)."""
        return values if team else values.repeat_interleave(self.agents, 0)

    def seen(self, observations: Tensor) -> Tensor:
        """What the policies see, (L, B, o)."""
        if self.config.policy_input == "local":
            return observations
        return self.shown(self.of_team(observations, team=True), team=False)

    @torch.no_grad()
    def act(self, observations: Tensor, random: LaneRandom) -> Tensor:  # noqa: ARG002
        """The policy's action: one small network, no diffusion."""
        return torch.tanh(self.policy(self.networks["policy"], self.seen(observations)))


def _before(spec: TaskSpec, order: str) -> Tensor:
    """(agents, 1, agents * action): 1 at the actions of the agents that come before."""
    earlier = torch.ones(spec.agents, spec.agents).tril(-1)
    return (earlier if order == "forward" else earlier.mT).repeat_interleave(spec.action, 1).unsqueeze(1)
