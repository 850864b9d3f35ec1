"""Consistency training: the boundary condition, what its loss says of the exact model, and what it learns."""

import pytest
import torch
from torch import Tensor

from quartet.diffusion import SAMPLERS, schedule
from quartet.diffusion.consistency import clean, difference, out, skip
from quartet.nets.ema import Ema

MEAN, DEVIATION = 0.4, 0.3
LEVELS = 20
SCHEDULE = schedule("cosine", LEVELS)


def of_levels(levels: Tensor) -> tuple[Tensor, Tensor]:
    """alpha and sigma at every level."""
    return tuple(
        levels.new_tensor(values, dtype=torch.float32)[levels] for values in (SCHEDULE.alphas, SCHEDULE.sigmas)
    )


def exact(x: Tensor, levels: Tensor) -> Tensor:
    """The output for which the jump is the ODE's own: deviations are carried from marginal to data."""
    alpha, sigma = (values[:, None] for values in of_levels(levels))
    data = MEAN + DEVIATION * (x - alpha * MEAN) / ((alpha * DEVIATION) ** 2 + sigma**2).sqrt()
    weight = out(alpha, sigma)
    return torch.where(weight > 0, (data - skip(alpha, sigma) * x / alpha) / weight.clamp(min=1e-9), 0)


def batch(rows: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Data, noise and levels."""
    random = torch.Generator().manual_seed(seed)
    data, noise = torch.randn(2, rows, 1, generator=random).unbind(0)
    return MEAN + DEVIATION * data, noise, torch.randint(1, LEVELS + 1, (rows,), generator=random)


def test_without_noise_the_model_is_the_identity_whatever_the_network_says() -> None:
    one, nothing = torch.ones(()), torch.zeros(())
    assert (float(skip(one, nothing)), float(out(one, nothing))) == (1, 0)
    x = torch.tensor([0.3, -2.0])
    assert torch.equal(clean(torch.tensor([9.0, 9.0]), x, one, nothing), x)


def test_the_first_level_is_compared_with_the_data_themselves() -> None:
    data, noise, _ = batch(4, 0)
    first = torch.ones(4, dtype=torch.long)
    found = difference(lambda x, _: x * 0, lambda x, _: x * 0 + 100, data, noise, first, SCHEDULE)
    alpha, sigma = (torch.tensor(values[1]) for values in (SCHEDULE.alphas, SCHEDULE.sigmas))
    torch.testing.assert_close(found, clean(noise * 0, alpha * data + sigma * noise, alpha, sigma) - data)


def test_the_exact_model_loses_less_than_one_that_is_off() -> None:
    data, noise, levels = batch(100_000, 1)
    losses = {}
    for scale in (0.7, 1.0, 1.3):

        def network(x: Tensor, at: Tensor, scale: float = scale) -> Tensor:
            return scale * exact(x, at)

        losses[scale] = float(difference(network, network, data, noise, levels, SCHEDULE).square().mean())
    assert losses[1.0] < 0.95 * min(losses[0.7], losses[1.3])


def test_no_gradient_reaches_the_target() -> None:
    weight = torch.ones((), requires_grad=True)
    data, noise, levels = batch(8, 2)
    found = difference(lambda x, _: x, lambda x, _: weight * x, data, noise, levels, SCHEDULE)
    assert not found.requires_grad


def trained(updates: int) -> Tensor:
    """Consistency training of an affine network for each level, (1, 2 (LEVELS + 1)), by Adam with an EMA target."""
    online = torch.zeros(1, 2 * (LEVELS + 1), requires_grad=True)
    average, ema = torch.zeros_like(online), Ema(0.9, start=0, every=1)
    adam = torch.optim.Adam([online], lr=0.05)

    def network(parameters: Tensor, x: Tensor, levels: Tensor) -> Tensor:
        slope, shift = parameters.view(2, -1)[:, levels]
        return slope[:, None] * x + shift[:, None]

    for step in range(1, updates + 1):
        found = difference(
            lambda x, at: network(online, x, at), lambda x, at: network(average, x, at), *batch(2000, step), SCHEDULE
        )
        adam.zero_grad()
        found.square().mean().backward()
        adam.step()
        ema.update(step, average, online)
    return average.view(2, -1)


def test_training_learns_to_jump_from_noise_to_the_data_in_one_step() -> None:
    slope, shift = trained(600)
    start = torch.randn(20_000, 1, generator=torch.Generator().manual_seed(3))
    found = SAMPLERS["consistency"](
        lambda x, i: slope[i] * x + shift[i], start, SCHEDULE, draw=lambda: start, steps=(0, LEVELS)
    )
    assert float(found.mean()) == pytest.approx(MEAN, abs=0.05)
    assert float(found.std()) == pytest.approx(DEVIATION, abs=0.05)


def test_an_average_copies_before_its_start_then_lags_and_moves_only_when_due() -> None:
    ema, average, online = Ema(0.9, start=4, every=2), torch.zeros(1, 1), torch.ones(1, 1)
    seen = []
    for step in range(1, 7):
        ema.update(step, average, online * step)
        seen.append(round(float(average), 6))
    assert seen == [0, 2, 2, pytest.approx(2.2), pytest.approx(2.2), pytest.approx(2.58)]
