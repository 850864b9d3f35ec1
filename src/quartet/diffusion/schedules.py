"""Variance-preserving noise schedules: what is left of an action (alpha) and how much noise was added (sigma)."""

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, exp, pi, sqrt

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


def continuous(steps: int, beta_max: float = BETA_MAX) -> Schedule:
    """The continuous VP schedule log alpha(t) = -t^2 (beta_max - beta_min) / 4 - t beta_min / 2 at t = i / N."""
    times = [i / steps for i in range(steps + 1)]
    return Schedule(tuple(exp(-(t**2) * (beta_max - BETA_MIN) / 4 - t * BETA_MIN / 2) for t in times))


def vp(steps: int) -> Schedule:
    """Diffusion-QL's "vp" betas: the same with beta_max = 10."""
    return continuous(steps, beta_max=10.0)


def literal(steps: int) -> Schedule:
    """DOM2 Eq. 13 word for word, alpha = 1 - beta; it never reaches a clean action (alpha_0 = .746 for N = 5)."""
    drift, slope = BETA_MIN / (steps + 1), (BETA_MAX - BETA_MIN) / (2 * (steps + 1) ** 2)
    return Schedule(tuple(exp(-drift - slope * (2 * i + 1)) for i in range(steps + 1)))


def cosine(steps: int) -> Schedule:
    """alpha(t) ~ cos((t + s) / (1 + s) pi / 2) with s = .008 and no beta above .999 (Nichol & Dhariwal Eq. 17).

    DoF's and MADIFF's code calls it squaredcos_cap_v2; N is their K.
    """
    offset, least = 0.008, sqrt(1 - 0.999)
    alphas = [1.0]
    for i in range(1, steps + 1):
        angles = ((t + offset) / (1 + offset) * pi / 2 for t in (i / steps, 0.0))
        at, start = map(cos, angles)
        alphas.append(max(at / start, alphas[-1] * least))
    return Schedule(tuple(alphas))


def linear(steps: int) -> Schedule:
    """Ho et al.'s beta, 1e-4 to .02, spread over the N steps themselves, as Diffusion-QL's code does.

    Made for a thousand steps: five of them leave alpha_5 = .975, hardly any noise at all.
    """
    alphas = [1.0]
    for i in range(steps):
        beta = 1e-4 + (0.02 - 1e-4) * i / max(1, steps - 1)
        alphas.append(alphas[-1] * sqrt(1 - beta))
    return Schedule(tuple(alphas))


SCHEDULES: dict[str, Callable[[int], Schedule]] = {
    "continuous": continuous,
    "vp": vp,
    "literal": literal,
    "cosine": cosine,
    "linear": linear,
}


def schedule(name: str, steps: int) -> Schedule:
    """The schedule of that name with N = `steps`."""
    if name not in SCHEDULES:
        raise unknown("schedule", name, SCHEDULES)
    return SCHEDULES[name](steps)
