"""Whether generated episodes agree with themselves: rewards with the return they state, choices with what is seen."""

import numpy as np

from quartet.augmentation.tensor import Legal
from quartet.data.episodes import Episodes


def consistency(episodes: Episodes, legal: Legal | None) -> dict[str, float]:
    """What of an episode's own numbers contradict each other; of real episodes nothing does.

    gap: how far the return-to-go at the start lies from the sum of the rewards that follow; lead: by how much it is
    the greater. illegal: the share of choices that the agent's own observation does not allow.
    """
    found: dict[str, float] = {}
    if episodes.returns_to_go is not None:
        difference = episodes.returns_to_go[episodes.offsets[:-1]].astype(np.float64) - episodes.returns
        found |= {"gap": float(np.abs(difference).mean()), "lead": float(difference.mean())}
    if legal is not None:
        found["illegal"] = 1 - float(legal(episodes.observations)[episodes.actions > 0].mean())
    return found
