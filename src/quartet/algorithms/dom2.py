"""DOM2: a diffusion policy that matches the data (Eq. 3) and climbs conservative critics (Eq. 1) through its solver."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from quartet.algorithms.critics import conservative_loss, first_critic, initial_twins, q_of, td_target
from quartet.algorithms.diffusion_policy import DiffusionPolicy, NoiseNetwork
from quartet.algorithms.learner import Learner, Settings, per_lane
from quartet.data.transitions import Transitions
from quartet.errors import unknown
from quartet.nets.lanes import LaneRandom
from quartet.nets.mlp import MLP
from quartet.nets.noise_mlp import MLPNoise
from quartet.nets.parameters import Terms, initial_random, soft_update
from quartet.nets.residual import ResidualNoise
from quartet.tasks.spec import TaskSpec


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Hyperparameters of DOM2."""

    LANEABLE: ClassVar[frozenset[str]] = Settings.LANEABLE | {"eta"}

    hidden: int  # width of the critics
    noise_widths: tuple[int, int, int]  # widths of the noise network's blocks
    gamma: float  # discount
    rho: float  # share of the online network in a target update
    policy_rate: float  # Adam's learning rate, noise network
    critic_rate: float  # Adam's learning rate, critics
    clip: float  # largest gradient norm
    zeta: float  # weight of the conservative term
    uniform_actions: int  # actions in the conservative term's log sum exp
    eta: float | tuple[float, ...]  # weight of the Q-loss
    matching_weight: float  # weight of the diffusion loss, L_bc
    dropout: float  # dropout rate in the residual blocks
    steps: int  # N, solver steps
    schedule: str  # one of diffusion.SCHEDULES
    sampler: str  # "dpm-solver" or "ddpm"
    noise_network: str  # "residual" or "mlp"


@dataclass(frozen=True)
class Noise:
    """All random numbers of one update, drawn before anything is computed."""

    uniform: Tensor  # (L, S, B, a) actions of the conservative term
    next_start: Tensor  # (L, B, a) where the target policy's solver starts; DDPM's steps draw, too: (L, N, B, a)
    levels: Tensor  # (L, B) diffusion steps of Eq. 3
    epsilon: Tensor  # (L, B, a) noise of Eq. 3
    start: Tensor  # the same for the policy
    keep: tuple[Tensor, ...]  # dropout masks (L, B, units): Eq. 3's, then one per solver step


def policy_loss(
    parameters: Tensor,
    policy: DiffusionPolicy,
    net: MLP,
    critic: Tensor,
    batch: Transitions,
    noise: Noise,
    eta: float | Tensor,
    weight: float = 1.0,
) -> Terms:
    """DOM2 Eq. 5: L_bc - eta / E|Q(o, a)| E Q(o, a_0), with a_0 from the solver; Q is the first critic.

    `weight` is that of L_bc: 0 for Figure 6's ablation, else 1.
    """
    matching = policy.matching_loss(parameters, batch, noise.levels, noise.epsilon, noise.keep[0])
    actions = policy.generate(parameters, batch.observations, noise.start, noise.keep[1:])
    # The paper divides by E Q itself; rewards may be negative, so its magnitude, as Diffusion-QL does.
    scale = q_of(net, critic, batch.observations, batch.actions)[0].abs().mean(1).detach()
    value = q_of(net, critic, batch.observations, actions)[0].mean(1)
    return {"matching": weight * matching, "q": -eta * value / scale}


def noise_network(spec: TaskSpec, config: Config) -> NoiseNetwork:
    """DOM2's residual network, or the plain MLP that Figure 6 puts in its place."""
    if config.noise_network == "residual":
        return ResidualNoise(spec.observation, spec.action, config.noise_widths, config.dropout)
    if config.noise_network == "mlp":
        return MLPNoise(spec.observation, spec.action, config.hidden)
    raise unknown("noise_network", config.noise_network, ["residual", "mlp"])


class DOM2(Learner):
    """Diffusion Offline Multi-agent Model, one independent learner per agent."""

    def __init__(self, spec: TaskSpec, config: Config, seeds: tuple[int, ...], device: torch.device) -> None:
        super().__init__(config, device)
        self.config, self.lanes = config, len(seeds) * spec.agents
        self.eta = per_lane(config.eta, self.lanes, device)
        net = noise_network(spec, config)
        self.policy = DiffusionPolicy(net, config.steps, config.schedule, device, config.sampler)
        self.critic = MLP(spec.observation + spec.action, config.hidden, 1, activation="mish")
        policy, critic = (initial_random(seeds, spec.agents, network) for network in (0, 1))
        self.add("policy", self.policy.net.init(policy), config.policy_rate)
        self.add("critics", initial_twins(self.critic, critic), config.critic_rate)
        for name in ("policy", "critics"):
            self.add(f"target {name}", self.networks[name].clone())
        self.critic_loss, self.policy_loss = self.compiled(conservative_loss), self.compiled(policy_loss)
        self.target = self.compiled(self.td_target)

    def draw(self, batch: Transitions, random: LaneRandom) -> Noise:
        """The random numbers of one update."""
        rows, size = batch.actions.shape[1:]
        mask = (rows, self.policy.net.units)
        return Noise(
            uniform=2 * random.uniform(self.config.uniform_actions, rows, size) - 1,
            next_start=self.policy.draw_start(random, rows),
            levels=self.policy.draw_levels(random, rows),
            epsilon=random.normal(rows, size),
            start=self.policy.draw_start(random, rows),
            keep=tuple(random.keep(*mask, dropped=self.config.dropout) for _ in range(self.config.steps + 1)),
        )

    def update(self, batch: Transitions, random: LaneRandom) -> dict[str, Tensor]:
        """Algorithm 2, lines 5-8: critics, policy, targets."""
        settings, noise = self.config, self.draw(batch, random)
        with torch.no_grad():
            target = self.target(batch, noise)
        metrics = self.descend(
            "critics",
            self.critic_loss,
            self.critic,
            batch,
            target,
            noise.uniform,
            settings.zeta,
            norm=settings.clip,
        )
        critic = first_critic(self.networks["critics"], self.lanes)
        metrics |= self.descend(
            "policy",
            self.policy_loss,
            self.policy,
            self.critic,
            critic,
            batch,
            noise,
            self.eta,
            settings.matching_weight,
            norm=settings.clip,
        )
        for name in ("policy", "critics"):
            soft_update(self.networks[f"target {name}"], self.networks[name], settings.rho)
        return metrics

    def td_target(self, batch: Transitions, noise: Noise) -> Tensor:
        """Eq. 1's TD target; the target policy acts as in evaluation, without dropout."""
        actions = self.policy.generate(self.networks["target policy"], batch.next_observations, noise.next_start)
        values = q_of(self.critic, self.networks["target critics"], batch.next_observations, actions)
        return td_target(batch, values, self.config.gamma)

    @torch.no_grad()
    def act(self, observations: Tensor, random: LaneRandom) -> Tensor:
        """One sample of the diffusion policy."""
        start = self.policy.draw_start(random, observations.shape[1])
        return self.policy.generate(self.networks["policy"], observations, start)
