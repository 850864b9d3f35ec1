"""Samplers against the closed forms of Gaussian data, guidance against products of Gaussians, and inpainting."""

import math
from collections.abc import Callable
from itertools import count, pairwise

import pytest
import torch
from torch import Tensor

from quartet.diffusion import SAMPLERS, Schedule, ancestral, schedule, solve, strided
from quartet.diffusion.consistency import out, skip
from quartet.diffusion.guidance import composed, drop, guided

MEAN = torch.tensor([0.4, -0.2], dtype=torch.float64)
COVARIANCE = torch.tensor([[0.10, 0.06], [0.06, 0.20]], dtype=torch.float64)


def even(steps: int) -> Schedule:
    """Even steps of the log ratio of data to noise, 6 to -3, and one from there to the data: so orders show."""
    ratios = (6 - 9 * i / (steps - 1) for i in range(steps))
    return Schedule((1.0, *(1 / math.sqrt(1 + math.exp(-2 * ratio)) for ratio in ratios)))


def root(matrix: Tensor) -> Tensor:
    """The symmetric square root."""
    values, vectors = torch.linalg.eigh(matrix)
    return vectors @ torch.diag(values.sqrt()) @ vectors.mT


def marginal(chosen: Schedule, index: int) -> Tensor:
    """Covariance of noised data at tau_index; their mean is alpha MEAN."""
    return chosen.alphas[index] ** 2 * COVARIANCE + chosen.sigmas[index] ** 2 * torch.eye(2)


def exact_noise(chosen: Schedule) -> Callable[[Tensor, int], Tensor]:
    """What a perfect noise network predicts: sigma times the negative score of the marginal."""
    return lambda x, i: chosen.sigmas[i] * (x - chosen.alphas[i] * MEAN) @ torch.linalg.inv(marginal(chosen, i))


def exact_jump(chosen: Schedule) -> Callable[[Tensor, int], Tensor]:
    """What a perfect consistency network gives out: the ODE carries deviations from marginal to data."""

    def network(x: Tensor, i: int) -> Tensor:
        alpha, sigma = (torch.tensor(values[i], dtype=torch.float64) for values in (chosen.alphas, chosen.sigmas))
        data = MEAN + (x - alpha * MEAN) @ torch.linalg.inv(root(marginal(chosen, i))) @ root(COVARIANCE)
        return (data - skip(alpha, sigma) * x / alpha) / out(alpha, sigma)

    return network


def moments(sampler: str, network: Callable[[Tensor, int], Tensor], chosen: Schedule) -> tuple[Tensor, Tensor]:
    """Mean and covariance of what a sampler makes of the noisiest marginal, exactly.

    With an exact network it is affine in all that it draws, so one row of zeros and a row for each draw tell it all.
    """
    units = torch.eye(1 + 2 * chosen.steps, dtype=torch.float64)[:, 1:]
    used = count()

    def draw() -> Tensor:
        first = 2 * next(used)
        return units[:, first : first + 2]

    start = chosen.alphas[-1] * MEAN + draw() @ root(marginal(chosen, chosen.steps))
    made = SAMPLERS[sampler](network, start, chosen, draw=draw)
    return made[0], (made[1:] - made[0]).mT @ (made[1:] - made[0])


def error(sampler: str, steps: int) -> float:
    """The larger of the worst errors in mean and covariance, with the exact noise."""
    mean, covariance = moments(sampler, exact_noise(even(steps)), even(steps))
    return float(torch.maximum((mean - MEAN).abs().max(), (covariance - COVARIANCE).abs().max()))


def no_draw() -> Tensor:
    raise AssertionError("a deterministic sampler must not draw")


@pytest.mark.parametrize(("sampler", "order"), [("ddpm", 1), ("ddim", 1), ("dpm-solver", 2)])
def test_mean_and_covariance_of_gaussian_data_are_reached_at_the_expected_order(sampler: str, order: int) -> None:
    errors = [error(sampler, steps) for steps in (25, 50, 100, 200)]
    assert errors[-1] < (1e-2 if order == 1 else 1e-3)
    for coarse, fine in pairwise(errors):
        assert math.log2(coarse / fine) == pytest.approx(order, abs=0.3)


def test_at_equal_steps_the_second_order_solver_is_nearer_than_ddim() -> None:
    assert error("dpm-solver", 20) < 0.3 * error("ddim", 20)


def test_a_perfect_consistency_model_needs_one_step_and_stays_exact_in_three() -> None:
    whole = schedule("cosine", 30)
    for steps in ((0, 30), (0, 10, 20, 30)):
        chosen = Schedule(tuple(whole.alphas[i] for i in steps))
        mean, covariance = moments("consistency", exact_jump(chosen), chosen)
        torch.testing.assert_close(mean, MEAN)
        torch.testing.assert_close(covariance, COVARIANCE)


