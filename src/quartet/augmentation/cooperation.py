"""How often a team attacks one enemy together: EAQ's Figure 1 (b), and the same counted without the dead."""

import numpy as np

from quartet.data.episodes import Episodes

NOTHING, IDLE = 0, 6  # SMAC's choices: the dead do nothing, from the seventh on they are attacks


def focus_fire(episodes: Episodes) -> dict[str, float]:
    """The share of steps with one common target among those where everyone attacks, and how many those are.

    "all": no agent is dead. "living": the dead do not count, two at least live.
    """
    choices = episodes.actions.argmax(2)
    living = choices != NOTHING
    attacking = ((choices >= IDLE) | ~living).all(1)
    lowest = np.where(living, choices, episodes.spec.choices).min(1)
    together = lowest == choices.max(1)  # who does nothing has the lowest number of all
    found = {}
    for name, counted in (("all", living.all(1)), ("living", living.sum(1) >= 2)):
        steps = attacking & counted
        found[f"focus-{name}"] = float(together[steps].mean()) if steps.any() else float("nan")
        found[f"steps-{name}"] = float(steps.sum())
    return found
