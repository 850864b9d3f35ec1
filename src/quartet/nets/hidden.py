"""The hidden layer of networks with Mish or ReLU, on a CPU a few lanes at a time, so that it works in the cache.

A stack's activations are megabytes; taken whole, each elementwise operation streams them through memory, which costs
as much as the matrix products. A few lanes' fit the cache: all that is done to those comes before the next lanes.
"""

from collections.abc import Iterator, Sequence
from math import prod
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

from quartet.nets.layers import linear, mish

CACHED = 2**18  # entries of a layer's output that are worked on at a time


def by_hand(x: Tensor) -> bool:
    """Whether layers are computed group by group: on a GPU and under torch.compile plain operations are faster."""
    return not (x.is_cuda or torch.compiler.is_compiling())


def working(outputs: Tensor, count: int) -> Iterator[tuple[slice, Sequence[Tensor]]]:
    """Lanes of outputs (L, B, out) to be worked on together, and `count` tensors of their shape to work in.

    All groups work in the same memory, so that it stays in the cache.
    """
    lanes, *shape = outputs.shape
    size = max(1, CACHED // prod(shape))
    memory = outputs.new_empty(count, min(size, lanes), *shape)
    for first in range(0, lanes, size):
        yield slice(first, first + size), memory[:, : lanes - first].unbind()


def activate(x: Tensor, out: Tensor, spare: Sequence[Tensor], learning: bool) -> Tensor | None:
    """Mish of x into `out` and, where it will be needed, its derivative (see `layers`); x and `spare` are used up."""
    s = torch.sigmoid(x, out=spare[0])
    t = torch.lerp(s, x.new_ones(()), s, out=None if learning else out)  # s (2 - s)
    t.div_(torch.sub(x.new_full((), 2), t, out=spare[1]))
    torch.mul(x, t, out=out)
    return t.addcmul_(s, x.addcmul_(out, t, value=-1)) if learning else None


def hidden(x: Tensor, weight: Tensor, bias: Tensor, activation: str = "mish") -> Tensor:
    """mish(x weight + bias), shapes as in `linear`; or with "relu" in place of Mish."""
    relu = activation == "relu"
    if not by_hand(x):
        before = linear(x, weight, bias)
        return torch.relu(before) if relu else mish(before)
    result: Tensor = _Hidden.apply(x, weight, bias, relu)  # type: ignore[no-untyped-call]
    return result


class _Hidden(Function):
    """The same by hand, forwards and backwards; Mish saves its finished derivative, ReLU its result."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, relu: bool) -> Tensor:
        lanes, rows, outputs = x.shape[0], x.shape[1], weight.shape[2]
        result, slopes = x.new_empty(lanes, rows, outputs), []
        for group, (spare, *more) in working(result, 3):
            before = result[group] if relu else spare
            torch.bmm(x[group], weight[group], out=before)
            before.view(len(before), -1, *bias.shape[1:]).add_(bias[group].unsqueeze(1))
            if relu:
                before.relu_()
            else:
                slopes.append(activate(before, result[group], more, any(ctx.needs_input_grad)))
        ctx.save_for_backward(x, weight, *([result] if relu else slopes))
        ctx.rows, ctx.relu = bias.shape[1], relu
        return result

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, *saved = ctx.saved_tensors
        of_x, of_weight, of_bias, _ = ctx.needs_input_grad
        to_x = torch.empty_like(x) if of_x else None
        to_weight = torch.empty_like(weight) if of_weight else None
        to_bias = weight.new_empty(len(x), ctx.rows, weight.shape[2]) if of_bias else None
        for number, (group, (before,)) in enumerate(working(gradient, 1)):
            if ctx.relu:
                torch.ops.aten.threshold_backward(gradient[group], saved[0][group], 0, grad_input=before)
            else:
                torch.mul(gradient[group], saved[number], out=before)
            if to_x is not None:
                torch.bmm(before, weight[group].mT, out=to_x[group])
            if to_weight is not None:
                torch.bmm(x[group].mT, before, out=to_weight[group])
            if to_bias is not None:
                torch.sum(before.view(len(before), -1, *to_bias.shape[1:]), 1, out=to_bias[group])
        return to_x, to_weight, to_bias, None
