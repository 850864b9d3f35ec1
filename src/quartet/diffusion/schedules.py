"""Variance-preserving noise schedules: what is left of an action (alpha) and how much noise was added (sigma)."""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, sqrt

from quartet.errors import unknown

BETA_MIN, BETA_MAX = 0.1, 20.0  # DOM2 Appendix B


@dataclass(frozen=True)
class Schedule:
    """alpha and sigma at the times tau_i = i / N, i = 0..N, with alpha^2 + sigma^2 = 1."""

    alphas: tuple[float, ...]

    @property
    def steps(self) -> int:
        """N, the number of solver steps."""
        return len(self.alphas) - 1

    @property
    def sigmas(self) -> tuple[float, ...]:
        """Standard deviation of the noise."""
        return tuple(sqrt(1 - alpha**2) for alpha in self.alphas)


def continuous(steps: int) -> Schedule:
    """The continuous VP schedule log alpha(t) = -t^2 (beta_max - beta_min) / 4 - t beta_min / 2 at t = i / N."""
    times = [i / steps for i in range(steps + 1)]
    return Schedule(tuple(exp(-(t**2) * (BETA_MAX - BETA_MIN) / 4 - t * BETA_MIN / 2) for t in times))


def literal(steps: int) -> Schedule:
    """DOM2 Eq. 13 word for word, alpha = 1 - beta; it never reaches a clean action (alpha_0 = .746 for N = 5)."""
    drift, slope = BETA_MIN / (steps + 1), (BETA_MAX - BETA_MIN) / (2 * (steps + 1) ** 2)
    return Schedule(tuple(exp(-drift - slope * (2 * i + 1)) for i in range(steps + 1)))


SCHEDULES: dict[str, Callable[[int], Schedule]] = {"continuous": continuous, "literal": literal}


def schedule(name: str, steps: int) -> Schedule:
    """The schedule of that name with N = `steps`."""
    if name not in SCHEDULES:
        raise unknown("schedule", name, SCHEDULES)
    return SCHEDULES[name](steps)
