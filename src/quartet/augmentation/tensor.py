"""Episodes as one tensor (EAQ 3.1, Eq. 4): a column a step, a row a feature of the whole team, and back.

Ours holds time before features, (B, T, F), as our networks over time take it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import one_hot

from quartet.data.episodes import Episodes, episode_returns
from quartet.data.windows import returns_to_go
from quartet.tasks.spec import TaskSpec

REWARD, VALUE, DONE = -3, -2, -1  # the last three features: global reward, Q_tot, whether the episode ends here

Legal = Callable[[NDArray[np.float32]], NDArray[np.bool_]]  # what observations (M, N, o) allow, (M, N, choices)


@dataclass(frozen=True)
class EpisodeTensor:
    """Episodes (E, T, F), every feature divided by the largest size it has in them: all within -1 and 1, padding 0."""

    values: Tensor  # (E, T, F)
    sizes: Tensor  # (F,) what to multiply by
    longest: int  # steps of the longest episode; T is that, rounded up

    @classmethod
    def of(cls, episodes: Episodes, longest: int, gamma: float, divisor: int) -> "EpisodeTensor":
        """Episodes padded with zeros to `longest`, and on to a multiple of `divisor`."""
        values = np.zeros((len(episodes), -(-longest // divisor) * divisor, features(episodes.spec)), np.float32)
        lengths = episodes.lengths
        episode = np.repeat(np.arange(len(episodes)), lengths)
        step = np.arange(episodes.transitions) - np.repeat(episodes.offsets[:-1], lengths)
        values[episode, step] = _features(episodes, gamma)
        sizes = np.abs(values).max((0, 1))
        sizes[sizes == 0] = 1.0
        return cls(torch.from_numpy(values / sizes), torch.from_numpy(sizes), longest)


def features(spec: TaskSpec) -> int:
    """F: observation and action of every agent, reward, Q_tot, done."""
    return spec.agents * (spec.observation + spec.action) + 3


def _features(episodes: Episodes, gamma: float) -> NDArray[np.float32]:
    """The features of every step, (M, F)."""
    team = np.concatenate([episodes.observations, episodes.actions], axis=2).reshape(episodes.transitions, -1)
    done = np.zeros(episodes.transitions, np.float32)
    done[episodes.offsets[1:] - 1] = 1.0
    last = [episodes.rewards.mean(1), returns_to_go(episodes, gamma).mean(1), done]
    return np.concatenate([team, np.stack(last, axis=1)], axis=1).astype(np.float32)


def decoded(values: Tensor, tensor: EpisodeTensor, like: Episodes, legal: Legal | None) -> Episodes:
    """Generated episodes (E, T, F): the most likely actions, ended at the first `done` above a half.

    What the tensor does not hold: the last step leads to its own observation again; a step's legal choices are those
    that its observations show, and the one that was made.
    """
    spec, features = like.spec, values * tensor.sizes
    lengths = _lengths(values[..., DONE], tensor.longest)
    kept = features[torch.arange(values.shape[1]) < lengths[:, None]]  # (M, F)
    team = kept[:, :REWARD].view(len(kept), spec.agents, -1)
    observations = np.ascontiguousarray(team[..., : spec.observation].numpy())
    raw = team[..., spec.observation :]
    actions = (one_hot(raw.argmax(-1), spec.action).float() if spec.choices else raw.clamp(-1, 1)).numpy()
    offsets = np.concatenate([[0], np.cumsum(lengths.numpy())]).astype(np.int64)
    rewards = np.repeat(kept[:, REWARD].numpy()[:, None], spec.agents, axis=1)
    cut = np.zeros(len(kept), np.bool_)
    cut[offsets[1:] - 1] = lengths.numpy() == spec.horizon
    ended = np.zeros_like(cut)
    ended[offsets[1:] - 1] = lengths.numpy() < spec.horizon
    return Episodes(
        task=like.task,
        quality=like.quality,
        behaviour="generated",
        spec=spec,
        observations=observations,
        actions=np.ascontiguousarray(actions),
        rewards=rewards,
        terminals=ended,
        truncations=cut,
        offsets=offsets,
        returns=episode_returns(rewards, offsets),
        final_observations=np.ascontiguousarray(observations[offsets[1:] - 1]),
        legal_actions=_legal(observations, actions, legal) if like.legal_actions is not None else None,
        returns_to_go=np.ascontiguousarray(kept[:, VALUE].numpy()),
    )


def _lengths(done: Tensor, longest: int) -> Tensor:
    """Steps up to the first `done`, (E,); all of them where there is none."""
    ends = done[:, :longest] > 0.5
    return torch.where(ends.any(1), ends.int().argmax(1) + 1, longest)


def _legal(observations: NDArray[np.float32], actions: NDArray[np.float32], legal: Legal | None) -> NDArray[np.bool_]:
    return np.ones(actions.shape, np.bool_) if legal is None else legal(observations) | (actions > 0)
