"""Fixed teams for battles, and what they score: a yardstick for the task and for learned teams.

`python -m quartet.tasks.battle.players` prints the table of docs/battle.md.
"""

import argparse
from collections.abc import Callable

import torch
from tabulate import tabulate
from torch import Tensor
from torch.nn.functional import pad

from quartet.names import BATTLES
from quartet.tasks.battle.fight import SLACK
from quartet.tasks.battle.maps import IDLE
from quartet.tasks.battle.opponents import hunt
from quartet.tasks.battle.task import TICKS_A_STEP, Battle
from quartet.tasks.battle.views import HEADINGS

MOST_WORTH = 1000.0  # above every health and distance
WALKING, COMPANY = 3.0, 5.0  # health by which an enemy must be weaker to walk for it, and for one agent less on it
STOP, NORTH, SOUTH = 1, 2, 3
DANGER, CALM, CROWD = 3.2, 8.0, 10.0  # how near enemies are from whom one flees, none shoots, or that crowd a place
NEAR, ACROSS = 2.6, 1.7  # how far from the middle of a cliff one waits, and is past it
Player = Callable[[Battle], Tensor]  # scores (n, agents, choices) for the battles as they stand


def uniform(seed: int) -> Player:
    """Every legal choice alike."""
    generator = torch.Generator().manual_seed(seed)
    return lambda battle: torch.rand(battle.legal().shape, generator=generator)


def nearest(battle: Battle) -> Tensor:
    """Every agent attacks the nearest enemy within its reach."""
    agents = battle.spec.agents
    return _engage(battle, battle.fight.distance[:agents, agents:])


def focused(battle: Battle) -> Tensor:
    """Every agent attacks the weakest enemy within its reach that those before it do not kill yet."""
    agents, fight = battle.spec.agents, battle.fight
    left = (fight.health + fight.shield)[agents:]
    reached = battle.legal()[:, :, IDLE:].permute(1, 2, 0)
    walks = fight.gap[:agents, agents:] > fight.roster.range[:agents].unsqueeze(1) + SLACK
    hitting = (~walks & fight.alive[:agents].unsqueeze(1)).sum(dim=0)
    apart = (fight.distance[:agents, agents:] * fight.alive[:agents].unsqueeze(1)).mean(dim=0)
    handicap = WALKING * walks - COMPANY * hitting + apart / 10  # of equals all take the nearest to the team
    damage = (fight.power * fight.roster.hits.unsqueeze(1))[:agents, agents:].expand_as(reached)
    loaded = fight.cooldown[:agents] < TICKS_A_STEP
    worth = []
    for agent in range(agents):
        worth.append(torch.where(left > 0, left, left + MOST_WORTH) + handicap[agent])
        target = worth[-1].masked_fill(~reached[agent], torch.inf).argmin(dim=0, keepdim=True)
        blow = damage[agent].gather(0, target) * (loaded[agent] & reached[agent].any(dim=0))
        left = left.scatter_add(0, target, -blow)
    return _engage(battle, torch.stack(worth))


