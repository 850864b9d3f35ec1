"""Who predicts whose noise: the principles that are compared, each as a model of two agents' numbers.

joint         one network sees and predicts both: centralised diffusion
team          one network an agent, of its own number alone, their noises mixed by DoF's f; Concat is independent
              diffusion word for word, because the squared error of a concatenation is the sum of the agents'
attention     MADIFF's: one network for all agents, who attend to each other at every step
sequential    OMSD's: agent i's network also sees the clean numbers of the agents before it
"""

from abc import ABC, abstractmethod

import torch
from torch import Tensor

from quartet.algorithms.factorization import Factorization
from quartet.nets.lanes import LaneRandom
from quartet.nets.layers import linear, mish
from quartet.nets.noise_mlp import MLPNoise
from quartet.nets.parameters import initial_random, linear_parts, linear_shapes, pack, size, unpack
from quartet.nets.residual import FEATURES
from quartet.toys.process import Levels, Process

AGENTS = 2


class Model(ABC):
    """A noise network for the numbers (L, B, 2) of two agents; parameters (L, P), a lane a seed."""

    apart = False  # whether every agent runs the whole process for itself and keeps its own number

    def __init__(self, process: Process) -> None:
        self.process = process

    @abstractmethod
    def init(self, seeds: tuple[int, ...]) -> Tensor:
        """First parameters (L, P)."""

    @abstractmethod
    def noise(self, parameters: Tensor, x: Tensor, levels: Levels, clean: Tensor, *, acting: bool = False) -> Tensor:
        """The noise in x (L, B, 2); `clean` holds the data that a network may see, `acting` is false in training."""


class Joint(Model):
    """One network sees and predicts everything."""

    def __init__(self, process: Process, width: int) -> None:
        super().__init__(process)
        self.net = MLPNoise(0, AGENTS, width)

    def init(self, seeds: tuple[int, ...]) -> Tensor:
        """One network a seed."""
        return self.net.init(initial_random(seeds, 1))

    def noise(self, parameters: Tensor, x: Tensor, levels: Levels, clean: Tensor, *, acting: bool = False) -> Tensor:  # noqa: ARG002
        """Of both numbers from both numbers."""
        part = self.net.unpack(parameters)
        times = self.process.embedded(self.net.times(part, self.process.features), levels)
        return self.net(part, x, self.net.condition(part, clean[..., :0]) + times, None)


class Team(Model):
    """One network an agent, mixed by the noise factorisation f (DoF Eq. 5); `condition` numbers are seen by all."""

    def __init__(self, process: Process, width: int, f: Factorization, condition: int = 0) -> None:
        super().__init__(process)
        self.f, self.net = f, MLPNoise(condition, 1, width)

    def init(self, seeds: tuple[int, ...]) -> Tensor:
        """One network an agent and seed, and f's own parameters."""
        own = self.net.init(initial_random(seeds, AGENTS))
        return torch.cat([own.view(len(seeds), -1), self.f.init(initial_random(seeds, 1, network=1))], dim=1)

    def noise(self, parameters: Tensor, x: Tensor, levels: Levels, clean: Tensor, *, acting: bool = False) -> Tensor:
        """Every agent's noise from its own number, then f; acting, as every agent can do it alone."""
        lanes, rows, _ = x.shape
        own, mixing = torch.split(parameters, [AGENTS * size(self.net.shapes), size(self.f.shapes)], dim=1)
        part = self.net.unpack(own.reshape(lanes * AGENTS, -1))
        every = levels if isinstance(levels, int) else levels.repeat_interleave(AGENTS, 0)
        times = self.process.embedded(self.net.times(part, self.process.features), every)
        seen = self.net.condition(part, self.seen(clean))
        noise = self.net(part, x.mT.reshape(lanes * AGENTS, rows, 1), seen + times, None)
        values = noise.view(lanes, AGENTS, rows, 1).transpose(1, 2)
        mix = self.f.execute if acting else self.f
        return mix(self.f.unpack(mixing), values).squeeze(3)

    def seen(self, clean: Tensor) -> Tensor:
        """What each agent's network sees besides its own number: the condition, (L agents, B, c)."""
        return clean[..., : self.net.observation].repeat_interleave(AGENTS, 0)


class Sequential(Team):
    """Agent i sees the clean numbers of the agents before it (OMSD section 3.2): mu(a) = prod mu_i(a_i | a_<i)."""

    apart = True

    def __init__(self, process: Process, width: int, f: Factorization) -> None:
        super().__init__(process, width, f, condition=AGENTS)

    def seen(self, clean: Tensor) -> Tensor:
        """The numbers of the agents before, zero for the others."""
        before = torch.ones(AGENTS, AGENTS).tril(-1)[:, None]  # agent, 1, agent before
        return (clean[:, None] * before).flatten(0, 1)


class Attention(Model):
    """MADIFF: a network shared by all agents, who attend to each other between its layers."""

    def __init__(self, process: Process, width: int, *, apart: bool) -> None:
        super().__init__(process)
        self.apart = apart
        inputs = 1 + AGENTS + FEATURES
        self.layers = {"first": (inputs, width), "qkv": (width, 3 * width), "second": (width, width), "out": (width, 1)}

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each part in one lane."""
        return linear_shapes(self.layers)

    def init(self, seeds: tuple[int, ...]) -> Tensor:
        """One network a seed."""
        return pack(linear_parts(initial_random(seeds, 1), self.layers), self.shapes)

    def noise(self, parameters: Tensor, x: Tensor, levels: Levels, clean: Tensor, *, acting: bool = False) -> Tensor:  # noqa: ARG002
        """Number, identity and time of every agent; a layer; attention across agents, added; a layer; the noise."""
        part, (lanes, rows, _) = unpack(parameters, self.shapes), x.shape

        def layer(name: str, inputs: Tensor) -> Tensor:
            flat = linear(inputs.reshape(lanes, rows * AGENTS, -1), part[f"{name}.weight"], part[f"{name}.bias"])
            return flat.view(lanes, rows, AGENTS, -1)

        times = self.process.embedded(self.process.features.expand(lanes, -1, -1), levels)
        identity = torch.eye(AGENTS).expand(lanes, rows, -1, -1)
        own = torch.cat([x[..., None], identity, times[:, :, None].expand(lanes, rows, AGENTS, -1)], dim=3)
        first = mish(layer("first", own))
        query, key, value = layer("qkv", first).chunk(3, dim=3)
        weights = (query @ key.mT * query.shape[3] ** -0.5).softmax(3)
        return layer("out", mish(layer("second", first + weights @ value))).squeeze(3)


def draw_like(model: Model, parameters: Tensor, random: LaneRandom, rows: int) -> Tensor:
    """Numbers (L, rows, 2) from the model, as its agents execute it."""
    drawn = torch.zeros(len(parameters), rows, AGENTS)
    if not model.apart:
        return _whole(model, parameters, random, drawn)
    for agent in range(AGENTS):
        drawn[..., agent] = _whole(model, parameters, random, drawn.clone())[..., agent]
    return drawn


def _whole(model: Model, parameters: Tensor, random: LaneRandom, clean: Tensor) -> Tensor:
    return model.process.run(
        lambda x, index: model.noise(parameters, x, index, clean, acting=True), lambda: random.normal(*clean.shape[1:])
    )
