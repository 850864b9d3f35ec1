"""DoF's factorisation functions: f mixes the agents' noises at every diffusion step, h their data after the last (4.3).

All map (L, B, N, d), N agents' vectors, to the same shape; parameters are flat, (L, P), as everywhere.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from quartet.errors import QuartetError, unknown
from quartet.nets.lanes import LaneRandom
from quartet.nets.layers import linear
from quartet.nets.parameters import Shapes, linear_start, pack, unpack

Part = dict[str, Tensor]


@dataclass(frozen=True)
class Factorization(ABC):
    """The architecture of one f or h; its parameters are passed to every call."""

    agents: int
    size: int  # d, numbers of one agent
    context: int = 0  # numbers that QMix's hypernetworks see, such as the joint observation; the others see none

    decentral: ClassVar[bool] = True  # whether every agent can execute its share alone

    @property
    @abstractmethod
    def shapes(self) -> Shapes:
        """The shape of each part in one lane."""

    @abstractmethod
    def init(self, random: LaneRandom) -> Tensor:
        """First parameters (L, P), each lane from its own stream."""

    @abstractmethod
    def __call__(self, part: Part, values: Tensor, context: Tensor | None = None) -> Tensor:
        """Mix values (L, B, N, d), as in training; context (L, B, context)."""

    def alone(self, part: Part, value: Tensor, agent: int) -> Tensor:  # noqa: ARG002
        """What agent number `agent` makes of its own value (L, B, d), seeing nothing of the others."""
        raise QuartetError(
            f"factorisation '{type(self).__name__.lower()}' cannot be executed by one agent alone",
            mend="use concat, wconcat or dec-atten, or execute centrally",
        )

    def unpack(self, parameters: Tensor) -> Part:
        """Name the parts of parameters (L, P)."""
        return unpack(parameters, self.shapes)

    def execute(self, part: Part, values: Tensor, context: Tensor | None = None) -> Tensor:
        """Mix values (L, B, N, d) as in acting: every agent alone where that is possible, else centrally."""
        if not self.decentral:
            return self(part, values, context)
        return torch.stack([self.alone(part, own, agent) for agent, own in enumerate(values.unbind(2))], dim=2)


class Concat(Factorization):
    """Every agent keeps its own (C.1.1, Eq. C.42)."""

    @property
    def shapes(self) -> Shapes:
        """None: nothing is learnt."""
        return {}

    def init(self, random: LaneRandom) -> Tensor:
        """No parameters, (L, 0)."""
        return torch.empty(random.lanes, 0)

    def __call__(self, part: Part, values: Tensor, context: Tensor | None = None) -> Tensor:  # noqa: ARG002
        """The values as they are."""
        return values

    def alone(self, part: Part, value: Tensor, agent: int) -> Tensor:  # noqa: ARG002
        """The value as it is."""
        return value


class WConcat(Factorization):
    """Every agent's own times its learnt weight k_i, at first 1 (Eq. C.36, C.43)."""

    @property
    def shapes(self) -> Shapes:
        """One weight an agent."""
        return {"weight": (self.agents,)}

    def init(self, random: LaneRandom) -> Tensor:
        """All weights 1: training starts as Concat."""
        return torch.ones(random.lanes, self.agents)

    def factors(self, part: Part) -> Tensor:
        """k_i, (L, N)."""
        return part["weight"]

    def __call__(self, part: Part, values: Tensor, context: Tensor | None = None) -> Tensor:  # noqa: ARG002
        """k_i x_i."""
        return self.factors(part)[:, None, :, None] * values

    def alone(self, part: Part, value: Tensor, agent: int) -> Tensor:
        """k_i x_i of one agent."""
        return self.factors(part)[:, agent, None, None] * value


class NormalisedWConcat(WConcat):
    """WConcat as DoF's released code has it: the weights are divided by their sum, so each starts at 1 / N."""

    def factors(self, part: Part) -> Tensor:
        """k_i / sum_j k_j, (L, N)."""
        return part["weight"] / part["weight"].sum(1, keepdim=True)


