"""The layers all networks are made of: lane-wise linear maps, batch normalisation and the Mish activation."""

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

NARROW = 4  # up to so many outputs a matrix product is better done transposed (5-9 times faster on a CPU)


def linear(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """One matrix product per lane: x (L, B, in), weight (L, in, out), bias (L, R, out) -> (L, B, out).

    R is 1, or a divisor of B: then the R rows repeat, as the observation's part does under many actions.
    """
    lanes, rows, outputs = x.shape[0], bias.shape[1], weight.shape[2]
    if rows > 1:
        return ((x @ weight).view(lanes, -1, rows, outputs) + bias.unsqueeze(1)).view(lanes, -1, outputs)
    if outputs <= NARROW:
        return product(x, weight) + bias
    return torch.baddbmm(bias, x, weight)


def product(x: Tensor, weight: Tensor) -> Tensor:
    """x weight, lane by lane: x (L, B, in), weight (L, in, out)."""
    if weight.shape[2] > NARROW:
        return torch.bmm(x, weight)
    result: Tensor = _Narrow.apply(x, weight)  # type: ignore[no-untyped-call]
    return result


class _Narrow(Function):
    """A product with few outputs: transposed, weights output by output; back to x one alone is no product."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        return torch.bmm(weight.mT.contiguous(), x.mT).mT

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        of_x, of_weight = ctx.needs_input_grad
        towards = torch.mul if weight.shape[2] == 1 else torch.bmm
        to_x = towards(gradient, weight.mT) if of_x else None
        return to_x, torch.bmm(gradient.mT, x).mT if of_weight else None


def batch_statistics(x: Tensor) -> Tensor:
    """Mean and variance of every feature of x (L, B, features) over its batch, (L, 2, features)."""
    variance, mean = torch.var_mean(x, dim=1, correction=0)
    return torch.stack([mean, variance], dim=1)


def standardise(x: Tensor, statistics: Tensor) -> Tensor:
    """Batch normalisation of x (L, B, features) before its scale and shift, lane by lane.

    In training `statistics` are those of a batch, in evaluation the running ones that `track` keeps.
    """
    return (x - statistics[:, :1]) * torch.rsqrt(statistics[:, 1:] + 1e-5)


def initial_statistics(lanes: int, features: int) -> Tensor:
    """Running mean 0 and variance 1, (L, 2, features)."""
    return torch.stack([torch.zeros(lanes, features), torch.ones(lanes, features)], dim=1)


@torch.no_grad()
def track(statistics: Tensor, x: Tensor, momentum: float = 0.1) -> None:
    """Move the running statistics, in place, towards those of the batch x (L, B, features)."""
    variance, mean = torch.var_mean(x, dim=1)
    statistics.lerp_(torch.stack([mean, variance], dim=1), momentum)


class _Mish(Function):
    """x t with t = tanh(softplus(x)) = u / (2 - u), u = s (2 - s), s = sigmoid(x): exact, and cheap on a CPU."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        s = torch.sigmoid(x)
        u = s * (2 - s)
        t = u / (2 - u)
        # dt / dx = (1 - t^2) s; saving the finished derivative leaves the backward pass one product
        ctx.save_for_backward(t + s * (x - x * t * t))
        return x * t

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        derivative: Tensor = ctx.saved_tensors[0]
        return gradient * derivative


def mish(x: Tensor) -> Tensor:
    """The Mish activation."""
    activated: Tensor = _Mish.apply(x)  # type: ignore[no-untyped-call]
    return activated
