"""What SMAC lets an agent see and choose and a critic know: its features, in its order, by its formulas."""

import torch
from torch import Tensor
from torch.nn.functional import one_hot, pad

from quartet.tasks.battle.fight import Fight
from quartet.tasks.battle.maps import BattleMap

SIGHT, SHOT = 9.0, 6.0  # of every unit in SMAC; in SMACv2 those of its type, and
SHORTEST_SHOT = 2.0  # at least so far
MOVE = 2.0  # how far a walk is ordered; half of it must lie inside the arena
HEADINGS = ((0, 1), (0, -1), (1, 0), (-1, 0))  # north, south, east, west


class Views:
    """The observations, states and legal choices of the battles of one map."""

    def __init__(self, battle: BattleMap, fight: Fight) -> None:
        self.battle, self.fight = battle, fight
        self._team, self._opponents = slice(battle.agents), slice(battle.agents, None)
        sight, shot = fight.roster.sight[self._team], fight.roster.range[self._team]
        if battle.random:
            self._sight, self._shot = sight.unsqueeze(1), shot.clamp(min=SHORTEST_SHOT).unsqueeze(1)
        else:
            self._sight, self._shot = (
                torch.full_like(sight, SIGHT).unsqueeze(1),
                torch.full_like(shot, SHOT).unsqueeze(1),
            )
        self._bits = [self._type_bits("team", self._team), self._type_bits("opponents", self._opponents)]
        apart = ~torch.eye(battle.agents, dtype=torch.bool, device=fight.x.device).flatten()
        self._others = apart.nonzero().squeeze(1)  # where an agent's comrades lie among all pairs of agents

    def legal(self) -> Tensor:
        """The choices of every agent, (n, agents, choices): the dead do nothing, the living anything within reach."""
        fight, team = self.fight, self._team
        alive, x, y = fight.alive[team], fight.x[team], fight.y[team]
        ways = [alive & self._open(x + MOVE / 2 * east, y + MOVE / 2 * north) for east, north in HEADINGS]
        idle = torch.stack([~alive, alive, *ways], dim=1)
        return torch.cat([idle, self._attackable()], dim=1).permute(2, 0, 1)

    def observations(self) -> Tensor:
        """What every agent sees, (n, agents, observation): its ways, its enemies, its comrades, itself."""
        fight, team, n = self.fight, self._team, self.fight.x.shape[1]
        alive = fight.alive
        seen = (fight.distance[team] < self._sight) & alive & alive[team].unsqueeze(1)
        far, east, north = (part[team] / self._sight for part in (fight.distance, fight.dx, fight.dy))
        health = self._condition()
        enemies, comrades = seen[:, self._opponents], seen[:, team]
        place = [torch.stack([far, east, north], dim=2)[:, side] for side in (team, self._opponents)]
        foes = torch.cat([self._attackable().unsqueeze(2), place[1], self._wide(health[1])], dim=2) * enemies.unsqueeze(
            2
        )
        friends = torch.cat([comrades.unsqueeze(2), place[0], self._wide(health[0])], dim=2) * comrades.unsqueeze(2)
        friends = friends.flatten(0, 1)[self._others].view(self.battle.agents, -1, n)
        ways = self.legal()[:, :, 2:6].permute(1, 2, 0)
        return (
            torch.cat([ways, foes.flatten(1, 2), friends, self._itself(health[0])], dim=1).permute(2, 0, 1).contiguous()
        )

    def state(self, last: Tensor) -> Tensor:
        """Everything at once, (n, state); `last` are the agents' last choices, one-hot (n, agents, choices)."""
        fight, size = self.fight, self.battle.size
        roster, sides = fight.roster, (self._team, self._opponents)
        busy = torch.where(roster.heals, fight.energy, fight.cooldown) / roster.state_cooldown
        places = torch.stack([(fight.x - size / 2) / size, (fight.y - size / 2) / size], dim=1)
        rows = []
        for side, condition in zip(sides, self._condition(), strict=True):
            own = [busy[side].unsqueeze(1)] if side is self._team else []
            row = torch.cat([condition[:, :1], *own, places[side], condition[:, 1:]], dim=1)
            rows.append((row * fight.alive[side].unsqueeze(1)).flatten(0, 1))
        return torch.cat([torch.cat(rows).t(), last.flatten(1)], dim=1)

    def _open(self, x: Tensor, y: Tensor) -> Tensor:
        """Whether each agent may walk to its place, (agents, n)."""
        ground = self.fight.ground
        return ground.inside(x, y) & ~(ground.steep(x, y) & self.fight.roster.walks[self._team])

    def _attackable(self) -> Tensor:
        """Whom every agent may attack, or heal, (agents, enemies, n): the living within SMAC's range, of centres."""
        fight, team, roster = self.fight, self._team, self.fight.roster
        near = (fight.distance[team] <= self._shot) & fight.alive & fight.alive[team].unsqueeze(1)
        attacked = near[:, self._opponents]
        if not roster.any(lambda unit: unit.heals):
            return attacked
        room = self.battle.enemies - self.battle.agents
        healed = pad(near[:, team] & ~roster.flies[team], (0, 0, 0, room))
        return torch.where(roster.heals[team].unsqueeze(1), healed, attacked)

    def _condition(self) -> list[Tensor]:
        """Health, shield where a side has shields, and type of both sides' units, each (units, features, n)."""
        fight, roster = self.fight, self.fight.roster
        health, shield = fight.health / roster.health, fight.shield / roster.shield.clamp(min=1)
        return [
            torch.cat(
                [health[side].unsqueeze(1), *([shield[side].unsqueeze(1)] * self.battle.shields(name)), bits], dim=1
            )
            for name, side, bits in zip(("team", "opponents"), (self._team, self._opponents), self._bits, strict=True)
        ]

    def _itself(self, condition: Tensor) -> Tensor:
        """An agent's own features, (agents, features, n); SMACv2 puts its place before its type."""
        fight, team = self.fight, self._team
        if self.battle.random:
            bits = self._bits[0].shape[1]
            places = torch.stack([fight.x[team], fight.y[team]], dim=1) / self.battle.size
            condition = torch.cat([condition[:, :-bits], places, condition[:, -bits:]], dim=1)
        return condition * fight.alive[team].unsqueeze(1)

    def _type_bits(self, side: str, units: slice) -> Tensor:
        """The one-hot types of a side's units, (units, bits, n); no bits where all units are alike."""
        types = self.fight.roster.types[units]
        known = self.battle.types[side] if self.battle.types else ()
        place = torch.tensor([known.index(name) if name in known else 0 for name in self.battle.names])
        bits = one_hot(place.to(types.device)[types], max(len(known), 1))[..., : len(known)]
        return bits.permute(0, 2, 1).float().expand(-1, -1, self.fight.x.shape[1])

    def _wide(self, features: Tensor) -> Tensor:
        """Features of units (units, features, n) as every agent sees them, (agents, units, features, n)."""
        return features.expand(self.battle.agents, -1, -1, -1)
