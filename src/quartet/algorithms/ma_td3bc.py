"""MA-TD3+BC: per agent, TD3's twin critics and a policy that climbs the first while imitating the data."""

from dataclasses import dataclass

import torch
from torch import Tensor

from quartet.algorithms.critics import first_critic, initial_twins, q_of, regression_loss, td_target
from quartet.algorithms.learner import Learner, Settings
from quartet.data.transitions import Transitions
from quartet.nets.lanes import LaneRandom
from quartet.nets.layers import initial_statistics, track
from quartet.nets.mlp import MLP
from quartet.nets.parameters import Terms, initial_random, soft_update
from quartet.tasks.spec import TaskSpec


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Hyperparameters of MA-TD3+BC."""

    hidden: int  # width of policy and critics
    gamma: float  # discount
    rho: float  # share of the online network in a target update
    rate: float  # Adam's learning rate, policy and critics
    clip: float  # largest gradient norm
    alpha: float  # weight of Q, in units of its mean size, beside the imitation's 1
    smoothing: float  # standard deviation of the noise on target actions
    smoothing_bound: float  # largest noise on target actions
    delay: int  # updates of the critics for one of the policy and the targets


def policy_loss(parameters: Tensor, policy: MLP, net: MLP, critic: Tensor, batch: Transitions, alpha: float) -> Terms:
    """E |pi(o) - a|^2 - alpha / E|Q_1(o, pi(o))| E Q_1(o, pi(o)) (TD3+BC Eq. 3, 5)."""
    actions = policy(parameters, batch.observations)
    values = q_of(net, critic, batch.observations, actions)[0]
    return {
        "imitation": (actions - batch.actions).square().mean((1, 2)),
        "q": -alpha * values.mean(1) / values.abs().mean(1).detach(),
    }


class MATD3BC(Learner):
    """Independent TD3+BC per agent, with the networks of the other baselines."""

    def __init__(self, spec: TaskSpec, config: Config, seeds: tuple[int, ...], device: torch.device) -> None:
        super().__init__(config, device)
        self.config, self.lanes = config, len(seeds) * spec.agents
        self.policy = MLP(spec.observation, config.hidden, spec.action, squash=True)
        self.critic = MLP(spec.observation + spec.action, config.hidden, 1)
        policy, critic = (initial_random(seeds, spec.agents, network) for network in (0, 1))
        self.add("policy", self.policy.init(policy), config.rate)
        self.add("critics", initial_twins(self.critic, critic), config.rate)
        for name in ("policy", "critics"):
            self.add(f"target {name}", self.networks[name].clone())
        self.add("statistics", initial_statistics(self.lanes, spec.observation))

    def update(self, batch: Transitions, random: LaneRandom) -> dict[str, Tensor]:
        """Critics; every `delay` updates the policy and the targets, too."""
        settings = self.config
        noise = settings.smoothing * random.normal(*batch.actions.shape[1:])
        track(self.networks["statistics"], batch.observations)
        target = self.target(batch, noise.clamp(-settings.smoothing_bound, settings.smoothing_bound))
        metrics = self.descend("critics", regression_loss, self.critic, batch, target, norm=settings.clip)
        if self.optimisers["critics"].steps % settings.delay == 0:
            critic = first_critic(self.networks["critics"], self.lanes)
            inputs = self.policy, self.critic, critic, batch, settings.alpha
            metrics |= self.descend("policy", policy_loss, *inputs, norm=settings.clip)
            for name in ("policy", "critics"):
                soft_update(self.networks[f"target {name}"], self.networks[name], settings.rho)
        return metrics

    @torch.no_grad()
    def target(self, batch: Transitions, noise: Tensor) -> Tensor:
        """TD3's target: the smaller target critic at the target policy's action, smoothed by noise."""
        actions = (self.policy(self.networks["target policy"], batch.next_observations) + noise).clamp(-1, 1)
        values = q_of(self.critic, self.networks["target critics"], batch.next_observations, actions)
        return td_target(batch, values, self.config.gamma)

    @torch.no_grad()
    def act(self, observations: Tensor, random: LaneRandom) -> Tensor:  # noqa: ARG002
        """The policy's action."""
        return self.policy(self.networks["policy"], observations, self.networks["statistics"])
