"""Discs with soft contacts in the plane: the physics of the particle tasks, n worlds side by side.

Layout: coordinates first and worlds last, e.g. positions are (2, bodies, n). Every operation then runs along n, which
is what makes thousands of worlds nearly free. All arithmetic is elementwise with a fixed order of additions, so a world
never depends on how many others are simulated beside it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import reduce

import torch
from torch import Tensor

DT = 0.1  # seconds per step
DAMPING = 0.25  # share of the velocity lost per step
CONTACT_FORCE = 100.0  # stiffness of a contact
CONTACT_MARGIN = 1e-3  # softness of a contact: the force sets in about this far before the discs touch
_SATURATION = 40.0  # beyond it softplus is its argument or zero to the last bit, and exp must not overflow


class Integration(Enum):
    """Which velocity moves a body during a step."""

    NEW_VELOCITY = "semi-implicit Euler, as in OMAR's tasks"
    OLD_VELOCITY = "explicit Euler, as in mpe2"


@dataclass(frozen=True)
class Body:
    """What a disc is; its position and velocity live in `World`."""

    role: str  # what it plays in its task, e.g. "prey"; tells a figure how to draw it
    radius: float
    gain: float = 0.0  # force per unit of action; 0 for a body that never moves
    max_speed: float = math.inf
    collides: bool = True
    start: float = 1.0  # an episode starts it uniformly in [-start, start]^2


class World:
    """n worlds holding the same bodies, the movers first. All masses are 1."""

    def __init__(
        self,
        bodies: Sequence[Body],
        device: str | torch.device = "cpu",
        dtype: torch.dtype = torch.float32,
        integration: Integration = Integration.NEW_VELOCITY,
    ) -> None:
        self.bodies, self.integration = tuple(bodies), integration
        self.movers = sum(body.gain > 0 for body in bodies)
        if any(body.gain > 0 for body in bodies[self.movers :]):
            raise ValueError("bodies that move come before bodies that do not")
        radius = torch.tensor([body.radius for body in bodies], dtype=dtype, device=device)
        solid = torch.tensor([body.collides for body in bodies], device=device)
        self.reach = (radius[: self.movers, None] + radius).unsqueeze(-1)  # centre distance of touching discs
        pushes = solid[: self.movers, None] & solid & ~torch.eye(self.movers, len(bodies), dtype=torch.bool).to(device)
        self._solids = 1 + max((i for i, body in enumerate(bodies) if body.collides), default=0)
        self._contact = self.reach.masked_fill(~pushes.unsqueeze(-1), -math.inf)[:, : self._solids]
        self._gain = torch.tensor([body.gain for body in bodies[: self.movers]], dtype=dtype, device=device).unsqueeze(
            1
        )
        numbers = range(self.movers)
        flat = [mover * len(bodies) + other for mover in numbers for other in numbers if other != mover]
        self._others = torch.tensor(flat, dtype=torch.long, device=device)

    def place(self, position: Tensor, max_speed: Tensor, hidden: Tensor | None = None) -> None:
        """Put the bodies at rest at `position` (2, bodies, n), with the movers' speed caps (movers, n).

        `hidden` (bodies - movers, n) marks the fixtures that are not there; the rules say what that means.
        """
        self.position, self.max_speed = position.clone(), max_speed
        nothing = torch.zeros_like(position[0, self.movers :], dtype=torch.bool)
        self.hidden = nothing if hidden is None else hidden
        self.velocity = torch.zeros_like(position[:, : self.movers])
        self._measure()

    def step(self, actions: Tensor) -> None:
        """Push the movers by actions (2, movers, n) and by their contacts, and advance by DT."""
        force = actions * self._gain + self._contact_force()
        velocity = self.velocity * (1 - DAMPING) + force * DT
        velocity = velocity * (self.max_speed / length(velocity)).clamp_(max=1.0)
        moving = velocity if self.integration is Integration.NEW_VELOCITY else self.velocity
        self.position[:, : self.movers] += moving * DT
        self.velocity = velocity
        self._measure()

    def touching(self, mover: int | slice, body: int | slice) -> Tensor:
        """Whether the discs of `mover` and `body` overlap, (..., n) bool."""
        return self.distance[mover, body] < self.reach[mover, body]

    def others(self) -> Tensor:
        """Where each mover sees every other mover, in order: (2, movers, movers - 1, n)."""
        chosen = self.offset.flatten(1, 2).index_select(1, self._others)
        return chosen.view(2, self.movers, self.movers - 1, -1)

    def fixtures(self) -> Tensor:
        """Where each mover sees every body that does not move: (2, movers, bodies - movers, n)."""
        return self.offset[:, :, self.movers :]

    def _measure(self) -> None:
        """Offsets (2, movers, bodies, n) from mover to body and their lengths, for contacts, views and rewards."""
        self.offset = self.position[:, None] - self.position[:, : self.movers, None]
        self.distance = length(self.offset)

    def _contact_force(self) -> Tensor:
        """f = stiffness * margin * softplus((reach - distance) / margin), away from the other body; (2, movers, n)."""
        distance, offset = self.distance[:, : self._solids], self.offset[:, :, : self._solids]
        depth = (self._contact - distance).mul_(1 / CONTACT_MARGIN)
        soft = torch.maximum(depth.clamp(-_SATURATION, _SATURATION).exp_().log1p_(), depth)
        push = soft.mul_(-CONTACT_FORCE * CONTACT_MARGIN).div_(distance.clamp(min=1e-9))
        return total(offset * push, 2)


def length(vectors: Tensor) -> Tensor:
    """Euclidean length of vectors whose two coordinates come first."""
    squares = vectors * vectors
    return (squares[0] + squares[1]).sqrt_()


def total(terms: Tensor, axis: int) -> Tensor:
    """Sum along an axis in a fixed order; `Tensor.sum` may choose another order for another batch size."""
    return reduce(torch.add, terms.unbind(axis))


def rows(vectors: Tensor) -> Tensor:
    """Lay vectors (2, movers, k, n) out as each mover's rows x1, y1, x2, y2 ...: (movers, 2k, n); k may be absent."""
    return vectors.movedim(0, -2).flatten(1, -2)
