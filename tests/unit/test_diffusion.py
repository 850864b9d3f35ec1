"""Schedules and samplers against closed forms."""

import math
from collections.abc import Callable

import pytest
import torch

from quartet.diffusion import SCHEDULES, Schedule, ancestral, schedule, solve
from quartet.errors import QuartetError


def test_the_continuous_schedule_has_the_known_values() -> None:
    assert [round(alpha, 3) for alpha in schedule("continuous", 5).alphas] == [1, 0.811, 0.442, 0.162, 0.040, 0.007]
    assert schedule("continuous", 5).alphas[5] == pytest.approx(0.0066, abs=5e-5)


def test_the_literal_schedule_never_reaches_a_clean_action() -> None:
    alphas = schedule("literal", 5).alphas
    assert alphas[0] == pytest.approx(0.746, abs=5e-4)
    assert alphas[5] == pytest.approx(0.047, abs=5e-4)


def test_the_cosine_schedule_is_a_quarter_wave_that_ends_just_short_of_pure_noise() -> None:
    """cos((.5 + .008) / 1.008 pi / 2) / cos(.008 / 1.008 pi / 2) = .70274 half way; the last beta is cut to .999."""
    alphas = schedule("cosine", 10).alphas
    assert alphas[5] == pytest.approx(0.70274, abs=1e-5)
    assert alphas[10] / alphas[9] == pytest.approx(math.sqrt(0.001))


def test_the_linear_schedule_needs_a_thousand_steps_to_reach_noise() -> None:
    """Over T steps the sum of log(1 - beta) is about -.01 T."""
    assert schedule("linear", 5).alphas[5] == pytest.approx(0.975, abs=5e-4)
    assert schedule("linear", 1000).alphas[1000] == pytest.approx(math.exp(-5.05), rel=0.05)
    assert schedule("linear", 1).alphas[1] == pytest.approx(math.sqrt(1 - 1e-4))


@pytest.mark.parametrize("name", SCHEDULES)
def test_noise_grows_with_time_and_variance_is_preserved(name: str) -> None:
    chosen = schedule(name, 10)
    assert chosen.steps == 10
    assert list(chosen.sigmas) == sorted(chosen.sigmas)
    assert all(a**2 + s**2 == pytest.approx(1) for a, s in zip(chosen.alphas, chosen.sigmas, strict=True))


def test_an_unknown_schedule_is_one_line_with_the_nearest_name() -> None:
    with pytest.raises(QuartetError, match="unknown schedule 'literall'; did you mean 'literal'"):
        schedule("literall", 5)


MEAN, DEVIATION = 0.4, 0.3


def spread(chosen: Schedule, index: int) -> float:
    """Standard deviation at time tau of data N(MEAN, DEVIATION^2)."""
    return math.hypot(chosen.alphas[index] * DEVIATION, chosen.sigmas[index])


def exact_noise(chosen: Schedule) -> Callable[[torch.Tensor, int], torch.Tensor]:
    """What a perfect network predicts there: the marginal is N(alpha MEAN, spread^2)."""
    return lambda x, i: chosen.sigmas[i] * (x - chosen.alphas[i] * MEAN) / spread(chosen, i) ** 2


def gaussian_error(steps: int) -> float:
    """Distance from the exact solution: the diffusion ODE carries a number of deviations from marginal to marginal."""
    chosen = schedule("continuous", steps)
    start = torch.linspace(-2, 2, 9, dtype=torch.float64)
    exact = MEAN + DEVIATION * (start - chosen.alphas[steps] * MEAN) / spread(chosen, steps)
    return float((solve(exact_noise(chosen), start, chosen) - exact).abs().max())


def moments(sampler: str, steps: int) -> tuple[float, float]:
    """Mean and deviation of what a sampler makes of normal numbers, exactly.

    With the exact noise it is affine in all that it draws, so one row of zeros and one row for each draw tell it all.
    """
    chosen = schedule("continuous", steps)
    count = steps if sampler == "ddpm" else 1
    start, *fresh = torch.cat([torch.zeros(1, count), torch.eye(count)]).double().unbind(1)
    noise = exact_noise(chosen)
    made = ancestral.sample(noise, start, fresh, chosen) if sampler == "ddpm" else solve(noise, start, chosen)
    return float(made[0]), float((made[1:] - made[0]).norm())


def test_the_solver_converges_to_the_exact_solution_at_first_order() -> None:
    errors = [gaussian_error(steps) for steps in (20, 200, 2000)]
    assert errors[2] < 2e-3
    assert errors[0] / errors[1] > 5
    assert errors[1] / errors[2] > 8


@pytest.mark.parametrize("sampler", ["dpm-solver", "ddpm"])
def test_samplers_reach_mean_and_deviation_of_the_data_at_first_order(sampler: str) -> None:
    errors = []
    for steps in (10, 100, 1000):
        mean, deviation = moments(sampler, steps)
        errors.append(max(abs(mean - MEAN), abs(deviation - DEVIATION)))
    assert errors[0] < 0.15
    assert errors[2] < 5e-3
    assert errors[0] / errors[1] > 4
    assert errors[1] / errors[2] > 7


def test_ancestral_sampling_is_the_published_step_in_its_own_symbols() -> None:
    """Ho et al.: mean (x - beta / sqrt(1 - abar) eps) / sqrt(a), variance beta (1 - abar before) / (1 - abar)."""
    betas = [0.1, 0.3]
    products = [1.0, 0.9, 0.9 * 0.7]
    chosen = Schedule(tuple(map(math.sqrt, products)))
    x, eps, z = (torch.tensor([value], dtype=torch.float64) for value in (0.8, -0.4, 1.5))
    second = (x - betas[1] / math.sqrt(1 - products[2]) * eps) / math.sqrt(1 - betas[1])
    second = second + math.sqrt(betas[1] * (1 - products[1]) / (1 - products[2])) * z
    first = (second - betas[0] / math.sqrt(1 - products[1]) * eps) / math.sqrt(1 - betas[0])
    torch.testing.assert_close(ancestral.sample(lambda _, __: eps, x, [z], chosen), first)


def test_one_datum_is_recovered_exactly_in_any_number_of_steps() -> None:
    for steps in (1, 5):
        chosen = schedule("continuous", steps)

        def noise(x: torch.Tensor, index: int, chosen=chosen) -> torch.Tensor:
            return (x - chosen.alphas[index] * 0.7) / chosen.sigmas[index]

        found = solve(noise, torch.tensor([-1.0, 0.0, 2.0], dtype=torch.float64), chosen)
        torch.testing.assert_close(found, torch.full_like(found, 0.7))


def test_both_samplers_are_differentiable_in_the_network() -> None:
    chosen, scale = schedule("continuous", 5), torch.tensor(0.5, requires_grad=True)
    fresh = torch.ones(4, 1).unbind(0)
    for made in (
        solve(lambda x, _: scale * x, torch.ones(1), chosen),
        ancestral.sample(lambda x, _: scale * x, torch.ones(1), fresh, chosen),
    ):
        assert torch.autograd.grad(made.sum(), scale)[0].abs() > 0
