"""Lanes: one network per (seed, agent), stacked along the first axis, each seed with its own random stream."""

from collections.abc import Callable, Sequence
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
        return self._drawn(Tensor.normal_, shape, torch.float32)

    def uniform(self, *shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
        """Uniform numbers in [0, 1) of shape (lanes, *shape)."""
        return self._drawn(Tensor.uniform_, shape, dtype)

    def keep(self, *shape: int, dropped: float) -> Tensor:
        """Dropout masks of shape (lanes, *shape): 0 with probability `dropped`, else 1 / (1 - dropped).

        One 64-bit draw serves four entries, because drawing is what costs time on a CPU.
        """
        words = -(-prod(shape) // 4)
        bits = self._drawn(_any_bits, (words,), torch.int64).view(torch.int16)[:, : prod(shape)]
        # Compared into floats at once: by way of booleans it takes three times as long.
        kept = torch.empty(bits.shape, device=self.device)
        torch.ge(bits, round(dropped * 2**16) - 2**15, out=kept)
        return kept.mul_(1 / (1 - dropped)).view(len(kept), *shape)

    def _drawn(self, draw: Callable[..., Tensor], shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        """What `draw` puts into every seed's rows, in place and from the seed's own stream; the same for all points."""
        numbers = torch.empty(len(self.seeds) * self.agents, *shape, dtype=dtype, device=self.device)
        for rows, generator in zip(torch.split(numbers, self.agents), self.generators, strict=True):
            draw(rows, generator=generator)
        return numbers if self.points == 1 else numbers.repeat(self.points, *(1 for _ in shape))

    def state_dict(self) -> list[Tensor]:
        """The state of every stream, for a checkpoint."""
        return [generator.get_state() for generator in self.generators]

    def load_state_dict(self, states: list[Tensor]) -> None:
        """Continue the streams where a checkpoint left them."""
        for generator, state in zip(self.generators, states, strict=True):
            generator.set_state(state.cpu())


def _any_bits(words: Tensor, generator: torch.Generator) -> Tensor:
    return words.random_(-(2**63), None, generator=generator)
