"""The two shapes of a planner's values: whole teams, (S, B, N, ...), and the lanes and rows that networks take."""

from torch import Tensor


def to_lanes(values: Tensor, sharing: bool = False) -> Tensor:
    """(S, B, N, ...) -> one lane a seed, (S, B N, ...), where agents share a network; else one each, (S N, B, ...)."""
    return values.flatten(1, 2) if sharing else values.transpose(1, 2).flatten(0, 1)


def to_teams(values: Tensor, agents: int, sharing: bool = False) -> Tensor:
    """The inverse of `to_lanes`."""
    if sharing:
        return values.reshape(len(values), -1, agents, *values.shape[2:])
    return values.reshape(-1, agents, *values.shape[1:]).transpose(1, 2)
