"""The layers all networks are made of: lane-wise linear maps, batch normalisation and Mish."""

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function


def linear(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """One matrix product per lane: x (L, B, in), weight (L, in, out), bias (L, 1 or B, out) -> (L, B, out)."""
    return torch.baddbmm(bias, x, weight)


def standardise(x: Tensor, statistics: Tensor | None = None) -> Tensor:
    """Batch normalisation of x (L, B, features) before its scale and shift, lane by lane.

    In training `statistics` is None: the batch's own mean and variance. In evaluation it is the running
    (L, 2, features) that `track` keeps.
    """
    if statistics is None:
        variance, mean = torch.var_mean(x, dim=1, keepdim=True, correction=0)
    else:
        mean, variance = statistics[:, :1], statistics[:, 1:]
    return (x - mean) * torch.rsqrt(variance + 1e-5)


def initial_statistics(lanes: int, features: int) -> Tensor:
    """Running mean 0 and variance 1, (L, 2, features)."""
    return torch.stack([torch.zeros(lanes, features), torch.ones(lanes, features)], dim=1)


@torch.no_grad()
def track(statistics: Tensor, x: Tensor, momentum: float = 0.1) -> None:
    """Move the running statistics, in place, towards those of the batch x (L, B, features)."""
    variance, mean = torch.var_mean(x, dim=1)
    statistics.lerp_(torch.stack([mean, variance], dim=1), momentum)


class _Mish(Function):
    """x tanh(softplus(x)) = x (1 - q^2) / (1 + q^2) with q = sigmoid(-x): exact, and far cheaper on a CPU."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        q = torch.sigmoid(-x)
        square = q * q
        tanh = (1 - square).div_(1 + square)
        ctx.save_for_backward(x, q, tanh)
        return x * tanh

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        x, q, tanh = ctx.saved_tensors
        # d tanh / dx = (1 - tanh^2) sigmoid(x), and sigmoid(x) = 1 - q
        derivative: Tensor = tanh + x * (1 - tanh * tanh) * (1 - q)
        return gradient * derivative


def mish(x: Tensor) -> Tensor:
    """The Mish activation."""
    activated: Tensor = _Mish.apply(x)  # type: ignore[no-untyped-call]
    return activated
