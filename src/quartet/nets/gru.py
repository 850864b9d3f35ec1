"""A gated recurrent unit in lanes, unrolled over time by hand: what autograd would track, step by step, is known.

The inputs' part of all steps is one product; only the memory's is done step by step, forwards and backwards, and its
weights' gradient is one product over all steps again.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

from quartet.nets.lanes import LaneRandom
from quartet.nets.layers import linear
from quartet.nets.parameters import linear_parts, linear_shapes

Gates = tuple[Tensor, Tensor, Tensor, Tensor]  # reset, update, candidate, and the memory's part of the candidate


def layers(inputs: int, memory: int) -> dict[str, tuple[int, int]]:
    """The inputs' part and the memory's part of the reset gate, the update gate and the candidate, in this order."""
    return {"input": (inputs, 3 * memory), "memory": (memory, 3 * memory)}


def gru_shapes(inputs: int, memory: int) -> dict[str, tuple[int, ...]]:
    """The shape of each part in one lane."""
    return linear_shapes(layers(inputs, memory))


def gru_start(random: LaneRandom, inputs: int, memory: int) -> dict[str, Tensor]:
    """The usual start: uniform on +-1/sqrt(inputs) and +-1/sqrt(memory)."""
    return linear_parts(random, layers(inputs, memory))


def unroll(part: Mapping[str, Tensor], x: Tensor) -> Tensor:
    """What is remembered after every step, (L, T, R, memory), of inputs (L, T, R, in), beginning with nothing."""
    lanes, steps, rows, _ = x.shape
    projected = linear(x.flatten(1, 2), part["input.weight"], part["input.bias"]).view(lanes, steps, rows, -1)
    remembered: Tensor = _Unroll.apply(projected, part["memory.weight"], part["memory.bias"])  # type: ignore[no-untyped-call]
    return remembered


def advance(part: Mapping[str, Tensor], x: Tensor, memory: Tensor) -> Tensor:
    """One step: inputs (L, R, in) and what was remembered (L, R, memory) -> what is remembered."""
    projected = linear(x, part["input.weight"], part["input.bias"])
    return _step(projected, memory, part["memory.weight"], part["memory.bias"])[0]


def _step(projected: Tensor, memory: Tensor, weight: Tensor, bias: Tensor) -> tuple[Tensor, Gates]:
    """r, z = sigmoid(x + W h), n = tanh(x + r (W h)), h' = (1 - z) n + z h (Cho et al. 2014, as in cuDNN)."""
    size = memory.shape[2]
    recalled = torch.baddbmm(bias, memory, weight)
    gates = torch.sigmoid(projected[..., : 2 * size] + recalled[..., : 2 * size])
    reset, update = gates.chunk(2, dim=-1)
    own = recalled[..., 2 * size :]
    # tanh(x) = 2 sigmoid(2 x) - 1, five times faster on a CPU
    candidate = torch.addcmul(projected[..., 2 * size :], reset, own).mul_(2).sigmoid_().mul_(2).sub_(1)
    return torch.lerp(candidate, memory, update), (reset, update, candidate, own)


class _Unroll(Function):
    """All steps: projected inputs (L, T, R, 3 H), the memory's weight (L, H, 3 H) and bias (L, 1, 3 H)."""

    @staticmethod
    def forward(ctx: Any, projected: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        lanes, steps, rows, _ = projected.shape
        remembered = projected.new_zeros(lanes, steps + 1, rows, weight.shape[1])  # before every step, and after all
        kept = []
        for t in range(steps):
            memory, gates = _step(projected[:, t], remembered[:, t], weight, bias)
            remembered[:, t + 1] = memory
            kept += [*gates] if any(ctx.needs_input_grad) else []
        ctx.save_for_backward(remembered, weight, *kept)
        return remembered[:, 1:]

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        remembered, weight, *kept = ctx.saved_tensors
        lanes, steps, rows, size = gradient.shape
        to_input = gradient.new_empty(lanes, steps, rows, 3 * size)
        to_recalled = torch.empty_like(to_input)
        carried = gradient.new_zeros(lanes, rows, size)
        for t in reversed(range(steps)):
            reset, update, candidate, own = kept[4 * t : 4 * t + 4]
            carried = carried + gradient[:, t]
            to_candidate = carried * (1 - update) * (1 - candidate.square())
            before = to_input[:, t]
            torch.mul(to_candidate * own, reset * (1 - reset), out=before[..., :size])
            torch.mul(carried * (remembered[:, t] - candidate), update * (1 - update), out=before[..., size : 2 * size])
            before[..., 2 * size :] = to_candidate
            to_recalled[:, t] = before
            to_recalled[:, t, :, 2 * size :] *= reset
            carried = torch.baddbmm(carried * update, to_recalled[:, t], weight.mT)
        flat = to_recalled.flatten(1, 2)
        to_weight = torch.bmm(remembered[:, :-1].flatten(1, 2).mT, flat)
        return to_input, to_weight, flat.sum(1, keepdim=True)
