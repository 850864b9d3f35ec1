"""The parameters of a stack of networks: one row of numbers per lane, and the views that give them names."""

from collections.abc import Callable, Mapping, Sequence
from math import prod

import torch
from torch import Tensor

from quartet.errors import QuartetError
from quartet.nets.lanes import LaneRandom

Shapes = Mapping[str, tuple[int, ...]]
Terms = dict[str, Tensor]  # a loss by its named terms, each (lanes,); the loss is their sum


def initial_random(seeds: Sequence[int], agents: int, network: int = 0) -> LaneRandom:
    """The stream that initialises a network: the seed's own, apart from the training stream, always drawn on the CPU.

    `network` tells the networks of one algorithm apart, so that adding one changes no other.
    """
    return LaneRandom([(2_654_435_761 * (seed + 1) + 40_503 * (network + 1)) % 2**32 for seed in seeds], agents)


def size(shapes: Shapes) -> int:
    """Numbers in one lane."""
    return sum(prod(shape) for shape in shapes.values())


def unpack(parameters: Tensor, shapes: Shapes) -> dict[str, Tensor]:
    """Name the parts of parameters (L, P): views (L, *shape), so their gradients arrive as one (L, P) tensor."""
    parts = torch.split(parameters, [prod(shape) for shape in shapes.values()], dim=1)
    lanes = len(parameters)
    return {name: part.view(lanes, *shape) for (name, shape), part in zip(shapes.items(), parts, strict=True)}


def linear_start(random: LaneRandom, inputs: int, outputs: int) -> tuple[Tensor, Tensor]:
    """The usual start of a linear layer: weight and bias uniform on +-1/sqrt(inputs)."""
    bound = inputs**-0.5
    return (2 * random.uniform(inputs, outputs) - 1) * bound, (2 * random.uniform(1, outputs) - 1) * bound


def linear_shapes(layers: Mapping[str, tuple[int, int]]) -> dict[str, tuple[int, ...]]:
    """The shape of each part of some linear layers, given their inputs and outputs."""
    shapes: dict[str, tuple[int, ...]] = {}
    for name, (inputs, outputs) in layers.items():
        shapes[f"{name}.weight"], shapes[f"{name}.bias"] = (inputs, outputs), (1, outputs)
    return shapes


def linear_parts(random: LaneRandom, layers: Mapping[str, tuple[int, int]]) -> dict[str, Tensor]:
    """The usual start of all of them, each lane from its own stream."""
    parts = {}
    for name, (inputs, outputs) in layers.items():
        parts[f"{name}.weight"], parts[f"{name}.bias"] = linear_start(random, inputs, outputs)
    return parts


def pack(parts: Mapping[str, Tensor], shapes: Shapes) -> Tensor:
    """The inverse of `unpack`."""
    return torch.cat([parts[name].flatten(1) for name in shapes], dim=1)


def terms_and_gradient(terms: Callable[..., Terms], parameters: Tensor, *inputs: object) -> tuple[Terms, Tensor]:
    """The loss's terms at `parameters` (L, P) and the gradient of their sum; nothing else receives a gradient.

    Losses are summed over lanes because lanes never meet: each row of the gradient is its own lane's.
    """
    values, [gradient] = terms_and_gradients(terms, [parameters], *inputs)
    return values, gradient


def terms_and_gradients(
    terms: Callable[..., Terms], parameters: Sequence[Tensor], *inputs: object
) -> tuple[Terms, list[Tensor]]:
    """The same for a loss of several stacks of networks; a stack that it does not depend on gets a gradient of zero."""
    leaves = [stack.detach().requires_grad_() for stack in parameters]
    values = terms(*leaves, *inputs)
    total = torch.stack([value.sum() for value in values.values()]).sum()
    gradients = torch.autograd.grad(total, leaves, allow_unused=True, materialize_grads=True)
    return {name: value.detach() for name, value in values.items()}, list(gradients)


def clip(gradients: Tensor, norm: float) -> Tensor:
    """Scale down, lane by lane, each gradient (L, P) longer than `norm`, in place."""
    lengths = torch.linalg.vector_norm(gradients, dim=1, keepdim=True)
    return gradients.mul_((norm / (lengths + 1e-6)).clamp(max=1.0))


def soft_update(target: Tensor, online: Tensor, rho: float) -> None:
    """target <- rho online + (1 - rho) target, in place."""
    with torch.no_grad():
        target.lerp_(online, rho)


class Adam:
    """Adam on one (L, P) tensor; it is elementwise, so a lane is trained as if it were alone."""

    def __init__(self, parameters: Tensor, rate: float, betas: tuple[float, float] = (0.9, 0.999)) -> None:
        self.parameters, self.rate, self.betas = parameters, rate, betas
        self.mean, self.square = torch.zeros_like(parameters), torch.zeros_like(parameters)
        self.steps = 0

    @torch.no_grad()
    def step(self, gradients: Tensor) -> None:
        """Move the parameters, in place, against the gradients (L, P)."""
        first, second = self.betas
        self.steps += 1
        self.mean.lerp_(gradients, 1 - first)
        self.square.mul_(second).addcmul_(gradients, gradients, value=1 - second)
        scale = (1 - second**self.steps) ** 0.5
        self.parameters.addcdiv_(
            self.mean, self.square.sqrt().add_(1e-8 * scale), value=-self.rate * scale / (1 - first**self.steps)
        )

    def state_dict(self) -> dict[str, Tensor | int]:
        """Moments and step count."""
        return {"mean": self.mean.clone(), "square": self.square.clone(), "steps": self.steps}

    def load_state_dict(self, state: Mapping[str, Tensor | int]) -> None:
        """Go on from `state_dict`."""
        restore(self.mean, state["mean"], "Adam mean")
        restore(self.square, state["square"], "Adam square")
        self.steps = int(state["steps"])


def restore(target: Tensor, saved: object, name: str) -> None:
    """Copy a saved tensor into a living one of the same shape."""
    shape = tuple(saved.shape) if isinstance(saved, Tensor) else type(saved).__name__
    if not isinstance(saved, Tensor) or shape != tuple(target.shape):
        raise QuartetError(
            f"saved '{name}' is {shape}, this run needs {tuple(target.shape)}",
            where="checkpoint",
            mend="resume with the agents, seeds and widths it was saved with, or start afresh",
        )
    with torch.no_grad():
        target.copy_(saved)
