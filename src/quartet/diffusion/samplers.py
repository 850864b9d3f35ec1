"""Samplers of one shape: DDPM, DDIM, DPM-Solver and consistency models, strided and with known parts held fixed.

All walk down `steps`, a rising choice of 0..K (None: every one); a shorter walk is a walk down a coarser schedule. Each
step predicts the data, bounds it by `clip`, and goes on from there; `overwrite` puts known parts in place before every
call of the network and at the end.
"""

from collections.abc import Callable, Sequence
from functools import partial
from math import log
from typing import Protocol

from torch import Tensor

from quartet.diffusion import ancestral, consistency, solver
from quartet.diffusion.schedules import Schedule

Network = Callable[[Tensor, int], Tensor]  # what the network makes of a sample at step k: noise, or see `consistency`
Draw = Callable[[], Tensor]  # normal numbers of the sample's shape
Step = Callable[[Tensor, Tensor, Schedule, int], Tensor]  # predicted data, sample, schedule, i -> the sample at i - 1


class Sampler(Protocol):
    """From a start ~ N(0, I) to data."""

    def __call__(
        self,
        network: Network,
        start: Tensor,
        schedule: Schedule,
        *,
        draw: Draw,
        steps: Sequence[int] | None = None,
        clip: float | None = None,
        overwrite: Callable[[Tensor], Tensor] | None = None,
    ) -> Tensor:
        """Data of the start's shape; samplers that add noise on their way call `draw`."""


def strided(total: int, count: int) -> tuple[int, ...]:
    """`count` steps spread evenly over 0..total."""
    return tuple(round(index * total / count) for index in range(count + 1))


def data_of(noise: Tensor, sample: Tensor, schedule: Schedule, index: int) -> Tensor:
    """The data that a noise prediction stands for."""
    return (sample - schedule.sigmas[index] * noise) / schedule.alphas[index]


def noise_of(data: Tensor, sample: Tensor, schedule: Schedule, index: int) -> Tensor:
    """The noise that a data prediction stands for."""
    return (sample - schedule.alphas[index] * data) / schedule.sigmas[index]


def _walk(
    reading: Step,
    stepper: Callable[[Draw], Step],
    network: Network,
    start: Tensor,
    schedule: Schedule,
    *,
    draw: Draw,
    steps: Sequence[int] | None = None,
    clip: float | None = None,
    overwrite: Callable[[Tensor], Tensor] | None = None,
) -> Tensor:
    """A `Sampler` once it is told how to read data from the network's output and how to step on from them."""
    chosen = range(schedule.steps + 1) if steps is None else steps
    coarse = Schedule(tuple(schedule.alphas[index] for index in chosen))
    step, sample = stepper(draw), start
    for index in range(coarse.steps, 0, -1):
        sample = sample if overwrite is None else overwrite(sample)
        data = reading(network(sample, chosen[index]), sample, coarse, index)
        sample = step(data if clip is None else data.clamp(-clip, clip), sample, coarse, index)
    return sample if overwrite is None else overwrite(sample)


def _ddpm(draw: Draw) -> Step:
    """Ancestral sampling with the posterior's variance (Ho et al. Algorithm 2); the last step adds none."""

    def step(data: Tensor, sample: Tensor, schedule: Schedule, index: int) -> Tensor:
        mean = ancestral.step(noise_of(data, sample, schedule, index), sample, schedule, index)
        return mean if index == 1 else mean + ancestral.deviation(schedule, index) * draw()

    return step


def _ddim(data: Tensor, sample: Tensor, schedule: Schedule, index: int) -> Tensor:
    """DDIM without noise (Song et al. 2021, Eq. 12), which is the first-order DPM-Solver of DOM2's `solve`."""
    return solver.step(noise_of(data, sample, schedule, index), sample, schedule, index)


def _second_order() -> Step:
    """DPM-Solver++ (2M): second order with one call of the network a step (Lu et al. 2022, Algorithm 2).

    The first step has none before it to extrapolate from, and the last one ends where the log ratio of data to noise
    is infinite: both are DDIM's.
    """
    before: list[Tensor] = []

    def step(data: Tensor, sample: Tensor, schedule: Schedule, index: int) -> Tensor:
        used = data
        if before and index > 1:
            used = data + (data - before[0]) * _length(schedule, index) / (2 * _length(schedule, index + 1))
        before[:] = [data]
        return _ddim(used, sample, schedule, index)

    return step


def _length(schedule: Schedule, index: int) -> float:
    """How much the log ratio of data to noise grows from index to index - 1."""
    later, earlier = (log(schedule.alphas[i] / schedule.sigmas[i]) for i in (index - 1, index))
    return later - earlier


def _consistency(draw: Draw) -> Step:
    """Noise the predicted data again, to a lower level (Song et al. 2023, Algorithm 1); the last data stay."""

    def step(data: Tensor, _: Tensor, schedule: Schedule, index: int) -> Tensor:
        return data if index == 1 else schedule.alphas[index - 1] * data + schedule.sigmas[index - 1] * draw()

    return step


SAMPLERS: dict[str, Sampler] = {
    "ddpm": partial(_walk, data_of, _ddpm),
    "ddim": partial(_walk, data_of, lambda _: _ddim),
    "dpm-solver": partial(_walk, data_of, lambda _: _second_order()),
    "consistency": partial(_walk, consistency.data_of, _consistency),
}
