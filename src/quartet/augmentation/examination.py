"""A dataset made larger, measured against the few episodes it was made of, subset by subset."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from quartet.augmentation import tsne
from quartet.augmentation.consistency import consistency
from quartet.augmentation.cooperation import NOTHING, focus_fire
from quartet.augmentation.replay import replayed
from quartet.augmentation.resemblance import reach, resemblance
from quartet.augmentation.sightings import battle_legal
from quartet.augmentation.subsets import picked, subsets
from quartet.data.episodes import Episodes
from quartet.tasks.battle import Battle
from quartet.toys.result import Result

COMPARED = 1000  # observations of each kind that are compared
DRAWN = 250  # observations of each kind on the map


def examine(original: Episodes, enlarged: Episodes, battle: Battle | None = None) -> Result:
    """Every measure for every subset, and the first subset's map: x, y, 0 of a real or 1 of a new observation.

    Of battles the rules are known, so what is new can be held against them.
    """
    real = subsets(original)
    new = [_new(own, part) for own, part in zip(real, subsets(enlarged), strict=True)]
    found = [_measures(number, real, part, battle) for number, part in enumerate(new)]
    measures = {name: [each[name] for each in found] for name in found[0]}
    generator = torch.Generator().manual_seed(0)
    shown = [_observations(part, DRAWN, generator) for part in (real[0], new[0])]
    kinds = torch.arange(2).repeat_interleave(torch.tensor([len(points) for points in shown]))
    plane = torch.cat([tsne.embed(torch.cat(shown)), kinds[:, None]], dim=1)
    return Result(measures, [[round(number, 3) for number in point] for point in plane.tolist()])


def _new(real: Episodes, enlarged: Episodes) -> Episodes:
    """What a subset was enlarged by, which follows its real episodes; all of it where nothing was added."""
    added = np.arange(len(real), len(enlarged))
    return picked(enlarged, added) if len(added) else enlarged


def _measures(number: int, real: Sequence[Episodes], new: Episodes, battle: Battle | None) -> dict[str, float]:
    """One subset's. The next subset, which nobody learnt from, says how near real observations lie to each other."""
    generator = torch.Generator().manual_seed(number)
    own, made, unseen = (
        _observations(part, COMPARED, generator) for part in (real[number], new, real[(number + 1) % len(real)])
    )
    fights = focus_fire(new) if new.spec.choices else {}
    return {
        "episodes": float(len(new)),
        "length": float(new.lengths.mean()),
        "return": float(new.returns.mean(dtype=np.float64)),
        **fights,
        **resemblance(own, made),
        "unseen": reach(unseen, torch.cat([own, made])),
        **consistency(new, battle_legal(battle.map) if battle else None),
        **(replayed(battle, new, number) if battle else {}),
    }


def _observations(episodes: Episodes, count: int, generator: torch.Generator) -> Tensor:
    """Observations of agents drawn from all steps, those of the dead, who see nothing, left out."""
    seen = torch.from_numpy(episodes.observations).flatten(0, 1)
    if episodes.spec.choices:
        seen = seen[torch.from_numpy(episodes.actions.argmax(2) != NOTHING).flatten()]
    return seen[torch.randperm(len(seen), generator=generator)[:count]]
