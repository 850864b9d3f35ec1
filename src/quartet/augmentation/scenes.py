"""Battles read back from what their agents see: where every unit stands, around one of them, and in which health."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from quartet.augmentation.sightings import HEALTH, PLACE, Sightings, sightings
from quartet.data.episodes import Episodes
from quartet.tasks.battle.maps import BattleMap
from quartet.tasks.battle.views import SIGHT

Array = NDArray[np.float32]
TOUCHING = 0.04  # of the sight: nearer than any two units come, so that such a distance means that nothing is seen


@dataclass(frozen=True)
class Scenes:
    """M steps of battles; units are the team's before its opponents', the first living agent stands at (0, 0)."""

    places: Array  # (M, units, 2)
    health: Array  # (M, units) as a share, 0 of the dead
    shield: Array  # (M, units)
    anchor: NDArray[np.int64]  # (M,) who stands at (0, 0)
    whole: NDArray[np.bool_]  # (M,) whether all that lives was seen


def scenes(battle: BattleMap, episodes: Episodes) -> Scenes:
    """Every step as its agents see it together; numbers that several agents see are averaged."""
    seen = sightings(battle, episodes.observations)
    anchor = seen.alive.argmax(1)
    near, offsets = _comrades(seen, anchor)
    visible = (seen.enemies[..., 1] > TOUCHING) & seen.alive[..., None] & near[..., None]
    weights = visible / np.maximum(visible.sum(1, keepdims=True), 1)

    def together(values: Array) -> Array:
        return np.asarray(np.einsum("mne,mne...->me...", weights, values), np.float32)

    where = together(offsets[:, :, None] + SIGHT * seen.enemies[..., PLACE])
    there = np.asarray(visible.any(1))
    enemies = _condition(seen.enemies[..., HEALTH:], shields=battle.shields("opponents"))
    team = _condition(seen.itself, shields=battle.shields("team")) * seen.alive
    health, shield = np.concatenate([team, [together(part) for part in enemies]], axis=2).clip(0, 1)
    placed = np.asarray((near | ~seen.alive).all(1) & seen.alive.any(1))
    whole = placed & _accounted(there, episodes.offsets)
    return Scenes(np.concatenate([offsets, where], axis=1), health, shield, anchor, whole)


def _comrades(seen: Sightings, anchor: NDArray[np.int64]) -> tuple[NDArray[np.bool_], Array]:
    """Whom the anchors see, themselves too, and where, (M, N) and (M, N, 2)."""
    steps, agents, _, size = seen.comrades.shape
    views = np.zeros((steps, agents, size), np.float32)
    for agent in range(agents):
        own, others = np.flatnonzero(anchor == agent), np.delete(np.arange(agents), agent)
        views[np.ix_(own, others)] = seen.comrades[own, agent]
    near = views[..., 0] > 0.5
    near[np.arange(steps), anchor] = True
    return near, SIGHT * views[..., PLACE] * near[..., None]


def _condition(features: Array, *, shields: bool) -> Array:
    """Health and shield, (2, ...), of features that begin with them; no shield where a side has none."""
    health = features[..., 0]
    return np.stack([health, features[..., 1] if shields else np.zeros_like(health)])


def _accounted(there: NDArray[np.bool_], offsets: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether every enemy is seen or dead, (M,): the dead have been seen before and never are again."""
    found = np.zeros(len(there), np.bool_)
    for first, end in pairwise(offsets):
        own = there[first:end]
        gone = np.logical_or.accumulate(own) & ~np.logical_or.accumulate(own[::-1])[::-1]
        found[first:end] = (own | gone).all(1)
    return found
