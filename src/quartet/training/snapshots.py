"""Teams on the way of a training, judged; between two that are on either side of a wanted return, one that is near it.

A team may learn to win within one update, so that no medium team is among all it ever was. Such a team lies then on the
line between two that are an update apart, as if the update's step had been shorter.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch

from quartet.tasks.spec import Contest
from quartet.training.rounds import play_round
from quartet.training.teams import Exploring, FrozenTeam

NEAR = 0.5  # a wanted return is found where a team's mean is no farther from it (ours)
SOUGHT = 16  # teams judged for one wanted return between two snapshots, at most (ours)


@dataclass(frozen=True)
class Snapshot:
    """The team after some updates, and how well it does with a few random choices."""

    update: float  # a part of an update where its step was shortened
    transitions: int  # played before it was taken
    mean: float  # of the evaluation episodes' returns
    sd: float
    wins: float  # share of them
    team: FrozenTeam


class Judge:
    """Sees the team after every update, and plays with it after those of a schedule, and in between where need be."""

    def __init__(
        self, task: Contest, seeds: torch.Tensor, share: float, schedule: set[int], wanted: Sequence[float]
    ) -> None:
        self.task, self.seeds, self.share = task, seeds, share
        self.schedule, self.wanted = schedule, wanted
        self.snapshots: list[Snapshot] = []
        self._since: list[tuple[float, int, FrozenTeam]] = []  # updates, transitions and teams since the last snapshot

    def see(self, update: int, transitions: int, team: FrozenTeam) -> Snapshot:
        """Take note of a team; the latest snapshot."""
        self._since.append((update, transitions, team))
        if not self.snapshots:
            self._judge(update, transitions, team)
        elif update in self.schedule:
            before, after = self.snapshots[-1], self._judge(update, transitions, team)
            for goal in self.wanted:
                self._search(goal, before, after)
            self.snapshots.sort(key=lambda snapshot: snapshot.update)
            self._since.clear()
        return self.snapshots[-1]

    def _judge(self, update: float, transitions: int, team: FrozenTeam) -> Snapshot:
        """Every team meets the same starts with the same random numbers."""
        generator = torch.Generator(team.parameters.device).manual_seed(0)
        returns = play_round(self.task, Exploring(team, self.share, generator), self.seeds).returns
        mean, sd, wins = returns.mean(), returns.std(correction=0), self.task.won.float().mean()
        self.snapshots.append(Snapshot(update, transitions, float(mean), float(sd), float(wins), team))
        return self.snapshots[-1]

    def _search(self, goal: float, before: Snapshot, after: Snapshot) -> None:
        """Halve what lies between two snapshots on either side of the goal until one is near it."""
        for _ in range(SOUGHT):
            if (before.mean - goal) * (after.mean - goal) >= 0 or self._has(goal):
                return
            found = self._judge(*self._between(before, after))
            if (before.mean - goal) * (found.mean - goal) < 0:
                after = found
            else:
                before = found

    def _between(self, before: Snapshot, after: Snapshot) -> tuple[float, int, FrozenTeam]:
        """The middle one of the teams seen between two, or else the middle of the two."""
        seen = [one for one in self._since if before.update < one[0] < after.update]
        if seen:
            return seen[len(seen) // 2]
        middle = torch.lerp(before.team.parameters, after.team.parameters, 0.5)
        return (before.update + after.update) / 2, after.transitions, replace(before.team, parameters=middle)

    def _has(self, goal: float) -> bool:
        return any(abs(snapshot.mean - goal) <= NEAR for snapshot in self.snapshots)
