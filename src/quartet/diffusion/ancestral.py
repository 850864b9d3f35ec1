"""Ancestral sampling (DDPM): from noise to an action in N random steps, differentiable throughout."""

from collections.abc import Callable, Sequence
from math import sqrt

from torch import Tensor

from quartet.diffusion.schedules import Schedule


def step(noise: Tensor, actions: Tensor, schedule: Schedule, index: int) -> Tensor:
    """The mean of the action at tau_(index-1), given the one at tau_index and the predicted noise (Ho et al. Eq. 11).

    Their alpha is our squared ratio alpha_index / alpha_(index-1), their beta what that lacks of 1.
    """
    ratio = schedule.alphas[index] / schedule.alphas[index - 1]
    return (actions - (1 - ratio**2) / schedule.sigmas[index] * noise) / ratio


def deviation(schedule: Schedule, index: int) -> float:
    """The standard deviation around that mean: of the forward process's posterior (Ho et al. Eq. 7)."""
    ratio = schedule.alphas[index] / schedule.alphas[index - 1]
    return schedule.sigmas[index - 1] / schedule.sigmas[index] * sqrt(1 - ratio**2)


def sample(
    noise: Callable[[Tensor, int], Tensor], start: Tensor, fresh: Sequence[Tensor], schedule: Schedule
) -> Tensor:
    """All N steps from `start` ~ N(0, I); `fresh` holds the normal numbers of steps N..2, the last step adds none."""
    actions = start
    for index, added in zip(range(schedule.steps, 1, -1), fresh, strict=True):
        actions = step(noise(actions, index), actions, schedule, index) + deviation(schedule, index) * added
    return step(noise(actions, 1), actions, schedule, 1)
