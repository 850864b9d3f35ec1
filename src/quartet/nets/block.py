"""The residual block of the noise network, on a CPU a few lanes at a time (see `hidden`).

    inner = (mish(x W1 + b1) + e V + v) keep,    y = mish(inner W2 + b2) + x S + s    (or + x, where the widths agree)

e is the embedding of observation and time, keep the dropout mask, and x one tensor or several side by side.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

from quartet.nets.hidden import activate, by_hand, working
from quartet.nets.layers import NARROW, linear, mish, product

Layer = tuple[Tensor, Tensor]  # weight (L, in, out) and bias (L, 1, out)


def block(
    xs: tuple[Tensor, ...],
    embedding: Tensor,
    keep: Tensor | None,
    first: Layer,
    enter: Layer,
    second: Layer,
    skip: Layer | None,
) -> Tensor:
    """y from xs (L, B, in) and embedding (L, B, e); keep None: no dropout, skip None: the identity."""
    if by_hand(embedding):
        result: Tensor = _Block.apply(  # type: ignore[no-untyped-call]
            keep, embedding, *first, *enter, *second, *(skip or (None, None)), *xs
        )
        return result
    x = torch.cat(xs, dim=2)
    inner = mish(linear(x, *first)) + linear(embedding, *enter)
    inner = inner if keep is None else inner * keep
    return mish(linear(inner, *second)) + (x if skip is None else linear(x, *skip))


class _Block(Function):
    """The same by hand, forwards and backwards; what the backward pass needs is saved group by group."""

    @staticmethod
    def forward(ctx: Any, keep: Tensor | None, embedding: Tensor, *given: Tensor) -> Tensor:
        (w1, b1, v, c, w2, b2, s, d), xs = given[:8], given[8:]
        learning, saved = any(ctx.needs_input_grad), []
        result = embedding.new_empty(*embedding.shape[:2], w2.shape[2])
        for group, (before, *spare) in working(result, 3):
            x = torch.cat([x[group] for x in xs], dim=2) if len(xs) > 1 else xs[0][group]
            torch.baddbmm(b1[group], x, w1[group], out=before)
            inner = torch.empty_like(before)
            slope1 = activate(before, inner, spare, learning)
            inner.add_(c[group]).baddbmm_(embedding[group], v[group])
            if keep is not None:
                inner.mul_(keep[group])
            y = result[group]
            torch.baddbmm(b2[group], inner, w2[group], out=before)
            slope2 = activate(before, y, spare, learning)
            if s is None:
                y.add_(x)
            else:
                y.add_(d[group]).baddbmm_(x, s[group])
            saved += [x, inner, slope1, slope2] if learning else []
        ctx.save_for_backward(keep, embedding, *given[:8], *saved)
        ctx.inputs = [x.shape[2] for x in xs]
        return result

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        keep, embedding, w1, b1, v, c, w2, b2, s, d, *saved = ctx.saved_tensors
        of_xs = any(ctx.needs_input_grad[10:])
        to_embedding = torch.empty_like(embedding)
        layers = (w1, b1, v, c, w2, b2) if s is None else (w1, b1, v, c, w2, b2, s, d)
        to_layers = [torch.empty_like(part) for part in layers]
        to_x = gradient.new_empty(*gradient.shape[:2], w1.shape[1]) if of_xs else None
        for index, (group, (outer, before)) in enumerate(working(gradient, 2)):
            x, inner, slope1, slope2 = saved[4 * index : 4 * index + 4]
            arriving = gradient[group]
            parts = [part[group] for part in to_layers]
            _to_layer(inner, torch.mul(arriving, slope2, out=outer), *parts[4:6])
            torch.bmm(outer, w2[group].mT, out=before)
            if keep is not None:
                before.mul_(keep[group])
            torch.bmm(before, v[group].mT, out=to_embedding[group])
            _to_layer(embedding[group], before, *parts[2:4])
            before.mul_(slope1)
            _to_layer(x, before, *parts[:2])
            if s is not None:
                _to_layer(x, arriving, *parts[6:])
            if to_x is not None:
                _to_input(before, w1[group], arriving, None if s is None else s[group], to_x[group])
        no_skip = () if s is not None else (None, None)
        to_xs = [None] * len(ctx.inputs) if to_x is None else torch.split(to_x, ctx.inputs, dim=2)
        return None, to_embedding, *to_layers, *no_skip, *to_xs


def _to_input(before: Tensor, w1: Tensor, arriving: Tensor, s: Tensor | None, to_x: Tensor) -> None:
    """The gradient of x, by way of the first layer and of the skip."""
    if w1.shape[1] <= NARROW:
        torch.add(product(before, w1.mT), arriving if s is None else product(arriving, s.mT), out=to_x)
    elif s is None:
        torch.baddbmm(arriving, before, w1.mT, out=to_x)
    else:
        torch.bmm(before, w1.mT, out=to_x).baddbmm_(arriving, s.mT)


def _to_layer(x: Tensor, before: Tensor, to_weight: Tensor, to_bias: Tensor) -> None:
    """The gradient of a linear layer's weight and bias, given the one before its activation."""
    torch.bmm(x.mT, before, out=to_weight)
    torch.sum(before, 1, keepdim=True, out=to_bias)
