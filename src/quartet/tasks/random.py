"""Random numbers from a seed and a counter: every episode owns its stream, whatever its neighbours or the device.

The generator is SplitMix64 (Steele, Lea and Flood, 2014). Number k of a stream is a hash of `seed + k * GOLDEN`, so no
state is kept and all numbers of all streams come from one vectorised expression.
"""

from math import cos, log, pi, sin, sqrt

import torch
from torch import Tensor

GOLDEN = 0x9E3779B97F4A7C15
_MULTIPLIERS = (0xBF58476D1CE4E5B9, 0x94D049BB133111EB)


def bits(seeds: Tensor, count: int, first: int = 0) -> Tensor:
    """Numbers first..first+count-1 of the 64-bit stream of each seed, (count, n) int64."""
    counter = torch.arange(first + 1, first + count + 1, device=seeds.device)
    mixed = seeds + counter.unsqueeze(1) * _signed(GOLDEN)
    for shift, multiplier in zip((30, 27), _MULTIPLIERS, strict=True):
        mixed = (mixed ^ _shift_right(mixed, shift)) * _signed(multiplier)
    return mixed ^ _shift_right(mixed, 31)


def uniform(seeds: Tensor, count: int, first: int = 0) -> Tensor:
    """Uniform float32 numbers in [0, 1) from the upper 24 bits of each seed's stream, (count, n)."""
    return _shift_right(bits(seeds, count, first), 40).to(torch.float32) * 2.0**-24


def normal(seeds: Tensor, count: int, first: int = 0) -> Tensor:
    """Standard normal float64 numbers (count, n), count even, by Box and Muller from uniform numbers first onwards.

    Number by number: vectorised logarithms round the last few of a tensor otherwise than the rest, and then an
    episode's start would depend on its place in the batch.
    """
    lengths, turns = uniform(seeds.cpu(), count, first).double().chunk(2)
    lengths.apply_(lambda u: sqrt(-2 * log(1 - u)))
    cosines, sines = turns.clone(), turns.clone()
    cosines.apply_(lambda u: cos(2 * pi * u))
    sines.apply_(lambda u: sin(2 * pi * u))
    return torch.cat([lengths * cosines, lengths * sines])


def _signed(word: int) -> int:
    """The int64 with the same 64 bits."""
    return word - (1 << 64) if word >> 63 else word


def _shift_right(words: Tensor, shift: int) -> Tensor:
    """Logical shift; torch shifts int64 arithmetically, so the copies of the sign bit are masked away."""
    return (words >> shift) & ((1 << (64 - shift)) - 1)
