"""Steps of episodes played again by the task itself: whether what follows in the data is what the rules make of it."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from quartet.augmentation.scenes import Scenes, scenes
from quartet.data.episodes import Episodes
from quartet.tasks.battle import Battle

Steps = NDArray[np.int64]
PLAYED = 500  # steps at most


def replayed(battle: Battle, episodes: Episodes, seed: int) -> dict[str, float]:
    """How far, after one step, the data lie from the task put into the same scene: places (cells), health, reward.

    What agents do not see, cooldowns and aims, is as at a battle's start; so real episodes have an error as well, which
    is the one to compare with. `played` is the share of steps whose scene is whole, and so is the next.
    """
    found = scenes(battle.map, episodes)
    inner = np.ones(episodes.transitions, np.bool_)
    inner[episodes.offsets[1:] - 1] = False
    after = np.arange(1, episodes.transitions + 1) % episodes.transitions
    steps = np.flatnonzero(inner & found.whole & found.whole[after] & (found.health[after, found.anchor] > 0))
    share = {"played": len(steps) / max(1, int(inner.sum()))}
    if not len(steps):
        return share | dict.fromkeys(("place-error", "health-error", "reward-error"), float("nan"))
    steps = np.sort(np.random.default_rng(seed).permutation(steps)[:PLAYED])
    paid = _play(battle, found, steps, torch.from_numpy(episodes.actions[steps]))
    wrong = float((paid - torch.from_numpy(episodes.rewards[steps, 0])).abs().mean())
    return share | _errors(battle, found, steps) | {"reward-error": wrong}


def _play(battle: Battle, found: Scenes, steps: Steps, actions: Tensor) -> Tensor:
    """Put the scenes into the middle of the arena and play one step; what it pays."""
    battle.reset(torch.arange(len(steps)))
    fight, middle = battle.fight, battle.map.size / 2

    def units(values: NDArray[np.float32]) -> Tensor:
        return torch.from_numpy(values[steps]).t().contiguous()

    fight.x, fight.y = (middle + units(found.places[..., axis]) for axis in (0, 1))
    fight.health = units(found.health) * fight.roster.health
    fight.shield = units(found.shield) * fight.roster.shield
    fight.measure()
    return battle.step(actions).rewards[:, 0]


def _errors(battle: Battle, found: Scenes, steps: Steps) -> dict[str, float]:
    """Mean distance of the places of all that live after both, and mean difference of everyone's health."""
    fight, anchor, row = battle.fight, torch.from_numpy(found.anchor[steps]), torch.arange(len(steps))
    next_places = torch.from_numpy(found.places[steps + 1])
    theirs = next_places - next_places[row, anchor][:, None]
    places = torch.stack([fight.x, fight.y], dim=2).transpose(0, 1)
    ours = places - places[row, anchor][:, None]
    health, next_health = (fight.health / fight.roster.health).t(), torch.from_numpy(found.health[steps + 1])
    live = (health > 0) & (next_health > 0)
    live[row, anchor] = False  # it is where it is by definition
    return {
        "place-error": float((ours - theirs).norm(dim=2)[live].mean()),
        "health-error": float((health - next_health).abs().mean()),
    }
