"""MA-ICQ: critics and policies that never ask about an action outside the data; the agents' Q add up to the team's.

ICQ's published multi-agent algorithm is for discrete actions; its single-agent one for continuous actions gives the
policy and the critics, the multi-agent one the mixing and the weights.
"""

from dataclasses import dataclass
from math import log, pi
from typing import ClassVar

import torch
from torch import Tensor

from quartet.algorithms.critics import q_of
from quartet.algorithms.learner import Learner, Settings
from quartet.algorithms.teams import to_lanes, to_teams
from quartet.data.transitions import TeamTransitions
from quartet.nets.lanes import LaneRandom
from quartet.nets.layers import initial_statistics, linear, track
from quartet.nets.mlp import MLP
from quartet.nets.parameters import Shapes, Terms, initial_random, linear_start, pack, soft_update, unpack
from quartet.tasks.spec import TaskSpec

LOG_DEVIATIONS = (-6.0, 0.0)  # bounds of the policy's log standard deviation (ICQ released code)


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Hyperparameters of MA-ICQ."""

    SAMPLER: ClassVar[str] = "teams"

    hidden: int  # width of policy and critics
    gamma: float  # discount
    rho: float  # share of the online network in a target update
    rate: float  # Adam's learning rate, policy, critics and mixer
    clip: float  # largest gradient norm
    temperature: float  # of the policy's weights, over advantages in units of their size
    value_temperature: float  # of the target's weights, over the team's Q


@dataclass(frozen=True)
class Mixer:
    """Q_tot = sum_i lambda_i(o) Q_i + b(o), lambda_i >= 0 and b linear in the team's observations (ICQ)."""

    agents: int
    context: int

    @property
    def shapes(self) -> Shapes:
        """A linear layer to the agents' weights and the bias."""
        return {"weight": (self.context, self.agents + 1), "bias": (1, self.agents + 1)}

    def init(self, random: LaneRandom) -> Tensor:
        """The usual start of a linear layer."""
        weight, bias = linear_start(random, self.context, self.agents + 1)
        return pack({"weight": weight, "bias": bias}, self.shapes)

    def weights(self, parameters: Tensor, context: Tensor) -> tuple[Tensor, Tensor]:
        """lambda (S, B, N) and b (S, B) for the team's observations (S, B, context)."""
        part = unpack(parameters, self.shapes)
        made = linear(context, part["weight"], part["bias"])
        return made[..., :-1].abs(), made[..., -1]

    def __call__(self, parameters: Tensor, values: Tensor, context: Tensor) -> Tensor:
        """Q_tot (S, B) of the agents' Q (S, B, N)."""
        factors, bias = self.weights(parameters, context)
        return (factors * values).sum(2) + bias


def implicit_weights(values: Tensor, temperature: float) -> Tensor:
    """exp(values / temperature) / Z of a batch (L, B), 1 on average: how much more the policy than the data does it."""
    return values.shape[1] * (values / temperature).softmax(1)


def critic_loss(
    critics: Tensor, mixing: Tensor, net: MLP, mixer: Mixer, batch: TeamTransitions, target: Tensor
) -> Terms:
    """(y - Q_tot)^2, each agent an equal share of it, over the steps of which the data show what came next."""
    agents = mixer.agents
    values = to_teams(q_of(net, critics, batch.observations, batch.actions)[0], agents)
    errors = (target - mixer(mixing, values, to_teams(batch.observations, agents).flatten(2))).square()
    known = torch.maximum(batch.followed, batch.terminals)[::agents]
    mean = (known * errors).sum(1) / known.sum(1).clamp(min=1)
    return {"td": mean.repeat_interleave(agents) / agents}


def log_likelihood(means: Tensor, deviation: Tensor, actions: Tensor) -> Tensor:
    """log pi(a | o), (L, B), of a Gaussian whose deviation (L, a), before squashing, is the same everywhere."""
    low, high = LOG_DEVIATIONS
    logs = (low + (high - low) * torch.sigmoid(deviation)).unsqueeze(1)
    standard = (actions - means) * torch.exp(-logs)
    return (-0.5 * standard.square() - logs - 0.5 * log(2 * pi)).sum(2)


