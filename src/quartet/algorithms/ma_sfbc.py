"""MA-SfBC: a diffusion model of the behaviour, and at acting time one of its samples chosen by the critic."""

from dataclasses import dataclass

import torch
from torch import Tensor

from quartet.algorithms.critics import (
    drawn_candidate,
    first_critic,
    initial_twins,
    q_values,
    regression_loss,
    td_target,
)
from quartet.algorithms.diffusion_policy import DiffusionPolicy
from quartet.algorithms.learner import Learner, Settings
from quartet.data.transitions import Transitions
from quartet.nets.lanes import LaneRandom
from quartet.nets.layers import initial_statistics, track
from quartet.nets.mlp import MLP
from quartet.nets.parameters import Terms, initial_random, soft_update
from quartet.nets.residual import ResidualNoise
from quartet.tasks.spec import TaskSpec


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Hyperparameters of MA-SfBC."""

    hidden: int  # width of the critics
    noise_widths: tuple[int, int, int]  # widths of the noise network's blocks
    gamma: float  # discount
    rho: float  # share of the online network in a target update
    policy_rate: float  # Adam's learning rate, noise network
    critic_rate: float  # Adam's learning rate, critics
    clip: float  # largest gradient norm
    planning_samples: int  # behaviour samples in the TD target
    candidates: int  # behaviour samples among which acting chooses
    alpha: float  # inverse temperature of the choice, over Q in units of its mean size
    dropout: float  # dropout rate in the residual blocks
    steps: int  # N, solver steps
    schedule: str  # one of diffusion.SCHEDULES


@dataclass(frozen=True)
class Noise:
    """All random numbers of one update, drawn before anything is computed."""

    next_start: Tensor  # (L, S B, a) where the behaviour's solver starts for the TD target
    levels: Tensor  # (L, B) diffusion steps of Eq. 3
    epsilon: Tensor  # (L, B, a) noise of Eq. 3
    keep: Tensor  # (L, B, units) dropout mask


def behaviour_loss(parameters: Tensor, policy: DiffusionPolicy, batch: Transitions, noise: Noise) -> Terms:
    """DOM2 Eq. 3 alone: the behaviour is modelled, never improved."""
    return {"matching": policy.matching_loss(parameters, batch, noise.levels, noise.epsilon, noise.keep)}


def planned_value(values: Tensor, alpha: float, scale: Tensor) -> Tensor:
    """SfBC's in-sample planning: sum_k softmax_k(alpha Q_k / scale) Q_k over samples (L, S, B) -> (L, B)."""
    return ((alpha * values / scale[:, None, None]).softmax(1) * values).sum(1)


class MASfBC(Learner):
    """Selecting from behaviour candidates, one independent learner per agent."""

    def __init__(self, spec: TaskSpec, config: Config, seeds: tuple[int, ...], device: torch.device) -> None:
        super().__init__(config, device)
        self.config, self.lanes = config, len(seeds) * spec.agents
        net = ResidualNoise(spec.observation, spec.action, config.noise_widths, config.dropout)
        self.policy = DiffusionPolicy(net, config.steps, config.schedule, device)
        self.critic = MLP(spec.observation + spec.action, config.hidden, 1, activation="mish")
        policy, critic = (initial_random(seeds, spec.agents, network) for network in (0, 1))
        self.add("policy", self.policy.net.init(policy), config.policy_rate)
        self.add("critics", initial_twins(self.critic, critic), config.critic_rate)
        self.add("target critics", self.networks["critics"].clone())
        self.add("statistics", initial_statistics(self.lanes, spec.observation + spec.action))
        self.add("scale", torch.ones(self.lanes))  # running mean |TD target|: the unit in which alpha is given
        self.critic_loss, self.behaviour_loss = self.compiled(regression_loss), self.compiled(behaviour_loss)
        self.target = self.compiled(self.planned_target)

    def update(self, batch: Transitions, random: LaneRandom) -> dict[str, Tensor]:
        """Critics on the planned target, then the behaviour model, then the targets."""
        settings, noise = self.config, self.draw(batch, random)
        track(self.networks["statistics"], torch.cat([batch.observations, batch.actions], dim=2))
        with torch.no_grad():
            target = self.target(batch, noise)
        metrics = self.descend("critics", self.critic_loss, self.critic, batch, target, norm=settings.clip)
        metrics |= self.descend("policy", self.behaviour_loss, self.policy, batch, noise, norm=settings.clip)
        soft_update(self.networks["target critics"], self.networks["critics"], settings.rho)
        soft_update(self.networks["scale"], target.abs().mean(1), settings.rho)
        return metrics

    def draw(self, batch: Transitions, random: LaneRandom) -> Noise:
        """The random numbers of one update."""
        rows, size = batch.actions.shape[1:]
        return Noise(
            next_start=random.normal(self.config.planning_samples * rows, size),
            levels=self.policy.draw_levels(random, rows),
            epsilon=random.normal(rows, size),
            keep=random.keep(rows, self.policy.net.units, dropped=self.config.dropout),
        )

    def planned_target(self, batch: Transitions, noise: Noise) -> Tensor:
        """r + gamma V(o'), with V planned over behaviour samples under the smaller of the target critics."""
        actions = self.policy.generate(self.networks["policy"], batch.next_observations, noise.next_start)
        sampled = actions.view(self.lanes, self.config.planning_samples, -1, self.policy.net.action)
        values = q_values(self.critic, self.networks["target critics"], batch.next_observations, sampled).amin(0)
        planned = planned_value(values, self.config.alpha, self.networks["scale"])
        return td_target(batch, planned.unsqueeze(0), self.config.gamma)

    @torch.no_grad()
    def act(self, observations: Tensor, random: LaneRandom) -> Tensor:
        """One of the behaviour's candidates, drawn with probability softmax(alpha Q / scale)."""
        count, rows, size = self.config.candidates, observations.shape[1], self.policy.net.action
        start = random.normal(count * rows, size)
        actions = self.policy.generate(self.networks["policy"], observations, start).view(-1, count, rows, size)
        critic = first_critic(self.networks["critics"], self.lanes)
        values = q_values(self.critic, critic, observations, actions, self.networks["statistics"])[0]
        weights = (self.config.alpha * values / self.networks["scale"][:, None, None]).softmax(1)
        return drawn_candidate(actions, weights, random.uniform(rows))
