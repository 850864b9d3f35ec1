"""The hidden layer of all Mish networks, on a CPU a few lanes at a time, so that it works in the cache.

A stack's activations are megabytes; taken whole, each elementwise operation streams them through memory, which costs
as much as the matrix products. A few lanes' fit the cache: a layer's operations are all done on those before the next.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

from quartet.nets.layers import linear, mish

CACHED = 2**16  # entries of a layer's output that are worked on at a time


def hidden(x: Tensor, weight: Tensor, bias: Tensor, plus: Tensor | None = None, keep: Tensor | None = None) -> Tensor:
    """(mish(x weight + bias) + plus) keep: a layer, what else enters its sum, and its dropout mask.

    Shapes as in `linear`; plus and keep are (L, B, out).
    """
    if x.is_cuda or torch.compiler.is_compiling():
        activated = mish(linear(x, weight, bias))
        activated = activated if plus is None else activated + plus
        return activated if keep is None else activated * keep
    result: Tensor = _Hidden.apply(x, weight, bias, plus, keep)  # type: ignore[no-untyped-call]
    return result


class _Hidden(Function):
    """The same by hand, forwards and backwards; the derivative of Mish (see `layers`) is saved finished."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, plus: Tensor | None, keep: Tensor | None) -> Tensor:
        before = torch.bmm(x, weight)
        result, one = torch.empty_like(before), x.new_ones(())
        derivative = torch.empty_like(before) if any(ctx.needs_input_grad) else None
        for lanes in _groups(before):
            pre, out = before[lanes], result[lanes]
            pre.view(len(pre), -1, *bias.shape[1:]).add_(bias[lanes].unsqueeze(1))
            s = torch.sigmoid(pre)
            t = torch.lerp(s, one, s)  # s (2 - s)
            t.div_(2 - t)
            torch.mul(pre, t, out=out)
            if derivative is not None:
                torch.addcmul(t, s, pre.addcmul_(out, t, value=-1), out=derivative[lanes])
            if plus is not None:
                out.add_(plus[lanes])
            if keep is not None:
                out.mul_(keep[lanes])
        ctx.save_for_backward(x, weight, derivative, keep)
        ctx.rows = bias.shape[1]
        return result

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, derivative, keep = ctx.saved_tensors
        of_x, of_weight, of_bias, of_plus, _ = ctx.needs_input_grad
        arriving = torch.empty_like(derivative)
        to_plus = gradient if keep is None else torch.empty_like(derivative)
        to_bias = derivative.new_empty(x.shape[0], ctx.rows, weight.shape[2]) if of_bias else None
        for lanes in _groups(arriving):
            before, after = arriving[lanes], to_plus[lanes]
            if keep is not None:
                torch.mul(gradient[lanes], keep[lanes], out=after)
            torch.mul(after, derivative[lanes], out=before)
            if to_bias is not None:
                torch.sum(before.view(len(before), -1, *to_bias.shape[1:]), 1, out=to_bias[lanes])
        to_x = torch.bmm(arriving, weight.mT) if of_x else None
        to_weight = torch.bmm(x.mT, arriving) if of_weight else None
        return to_x, to_weight, to_bias, to_plus if of_plus else None, None


def _groups(outputs: Tensor) -> list[slice]:
    """Lanes to be worked on together."""
    size = max(1, CACHED // (outputs.shape[1] * outputs.shape[2]))
    return [slice(first, first + size) for first in range(0, outputs.shape[0], size)]
