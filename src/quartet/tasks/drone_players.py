"""Fixed teams for drone combat, and what they score: a yardstick for the task and for learned teams.

`python -m quartet.tasks.drone_players` prints the table of docs/drones.md.
"""

import argparse
from collections.abc import Callable

import torch
from tabulate import tabulate
from torch import Tensor
from torch.nn.functional import one_hot

from quartet.tasks.combat import ACTIONS, ATTACK, LEFT, SIGHT, sector
from quartet.tasks.drones import OWN, SIZES, Drones
from quartet.tasks.hunters import hunt, towards
from quartet.tasks.scenario import Policy


def uniform(seed: int) -> Policy:
    """Every legal choice alike, whatever is seen."""
    generator = torch.Generator().manual_seed(seed)
    return lambda observations: torch.rand(*observations.shape[:-1], len(ACTIONS), generator=generator)


def sighted(observations: Tensor) -> Tensor:
    """Shoot what is in reach, else go for the nearest foe in sight, else look around."""
    ahead, left = torch.tensor(sector(SIGHT), device=observations.device).unbind(1)
    foes = observations[..., OWN:] < 0
    chase = towards(ahead, left)[foes.byte().argmax(dim=-1)]  # cells are in the order of their distance
    move = torch.where(foes.any(dim=-1), chase, LEFT)
    return one_hot(move, len(ACTIONS)) + 2.0 * one_hot(torch.full_like(move, ATTACK), len(ACTIONS))


PLAYERS: dict[str, Callable[[Drones], Policy]] = {
    "uniform": lambda _: uniform(0),
    "sighted": lambda _: sighted,
    "hunters": lambda task: lambda _: one_hot(hunt(task.combat, 0), len(ACTIONS)).float(),
}


def play(task: Drones, policy: Policy, episodes: int) -> tuple[Tensor, Tensor]:
    """Return and length of each episode, (episodes,)."""
    observations = task.reset(torch.arange(episodes))
    total, steps = torch.zeros(episodes), torch.zeros(episodes)
    while not (task.over.all() or task.time >= task.spec.horizon):
        steps += ~task.over
        step = task.step(policy(observations))
        observations, total = step.observations, total + step.rewards[:, 0]
    return total, steps


def main() -> None:
    """Print return, wins, losses and length for every player and size."""
    parser = argparse.ArgumentParser(description="Scores of fixed teams in drone combat.")
    parser.add_argument("--episodes", type=int, default=1000)
    episodes = parser.parse_args().episodes
    table = []
    for name, drones in SIZES.items():
        for player, policy_of in PLAYERS.items():
            task = Drones(drones)
            scores, steps = play(task, policy_of(task), episodes)
            table.append(
                {
                    "task": name,
                    "team": player,
                    "return ± s.e.": f"{scores.mean():.1f} ± {scores.std() / episodes**0.5:.1f}",
                    "won": f"{task.won.float().mean():.0%}",
                    "drones left": f"{task.combat.standing[:, 0].float().mean():.1f}",
                    "steps": f"{steps.mean():.0f}",
                }
            )
    print(tabulate(table, headers="keys", tablefmt="github"))


if __name__ == "__main__":
    main()