class Atten(Factorization):
    """sum_j w_i^j x_j, the weights by multi-head attention over the agents (Eq. C.37, C.44).

    Keys and queries are linear in an agent's values plus a vector that says which agent it is; without that, attention
    could not tell whose noise to predict. Queries and keys start from the same vectors, so at first an agent attends
    mostly to itself. An agent's weights are the mean over the heads and sum to 1. The paper leaves all of this open.
    """

    decentral = False
    heads: ClassVar[int] = 4
    width: ClassVar[int] = 16  # of one head's keys

    @property
    def shapes(self) -> Shapes:
        """Projections of the values, and every agent's own query and key."""
        keys = self.heads * self.width
        return {
            "query": (self.size, keys),
            "key": (self.size, keys),
            "own query": (self.agents, keys),
            "own key": (self.agents, keys),
        }

    def init(self, random: LaneRandom) -> Tensor:
        """Small projections, and identities that find themselves: weight .9 on oneself of three agents."""
        keys = self.heads * self.width
        query, key = (linear_start(random, self.size, keys)[0] for _ in range(2))
        own = random.normal(self.agents, keys)
        return pack({"query": query, "key": key, "own query": own, "own key": own}, self.shapes)

    def weights(self, part: Part, values: Tensor) -> Tensor:
        """w_i^j, (L, B, N, N), each row summing to 1."""

        def project(name: str) -> Tensor:
            """(L, B, heads, N, width)."""
            flat = values @ part[name].unsqueeze(1) + part[f"own {name}"].unsqueeze(1)
            return flat.view(*flat.shape[:3], self.heads, self.width).transpose(2, 3)

        logits = project("query") @ project("key").mT * self.width**-0.5
        weights: Tensor = logits.softmax(-1).mean(2)
        return weights

    def __call__(self, part: Part, values: Tensor, context: Tensor | None = None) -> Tensor:  # noqa: ARG002
        """Every agent's weighted sum."""
        return self.weights(part, values) @ values


class DecAtten(Atten):
    """Trained as Atten; an agent acting alone omits the others, and its own weight is then 1 (section 5.3)."""

    decentral = True

    def alone(self, part: Part, value: Tensor, agent: int) -> Tensor:  # noqa: ARG002
        """The value as it is: a softmax over one weight."""
        return value


class QMix(Factorization):
    """A mixing network that is monotonic in every agent's value, its weights from hypernetworks (C.1.4, Eq. C.45).

    It mixes the agents' values of one dimension, N numbers, into N numbers by a hidden layer, with the same weights for
    all d dimensions. Hypernetworks are linear in the context; without context the weights themselves are learnt.
    """

    decentral = False
    hidden: ClassVar[int] = 32  # QMIX's own

    @property
    def made(self) -> dict[str, tuple[int, ...]]:
        """What the hypernetworks make: the mixing network's parts."""
        n, hidden = self.agents, self.hidden
        return {"weight1": (n, hidden), "bias1": (1, hidden), "weight2": (hidden, n), "bias2": (1, n)}

    @property
    def shapes(self) -> Shapes:
        """One linear hypernetwork for every part."""
        shapes: dict[str, tuple[int, ...]] = {}
        for name, (rows, columns) in self.made.items():
            shapes[f"{name}.weight"], shapes[f"{name}.bias"] = (self.context, rows * columns), (1, rows * columns)
        return shapes

    def init(self, random: LaneRandom) -> Tensor:
        """The usual start of linear layers, for the hypernetworks and for what they make."""
        parts = {}
        for name, (rows, columns) in self.made.items():
            weight, bias = linear_start(random, max(1, self.context), rows * columns)
            inputs = self.agents if name.endswith("1") else self.hidden
            parts[f"{name}.weight"], parts[f"{name}.bias"] = (
                weight[:, : self.context] * inputs**-0.5,
                bias * inputs**-0.5,
            )
        return pack(parts, self.shapes)

    def __call__(self, part: Part, values: Tensor, context: Tensor | None = None) -> Tensor:
        """|W2| elu(|W1| x + b1) + b2, dimension by dimension."""

        def make(name: str) -> Tensor:
            bias = part[f"{name}.bias"]
            flat = bias if context is None else linear(context, part[f"{name}.weight"], bias)
            return flat.view(*flat.shape[:2], *self.made[name])

        first = torch.nn.functional.elu(values.mT @ make("weight1").abs() + make("bias1"))
        second = first @ make("weight2").abs() + make("bias2")
        return second.mT


FACTORIZATIONS: dict[str, Callable[[int, int, int], Factorization]] = {
    "concat": Concat,
    "wconcat": WConcat,
    "normalised-wconcat": NormalisedWConcat,
    "dec-atten": DecAtten,
    "atten": Atten,
    "qmix": QMix,
}


def factorization(kind: str, name: str, agents: int, size: int, context: int = 0) -> Factorization:
    """The function of that name; `kind` is what an error calls it: noise_factorization or data_factorization."""
    if name not in FACTORIZATIONS:
        raise unknown(kind, name, FACTORIZATIONS)
    return FACTORIZATIONS[name](agents, size, context)
