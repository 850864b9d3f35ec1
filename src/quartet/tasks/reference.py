"""Fixed players of the particle tasks, and what they score: a yardstick for environments and for learned policies.

`python -m quartet.tasks.reference` prints the table of docs/tasks.md.
"""

import argparse
from collections.abc import Iterator, Sequence
from itertools import permutations

import torch
from tabulate import tabulate
from torch import Tensor

from quartet.tasks import NAMES, NEEDS_PREY, make
from quartet.tasks.scenario import Policy
from quartet.tasks.spec import Task


def uniform(seed: int) -> Policy:
    """Actions uniform in the box, whatever is seen: the policy behind the `random` datasets."""
    generator = torch.Generator().manual_seed(seed)
    return lambda observations: torch.rand(*observations.shape[:-1], 2, generator=generator) * 2 - 1


def chase(observations: Tensor) -> Tensor:
    """Every predator of `tag` or `world` runs straight at the prey, at full force."""
    others = {16: 8, 24: 14}[observations.shape[-1]]  # where the other movers' offsets begin
    towards = observations[..., others + 4 : others + 6]  # the prey is the third of them
    return towards / towards.abs().amax(-1, keepdim=True).clamp(min=1e-6)


def cover(observations: Tensor) -> Tensor:
    """Agents of `spread` share the landmarks out so that their distances add up to the least, drive there and brake."""
    return drive(observations, 3, list(permutations(range(3))))


def alternate(observations: Tensor) -> Tensor:
    """Agents of `landmarks` take every other vertex of the ring, whichever three are nearer; hiding does not move them.

    So they never crowd, which is what the collisions ask for.
    """
    return drive(observations, 6, [order for triple in ((0, 2, 4), (1, 3, 5)) for order in permutations(triple)])


def drive(observations: Tensor, landmarks: int, assignments: Sequence[Sequence[int]]) -> Tensor:
    """Agents take the assignment of landmarks whose distances add up to the least, drive there and brake."""
    offsets = observations[..., 4 : 4 + 2 * landmarks].reshape(*observations.shape[:-1], landmarks, 2)
    velocity, distances = observations[..., :2], offsets.norm(dim=-1)  # distances (n, agents, landmarks)
    orders = torch.tensor(assignments, device=observations.device)
    costs = distances[:, torch.arange(3), orders].sum(-1)  # (n, orders)
    chosen = orders[costs.argmin(-1)]  # (n, agents)
    target = offsets.gather(2, chosen[..., None, None].expand(-1, -1, 1, 2)).squeeze(2)
    force = (5 * target - 0.75 * velocity) / 0.5  # makes the next velocity 5 times the offset
    return force.clamp(-1, 1)


def oracle(name: str) -> Policy:
    """The controller that plays a particle task well."""
    return chase if name in NEEDS_PREY else alternate if name.startswith("landmarks") else cover


def returns(task: Task, policy: Policy, episodes: int, setting: str = "standard") -> Tensor:
    """Return of each episode: the agents' mean reward summed over the steps, (episodes,)."""
    observations = task.reset(torch.arange(episodes), setting)
    total = torch.zeros(episodes)
    for _ in range(task.spec.horizon):
        step = task.step(policy(observations))
        observations, total = step.observations, total + step.rewards.mean(-1).cpu()
    return total


def players(seed: int) -> Iterator[tuple[str, str, str, Policy, Policy | None]]:
    """Rows of the table: task, player and prey by name, then both as policies."""
    for name in NAMES:
        for player, policy in (("uniform", uniform(seed)), (oracle(name).__name__, oracle(name))):
            yield name, player, "still" if name in NEEDS_PREY else "", policy, None
            if name in NEEDS_PREY:
                yield name, player, "uniform", policy, uniform(seed + 1)


def main() -> None:
    """Print mean, standard error and standard deviation of the return for every player and setting."""
    parser = argparse.ArgumentParser(description="Scores of fixed players on the particle tasks.")
    parser.add_argument("--episodes", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    table = []
    for name, player, prey_name, policy, prey in players(options.seed):
        task = make(name, prey=prey)
        for setting in task.settings:
            scores = returns(task, policy, options.episodes, setting)
            error = scores.std() / options.episodes**0.5
            table.append(
                [name, player, prey_name, setting, f"{scores.mean():.2f} ± {error:.2f}", f"{scores.std():.1f}"]
            )
    print(tabulate(table, headers=["task", "player", "prey", "setting", "mean ± s.e.", "sd"], tablefmt="github"))


if __name__ == "__main__":
    main()
