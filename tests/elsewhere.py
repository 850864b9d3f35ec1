"""A device that is not there: tensors that say they are on CUDA, computed on the CPU, and refused where both meet.

With it a machine without a GPU finds what would fail on one: a tensor made without naming the device. A single number
of the CPU may stand beside tensors of the device, as CUDA allows.
"""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode, resolve_name
from torch.utils._pytree import tree_leaves, tree_map

CUDA, CPU = torch.device("cuda"), torch.device("cpu")
MAKE_ARRAYS = {"Tensor.numpy", "Tensor.__array__"}
COPY = {"Tensor.to", "Tensor.cpu", "Tensor.copy_"}


class Elsewhere(TorchFunctionMode):
    """While it is on, everything asked for on CUDA is marked, and so is all that is computed from it."""

    def __init__(self) -> None:
        super().__init__()
        self.marked: dict[int, Tensor] = {}  # by their storage, which is kept so that no other takes its place

    def __enter__(self) -> "Elsewhere":
        self.generator = torch.Generator
        torch.Generator = lambda _="cpu": self.generator()  # type: ignore[misc,assignment]
        super().__enter__()
        return self

    def __exit__(self, *raised: Any) -> None:
        super().__exit__(*raised)
        torch.Generator = self.generator  # type: ignore[misc]

    def __torch_function__(self, function: Callable[..., Any], _: Any, args: Any = (), kwargs: Any = None) -> Any:
        if function is torch.device:
            return function(*args, **(kwargs or {}))
        name = str(resolve_name(function)).removeprefix("torch.")
        given = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        there = [tensor for tensor in given if self.holds(tensor)]
        if name == "Tensor.device.__get__":
            return CUDA if there else CPU
        if name == "Tensor.is_cuda.__get__":
            return bool(there)
        assert not there or name not in MAKE_ARRAYS, "a tensor on CUDA cannot become an array"
        if there and name not in COPY:
            strangers = [tuple(tensor.shape) for tensor in given if tensor.dim() and not self.holds(tensor)]
            assert not strangers, f"{name} of tensors on CUDA and of one of shape {strangers[0]} on the CPU"
        asked = next(self.asked(name, args, kwargs or {}), None)
        result = function(*tree_map(at_home, args), **tree_map(at_home, kwargs or {}))
        side = CUDA if there else CPU
        return result if name == "Tensor.copy_" else tree_map(lambda leaf: self.placed(leaf, side, asked), result)

    def asked(self, name: str, args: Any, kwargs: Any) -> Iterator[torch.device]:
        """The devices that a call names: itself, as a keyword or a word, or by a tensor that is there."""
        if name == "Tensor.cpu":
            yield CPU
        for leaf in [kwargs.get("device"), *args]:
            if isinstance(leaf, torch.device) or (isinstance(leaf, str) and leaf in ("cpu", "cuda")):
                yield torch.device(leaf)
        if name == "Tensor.to" and isinstance(args[1], Tensor):
            yield CUDA if self.holds(args[1]) else CPU

    def holds(self, tensor: Tensor) -> bool:
        """Whether it is marked."""
        return tensor.untyped_storage()._cdata in self.marked

    def placed(self, leaf: Any, side: torch.device, asked: torch.device | None) -> Any:
        """A result on the side of what it was computed from, or where it was asked for."""
        if not isinstance(leaf, Tensor):
            return leaf
        wanted = (asked or side) == CUDA
        if self.holds(leaf) != wanted and asked not in (None, side):
            leaf = leaf.clone()  # what moves to the other side shares nothing with what stays
        if wanted:
            self.marked[leaf.untyped_storage()._cdata] = leaf
        return leaf


def at_home(leaf: Any) -> Any:
    """The CPU in place of CUDA."""
    named = isinstance(leaf, torch.device) or (isinstance(leaf, str) and leaf == "cuda")
    return CPU if named else leaf
