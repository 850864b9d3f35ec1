"""EAQ's diffusion model (section 3.2): from a noised episode the episode itself, guided towards a higher Q_tot.

One lane a subset of the data. Trainings of other weights of the guidance see the same random numbers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from quartet.augmentation.tensor import VALUE
from quartet.diffusion import schedule
from quartet.diffusion.samplers import SAMPLERS, noise_of, strided
from quartet.nets.ema import Ema
from quartet.nets.lanes import LaneRandom
from quartet.nets.parameters import Adam, Terms, initial_random, restore, terms_and_gradient
from quartet.nets.unet import Part, TemporalUNet


@dataclass(frozen=True)
class Config:
    """Sizes and hyperparameters, as config/augmentations/eaq.yaml and the scale have them."""

    width: int  # channels at full length
    multipliers: tuple[int, ...]  # channels at each length of time, in widths
    visited: float  # share of the K levels that sampling visits
    average_start: int  # the update from which the average is more than a copy
    average_decay: float  # what the average keeps at a step
    rate: float  # Adam's learning rate
    guidance: float  # lambda, weight of the Q_tot loss
    steps: int  # K, levels of diffusion
    schedule: str  # of the noise
    sampler: str  # how episodes are generated

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> "Config":
        """What of the values is the model's."""
        own = {name: values[name] for name in cls.__dataclass_fields__}
        return cls(**{**own, "multipliers": tuple(own["multipliers"])})


class EpisodeModel:
    """f(tau_k, k), Conv1D over time, for every subset.

    The network is narrower than an episode has features and could not pass all of them on. So f is what it adds to the
    best guess that looks at every entry alone, in units of what that guess leaves open (as Karras et al. 2022 do).
    """

    def __init__(self, episodes: Tensor, config: Config, device: str | torch.device) -> None:
        self.config, self.shape = config, episodes.shape[2:]
        self.net = TemporalUNet(self.shape[1], config.width, config.multipliers, full_skip=True)
        deviation, self._mean = torch.std_mean(episodes.to(device), dim=1, keepdim=True, correction=0)  # (S, 1, T, F)
        self._variance = deviation.square()
        self.schedule = schedule(config.schedule, config.steps)
        self._alphas = torch.tensor(self.schedule.alphas, device=device)
        self._sigmas = torch.tensor(self.schedule.sigmas, device=device)
        self.online = self.net.init(initial_random(range(len(episodes)), agents=1)).to(device)
        self.average = self.online.clone()
        self._adam, self._updates = Adam(self.online, config.rate), 0
        self._ema = Ema(config.average_decay, config.average_start, every=1)

    def update(self, episodes: Tensor, random: LaneRandom) -> dict[str, Tensor]:
        """One gradient update of every lane from episodes (L, B, T, F)."""
        levels = 1 + (random.uniform(episodes.shape[1]) * self.config.steps).long().clamp(max=self.config.steps - 1)
        noise = random.normal(*episodes.shape[1:])
        values, gradient = terms_and_gradient(self.terms, self.online, episodes, levels, noise)
        self._adam.step(gradient)
        self._updates += 1
        self._ema.update(self._updates, self.average, self.online)
        return values

    def terms(self, parameters: Tensor, episodes: Tensor, levels: Tensor, noise: Tensor) -> Terms:
        """|tau_0 - f(tau_k, k)|^2 + lambda [max_B Q(tau_0) - Q(f(tau_k, k))]_+ (Eq. 5), the square a mean over entries.

        Q is the mean of the row Q_tot over all T columns, padding with them, as the equation has it.
        """
        alphas, sigmas = self._at(levels)
        predicted = self.clean(self.net.unpack(parameters), alphas * episodes + sigmas * noise, levels)
        highest = episodes[..., VALUE].mean(2).amax(1, keepdim=True)
        lacking = (highest - predicted[..., VALUE].mean(2)).clamp(min=0).mean(1)
        return {"diffusion": (predicted - episodes).square().mean((1, 2, 3)), "q": self.config.guidance * lacking}

    def clean(self, part: Part, noised: Tensor, levels: Tensor) -> Tensor:
        """The episodes (L, R, T, F) that are seen in noised ones, at levels (L, R)."""
        nothing = torch.zeros(levels.shape, device=noised.device)  # the network's place for a condition stays empty
        added = self.net(part, noised, self.net.embed(part, levels, nothing, nothing))
        (alphas, sigmas), mean, variance = self._at(levels), self._mean, self._variance
        total = alphas.square() * variance + sigmas.square()
        guess = mean + alphas * variance / total * (noised - alphas * mean)
        return guess + (variance / total).sqrt() * sigmas * added

    @torch.no_grad()
    def generate(self, rows: int, random: LaneRandom) -> Tensor:
        """Episodes (S, rows, T, F) from the averaged networks; all within -1 and 1."""
        part, shape = self.net.unpack(self.average), (rows, *self.shape)

        def noise(sample: Tensor, level: int) -> Tensor:
            levels = torch.full(sample.shape[:2], level, device=sample.device)
            return noise_of(self.clean(part, sample, levels), sample, self.schedule, level)

        visited = max(1, round(self.config.visited * self.config.steps))
        return SAMPLERS[self.config.sampler](
            noise,
            random.normal(*shape),
            self.schedule,
            draw=lambda: random.normal(*shape),
            steps=strided(self.config.steps, visited),
            clip=1.0,
        )

    def _at(self, levels: Tensor) -> tuple[Tensor, Tensor]:
        """alpha and sigma of levels (L, R), each (L, R, 1, 1)."""
        return self._alphas[levels][..., None, None], self._sigmas[levels][..., None, None]

    def state_dict(self) -> dict[str, Any]:
        """Parameters, average and moments."""
        moments = self._adam.state_dict()
        return {
            "online": self.online.clone(),
            "average": self.average.clone(),
            "adam": moments,
            "updates": self._updates,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from `state_dict`."""
        restore(self.online, state["online"], "parameters")
        restore(self.average, state["average"], "average")
        self._adam.load_state_dict(state["adam"])
        self._updates = int(state["updates"])


class EpisodeSampler:
    """Episodes drawn uniformly: every lane from its own subset."""

    def __init__(self, episodes: Tensor) -> None:
        self._episodes = episodes  # (S, E, T, F)
        self._subset = torch.arange(len(episodes), device=episodes.device)[:, None]

    def sample(self, random: LaneRandom, batch: int) -> Tensor:
        """`batch` episodes for every lane, (L, B, T, F)."""
        count = self._episodes.shape[1]
        return self._episodes[self._subset, (random.uniform(batch) * count).long().clamp(max=count - 1)]
