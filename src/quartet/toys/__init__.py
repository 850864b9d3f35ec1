"""Toys: games of two agents, one number each, small enough that the truth is known in closed form."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from quartet.toys.result import Result

MODULES = {
    "matrix-game": "densities",
    "bandit": "densities",
    "bandit-policies": "policies",
    "bandit-policies-srpo": "policies",
    "bandit-learned": "learned",
    "bandit-learned-srpo": "learned",
    "players": "players",
    "circle": "circle",
    "payoff-1": "payoff",
    "payoff-2": "payoff",
    "payoff-sum": "payoff",
}


def module_of(game: str) -> str:
    """The module that plays a toy."""
    return f"quartet.toys.{MODULES[game]}"


def play(game: str, method: str, sizes: Mapping[str, Any]) -> Result:
    """Run a method on a toy; torch is imported only now."""
    result: Result = import_module(module_of(game)).play(game, method, sizes)
    return result
