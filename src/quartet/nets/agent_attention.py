"""MADIFF's attention among agents: every agent's features over all frames ask those of its team-mates."""

from dataclasses import dataclass

import torch
from torch import Tensor

from quartet.nets.lanes import LaneRandom
from quartet.nets.parameters import linear_start
from quartet.nets.temporal import over_rows

HEADS = 4
KEY_SHARE = 16  # a head's queries and keys have C / 16 channels, its values C / 4 (MADIFF's code)


@dataclass(frozen=True)
class AgentAttention:
    """x + gamma attention(x), with gamma = 0 at first, so that training starts from separate agents."""

    channels: int
    embedding: int

    @property
    def widths(self) -> dict[str, int]:
        """Channels of all heads' queries, keys and values."""
        keys = HEADS * max(1, self.channels // KEY_SHARE)
        return {"query": keys, "key": keys, "value": self.channels}

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each part in one lane: each projection sees the features and the embedding."""
        shapes: dict[str, tuple[int, ...]] = {"gamma": (1, 1, 1)}
        for name, width in self.widths.items():
            shapes[f"{name}.weight"], shapes[f"{name}.bias"] = (self.channels, width), (1, width)
            shapes[f"{name}.enter"] = (self.embedding, width)
        return shapes

    def init(self, random: LaneRandom) -> dict[str, Tensor]:
        """First parts, each lane from its own stream."""
        parts = {"gamma": torch.zeros(random.lanes, 1, 1, 1)}
        for name, width in self.widths.items():
            parts[f"{name}.weight"], parts[f"{name}.bias"] = linear_start(random, self.channels, width)
            parts[f"{name}.enter"] = linear_start(random, self.embedding, width)[0]
        return parts

    def __call__(self, part: dict[str, Tensor], x: Tensor, embedding: Tensor, agents: int) -> Tensor:
        """x (L, B N, T, C), the agents of a team in a row, and its activated embedding (L, B N, e)."""
        lanes, rows, frames, _ = x.shape

        def project(name: str) -> Tensor:
            """(L, teams, heads, N, T * a head's channels): time is flattened into the features."""
            entered = (embedding @ part[f"{name}.enter"]).unsqueeze(2)
            projected = over_rows(x, part[f"{name}.weight"], part[f"{name}.bias"]) + entered
            heads = projected.view(lanes, rows // agents, agents, frames, HEADS, -1)
            return heads.permute(0, 1, 4, 2, 3, 5).flatten(4)

        query, key, value = map(project, ("query", "key", "value"))
        weights = (query @ key.mT * query.shape[-1] ** -0.5).softmax(dim=-1)
        mixed = (weights @ value).view(lanes, rows // agents, HEADS, agents, frames, -1)
        return torch.addcmul(x, part["gamma"], mixed.permute(0, 1, 3, 4, 2, 5).reshape(x.shape))
