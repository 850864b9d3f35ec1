"""MATD3: one deterministic actor per agent, twin critics that see the whole team, trained online.

Ackermann et al. 2019 (MATD3) on Fujimoto et al. 2018 (TD3). With `twins: 1, delay: 1, smoothing: 0` it is MADDPG
(Lowe et al. 2017), and for a team of one DDPG, which is how the prey is trained.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from quartet.nets.layers import initial_statistics, track
from quartet.nets.mlp import MLP
from quartet.nets.parameters import Adam, clip, initial_random, soft_update
from quartet.training.actors import FrozenActor, actor_net


@dataclass(frozen=True)
class Config:
    """Everything about the learner that is not a size."""

    centralised: bool = True  # critics see all observations and actions (MATD3); false: independent TD3
    twins: int = 2  # critics per agent, their minimum is the target (TD3, section 4)
    delay: int = 2  # critic updates per actor and target update (TD3, section 5.2)
    smoothing: float = 0.2  # sd of the noise on target actions (TD3, section 5.3)
    smoothing_clip: float = 0.5  # and its bound (TD3, section 5.3)
    gamma: float = 0.95  # discount (OMAR's released code, particle tasks)
    tau: float = 0.01  # share of the online networks in the targets per update (OMAR's released code)
    rate: float = 3e-3  # Adam's first rate, actors and critics (ours: OMAR's .01 is unstable at this pace, .001 slow)
    reward_scale: float = 0.1  # rewards as the critics see them (ours: returns are in the hundreds)
    batch_norm: bool = False  # inputs normalised by their batch, as in OMAR (ours: off, spread is learned faster)
    clip_norm: float = 0.5  # longest gradient of one network (OMAR's released code)
    action_cost: float = 1e-3  # keeps tanh off its flat ends: adds this times mean a^2 (OMAR's released code)


@dataclass(frozen=True)
class Minibatch:
    """B joint transitions: every agent sees the same moments."""

    observations: Tensor  # (agents, B, observation)
    actions: Tensor  # (agents, B, action)
    rewards: Tensor  # (agents, B)
    next_observations: Tensor  # (agents, B, observation)
    state: Tensor | None = None  # (B, state) where the task has one
    next_state: Tensor | None = None  # (B, state)


def smoothed(actions: Tensor, noise: Tensor, bound: float) -> Tensor:
    """Target policy smoothing, TD3 Eq. 14: clip(a + clip(noise, -bound, bound), -1, 1)."""
    return (actions + noise.clamp(-bound, bound)).clamp(-1.0, 1.0)


def target(rewards: Tensor, next_values: Tensor, gamma: float) -> Tensor:
    """Clipped double Q-learning, TD3 Eq. 10: r + gamma min over twins; (agents, B) from (twins, agents, B).

    Nothing is terminal: the horizon cuts episodes but does not end them.
    """
    return rewards + gamma * next_values.amin(dim=0)


class MATD3:
    """The learner of one team: actor lane i is agent i, critic lane t * agents + i is agent i's twin t."""

    def __init__(
        self,
        agents: int,
        observation: int,
        action: int,
        hidden: int,
        config: Config,
        seed: int,
        device: str = "cpu",
        *,
        state: int = 0,
    ) -> None:
        self.agents, self.config, self.updates = agents, config, 0
        self.actor_net = actor_net(observation, hidden, action)
        joint = (state or agents * observation) + agents * action
        self.critic_net = MLP(joint if config.centralised else observation + action, hidden, 1)
        self.actor = self.actor_net.init(initial_random([seed], agents, 0)).to(device).requires_grad_()
        self.critic = self.critic_net.init(initial_random([seed], config.twins * agents, 1)).to(device).requires_grad_()
        self.actor_target, self.critic_target = self.actor.detach().clone(), self.critic.detach().clone()
        self.statistics = initial_statistics(agents, observation).to(device)  # stay as they are without batch_norm
        self.actor_adam, self.critic_adam = Adam(self.actor, config.rate), Adam(self.critic, config.rate)

    @torch.no_grad()
    def act(self, observations: Tensor) -> Tensor:
        """Deterministic actions (n, agents, action) for observations (n, agents, observation)."""
        return self.actor_net(self.actor, observations.transpose(0, 1), self.statistics).transpose(0, 1)

    def frozen(self) -> FrozenActor:
        """The actors as they are now, to keep."""
        return FrozenActor(self.actor_net, self.actor.detach().clone(), self.statistics.clone())

    def slow_down(self, share: float) -> None:
        """Learn at this share of the first rate from now on."""
        self.actor_adam.rate = self.critic_adam.rate = share * self.config.rate

    def update(self, batch: Minibatch, generator: torch.Generator) -> None:
        """One critic update and, every `delay` of them, one of actors and targets (TD3, Algorithm 1)."""
        self._descend(self.critic_adam, self._critic_losses(batch, generator))
        self.updates += 1
        if self.updates % self.config.delay == 0:
            self._descend(self.actor_adam, self._actor_losses(batch))
            soft_update(self.actor_target, self.actor, self.config.tau)
            soft_update(self.critic_target, self.critic, self.config.tau)

    def _descend(self, adam: Adam, losses: Tensor) -> None:
        """One Adam step of every lane down its own loss; lanes never meet, so their losses may be summed."""
        (gradients,) = torch.autograd.grad(losses.sum(), adam.parameters)
        adam.step(clip(gradients, self.config.clip_norm))

    def _critic_losses(self, batch: Minibatch, generator: torch.Generator) -> Tensor:
        """Mean squared error of every critic, (twins * agents,)."""
        config = self.config
        with torch.no_grad():
            chosen = self._training(self.actor_net, self.actor_target, batch.next_observations)
            noise = config.smoothing * torch.randn(chosen.shape, generator=generator, device=chosen.device)
            chosen = smoothed(chosen, noise, config.smoothing_clip)
            values = self._values(self.critic_target, self._seen(batch.next_observations, chosen, batch.next_state))
            values = values.view(config.twins, self.agents, -1)
            wanted = target(config.reward_scale * batch.rewards, values, config.gamma).repeat(config.twins, 1)
        values = self._values(self.critic, self._seen(batch.observations, batch.actions, batch.state))
        return (values - wanted).square().mean(dim=1)

    def _actor_losses(self, batch: Minibatch) -> Tensor:
        """Deterministic policy gradient, MADDPG Eq. 6: -mean Q_i, agent i by its policy, the others as stored."""
        if self.config.batch_norm:
            track(self.statistics, batch.observations)
        own = self._training(self.actor_net, self.actor, batch.observations)
        first = self.critic[: self.agents].detach()
        values = self._training(self.critic_net, first, self._seen_choosing(batch, own)).squeeze(2)
        return self.config.action_cost * own.square().mean(dim=(1, 2)) - values.mean(dim=1)

    def _values(self, parameters: Tensor, seen: Tensor) -> Tensor:
        """Every critic's value, (twins * agents, B), of what each agent's critics see (agents, B, inputs)."""
        return self._training(self.critic_net, parameters, seen.repeat(self.config.twins, 1, 1)).squeeze(2)

    def _training(self, net: MLP, parameters: Tensor, x: Tensor) -> Tensor:
        """The network in training: its inputs normalised by the batch, or left alone."""
        statistics = None if self.config.batch_norm else initial_statistics(x.shape[0], x.shape[2]).to(x.device)
        return net(parameters, x, statistics)

    def _seen(self, observations: Tensor, actions: Tensor, state: Tensor | None) -> Tensor:
        """What each agent's critics see, (agents, B, inputs): the state, if there is one, for all observations."""
        both = torch.cat([observations, actions], dim=2)
        if not self.config.centralised:
            return both
        if state is None:
            return both.transpose(0, 1).flatten(1).expand(self.agents, -1, -1)
        return torch.cat([state, actions.transpose(0, 1).flatten(1)], dim=1).expand(self.agents, -1, -1)

    def _seen_choosing(self, batch: Minibatch, own: Tensor) -> Tensor:
        """As `_seen`, but in agent i's row agent i acts by its policy and the others as they did."""
        if not self.config.centralised:
            return self._seen(batch.observations, own, batch.state)
        me = torch.eye(self.agents, dtype=torch.bool, device=own.device)[:, :, None, None]
        actions = torch.where(me, own, batch.actions)  # (agents, agents, B, action)
        if batch.state is not None:
            return torch.cat([batch.state.expand(self.agents, -1, -1), actions.transpose(1, 2).flatten(2)], dim=2)
        observations = batch.observations.expand(self.agents, -1, -1, -1)
        return torch.cat([observations, actions], dim=3).transpose(1, 2).flatten(2)
