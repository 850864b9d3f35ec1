"""The diffusion policy of MA-SfBC and DOM2: noise network, schedule and solver, and the loss that fits it to data."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from quartet.data.transitions import Transitions
from quartet.diffusion import schedule, solve
from quartet.nets.lanes import LaneRandom
from quartet.nets.residual import ResidualNoise, time_features
from quartet.tasks.spec import TaskSpec


class DiffusionPolicy:
    """An architecture like MLP: it holds sizes and constants, the parameters (L, P) are passed to every call."""

    def __init__(
        self, spec: TaskSpec, widths: Sequence[int], dropout: float, steps: int, name: str, device: torch.device
    ) -> None:
        wide, middle, narrow = widths
        self.net = ResidualNoise(spec.observation, spec.action, (wide, middle, narrow), dropout)
        self.schedule = schedule(name, steps)
        times = torch.arange(steps + 1) / steps
        self.features = time_features(times).to(device)
        self.alphas, self.sigmas = (
            torch.tensor(values, device=device) for values in (self.schedule.alphas, self.schedule.sigmas)
        )

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
        """Actions from `start` ~ N(0, I), (L, B, a), by the solver (DOM2 Eq. 4), differentiable; keep[i - 1] at step i.

        `start` may hold S actions per observation, (L, S B, a) with B varying fastest, which share
        the observation's part.
        Actions are brought into [-1, 1], where the tasks and the critics live.
        """
        part = self.net.unpack(parameters)
        times = self.net.times(part, self.features)
        condition = self.net.condition(part, observations).repeat(1, start.shape[1] // observations.shape[1], 1)

        def noise(actions: Tensor, index: int) -> Tensor:
            dropped = None if keep is None else keep[index - 1]
            return self.net(part, actions, condition + times[:, index : index + 1], dropped)

        return solve(noise, start, self.schedule).clamp(-1, 1)