def policy_loss(policy: Tensor, deviation: Tensor, net: MLP, batch: TeamTransitions, weights: Tensor) -> Terms:
    """- E w log pi(a | o): imitation of what is better than the policy's own action."""
    likelihood = log_likelihood(net(policy, batch.observations), deviation, batch.actions)
    return {"imitation": -(weights * likelihood).mean(1)}


class MAICQ(Learner):
    """Implicit constraint Q-learning for a team: one policy and critic per agent, one mixer."""

    def __init__(self, spec: TaskSpec, config: Config, seeds: tuple[int, ...], device: torch.device) -> None:
        super().__init__(config, device)
        self.config, self.agents = config, spec.agents
        self.policy = MLP(spec.observation, config.hidden, spec.action, squash=True)
        self.critic = MLP(spec.observation + spec.action, config.hidden, 1)
        self.mixer = Mixer(spec.agents, spec.agents * spec.observation)
        policy, critic = (initial_random(seeds, spec.agents, network) for network in (0, 1))
        self.add("policy", self.policy.init(policy), config.rate)
        self.add("deviation", torch.zeros(policy.lanes, spec.action), config.rate)
        self.add("critics", self.critic.init(critic), config.rate)
        self.add("mixer", self.mixer.init(initial_random(seeds, 1, 2)), config.rate)
        for name in ("critics", "mixer"):
            self.add(f"target {name}", self.networks[name].clone())
        self.add("statistics", initial_statistics(policy.lanes, spec.observation))

    def update(self, batch: TeamTransitions, random: LaneRandom) -> dict[str, Tensor]:  # noqa: ARG002
        """Critics and mixer, policies, targets."""
        settings = self.config
        track(self.networks["statistics"], batch.observations)
        inputs = self.critic, self.mixer, batch, self.target(batch)
        metrics = self.descend_all(("critics", "mixer"), critic_loss, *inputs, norm=settings.clip)
        weights = self.weights(batch)
        names = ("policy", "deviation")
        metrics |= self.descend_all(names, policy_loss, self.policy, batch, weights, norm=settings.clip)
        for name in ("critics", "mixer"):
            soft_update(self.networks[f"target {name}"], self.networks[name], settings.rho)
        return metrics

    @torch.no_grad()
    def target(self, batch: TeamTransitions) -> Tensor:
        """y = r + gamma w Qbar_tot(o', a'), (S, B), with the team's mean reward and the data's own next actions a'."""
        critics, mixing = self.networks["target critics"], self.networks["target mixer"]
        values = q_of(self.critic, critics, batch.next_observations, batch.next_actions)[0]
        context = to_teams(batch.next_observations, self.agents).flatten(2)
        following = self.mixer(mixing, to_teams(values, self.agents), context)
        weighted = implicit_weights(following, self.config.value_temperature) * following
        rewards = to_teams(batch.rewards, self.agents).mean(2)
        return rewards + self.config.gamma * (1 - batch.terminals[:: self.agents]) * weighted

    @torch.no_grad()
    def weights(self, batch: TeamTransitions) -> Tensor:
        """exp(lambda_i A_i / temperature) / Z, (L, B): A_i is what the data's action is better than the policy's own.

        ICQ divides by a Z of every observation; its code by one of the batch, of advantages instead of Q.
        """
        own = self.policy(self.networks["policy"], batch.observations)
        taken, alone = (
            q_of(self.critic, self.networks["critics"], batch.observations, actions)[0]
            for actions in (batch.actions, own)
        )
        factors, _ = self.mixer.weights(self.networks["mixer"], to_teams(batch.observations, self.agents).flatten(2))
        advantages = to_lanes(factors) * (taken - alone)
        size = advantages.square().mean(1, keepdim=True).sqrt().clamp(min=1e-6)
        return implicit_weights(advantages / size, self.config.temperature)

    @torch.no_grad()
    def act(self, observations: Tensor, random: LaneRandom) -> Tensor:  # noqa: ARG002
        """The policy's mean."""
        return self.policy(self.networks["policy"], observations, self.networks["statistics"])
