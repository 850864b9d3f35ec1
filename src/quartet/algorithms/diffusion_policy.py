"""The diffusion policy of MA-SfBC and DOM2: noise network, schedule and sampler, and the loss that fits it to data."""

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from quartet.data.transitions import Transitions
from quartet.diffusion import ancestral, schedule, solve
from quartet.errors import unknown
from quartet.nets.lanes import LaneRandom
from quartet.nets.residual import time_features

SAMPLERS = ("dpm-solver", "ddpm")


class NoiseNetwork(Protocol):
    """eps(action, observation, time): what `ResidualNoise` and `MLPNoise` both answer."""

    @property
    def action(self) -> int:
        """Size of an action."""

    @property
    def units(self) -> int:
        """Units that a dropout mask covers."""

    def init(self, random: LaneRandom) -> Tensor:
        """First parameters (L, P)."""

    def unpack(self, parameters: Tensor) -> dict[str, Tensor]:
        """Name the parts of parameters (L, P)."""

    def condition(self, part: dict[str, Tensor], observations: Tensor) -> Tensor:
        """The observation's share of the embedding, (L, B, embedding)."""

    def times(self, part: dict[str, Tensor], features: Tensor) -> Tensor:
        """The times' share of the embedding, (L, T, embedding)."""

    def __call__(self, part: dict[str, Tensor], actions: Tensor, embedded: Tensor, keep: Tensor | None) -> Tensor:
        """The noise in actions (L, B, action), given condition + time."""


class DiffusionPolicy:
    """An architecture like MLP: it holds sizes and constants, the parameters (L, P) are passed to every call."""

    def __init__(
        self, net: NoiseNetwork, steps: int, name: str, device: torch.device, sampler: str = "dpm-solver"
    ) -> None:
        self.net = net
        if sampler not in SAMPLERS:
            raise unknown("sampler", sampler, SAMPLERS)
        self.sampler, self.schedule = sampler, schedule(name, steps)
        times = torch.arange(steps + 1) / steps
        self.features = time_features(times).to(device)
        self.alphas, self.sigmas = (
            torch.tensor(values, device=device) for values in (self.schedule.alphas, self.schedule.sigmas)
        )

    def draw_start(self, random: LaneRandom, rows: int) -> Tensor:
        """All that generating draws: where it starts, (L, rows, a); for DDPM every step's numbers, (L, N, rows, a)."""
        if self.sampler == "ddpm":
            return random.normal(self.schedule.steps, rows, self.net.action)
        return random.normal(rows, self.net.action)

    def draw_levels(self, random: LaneRandom, batch: int) -> Tensor:
        """Diffusion steps i of a batch, (L, B), uniform on 1..N.

        Eq. 3 also names i = 0, where nothing is noised: there is no noise to find, and the solver never asks there.
        """
        return (random.uniform(batch) * self.schedule.steps).long().clamp(max=self.schedule.steps - 1) + 1

    def matching_loss(
        self, parameters: Tensor, batch: Transitions, levels: Tensor, epsilon: Tensor, keep: Tensor | None
    ) -> Tensor:
        """DOM2 Eq. 3, (L,): E |eps - eps_theta(alpha_tau a + sigma_tau eps, o, tau)|^2."""
        part = self.net.unpack(parameters)
        # A one-hot product instead of indexing: its backward pass is a matrix product, not a scatter.
        times = one_hot(levels, self.schedule.steps + 1).to(epsilon) @ self.net.times(part, self.features)
        noised = self.alphas[levels, None] * batch.actions + self.sigmas[levels, None] * epsilon
        predicted = self.net(part, noised, self.net.condition(part, batch.observations) + times, keep)
        return (epsilon - predicted).square().sum(2).mean(1)

    def generate(
        self, parameters: Tensor, observations: Tensor, start: Tensor, keep: Sequence[Tensor] | None = None
    ) -> Tensor:
        """Actions from `draw_start` by the solver (DOM2 Eq. 4), differentiable; keep[i - 1] at step i.

        `start` may hold S actions per observation, S B rows with B varying fastest, which share the observation's part.
        Actions are brought into [-1, 1], where the tasks and the critics live.
        """
        part = self.net.unpack(parameters)
        times = self.net.times(part, self.features)
        condition = self.net.condition(part, observations).repeat(1, start.shape[-2] // observations.shape[1], 1)

        def noise(actions: Tensor, index: int) -> Tensor:
            dropped = None if keep is None else keep[index - 1]
            return self.net(part, actions, condition + times[:, index : index + 1], dropped)

        if self.sampler == "ddpm":
            first, *fresh = start.unbind(1)
            return ancestral.sample(noise, first, fresh, self.schedule).clamp(-1, 1)
        return solve(noise, start, self.schedule).clamp(-1, 1)
