"""MADDPG (Lowe et al. 2017) for a team that chooses among discrete actions, shares one actor and is paid alike.

Equal pay makes every agent's critic the same function, so there is one; it sees all observations and choices as the
mean of what it makes of each agent's, so neither network grows with the team and one recipe serves all (our choice).
Gradients pass through choices by the straight-through Gumbel softmax, as in the paper's code for discrete actions.
"""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from quartet.nets.layers import initial_statistics
from quartet.nets.mlp import MLP
from quartet.nets.parameters import Adam, clip, initial_random, soft_update
from quartet.training import checkpoint

NEVER = -1e10  # the logit of a choice that is not legal


@dataclass(frozen=True)
class Config:
    """Everything about the learner that is not a size."""

    gamma: float = 0.95  # discount (Lowe et al., section 5)
    tau: float = 0.01  # share of the online networks in the targets per update (Lowe et al., section 5)
    rate: float = 3e-3  # Adam's rate (ours: at Lowe et al.'s .01 some teams unlearn, at .001 large teams learn nothing)
    reward_scale: float = 0.5  # rewards as the critic sees them, divided by the team's size (ours)
    clip_norm: float = 0.5  # longest gradient of one network (Lowe et al.'s code)
    logit_cost: float = 1e-3  # keeps choices random enough to explore: adds this times mean logit^2 (their code)


@dataclass(frozen=True)
class Minibatch:
    """B joint moments and what they led to."""

    observations: Tensor  # (B, N, observation)
    legal: Tensor  # (B, N, choices)
    actions: Tensor  # (B, N, choices) one-hot
    rewards: Tensor  # (B,) the team's
    next_observations: Tensor  # (B, N, observation)
    next_legal: Tensor  # (B, N, choices)
    ends: Tensor  # (B,) nothing came after


@dataclass(frozen=True)
class Pilot:
    """The shared actor: logits of choices from one drone's observation."""

    net: MLP
    parameters: Tensor  # (1, P)

    @torch.no_grad()
    def choose(self, observations: Tensor, legal: Tensor, generator: torch.Generator) -> Tensor:
        """One-hot choices (n, N, choices), drawn from the policy."""
        wished = masked(logits(self.net, self.parameters, observations), legal)
        return one_hot((wished + gumbel(wished, generator)).argmax(2), self.net.outputs).float()

    def save(self, path: Path) -> None:
        """Write the actor: tensors and numbers only."""
        sizes = {"inputs": self.net.inputs, "hidden": self.net.hidden, "outputs": self.net.outputs}
        checkpoint.save(path, {**sizes, "parameters": self.parameters})


def load_pilot(path: Path, device: str = "cpu") -> Pilot:
    """Read what `Pilot.save` wrote; anything else is one clear line."""
    state = checkpoint.load(path, device)
    with checkpoint.fitting(path, "holds no trained pilot", "delete it and train again"):
        pilot = Pilot(MLP(state["inputs"], state["hidden"], state["outputs"]), state["parameters"])
        logits(pilot.net, pilot.parameters, torch.zeros(1, 1, pilot.net.inputs, device=device))
    return pilot


class MADDPG:
    """The learner of one team."""

    def __init__(
        self, agents: int, observation: int, choices: int, hidden: int, config: Config, seed: int, device: str = "cpu"
    ) -> None:
        self.config, self.reward_scale = config, config.reward_scale / agents
        self.actor_net = MLP(observation, hidden, choices)
        self.embedding, self.head = MLP(observation + choices, hidden, hidden), MLP(hidden, hidden, 1)
        self.actor, self.embedded, self.headed = (
            net.init(initial_random([seed], 1, number)).to(device).requires_grad_()
            for number, net in enumerate((self.actor_net, self.embedding, self.head))
        )
        self.online = [self.actor, self.embedded, self.headed]
        self.targets = [network.detach().clone() for network in self.online]
        self.adams = [Adam(network, config.rate) for network in self.online]

    def pilot(self) -> Pilot:
        """The actor as it is now, to keep."""
        return Pilot(self.actor_net, self.actor.detach().clone())

    def slow_down(self, share: float) -> None:
        """Learn at this share of the first rate from now on."""
        for adam in self.adams:
            adam.rate = share * self.config.rate

    def update(self, batch: Minibatch, generator: torch.Generator) -> None:
        """One step of critic and actor, and of their targets."""
        self._descend(self.critic_loss(batch, generator), [1, 2])
        self._descend(self.actor_loss(batch, generator), [0])
        for target, network in zip(self.targets, self.online, strict=True):
            soft_update(target, network, self.config.tau)

    def critic_loss(self, batch: Minibatch, generator: torch.Generator) -> Tensor:
        """Lowe et al., Eq. 6: the squared error towards r + gamma Q'(x', a') with a' of the target actor."""
        actor, *critic = self.targets
        with torch.no_grad():
            chosen = Pilot(self.actor_net, actor).choose(batch.next_observations, batch.next_legal, generator)
            later = self.value(critic, batch.next_observations, chosen)
            wanted = self.reward_scale * batch.rewards + self.config.gamma * ~batch.ends * later
        return (self.value(self.online[1:], batch.observations, batch.actions) - wanted).square().mean()

    def actor_loss(self, batch: Minibatch, generator: torch.Generator) -> Tensor:
        """Lowe et al., Eq. 5, for a shared actor: -mean Q where all agents choose anew, and what logits cost."""
        wished = logits(self.actor_net, self.actor, batch.observations)
        held = masked(wished, batch.legal)
        soft = (held + gumbel(held, generator)).softmax(2)
        chosen = one_hot(soft.argmax(2), soft.shape[2]) + soft - soft.detach()  # the gradient is the soft choice's
        critic = [network.detach() for network in self.online[1:]]
        return self.config.logit_cost * wished.square().mean() - self.value(critic, batch.observations, chosen).mean()

    def value(self, critic: list[Tensor], observations: Tensor, actions: Tensor) -> Tensor:
        """Q(x, a_1, ..., a_N), (B,)."""
        embedded, headed = critic
        agents = apply(self.embedding, embedded, torch.cat([observations, actions], dim=2)).relu()
        return apply(self.head, headed, agents.mean(dim=1, keepdim=True))[:, 0, 0]

    def _descend(self, loss: Tensor, networks: list[int]) -> None:
        gradients = torch.autograd.grad(loss, [self.online[number] for number in networks])
        for number, gradient in zip(networks, gradients, strict=True):
            self.adams[number].step(clip(gradient, self.config.clip_norm))


def apply(net: MLP, parameters: Tensor, rows: Tensor) -> Tensor:
    """A network of one lane on (B, N, inputs), inputs as they are."""
    statistics = initial_statistics(1, net.inputs).to(rows.device)
    return net(parameters, rows.flatten(0, 1).unsqueeze(0), statistics).view(*rows.shape[:2], -1)


def logits(net: MLP, parameters: Tensor, observations: Tensor) -> Tensor:
    """What the actor wishes, (B, N, choices)."""
    return apply(net, parameters, observations)


def masked(wished: Tensor, legal: Tensor) -> Tensor:
    """Logits of legal choices; of all others so low that none is drawn."""
    return wished.masked_fill(~legal, NEVER)


def gumbel(like: Tensor, generator: torch.Generator) -> Tensor:
    """Gumbel noise: the highest of logits with it added is a draw from their softmax."""
    return -torch.empty_like(like).exponential_(generator=generator).log()
