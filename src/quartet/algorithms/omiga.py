"""OMIGA: a global regulariser turned into local ones through a mixed value; OMSD's baseline "MAIGM".

As in its released code all agents share one network of each kind, which is told who is asking; the mixer sees the
observations of the team.
"""

from dataclasses import dataclass
from math import log, pi
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import softplus

from quartet.algorithms.learner import Learner, Settings
from quartet.algorithms.teams import to_lanes, to_teams
from quartet.data.transitions import TeamTransitions
from quartet.nets.lanes import LaneRandom
from quartet.nets.parameters import Terms, initial_random, soft_update
from quartet.nets.plain_mlp import PlainMLP
from quartet.tasks.spec import TaskSpec

LOG_DEVIATIONS = (-5.0, 2.0)  # bounds of the policy's log standard deviation (OMIGA released code, as all here)
MEANS, EDGE, EXPONENT = 9.0, 1e-6, 10.0  # bounds of its mean before tanh, of actions, and of the local exponents


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Hyperparameters of OMIGA."""

    SAMPLER: ClassVar[str] = "teams"

    hidden: int  # width of policy, critics and values
    mixing_hidden: int  # width of the mixer
    gamma: float  # discount
    rho: float  # share of the online network in a target update
    rate: float  # Adam's learning rate, all networks
    clip: float  # largest gradient norm of one network
    alpha: float  # weight of the regulariser


@dataclass(frozen=True)
class Team:
    """A minibatch as the shared networks take it: a lane a seed, agents folded into its rows."""

    asked: Tensor  # (S, B N, o + N) observations, and who asks
    taken: Tensor  # (S, B N, a) actions
    seen: Tensor  # (S, B, N o) what the mixer sees


def mixed(net: PlainMLP, parameters: Tensor, seen: Tensor, agents: int) -> tuple[Tensor, Tensor]:
    """The agents' weights w >= 0, (S, B, N), and the bias b, (S, B)."""
    made = net(parameters, seen)
    return made[..., :agents].abs(), made[..., agents]


def total(weights: Tensor, bias: Tensor, values: Tensor) -> Tensor:
    """sum_i w_i v_i + b, values of the agents in rows (S, B N)."""
    return (weights * values.view_as(weights)).sum(2) + bias


def critic_loss(critic: Tensor, mixing: Tensor, net: PlainMLP, mixer: PlainMLP, team: Team, target: Tensor) -> Terms:
    """(r + gamma V_tot(o') - Q_tot(o, a))^2."""
    agents = team.taken.shape[1] // team.seen.shape[1]
    values = net(critic, torch.cat([team.asked, team.taken], dim=2))
    return {"td": (total(*mixed(mixer, mixing, team.seen, agents), values) - target).square().mean(1)}


def value_loss(parameters: Tensor, net: PlainMLP, team: Team, weights: Tensor, values: Tensor, alpha: float) -> Terms:
    """E exp(w (Q - V) / alpha) + w V / alpha, divided by exp of its largest exponent, at least -1."""
    own = net(parameters, team.asked).squeeze(2)
    exponents = (weights * (values - own) / alpha).clamp(-EXPONENT, EXPONENT)
    most = exponents.detach().amax(1, keepdim=True).clamp(min=-1)
    return {"value": ((exponents - most).exp() + (-most).exp() * weights * own / alpha).mean(1)}


def log_likelihood(made: Tensor, actions: Tensor) -> Tensor:
    """log pi(a | o) of a Gaussian squashed by tanh, its mean and log deviation made by the network, (S, B N)."""
    mean, logs = made.chunk(2, dim=2)
    logs = logs.clamp(*LOG_DEVIATIONS)
    before = torch.atanh(actions.clamp(-1 + EDGE, 1 - EDGE))
    standard = (before - mean.clamp(-MEANS, MEANS)) * torch.exp(-logs)
    squashing = 2 * (log(2) - before - softplus(-2 * before))
    return (-0.5 * standard.square() - logs - 0.5 * log(2 * pi) - squashing).sum(2)


def policy_loss(parameters: Tensor, net: PlainMLP, team: Team, weights: Tensor) -> Terms:
    """-E exp(w (Q - V) / alpha) log pi(a | o)."""
    return {"imitation": -(weights * log_likelihood(net(parameters, team.asked), team.taken)).mean(1)}


