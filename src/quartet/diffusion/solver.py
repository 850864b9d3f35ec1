"""First-order DPM-Solver: from noise to an action in N steps, differentiable throughout."""

from collections.abc import Callable

from torch import Tensor

from quartet.diffusion.schedules import Schedule


def step(noise: Tensor, actions: Tensor, schedule: Schedule, index: int) -> Tensor:
    """From time tau_index to tau_(index-1), given the predicted noise (DPM-Solver Eq. 3.7).

    DOM2 Eq. 4 prints the same step with its indices exchanged in the noise's factor; this is the one that solves
    the diffusion equation.
    """
    alphas, sigmas = schedule.alphas, schedule.sigmas
    ratio = alphas[index - 1] / alphas[index]
    return ratio * actions - (ratio * sigmas[index] - sigmas[index - 1]) * noise


def solve(noise: Callable[[Tensor, int], Tensor], start: Tensor, schedule: Schedule) -> Tensor:
    """All N steps from `start` ~ N(0, I) to an action; `noise(actions, index)` predicts the noise at tau_index."""
    actions = start
    for index in range(schedule.steps, 0, -1):
        actions = step(noise(actions, index), actions, schedule, index)
    return actions
