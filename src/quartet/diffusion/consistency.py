"""Consistency models (Song et al. 2023): one network that jumps from any noise level straight to the data.

Their samples are data + t noise; ours keep the variance, alpha (data + t noise) with t = sigma / alpha, so one network
reads the same samples as a noise network and only its output is understood differently.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from quartet.diffusion.schedules import Schedule

DATA_DEVIATION = 0.5  # sigma_data of Song et al. (Karras et al.), for data in [-1, 1]
Levels = Callable[[Tensor, Tensor], Tensor]  # the network's output for samples at levels, one level a row


def skip(alpha: Tensor, sigma: Tensor) -> Tensor:
    """c_skip: the share of the sample that is kept, 1 where there is no noise (Song et al. Appendix C)."""
    return DATA_DEVIATION**2 / ((sigma / alpha) ** 2 + DATA_DEVIATION**2)


def out(alpha: Tensor, sigma: Tensor) -> Tensor:
    """c_out: the weight of the network's output, 0 where there is no noise, so that the boundary condition holds."""
    ratio = sigma / alpha
    return DATA_DEVIATION * ratio / (ratio**2 + DATA_DEVIATION**2).sqrt()


def clean(output: Tensor, sample: Tensor, alpha: Tensor, sigma: Tensor) -> Tensor:
    """The consistency function: c_skip x + c_out F (Song et al. Eq. 5), x = sample / alpha."""
    return skip(alpha, sigma) * sample / alpha + out(alpha, sigma) * output


def data_of(output: Tensor, sample: Tensor, schedule: Schedule, index: int) -> Tensor:
    """The data that the network's output at one index stands for."""
    alpha, sigma = (sample.new_tensor(values[index]) for values in (schedule.alphas, schedule.sigmas))
    return clean(output, sample, alpha, sigma)


def difference(
    online: Levels, target: Levels, data: Tensor, noise: Tensor, levels: Tensor, schedule: Schedule
) -> Tensor:
    """What consistency training squares (Song et al. Eq. 10), of the shape of `data`.

    The same data and noise at `levels` (1..K, one for each row) and one level below: the online network jumps from
    the first, the target network (an average of the online one) from the second.
    """

    def jump(network: Levels, at: Tensor) -> Tensor:
        rows = (..., *[None] * (data.dim() - at.dim()))
        alpha, sigma = (data.new_tensor(values)[at][rows] for values in (schedule.alphas, schedule.sigmas))
        sample = alpha * data + sigma * noise
        return clean(network(sample, at), sample, alpha, sigma)

    with torch.no_grad():
        aim = jump(target, levels - 1)
    return jump(online, levels) - aim
