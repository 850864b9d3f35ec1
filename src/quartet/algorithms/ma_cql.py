"""MA-CQL: each agent learns conservative twin critics (DOM2 Eq. 1) and a deterministic policy that climbs the first."""

from dataclasses import dataclass

import torch
from torch import Tensor

from quartet.algorithms.critics import (
    conservative_loss,
    first_critic,
    initial_twins,
    q_of,
    td_target,
)
from quartet.algorithms.learner import Learner, Settings
from quartet.data.transitions import Transitions
from quartet.nets.lanes import LaneRandom
from quartet.nets.layers import initial_statistics, track
from quartet.nets.mlp import MLP
from quartet.nets.parameters import Terms, initial_random, soft_update
from quartet.tasks.spec import TaskSpec


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Hyperparameters of MA-CQL."""

    hidden: int  # width of policy and critics
    gamma: float  # discount
    rho: float  # share of the online network in a target update
    rate: float  # Adam's learning rate, policy and critics
    clip: float  # largest gradient norm
    zeta: float  # weight of the conservative term
    uniform_actions: int  # actions in the conservative term's log sum exp
    action_penalty: float  # weight of the mean squared action in the policy's loss


def policy_loss(parameters: Tensor, policy: MLP, net: MLP, critic: Tensor, batch: Transitions, penalty: float) -> Terms:
    """- Q_1(o, pi(o)), and a small price on large actions."""
    actions = policy(parameters, batch.observations)
    return {
        "q": -q_of(net, critic, batch.observations, actions)[0].mean(1),
        "penalty": penalty * actions.square().mean((1, 2)),
    }


class MACQL(Learner):
    """Independent conservative Q-learning per agent."""

    def __init__(self, spec: TaskSpec, config: Config, seeds: tuple[int, ...], device: torch.device) -> None:
        super().__init__(config, device)
        self.config, self.lanes = config, len(seeds) * spec.agents
        self.policy = MLP(spec.observation, config.hidden, spec.action, squash=True, last_bound=3e-3)
        self.critic = MLP(spec.observation + spec.action, config.hidden, 1)
        policy, critic = (initial_random(seeds, spec.agents, network) for network in (0, 1))
        self.add("policy", self.policy.init(policy), config.rate)
        self.add("critics", initial_twins(self.critic, critic), config.rate)
        for name in ("policy", "critics"):
            self.add(f"target {name}", self.networks[name].clone())
        self.add("statistics", initial_statistics(self.lanes, spec.observation))

    def update(self, batch: Transitions, random: LaneRandom) -> dict[str, Tensor]:
        """Critics, policy, targets."""
        rows, size = batch.actions.shape[1:]
        uniform = 2 * random.uniform(self.config.uniform_actions, rows, size) - 1
        track(self.networks["statistics"], batch.observations)
        metrics = self.descend(
            "critics",
            conservative_loss,
            self.critic,
            batch,
            self.target(batch),
            uniform,
            self.config.zeta,
            norm=self.config.clip,
        )
        metrics |= self.improve(batch, random)
        for name in ("policy", "critics"):
            soft_update(self.networks[f"target {name}"], self.networks[name], self.config.rho)
        return metrics

    @torch.no_grad()
    def target(self, batch: Transitions) -> Tensor:
        """DOM2 Eq. 1's TD target, with both target networks."""
        actions = self.policy(self.networks["target policy"], batch.next_observations)
        values = q_of(self.critic, self.networks["target critics"], batch.next_observations, actions)
        return td_target(batch, values, self.config.gamma)

    def improve(self, batch: Transitions, random: LaneRandom) -> Terms:  # noqa: ARG002
        """One step of the policy."""
        critic = first_critic(self.networks["critics"], self.lanes)
        settings = self.config
        return self.descend(
            "policy",
            policy_loss,
            self.policy,
            self.critic,
            critic,
            batch,
            settings.action_penalty,
            norm=settings.clip,
        )

    @torch.no_grad()
    def act(self, observations: Tensor, random: LaneRandom) -> Tensor:  # noqa: ARG002
        """The policy's action."""
        return self.policy(self.networks["policy"], observations, self.networks["statistics"])