class OMIGA(Learner):
    """Offline multi-agent RL with implicit global-to-local value regularisation."""

    def __init__(self, spec: TaskSpec, config: Config, seeds: tuple[int, ...], device: torch.device) -> None:
        super().__init__(config, device)
        self.config, self.agents = config, spec.agents
        told, width = spec.observation + spec.agents, config.hidden
        self.policy = PlainMLP(told, width, 2 * spec.action, 2, "relu")
        self.critic = PlainMLP(told + spec.action, width, 1, 2, "relu")
        self.value = PlainMLP(told, width, 1, 2, "relu")
        self.mixer = PlainMLP(spec.agents * spec.observation, config.mixing_hidden, spec.agents + 1, 1, "relu")
        nets = {"policy": self.policy, "critic": self.critic, "value": self.value, "mixer": self.mixer}
        for number, (name, net) in enumerate(nets.items()):
            self.add(name, net.init(initial_random(seeds, 1, number)), config.rate)
        for name in ("critic", "value", "mixer"):
            self.add(f"target {name}", self.networks[name].clone())

    def update(self, batch: TeamTransitions, random: LaneRandom) -> dict[str, Tensor]:  # noqa: ARG002
        """Policy, critic with mixer, value, targets; the local weights come from before any of these steps."""
        settings, team = self.config, self.team(batch.observations, batch.actions)
        target = self.target(batch)
        weights, values, advantage = self.local(team)
        metrics = self.descend("policy", policy_loss, self.policy, team, advantage, norm=settings.clip)
        inputs = self.critic, self.mixer, team, target
        metrics |= self.descend_all(("critic", "mixer"), critic_loss, *inputs, norm=settings.clip)
        metrics |= self.descend(
            "value", value_loss, self.value, team, weights, values, settings.alpha, norm=settings.clip
        )
        for name in ("critic", "value", "mixer"):
            soft_update(self.networks[f"target {name}"], self.networks[name], settings.rho)
        return {name: value.repeat_interleave(self.agents) for name, value in metrics.items()}

    def team(self, observations: Tensor, actions: Tensor) -> Team:
        """Lanes of agents (L, B, ...) folded into the rows of their seed's."""
        seen = to_teams(observations, self.agents)
        who = torch.eye(self.agents, device=self.device).expand(*seen.shape[:2], -1, -1)
        taken = to_lanes(to_teams(actions, self.agents), sharing=True)
        return Team(to_lanes(torch.cat([seen, who], dim=3), sharing=True), taken, seen.flatten(2))

    @torch.no_grad()
    def target(self, batch: TeamTransitions) -> Tensor:
        """r + gamma V_tot(o'), (S, B), with the team's mean reward."""
        following = self.team(batch.next_observations, batch.actions)
        values = self.value(self.networks["target value"], following.asked)
        weights = mixed(self.mixer, self.networks["target mixer"], following.seen, self.agents)
        rewards = to_teams(batch.rewards, self.agents).mean(2)
        return rewards + self.config.gamma * (1 - batch.terminals[:: self.agents]) * total(*weights, values)

    @torch.no_grad()
    def local(self, team: Team) -> tuple[Tensor, Tensor, Tensor]:
        """The agents' weights in the mixture, their Q, and exp(w (Q - V) / alpha), all (S, B N)."""
        weights = mixed(self.mixer, self.networks["target mixer"], team.seen, self.agents)[0].flatten(1)
        pairs = torch.cat([team.asked, team.taken], dim=2)
        values = self.critic(self.networks["target critic"], pairs).squeeze(2)
        own = self.value(self.networks["value"], team.asked).squeeze(2)
        exponents = (weights * (values - own) / self.config.alpha).clamp(-EXPONENT, EXPONENT)
        return weights, values, exponents.exp()

    @torch.no_grad()
    def act(self, observations: Tensor, random: LaneRandom) -> Tensor:  # noqa: ARG002
        """The policy's mean, squashed."""
        team = self.team(observations, observations)
        mean = self.policy(self.networks["policy"], team.asked).chunk(2, dim=2)[0]
        return to_lanes(to_teams(torch.tanh(mean.clamp(-MEANS, MEANS)), self.agents, sharing=True))
