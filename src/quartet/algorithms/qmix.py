"""QMIX (Rashid et al. 2018): agents' recurrent Q, mixed monotonically into the team's, learned by double Q-learning."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from quartet.algorithms import sequence_learner
from quartet.algorithms.sequence_learner import SequenceLearner, mean_of, of_choices
from quartet.data.episodes import Episodes
from quartet.data.sequences import Sequences, SequenceSampler
from quartet.errors import QuartetError, unknown
from quartet.nets.lanes import LaneRandom
from quartet.nets.mixer import Mixer, Mixing
from quartet.nets.parameters import Terms, initial_random, soft_update
from quartet.tasks.spec import TaskSpec, chosen

CONTEXTS = ("state", "observations")


@dataclass(frozen=True, kw_only=True)
class Config(sequence_learner.Config):
    """Hyperparameters of QMIX."""

    gamma: float  # discount
    reward_scale: float  # what rewards are multiplied by
    target_every: int  # updates from one change of the targets to the next
    rho: float  # share of the online networks in such a change; 1 copies them
    td_lambda: float  # weight of longer returns in the targets, Peng's Q(lambda); 0: one step
    embed: int  # hidden units of the mixing network
    hyper: int  # hidden units of its hypernetworks
    context: str  # one of CONTEXTS: what the hypernetworks see; tasks without a state have the observations alone


@dataclass(frozen=True)
class Valued:
    """What the online networks say of a batch."""

    values: Tensor  # (S, T + 1, B, N, choices) every agent's Q
    mixing: Mixing  # of all T B steps
    total: Tensor  # (S, T, B) Q_tot of the choices made


class QMIX(SequenceLearner):
    """Value decomposition; acts greedily by each agent's own Q."""

    actor = "values"
    config: Config

    def __init__(self, spec: TaskSpec, config: Config, seeds: tuple[int, ...], device: torch.device) -> None:
        super().__init__(spec, config, seeds, device)
        if config.context not in CONTEXTS:
            raise unknown("context", config.context, CONTEXTS)
        self.stateful = bool(spec.state) and config.context == "state"
        seen = spec.state if self.stateful else spec.agents * spec.observation
        self.mixer = Mixer(spec.agents, seen, config.embed, config.hyper)
        self.add("values", self.start(0), config.rate)
        self.add("mixer", self.mixer.init(initial_random(seeds, 1, 1)), config.rate)
        for name in ("values", "mixer"):
            self.add(f"target {name}", self.networks[name].clone())

    def sampler(self, episodes: Episodes, weights: NDArray[np.float64]) -> SequenceSampler:
        """What this algorithm is trained with; the mixing needs the state unless it makes do with the observations."""
        if self.stateful and episodes.state is None:
            mend = "use a variant whose context is the observations"
            raise QuartetError("the dataset holds no global state", where=episodes.quality, mend=mend)
        return super().sampler(episodes, weights)

    def update(self, batch: Sequences, random: LaneRandom) -> dict[str, Tensor]:
        """One step of values and mixer, and of the targets where it is their turn."""
        names = ("values", "mixer")
        metrics = self.descend_all(names, self.losses, batch, random, norm=self.config.clip)
        if self.optimisers["values"].steps % self.config.target_every == 0:
            for name in names:
                soft_update(self.networks[f"target {name}"], self.networks[name], self.config.rho)
        return self.for_every_agent(metrics)

    def losses(self, values: Tensor, mixer: Tensor, batch: Sequences, random: LaneRandom) -> Terms:  # noqa: ARG002
        """Half the squared error of Q_tot, QMIX Eq. 6."""
        return {"td": self.td_loss(self.value(values, mixer, batch), batch)}

    def value(self, values: Tensor, mixer: Tensor, batch: Sequences) -> Valued:
        """Every agent's Q of all choices, and the team's of those made."""
        own = self.net(values, batch.observations)
        mixing = self.mixer(mixer, self.context(batch)[:, :-1].flatten(1, 2))
        made = of_choices(own, batch.choices)[:, :-1]
        return Valued(own, mixing, mixing(made.flatten(1, 2).unsqueeze(2)).view(batch.rewards.shape))

    def td_loss(self, valued: Valued, batch: Sequences) -> Tensor:
        """E (y - Q_tot)^2 / 2 over the steps of which the data show what came next, (S,)."""
        return 0.5 * mean_of((self.target(valued, batch) - valued.total).square(), batch.known)

    @torch.no_grad()
    def target(self, valued: Valued, batch: Sequences) -> Tensor:
        """y = r + gamma (1 - terminal) ((1 - lambda) V' + lambda y'), (S, T, B); at a sequence's end, V' alone."""
        following, discount = self.following(valued, batch), self.config.gamma * (1 - batch.terminals)
        rewards = self.config.reward_scale * batch.rewards
        target = rewards + discount * following
        longer = self.config.td_lambda * batch.known
        for step in reversed(range(rewards.shape[1] - 1 if self.config.td_lambda else 0)):
            mixed = torch.lerp(following[:, step], target[:, step + 1], longer[:, step + 1])
            target[:, step] = rewards[:, step] + discount[:, step] * mixed
        return target

    def following(self, valued: Valued, batch: Sequences) -> Tensor:
        """V' = Qbar_tot(s', argmax Q), (S, T, B): the online values choose, the targets say what that is worth."""
        own = self.net(self.networks["target values"], batch.observations)
        best = of_choices(own, chosen(valued.values, self.allowed(batch)))
        return self.target_total(best[:, 1:], batch)

    def target_total(self, values: Tensor, batch: Sequences) -> Tensor:
        """Qbar_tot (S, T, B) of the agents' Q (S, T, B, N) in the frames after each step."""
        mixing = self.mixer(self.networks["target mixer"], self.context(batch)[:, 1:].flatten(1, 2))
        return mixing(values.flatten(1, 2).unsqueeze(2)).view(batch.rewards.shape)

    def allowed(self, batch: Sequences) -> Tensor:
        """The choices among which the next one is sought, (S, T + 1, B, N, choices): all that are legal."""
        return batch.legal

    def context(self, batch: Sequences) -> Tensor:
        """What the hypernetworks see, (S, T + 1, B, context)."""
        if self.stateful and batch.states is not None:
            return batch.states
        return batch.observations.flatten(3)
