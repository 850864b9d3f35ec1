"""The diffusion policy of DoF: the agents' noise networks, joined by f at every step and by h after the last (C.4)."""

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from quartet.algorithms.factorization import Factorization
from quartet.algorithms.teams import to_lanes, to_teams
from quartet.data.transitions import Transitions
from quartet.diffusion import SAMPLERS, Schedule
from quartet.nets.lanes import LaneRandom
from quartet.nets.noise_mlp import MLPNoise
from quartet.nets.residual import time_features


class FactorizedPolicy:
    """An architecture: the parameters of all agents' networks (L, P), of f and of h (S, ...) are passed to every call.

    Values (L, B, .) are one agent's a lane; f and h see teams, (S, B, N, .) with L = S N.
    """

    def __init__(
        self, net: MLPNoise, f: Factorization, h: Factorization, schedule: Schedule, device: torch.device
    ) -> None:
        self.net, self.f, self.h, self.schedule, self.agents = net, f, h, schedule, f.agents
        self.features = time_features(torch.arange(schedule.steps + 1) / schedule.steps).to(device)
        self.alphas, self.sigmas = (
            torch.tensor(values, device=device) for values in (self.schedule.alphas, self.schedule.sigmas)
        )

    def draw_path(self, random: LaneRandom, rows: int) -> Tensor:
        """All that sampling draws: the start and the noise of every step but the last, (L, K, rows, a)."""
        return random.normal(self.schedule.steps, rows, self.net.action)

    def draw_levels(self, random: LaneRandom, batch: int) -> Tensor:
        """Diffusion steps k of a batch, (S, B), uniform on 1..K."""
        uniform = random.uniform(batch).view(-1, self.agents, batch)[:, 0]
        return (uniform * self.schedule.steps).long().clamp(max=self.schedule.steps - 1) + 1

    def matching_loss(
        self, policy: Tensor, mixer: Tensor, batch: Transitions, levels: Tensor, epsilon: Tensor
    ) -> Tensor:
        """Each agent's share of |eps - f(eps_1, ..., eps_N)|^2 (DoF Eq. C.56, first term; Algorithm 1), (L,)."""
        part, own = self.net.unpack(policy), levels.repeat_interleave(self.agents, 0)
        times = one_hot(own, self.schedule.steps + 1).to(epsilon) @ self.net.times(part, self.features)
        noised = self.alphas[own, None] * batch.actions + self.sigmas[own, None] * epsilon
        alone = self.net(part, noised, self.net.condition(part, batch.observations) + times, None)
        context = to_teams(batch.observations, self.agents).flatten(2)
        predicted = to_lanes(self.f(self.f.unpack(mixer), to_teams(alone, self.agents), context))
        return (epsilon - predicted).square().mean((1, 2))

    def generate(
        self, networks: tuple[Tensor, ...], observations: Tensor, path: Tensor, *, acting: bool = False
    ) -> Tensor:
        """Actions in [-1, 1] by ancestral sampling (Eq. C.50-C.52), differentiable; h comes after the last step.

        `path` may hold C samples an observation, C B rows with B varying fastest. Acting, each agent uses f and h alone
        where they let it. As in Diffusion-QL every step's prediction of the action is clipped.
        """
        policy, mixer, last = networks
        part, of_f, of_h = self.net.unpack(policy), self.f.unpack(mixer), self.h.unpack(last)
        mix, finish = (self.f.execute, self.h.execute) if acting else (self.f, self.h)
        copies = path.shape[2] // observations.shape[1]
        condition = self.net.condition(part, observations).repeat(1, copies, 1)
        context = to_teams(observations, self.agents).flatten(2).repeat(1, copies, 1)
        times, (start, *fresh) = self.net.times(part, self.features), path.unbind(1)

        def noise(actions: Tensor, index: int) -> Tensor:
            alone = self.net(part, actions, condition + times[:, index : index + 1], None)
            return to_lanes(mix(of_f, to_teams(alone, self.agents), context))

        draw = iter(fresh).__next__
        actions = SAMPLERS["ddpm"](noise, start, self.schedule, draw=draw, clip=1.0)
        return to_lanes(finish(of_h, to_teams(actions, self.agents), context)).clamp(-1, 1)
