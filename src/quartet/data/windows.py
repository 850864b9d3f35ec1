"""Windows of whole teams' trajectories, as the planners are trained on them, padded where an episode is too short."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from quartet.data.episodes import Episodes
from quartet.data.normaliser import Sight
from quartet.data.places import Places
from quartet.nets.lanes import LaneRandom


@dataclass(frozen=True)
class Windows:
    """B windows of T = history + horizon frames for each of S seeds; the present is frame `history`, from 0."""

    observations: Tensor  # (S, B, N, T, o) normalised
    actions: Tensor  # (S, B, N, T, a) taken at each frame
    real: Tensor  # (S, B, T - 1) 1 where a frame's action led to the next frame, 0 where one of them is padding
    returns: Tensor  # (S, B, N) discounted return from the present on, over the scale
    history: int  # frames before the present
    legal: Tensor | None = None  # (S, B, N, T, choices) which actions each frame allowed, where a task forbids some


class WindowSampler:
    """Draws windows by their present: any step of any episode, an episode as often as its weight says.

    Before an episode its first observation repeats, after it the last one, the one its last step led to.
    """

    def __init__(
        self,
        episodes: Episodes,
        weights: NDArray[np.float64] | Sequence[float] | None,
        *,
        history: int,
        horizon: int,
        gamma: float,
        scale: float,
        sight: Sight,
        device: str | torch.device = "cpu",
    ) -> None:
        self.agents, self.history, self.sight = episodes.spec.agents, history, sight
        self._frames = torch.arange(-history, horizon, device=device)
        self._places = Places(episodes, weights, device)
        self._observations = torch.from_numpy(episodes.observations).to(device)
        self._final = torch.from_numpy(episodes.final_observations).to(device)
        self._actions = torch.from_numpy(episodes.actions).to(device)
        legal = episodes.legal_actions
        self._legal = None if legal is None else torch.from_numpy(legal).to(device)
        self._returns = torch.from_numpy(returns_to_go(episodes, gamma) / np.float32(scale)).to(device)

    def sample(self, random: LaneRandom, batch: int) -> Windows:
        """`batch` windows for every seed; its agents see the same steps of the same episodes."""
        uniform = random.uniform(batch, dtype=torch.float64)
        episode, step = self._places(uniform.view(-1, self.agents, batch)[:, 0])
        first, length = self._places.offsets[episode], self._places.lengths[episode, None]
        frame = step[..., None] + self._frames  # (S, B, T), counted from the episode's start
        row = first[..., None] + torch.minimum(frame.clamp(min=0), length - 1)
        observations = torch.where(
            (frame >= length)[..., None, None], self._final[episode][:, :, None], self._observations[row]
        )
        return Windows(
            observations=self.sight(observations).transpose(2, 3),
            actions=self._actions[row].transpose(2, 3),
            real=((frame >= 0) & (frame < length))[..., :-1].float(),
            returns=self._returns[first + step],
            history=self.history,
            legal=None if self._legal is None else self._legal[row].transpose(2, 3),
        )


def returns_to_go(episodes: Episodes, gamma: float) -> NDArray[np.float32]:
    """Every agent's discounted sum of the rewards from each step to its episode's end, (M, N)."""
    returns = episodes.rewards.astype(np.float64)
    for step in range(int(episodes.lengths.max()) - 2, -1, -1):
        rows = (episodes.offsets[:-1] + step)[step < episodes.lengths - 1]
        returns[rows] += gamma * returns[rows + 1]
    return returns.astype(np.float32)
