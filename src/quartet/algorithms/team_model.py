"""The networks of a planner's team: noise, inverse dynamics, and the factorisations f and h, in one lane per seed."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from quartet.algorithms.factorization import factorization
from quartet.algorithms.teams import to_lanes, to_teams
from quartet.nets.inverse import InverseDynamics
from quartet.nets.parameters import initial_random, size
from quartet.nets.unet import TemporalUNet
from quartet.tasks.spec import TaskSpec


@dataclass(frozen=True)
class Parts:
    """The named parts of a team's networks."""

    net: dict[str, Tensor]
    inverse: dict[str, Tensor]
    f: dict[str, Tensor]
    h: dict[str, Tensor]


class TeamModel:
    """An architecture like MLP: it holds sizes, the parameters (S, P) of the whole team are passed to every call."""

    def __init__(
        self, spec: TaskSpec, net: TemporalUNet, hidden: int, frames: int, f: str, h: str, *, sharing: bool
    ) -> None:
        self.agents, self.sharing, self.net = spec.agents, sharing, net
        self.inverse = InverseDynamics(spec.observation, spec.action, hidden)
        size, seen = net.channels, spec.observation
        self.f = factorization("noise_factorization", f, spec.agents, frames * size, spec.agents * size)
        self.h = factorization("data_factorization", h, spec.agents, 2 * seen, spec.agents * seen)

    @property
    def copies(self) -> int:
        """Noise networks and inverse dynamics of a team: one where agents share them, else one each."""
        return 1 if self.sharing else self.agents

    def init(self, seeds: Sequence[int]) -> Tensor:
        """First parameters (S, P), each part of each seed from a stream of its own."""
        parts = (
            self.net.init(initial_random(seeds, self.copies, 0)),
            self.inverse.init(initial_random(seeds, self.copies, 1)),
            self.f.init(initial_random(seeds, 1, 2)),
            self.h.init(initial_random(seeds, 1, 3)),
        )
        return torch.cat([part.reshape(len(seeds), -1) for part in parts], dim=1)

    def unpack(self, parameters: Tensor) -> Parts:
        """Name the parts of parameters (S, P); noise network and inverse dynamics have a lane for every copy."""
        copied = [self.copies * size(network.shapes) for network in (self.net, self.inverse)]
        net, inverse, f, h = torch.split(parameters, [*copied, size(self.f.shapes), size(self.h.shapes)], dim=1)
        lanes = len(parameters) * self.copies
        return Parts(
            net=self.net.unpack(net.reshape(lanes, -1)),
            inverse=self.inverse.unpack(inverse.reshape(lanes, -1)),
            f=self.f.unpack(f),
            h=self.h.unpack(h),
        )

    def predict(self, parts: Parts, x: Tensor, levels: Tensor, returns: Tensor, keep: Tensor) -> Tensor:
        """eps_i(x_i, y_i, k) of every agent, noise or data: x (S, B, N, T, o), levels (S, B), others (S, B, N)."""
        every = levels[..., None].expand(returns.shape)
        embedding = self.net.embed(parts.net, *(to_lanes(value, self.sharing) for value in (every, returns, keep)))
        predicted = self.net(parts.net, to_lanes(x, self.sharing), embedding, self.agents)
        return to_teams(predicted, self.agents, self.sharing)

    def mix(self, parts: Parts, noise: Tensor, present: Tensor, *, acting: bool = False) -> Tensor:
        """f(eps_1, ..., eps_N), DoF Eq. 5; only QMix looks at the present (S, B, N, o)."""
        mixing = self.f.execute if acting else self.f
        return mixing(parts.f, noise.flatten(3), present.flatten(2)).view_as(noise)

    def actions(self, parts: Parts, pairs: Tensor, *, acting: bool = False) -> Tensor:
        """u = D(h(o, o')), (S, R, N, a), of pairs of observations (S, R, N, 2 o): DoF Algorithm 3, lines 14 to 16."""
        mixing = self.h.execute if acting else self.h
        mixed = mixing(parts.h, pairs, pairs[..., : self.inverse.observation].flatten(2))
        return to_teams(self.inverse(parts.inverse, to_lanes(mixed, self.sharing)), self.agents, self.sharing)
