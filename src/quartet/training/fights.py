"""Fights of drone combat as they were played, whole: to learn from while they come in, and as datasets."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import one_hot

from quartet.data.episodes import Episodes, combine, episode_returns
from quartet.tasks.drones import Drones
from quartet.tasks.spec import TaskSpec, chosen
from quartet.training.maddpg import Minibatch
from quartet.training.online import DATASET_STREAM, starts

Choose = Callable[[Tensor, Tensor], Tensor]  # observations and what is legal -> a score for every choice
AT_ONCE = 16  # fights side by side when a dataset is collected
STREAMS = {"random": 0, "medium": 1, "expert": 2}  # the qualities that are played, each from its own starts


@dataclass(frozen=True)
class Moment:
    """One step of all fights: what was seen, allowed and done, and what came of it."""

    observations: Tensor  # (n, N, o)
    legal: Tensor  # (n, N, choices)
    actions: Tensor  # (n, N, choices) one-hot
    rewards: Tensor  # (n, N)
    going: Tensor  # (n,) whether the fight was undecided before the step
    terminals: Tensor  # (n,)
    truncations: Tensor  # (n,)


def collect_fights(
    task: Drones, name: str, quality: str, choose: Choose, behaviour: str, transitions: int, seed: int
) -> Episodes:
    """At least `transitions` transitions of whole fights, rounded up to rounds of fights side by side."""
    rounds: list[Episodes] = []
    while sum(part.transitions for part in rounds) < transitions:
        seeds = starts(DATASET_STREAM + STREAMS[quality], seed, len(rounds) * AT_ONCE, AT_ONCE)
        rounds.append(fight(task, name, choose, seeds))
    return combine([(part, np.arange(len(part))) for part in rounds], quality, behaviour)


def fight(task: Drones, name: str, choose: Choose, seeds: Tensor) -> Episodes:
    """One fight per seed."""
    observations, moments = task.reset(seeds), []
    while not (task.over.all() or task.time >= task.spec.horizon):
        legal, going = task.legal(), ~task.over
        actions = one_hot(chosen(choose(observations, legal), legal), task.spec.choices).float()
        step = task.step(actions)
        ended = step.terminals & going
        moments.append(Moment(observations, legal, actions, step.rewards, going, ended, step.truncations))
        observations = step.observations
    return _episodes(task, name, moments, observations)


def _episodes(task: Drones, name: str, moments: list[Moment], last: Tensor) -> Episodes:
    """What happened until each fight was decided, one fight after the other."""
    going = torch.stack([moment.going for moment in moments], dim=1)  # (n, steps)

    def rows(values: list[Tensor]) -> NDArray[np.generic]:
        return torch.stack(values, dim=1)[going].cpu().numpy()

    offsets = np.concatenate([[0], going.sum(dim=1).cumsum(0).cpu().numpy()]).astype(np.int64)
    rewards = rows([moment.rewards for moment in moments]).astype(np.float32)
    return Episodes(
        task=name,
        quality="",
        behaviour="",
        spec=task.spec,
        observations=rows([moment.observations for moment in moments]).astype(np.float32),
        actions=rows([moment.actions for moment in moments]).astype(np.float32),
        rewards=rewards,
        terminals=rows([moment.terminals for moment in moments]).astype(np.bool_),
        truncations=rows([moment.truncations for moment in moments]).astype(np.bool_),
        offsets=offsets,
        returns=episode_returns(rewards, offsets),
        final_observations=last.cpu().numpy(),  # a decided fight stands still
        legal_actions=rows([moment.legal for moment in moments]).astype(np.bool_),
    )


class Memory:
    """All fights so far, one after the other; room is reserved, and taken from the machine only as it fills."""

    def __init__(self, spec: TaskSpec, rows: int) -> None:
        wide = (rows, spec.agents)
        self._steps: dict[str, NDArray[Any]] = {
            "observations": np.empty((*wide, spec.observation), np.float32),
            "actions": np.empty((*wide, spec.choices), np.float32),
            "rewards": np.empty(wide, np.float32),
            "terminals": np.empty(rows, np.bool_),
            "truncations": np.empty(rows, np.bool_),
            "legal_actions": np.empty((*wide, spec.choices), np.bool_),
        }
        self.rows, self._fights = 0, list[Episodes]()

    def add(self, fights: Episodes) -> None:
        """Note some fights that were fought to their ends."""
        place = slice(self.rows, self.rows + fights.transitions)
        for name, kept in self._steps.items():
            kept[place] = getattr(fights, name)
        self.rows = place.stop
        self._fights.append(replace(fights, **{name: kept[place] for name, kept in self._steps.items()}))  # type: ignore[arg-type]

    def sample(self, batch: int, generator: torch.Generator) -> Minibatch:
        """Joint moments drawn uniformly from all so far; the horizon counts as an end, it is hardly ever reached."""
        rows = torch.randint(self.rows, (batch,), generator=generator, device=generator.device).cpu().numpy()
        later = np.minimum(rows + 1, self.rows - 1)  # after a last row comes another fight, which `ends` leaves out
        seen, legal = self._steps["observations"], self._steps["legal_actions"]
        ends = self._steps["terminals"][rows] | self._steps["truncations"][rows]
        drawn = (seen[rows], legal[rows], self._steps["actions"][rows], self._steps["rewards"][rows, 0])
        return Minibatch(*(torch.from_numpy(a).to(generator.device) for a in (*drawn, seen[later], legal[later], ends)))

    def episodes(self, quality: str, behaviour: str) -> Episodes:
        """All of them."""
        fights, steps = self._fights, {name: kept[: self.rows] for name, kept in self._steps.items()}
        lengths = np.concatenate([part.lengths for part in fights])
        return replace(
            fights[0],
            quality=quality,
            behaviour=behaviour,
            offsets=np.concatenate([[0], lengths.cumsum()]).astype(np.int64),
            returns=np.concatenate([part.returns for part in fights]),
            final_observations=np.concatenate([part.final_observations for part in fights]),
            **steps,  # type: ignore[arg-type]
        )
