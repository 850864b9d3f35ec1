"""DoF-Policy: Diffusion-QL for teams, the agents' noises mixed by f at every step, their actions by h (DoF C.4)."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from quartet.algorithms.critics import drawn_candidate, initial_twins, td_target
from quartet.algorithms.factorization import factorization
from quartet.algorithms.factorized_policy import FactorizedPolicy
from quartet.algorithms.learner import Learner, Settings, per_lane
from quartet.data.transitions import Transitions
from quartet.diffusion import schedule
from quartet.errors import unknown
from quartet.nets.ema import Ema
from quartet.nets.lanes import LaneRandom
from quartet.nets.noise_mlp import MLPNoise
from quartet.nets.parameters import Terms, initial_random, soft_update
from quartet.nets.plain_mlp import PlainMLP
from quartet.tasks.spec import TaskSpec

GRADIENTS = ("live", "detached")
POLICY = ("policy", "noise factorization", "data factorization")  # theta_tot: the agents' networks, f and h


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Hyperparameters of DoF-Policy."""

    LANEABLE: ClassVar[frozenset[str]] = Settings.LANEABLE | {"eta"}
    SAMPLER: ClassVar[str] = "teams"

    hidden: int  # width of noise networks and critics
    gamma: float  # discount
    rho: float  # share of the online critics in a target update
    policy_rate: float  # Adam's learning rate, noise networks, f and h
    critic_rate: float  # Adam's learning rate, critics
    clip: float  # largest gradient norm of one network
    eta: float | tuple[float, ...]  # weight of the Q-loss
    q_gradient: str  # "live", or "detached": the policy never follows Q
    steps: int  # K, diffusion steps
    schedule: str  # one of diffusion.SCHEDULES
    noise_factorization: str  # f, one of FACTORIZATIONS
    data_factorization: str  # h, one of FACTORIZATIONS
    candidates: int  # samples among which acting chooses by softmax(Q); 1: no choice
    ema_decay: float  # of the average policy, whose actions the TD targets take
    ema_start: int  # update from which it is an average; before, a copy
    ema_every: int  # updates between two moves of it


@dataclass(frozen=True)
class Noise:
    """All random numbers of one update, drawn before anything is computed."""

    next_path: Tensor  # (L, K, B, a) the start and the steps of sampling next actions
    levels: Tensor  # (S, B) diffusion steps k, one for the whole team (Algorithm 1)
    epsilon: Tensor  # (L, B, a) the forward process's noise
    path: Tensor  # (L, K, B, a) the start and the steps of sampling the policy's actions
    first: Tensor  # (L, 1) 1 where the first critic is climbed and the second measures its size, else 0


def twin_q(net: PlainMLP, parameters: Tensor, observations: Tensor, actions: Tensor) -> Tensor:
    """Both critics' Q, (2, L, B)."""
    pairs = torch.cat([observations, actions], dim=2)
    return net(parameters, pairs.repeat(2, 1, 1)).view(2, *pairs.shape[:2])


def critic_loss(parameters: Tensor, net: PlainMLP, batch: Transitions, target: Tensor) -> Terms:
    """Both critics' squared TD error, as Diffusion-QL's."""
    values = twin_q(net, parameters, batch.observations, batch.actions)
    return {"td": (values - target).square().mean(2).sum(0)}


def policy_loss(
    policy: Tensor,
    noise_factorization: Tensor,
    data_factorization: Tensor,
    sampler: FactorizedPolicy,
    net: PlainMLP,
    critics: Tensor,
    batch: Transitions,
    noise: Noise,
    eta: float | Tensor,
    live: bool = True,
) -> Terms:
    """DoF Eq. C.55, C.56: |eps - eps_tot|^2 - eta / E|Q'(o, a_0)| E Q(o, a_0).

    Q and Q' are the two critics, in an order drawn at every update. Unless `live` the Q-loss has no gradient, as in
    DoF's released code, and what is left is behaviour cloning.
    """
    networks = (policy, noise_factorization, data_factorization)
    matching = sampler.matching_loss(policy, noise_factorization, batch, noise.levels, noise.epsilon)
    actions = sampler.generate(networks, batch.observations, noise.path)
    values = twin_q(net, critics, batch.observations, actions if live else actions.detach())
    # The paper divides by E Q itself; rewards may be negative, so by the other critic's size, as Diffusion-QL does.
    climbed = torch.lerp(values[1], values[0], noise.first).mean(1)
    size = torch.lerp(values[0], values[1], noise.first).abs().mean(1).detach()
    return {"matching": matching, "q": -eta * climbed / size}


