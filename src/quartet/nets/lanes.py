"""Lanes: one network per (seed, agent), stacked along the first axis, each seed with its own random stream."""

from collections.abc import Sequence
from math import prod

import torch
from torch import Tensor


class LaneRandom:
    """Random numbers for all lanes: every seed has its own generator, so adding a seed changes no other lane.

    Lane order is seed-major: lane = position of the seed * agents + agent.
    """

    def __init__(self, seeds: Sequence[int], agents: int, device: str | torch.device = "cpu") -> None:
        self.seeds, self.agents, self.device = tuple(seeds), agents, torch.device(device)
        self.generators = [torch.Generator(self.device).manual_seed(seed) for seed in self.seeds]

    @property
    def lanes(self) -> int:
        """Number of lanes: seeds x agents."""
        return len(self.seeds) * self.agents

    def normal(self, *shape: int) -> Tensor:
        """Standard normal numbers of shape (lanes, *shape)."""
        return torch.cat(
            [torch.randn(self.agents, *shape, generator=generator, device=self.device) for generator in self.generators]
        )

    def uniform(self, *shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
        """Uniform numbers in [0, 1) of shape (lanes, *shape)."""
        return torch.cat(
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
        return kept.mul_(1 / (1 - dropped)).view(-1, *shape)

    def state_dict(self) -> list[Tensor]:
        """The state of every stream, for a checkpoint."""
        return [generator.get_state() for generator in self.generators]

    def load_state_dict(self, states: list[Tensor]) -> None:
        """Continue the streams where a checkpoint left them."""
        for generator, state in zip(self.generators, states, strict=True):
            generator.set_state(state.cpu())
