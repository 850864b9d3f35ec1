"""DoF+VAE: DoF-Trajectory on what a variational autoencoder makes of every observation (DoF D.5, Table 18)."""

from dataclasses import dataclass
from math import ceil

import torch
from torch import Tensor

from quartet.algorithms import planner
from quartet.data.windows import Windows
from quartet.nets.lanes import LaneRandom
from quartet.nets.parameters import Terms, initial_random
from quartet.nets.vae import VAE
from quartet.tasks.spec import TaskSpec


@dataclass(frozen=True, kw_only=True)
class Config(planner.Config):
    """Hyperparameters of DoF+VAE."""

    latent: float  # share of an observation's numbers that its latent vector has
    kl: float  # weight of the divergence from N(0, I)

    def channels(self, observation: int) -> int:
        """Numbers of a latent vector."""
        return ceil(self.latent * observation)

    def told(self, agents: int) -> int:  # noqa: ARG002
        """None: whose a frame is is mixed into its latent vector with all else."""
        return 0


class DoFVAE(planner.Planner):
    """The autoencoder, one for all agents of a seed, learns beside the planner, which takes its latents as given."""

    config: Config

    def __init__(self, spec: TaskSpec, config: Config, seeds: tuple[int, ...], device: torch.device) -> None:
        super().__init__(spec, config, seeds, device)
        self.vae = VAE(self.model.inverse.observation, self.observation, config.hidden)
        self.add("vae", self.vae.init(initial_random(seeds, 1, 4)), config.rate)

    def update(self, batch: Windows, random: LaneRandom) -> dict[str, Tensor]:
        """One step of the autoencoder, one of the planner."""
        seen = batch.observations.flatten(1, 3)
        noise = random.normal(seen.shape[1] // self.agents, self.observation).view(len(seen), -1, self.observation)
        values = self.descend("vae", self.vae_terms, seen, noise, norm=planner.UNCLIPPED)
        of_agents = {name: value.repeat_interleave(self.agents) for name, value in values.items()}
        return of_agents | super().update(batch, random)

    def vae_terms(self, parameters: Tensor, seen: Tensor, noise: Tensor) -> Terms:
        """The autoencoder's loss over observations (S, R, o) with noise (S, R, latent)."""
        return self.vae.terms(self.vae.unpack(parameters), seen, noise, self.config.kl)

    @torch.no_grad()
    def encode(self, observations: Tensor) -> Tensor:
        """Half the mean latent of observations (S, ..., o): the planner's data have deviation one half."""
        mean, _ = self.vae.encode(self.vae.unpack(self.networks["vae"]), observations.flatten(1, -2))
        return mean.view(*observations.shape[:-1], -1) / 2

    def decode(self, latents: Tensor) -> Tensor:
        """The observations of planned latents (S, ..., latent)."""
        decoded = self.vae.decode(self.vae.unpack(self.networks["vae"]), 2 * latents.flatten(1, -2))
        return decoded.view(*latents.shape[:-1], -1)
