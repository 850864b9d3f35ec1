"""Lanes: one network per (seed, agent), stacked along the first axis, each seed with its own random stream."""

from collections.abc import Sequence
from math import prod

import torch
from torch import Tensor


class LaneRandom:
    """Random numbers for all lanes: every seed has its own generator, so adding a seed changes no other lane.

    Lane order: lane = (point of the sweep * seeds + position of the seed) * agents + agent. All points of a sweep get
    the same numbers, those that a run of one point alone would get, so adding a point changes no other lane either.
    """

    def __init__(
        self, seeds: Sequence[int], agents: int, device: str | torch.device = "cpu", *, points: int = 1
    ) -> None:
        self.seeds, self.agents, self.device, self.points = tuple(seeds), agents, torch.device(device), points
        self.generators = [torch.Generator(self.device).manual_seed(seed) for seed in self.seeds]

    @property
    def lanes(self) -> int:
        """Number of lanes: points x seeds x agents."""
        return self.points * len(self.seeds) * self.agents

    def normal(self, *shape: int) -> Tensor:
        """Standard normal numbers of shape (lanes, *shape)."""
        return self._stacked(
            [torch.randn(self.agents, *shape, generator=generator, device=self.device) for generator in self.generators]
        )

    def uniform(self, *shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
        """Uniform numbers in [0, 1) of shape (lanes, *shape)."""
        return self._stacked(
            [
                torch.rand(self.agents, *shape, generator=generator, device=self.device, dtype=dtype)
                for generator in self.generators
            ]
        )

    def keep(self, *shape: int, dropped: float) -> Tensor:
        """Dropout masks of shape (lanes, *shape): 0 with probability `dropped`, else 1 / (1 - dropped).

        One 64-bit draw serves four entries, because drawing is what costs time on a CPU.
        """
        words = -(-prod(shape) // 4)
        bits = torch.cat(
            [
                torch.empty(self.agents, words, dtype=torch.int64, device=self.device).random_(
                    -(2**63), None, generator=generator
                )
                for generator in self.generators
            ]
        ).view(torch.int16)[:, : prod(shape)]
        # Compared into floats at once: by way of booleans it takes three times as long.
        kept = torch.empty(bits.shape, device=self.device)
        torch.ge(bits, round(dropped * 2**16) - 2**15, out=kept)
        return self._stacked([kept.mul_(1 / (1 - dropped)).view(len(kept), *shape)])

    def _stacked(self, drawn: list[Tensor]) -> Tensor:
        return torch.cat(drawn * self.points) if len(drawn) * self.points > 1 else drawn[0]

    def state_dict(self) -> list[Tensor]:
        """The state of every stream, for a checkpoint."""
        return [generator.get_state() for generator in self.generators]

    def load_state_dict(self, states: list[Tensor]) -> None:
        """Continue the streams where a checkpoint left them."""
        for generator, state in zip(self.generators, states, strict=True):
            generator.set_state(state.cpu())
