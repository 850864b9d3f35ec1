"""Schedules and solver against closed forms."""

import math

import pytest
import torch

from quartet.diffusion import SCHEDULES, schedule, solve
from quartet.errors import QuartetError


def test_the_continuous_schedule_has_the_known_values() -> None:
    assert [round(alpha, 3) for alpha in schedule("continuous", 5).alphas] == [1, 0.811, 0.442, 0.162, 0.040, 0.007]
    assert schedule("continuous", 5).alphas[5] == pytest.approx(0.0066, abs=5e-5)


def test_the_literal_schedule_never_reaches_a_clean_action() -> None:
    alphas = schedule("literal", 5).alphas
    assert alphas[0] == pytest.approx(0.746, abs=5e-4)
    assert alphas[5] == pytest.approx(0.047, abs=5e-4)


@pytest.mark.parametrize("name", SCHEDULES)
def test_noise_grows_with_time_and_variance_is_preserved(name: str) -> None:
    chosen = schedule(name, 10)
    assert chosen.steps == 10
    assert list(chosen.sigmas) == sorted(chosen.sigmas)
    assert all(a**2 + s**2 == pytest.approx(1) for a, s in zip(chosen.alphas, chosen.sigmas, strict=True))


def test_an_unknown_schedule_is_one_line_with_the_nearest_name() -> None:
    with pytest.raises(QuartetError, match="unknown schedule 'literall'; did you mean 'literal'"):
        schedule("literall", 5)


def gaussian_error(steps: int, mean: float = 0.4, deviation: float = 0.3) -> float:
    """Distance from the exact solution for data N(mean, deviation^2), whose exact noise is known.

    The marginal at time tau is N(alpha mean, alpha^2 deviation^2 + sigma^2), so the diffusion ODE carries a number of
    standard deviations unchanged from one marginal to another.
    """
    chosen = schedule("continuous", steps)

    def spread(index: int) -> float:
        return math.sqrt((chosen.alphas[index] * deviation) ** 2 + chosen.sigmas[index] ** 2)

    def noise(x: torch.Tensor, index: int) -> torch.Tensor:
        return chosen.sigmas[index] * (x - chosen.alphas[index] * mean) / spread(index) ** 2

    start = torch.linspace(-2, 2, 9, dtype=torch.float64)
    exact = mean + deviation * (start - chosen.alphas[steps] * mean) / spread(steps)
    return float((solve(noise, start, chosen) - exact).abs().max())


def test_the_solver_converges_to_the_exact_solution_at_first_order() -> None:
    errors = [gaussian_error(steps) for steps in (20, 200, 2000)]
    assert errors[2] < 2e-3
    assert errors[0] / errors[1] > 5
    assert errors[1] / errors[2] > 8


def test_one_datum_is_recovered_exactly_in_any_number_of_steps() -> None:
    for steps in (1, 5):
        chosen = schedule("continuous", steps)

        def noise(x: torch.Tensor, index: int, chosen=chosen) -> torch.Tensor:
            return (x - chosen.alphas[index] * 0.7) / chosen.sigmas[index]

        found = solve(noise, torch.tensor([-1.0, 0.0, 2.0], dtype=torch.float64), chosen)
        torch.testing.assert_close(found, torch.full_like(found, 0.7))


def test_the_solver_is_differentiable() -> None:
    scale = torch.tensor(0.5, requires_grad=True)
    solve(lambda x, _: scale * x, torch.ones(1), schedule("continuous", 5)).sum().backward()
    assert scale.grad is not None
    assert scale.grad.abs() > 0
