"""Random numbers from seed and counter."""

import torch

from quartet.tasks.random import bits, uniform


def splitmix64(seed: int, count: int) -> list[int]:
    """The published generator in plain integers."""
    mask, numbers = (1 << 64) - 1, []
    for _ in range(count):
        seed = (seed + 0x9E3779B97F4A7C15) & mask
        word = seed
        word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & mask
        word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & mask
        numbers.append(word ^ (word >> 31))
    return numbers


def unsigned(words: torch.Tensor) -> list[int]:
    return [word % (1 << 64) for word in words.tolist()]


def test_the_stream_is_splitmix64() -> None:
    assert unsigned(bits(torch.tensor([1234567]), 3)[:, 0]) == [
        6457827717110365317,  # the generator's well-known test vector
        3203168211198807973,
        9817491932198370423,
    ]
    for seed in (0, 1, -1, 2**63 - 1, -(2**63)):
        assert unsigned(bits(torch.tensor([seed]), 8)[:, 0]) == splitmix64(seed % (1 << 64), 8)


def test_a_stream_can_be_entered_anywhere() -> None:
    seeds = torch.arange(5)
    assert torch.equal(bits(seeds, 10)[4:], bits(seeds, 6, first=4))


def test_a_seed_has_its_numbers_whatever_its_neighbours() -> None:
    together = uniform(torch.arange(100), 7)
    for seed in (0, 42, 99):
        assert torch.equal(together[:, seed : seed + 1], uniform(torch.tensor([seed]), 7))


def test_numbers_are_uniform_and_uncorrelated() -> None:
    numbers = uniform(torch.arange(20_000), 6).double()
    assert numbers.min() >= 0
    assert numbers.max() < 1
    standard_error = (1 / 12 / numbers.numel()) ** 0.5
    assert abs(numbers.mean() - 0.5) < 4 * standard_error
    assert (torch.corrcoef(numbers) - torch.eye(6)).abs().max() < 4 / 20_000**0.5
    neighbours = torch.corrcoef(torch.stack([numbers[0, :-1], numbers[0, 1:]]))[0, 1]
    assert abs(neighbours) < 4 / 20_000**0.5