def test_ddim_is_the_first_order_solver_that_dom2_uses() -> None:
    chosen, start = schedule("continuous", 5), torch.linspace(-2, 2, 8, dtype=torch.float64).view(4, 2)
    found = SAMPLERS["ddim"](exact_noise(chosen), start, chosen, draw=no_draw)
    torch.testing.assert_close(found, solve(exact_noise(chosen), start, chosen))


def test_ddpm_is_ancestral_sampling() -> None:
    chosen, start = schedule("cosine", 6), torch.tensor([[0.3, -1.2]], dtype=torch.float64)
    fresh = torch.randn(5, 1, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64).unbind(0)
    draws = iter(fresh)
    found = SAMPLERS["ddpm"](exact_noise(chosen), start, chosen, draw=lambda: next(draws))
    torch.testing.assert_close(found, ancestral.sample(exact_noise(chosen), start, fresh, chosen))


def test_a_strided_walk_asks_the_network_at_the_chosen_steps_only() -> None:
    chosen, asked = schedule("cosine", 200), []

    def network(x: Tensor, index: int) -> Tensor:
        asked.append(index)
        return exact_noise(chosen)(x, index)

    steps = strided(200, 8)
    assert steps == (0, 25, 50, 75, 100, 125, 150, 175, 200)
    found = SAMPLERS["ddim"](network, torch.zeros(1, 2, dtype=torch.float64), chosen, draw=no_draw, steps=steps)
    assert asked == [200, 175, 150, 125, 100, 75, 50, 25]
    torch.testing.assert_close(found[0], MEAN, atol=0.05, rtol=0)


def test_clipping_bounds_the_predicted_data() -> None:
    """One datum far outside: every prediction is cut to 1, and so is the end."""
    chosen = schedule("cosine", 10)
    for sampler in ("ddpm", "ddim", "dpm-solver"):
        found = SAMPLERS[sampler](
            lambda x, i: (x - chosen.alphas[i] * 7.0) / chosen.sigmas[i],
            torch.zeros(1, 2, dtype=torch.float64),
            chosen,
            draw=lambda: torch.ones(1, 2, dtype=torch.float64),
            clip=1.0,
        )
        torch.testing.assert_close(found, torch.ones_like(found))


@pytest.mark.parametrize("sampler", ["ddpm", "ddim", "dpm-solver"])
def test_inpainting_holds_the_known_part_before_every_call_and_at_the_end(sampler: str) -> None:
    chosen, seen = schedule("cosine", 100), []

    def overwrite(x: Tensor) -> Tensor:
        return torch.stack([torch.full_like(x[:, 0], 0.8), x[:, 1]], dim=1)

    def network(x: Tensor, index: int) -> Tensor:
        seen.append(x[:, 0].clone())
        return exact_noise(chosen)(x, index)

    random = torch.Generator().manual_seed(0)
    start = torch.randn(2000, 2, generator=random, dtype=torch.float64)
    found = SAMPLERS[sampler](
        network,
        start,
        chosen,
        draw=lambda: torch.randn(2000, 2, generator=random, dtype=torch.float64),
        overwrite=overwrite,
    )
    assert len(seen) == 100
    assert all((known == 0.8).all() for known in seen)
    assert (found[:, 0] == 0.8).all()
    assert found[:, 1].mean() > MEAN[1] + 0.05  # the free part follows the known one: they are correlated


def test_composed_guidance_is_the_product_of_the_conditions() -> None:
    """Noise is linear in scores: two conditions of N(0, 1), N(a, 1) and N(b, 1), compose to N(a + b, 1)."""
    chosen = schedule("cosine", 200)

    def noise(mean: float) -> Callable[[Tensor, int], Tensor]:
        return lambda x, i: chosen.sigmas[i] * (x - chosen.alphas[i] * mean)

    def network(x: Tensor, i: int) -> Tensor:
        return composed([noise(0.5)(x, i), noise(0.25)(x, i)], noise(0.0)(x, i), 1.0)

    start = torch.linspace(-2, 2, 5, dtype=torch.float64)
    found = SAMPLERS["ddim"](network, start, chosen, draw=no_draw)
    torch.testing.assert_close(found, start + 0.75, atol=0.02, rtol=0)


def test_guidance_extrapolates_from_no_condition_through_the_condition() -> None:
    conditional, unconditional = torch.tensor([2.0]), torch.tensor([1.0])
    assert [float(guided(conditional, unconditional, w)) for w in (0.0, 1.0, 1.5)] == [1.0, 2.0, 2.5]


def test_conditions_are_dropped_with_the_given_probability_and_truly() -> None:
    uniform = torch.rand(100_000, generator=torch.Generator().manual_seed(0))
    mask = drop(uniform, 0.25)
    assert set(mask.tolist()) == {0.0, 1.0}
    assert float(mask.mean()) == pytest.approx(0.75, abs=0.01)
    assert drop(uniform, 0.0).all()
    assert not drop(uniform, 1.0).any()