def architecture(spec: TaskSpec, config: Config, device: torch.device) -> FactorizedPolicy:
    """The policy that the settings name; QMix's hypernetworks, if any, see the team's observations."""
    if config.q_gradient not in GRADIENTS:
        raise unknown("q_gradient", config.q_gradient, GRADIENTS)
    f, h = (
        factorization(kind, name, spec.agents, spec.action, context=spec.agents * spec.observation)
        for kind, name in (
            ("noise_factorization", config.noise_factorization),
            ("data_factorization", config.data_factorization),
        )
    )
    net = MLPNoise(spec.observation, spec.action, config.hidden)
    return FactorizedPolicy(net, f, h, schedule(config.schedule, config.steps), device)


class DoFPolicy(Learner):
    """One noise network and twin critics per agent, joined by f and h."""

    def __init__(self, spec: TaskSpec, config: Config, seeds: tuple[int, ...], device: torch.device) -> None:
        super().__init__(config, device)
        self.config, self.count = config, len(seeds) * spec.agents
        self.eta = per_lane(config.eta, self.count, device)
        self.policy = architecture(spec, config, device)
        self.critic = PlainMLP(spec.observation + spec.action, config.hidden, 1)
        self.ema = Ema(config.ema_decay, config.ema_start, config.ema_every)
        policy, critic = (initial_random(seeds, spec.agents, network) for network in (0, 1))
        mixer, last = (initial_random(seeds, 1, network) for network in (2, 3))
        initial = self.policy.net.init(policy), self.policy.f.init(mixer), self.policy.h.init(last)
        for name, parameters in zip(POLICY, initial, strict=True):
            self.add(name, parameters, config.policy_rate)
            self.add(f"average {name}", parameters.clone())
        self.add("critics", initial_twins(self.critic, critic), config.critic_rate)
        self.add("target critics", self.networks["critics"].clone())

    def draw(self, batch: Transitions, random: LaneRandom) -> Noise:
        """The random numbers of one update."""
        rows, size = batch.actions.shape[1:]
        return Noise(
            next_path=self.policy.draw_path(random, rows),
            levels=self.policy.draw_levels(random, rows),
            epsilon=random.normal(rows, size),
            path=self.policy.draw_path(random, rows),
            first=(random.uniform(1) < 0.5).float(),
        )

    def update(self, batch: Transitions, random: LaneRandom) -> dict[str, Tensor]:
        """Algorithm 4: critics, policy, targets."""
        settings, noise = self.config, self.draw(batch, random)
        metrics = self.descend(
            "critics", critic_loss, self.critic, batch, self.target(batch, noise), norm=settings.clip
        )
        metrics |= self.descend_all(
            POLICY,
            policy_loss,
            self.policy,
            self.critic,
            self.networks["critics"],
            batch,
            noise,
            self.eta,
            settings.q_gradient == "live",
            norm=settings.clip,
        )
        soft_update(self.networks["target critics"], self.networks["critics"], settings.rho)
        for name in POLICY:
            self.ema.update(self.optimisers["policy"].steps, self.networks[f"average {name}"], self.networks[name])
        return metrics

    @torch.no_grad()
    def target(self, batch: Transitions, noise: Noise) -> Tensor:
        """r + gamma min_k Qbar_k(o', a'), with a' from the average policy."""
        networks = tuple(self.networks[f"average {name}"] for name in POLICY)
        actions = self.policy.generate(networks, batch.next_observations, noise.next_path)
        values = twin_q(self.critic, self.networks["target critics"], batch.next_observations, actions)
        return td_target(batch, values, self.config.gamma)

    @torch.no_grad()
    def act(self, observations: Tensor, random: LaneRandom) -> Tensor:
        """One sample of every agent's policy, or one of its candidates drawn with probability softmax(min_k Q_k)."""
        count, (_, rows, _) = self.config.candidates, observations.shape
        networks = tuple(self.networks[name] for name in POLICY)
        path = self.policy.draw_path(random, count * rows)
        actions = self.policy.generate(networks, observations, path, acting=True)
        if count == 1:
            return actions
        values = twin_q(self.critic, self.networks["critics"], observations.repeat(1, count, 1), actions).amin(0)
        choice = actions.view(-1, count, rows, actions.shape[2]), values.view(-1, count, rows).softmax(1)
        return drawn_candidate(*choice, random.uniform(rows))