def kiting(battle: Battle) -> Tensor:
    """For climbers: wait by a cliff, shoot the nearest, and step over the cliff when enemies come around it."""
    agents, fight = battle.spec.agents, battle.fight
    y, far = fight.y[:agents], fight.distance[:agents, agents:].masked_fill(~fight.alive[agents:], torch.inf)
    lines = torch.tensor([(south + north) / 2 for _, south, _, north in battle.map.cliffs], device=y.device)
    strips = (fight.y.unsqueeze(2) > lines).sum(dim=2)  # of the arena, between the cliffs from south to north
    beyond = strips[agents:] - strips[:agents].unsqueeze(1)
    offset = (lines - y.unsqueeze(2)).gather(2, (lines - y.unsqueeze(2)).abs().argmin(dim=2, keepdim=True)).squeeze(2)
    crowds = [((beyond == step) & (far < CROWD)).sum(dim=1).float() for step in (1, -1)]
    crowds[0] = crowds[0].masked_fill(strips[:agents] == len(lines), torch.inf)
    crowds[1] = crowds[1].masked_fill(strips[:agents] == 0, torch.inf)
    emptier = torch.where(crowds[1] <= crowds[0], SOUTH, NORTH)
    going = battle.last.permute(1, 2, 0)[:, NORTH : SOUTH + 1]
    wish = torch.where((far.amin(dim=1) > CALM) & (offset.abs() > NEAR), torch.where(offset > 0, NORTH, SOUTH), 0)
    wish = torch.where(((beyond == 0) & (far < DANGER)).any(dim=1), emptier, wish)
    wish = torch.where(going.any(dim=1) & (offset.abs() < ACROSS), going.argmax(dim=1) + NORTH, wish)
    walk = torch.stack([2 * MOST_WORTH * (wish == way) for way in (NORTH, SOUTH)], dim=1)
    idle = torch.zeros_like(walk)
    attack = MOST_WORTH - far.nan_to_num(posinf=MOST_WORTH)
    return torch.cat([idle, walk, idle, attack], dim=1).permute(2, 0, 1) + torch.arange(battle.spec.choices).eq(STOP)


def _engage(battle: Battle, worth: Tensor) -> Tensor:
    """Attack the enemy (agents, enemies, n) of least worth, heal the comrade that is hurt most.

    Enemies come, so all wait until one of them is within somebody's reach; then who reaches none walks to the nearest.
    """
    agents, fight = battle.spec.agents, battle.fight
    share = (fight.health / fight.roster.health)[:agents]
    comrades = pad(share, (0, 0, 0, battle.map.enemies - agents), value=1.0).expand_as(worth)
    worth = torch.where(fight.roster.heals[:agents].unsqueeze(1), comrades, worth)
    attack = 6 * MOST_WORTH - worth.permute(2, 0, 1)
    stop = (~battle.legal()[:, :, IDLE:].flatten(1).any(dim=1))[:, None, None] * 2 * MOST_WORTH
    aim = hunt(fight, fight.itself)[:agents].unsqueeze(1)
    ways = torch.tensor(HEADINGS, dtype=torch.float32, device=aim.device)
    east, north = fight.dx[:agents].gather(1, aim), fight.dy[:agents].gather(1, aim)
    walk = (ways[:, :1] * east + ways[:, 1:] * north).permute(2, 0, 1) + MOST_WORTH
    return torch.cat([torch.zeros_like(stop.expand(-1, agents, -1)), stop.expand(-1, agents, -1), walk, attack], dim=2)


PLAYERS: dict[str, Player] = {"uniform": uniform(0), "nearest": nearest, "focused": focused}


def play(battle: Battle, player: Player, episodes: int) -> tuple[Tensor, Tensor]:
    """Return and length of each battle, (episodes,)."""
    battle.reset(torch.arange(episodes))
    total, steps = torch.zeros(episodes), torch.zeros(episodes)
    while not (battle.over.all() or battle.time >= battle.spec.horizon):
        steps += ~battle.over
        total += battle.step(player(battle)).rewards[:, 0]
    return total, steps


def main() -> None:
    """Print return, wins and length for every player and map."""
    parser = argparse.ArgumentParser(description="Scores of fixed teams in battles.")
    parser.add_argument("--episodes", type=int, default=1000)
    parser.add_argument("--maps", nargs="+", default=list(BATTLES))
    options = parser.parse_args()
    table = []
    for name in options.maps:
        for player, policy in PLAYERS.items():
            battle = Battle(name)
            scores, steps = play(battle, policy, options.episodes)
            table.append(
                {
                    "map": name,
                    "team": player,
                    "return ± s.e.": f"{scores.mean():.2f} ± {scores.std() / options.episodes**0.5:.2f}",
                    "won": f"{battle.won.float().mean():.1%}",
                    "lost": f"{(battle.standing[:, 0] == 0).float().mean():.1%}",
                    "steps": f"{steps.mean():.0f}",
                }
            )
    print(tabulate(table, headers="keys", tablefmt="github"))


if __name__ == "__main__":
    main()
