"""Who fights whom, where and for how long: one YAML file a map, so that a new map is data."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from quartet.schema import read_yaml
from quartet.tasks.battle.ground import Cliffs
from quartet.tasks.battle.units import units
from quartet.tasks.spec import TaskSpec

IDLE = 6  # choices that are no attack: no-op, stop, north, south, east, west


@dataclass(frozen=True)
class Group:
    """Units that start around one place."""

    at: tuple[float, float]
    units: Mapping[str, int]

    @property
    def names(self) -> list[str]:
        """One entry a unit, types in their order."""
        return [name for name, count in self.units.items() for _ in range(count)]


@dataclass(frozen=True)
class Draw:
    """SMACv2: a team of random types, the same for both sides, at random places."""

    units: int
    types: Mapping[str, float]  # with their probabilities, in the order in which SMACv2 numbers agents
    never_alone: str  # a team has others than these


@dataclass(frozen=True)
class BattleMap:
    """One map; either both sides are listed, or both are drawn."""

    limit: int  # steps
    size: int = 32  # of the square arena
    team: tuple[Group, ...] = ()
    opponents: tuple[Group, ...] = ()
    cliffs: Cliffs = ()
    random: Draw | None = None
    types: Mapping[str, tuple[str, ...]] | None = None  # the order of their bits, by side; none where all are alike

    @property
    def names(self) -> tuple[str, ...]:
        """The types that occur, in the order in which SMAC numbers agents."""
        if self.random:
            return tuple(self.random.types)
        if self.types:
            return self.types["team"]
        return tuple(dict.fromkeys(name for group in (*self.team, *self.opponents) for name in group.names))

    @property
    def agents(self) -> int:
        """How many units the team has."""
        return self.random.units if self.random else sum(len(group.names) for group in self.team)

    @property
    def enemies(self) -> int:
        """How many units its opponents have."""
        return self.random.units if self.random else sum(len(group.names) for group in self.opponents)

    def shields(self, side: str) -> bool:
        """Whether units of a side ("team" or "opponents") have shields; SMAC asks whether its race is Protoss."""
        groups = getattr(self, side)
        return any(units()[name].shield for name in (self.names if self.random else groups[0].names))

    @property
    def spec(self) -> TaskSpec:
        """The sizes SMAC's formulas give."""
        bits = len(self.types["team"]) if self.types else 0
        own, foe = (1 + self.shields(side) + bits for side in ("team", "opponents"))
        place = 2 if self.random else 0
        choices = IDLE + self.enemies
        return TaskSpec(
            agents=self.agents,
            observation=4 + self.enemies * (4 + foe) + (self.agents - 1) * (4 + own) + own + place,
            action=choices,
            horizon=self.limit,
            state=self.agents * (3 + own) + self.enemies * (2 + foe) + self.agents * choices,
            choices=choices,
        )


@cache
def battle_map(name: str) -> BattleMap:
    """The map of a name in `names.BATTLES`."""
    with resources.as_file(resources.files(__package__) / "maps" / f"{name}.yaml") as path:
        return _map(**read_yaml(path))


def _map(team: Any = (), opponents: Any = (), cliffs: Any = (), random: Any = None, **data: Any) -> BattleMap:
    sides = [tuple(Group(**group) for group in side) for side in (team, opponents)]
    draw = Draw(**random) if random else None
    return BattleMap(**data, team=sides[0], opponents=sides[1], cliffs=tuple(map(tuple, cliffs)), random=draw)
