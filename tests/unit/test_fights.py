"""Datasets of drone combat: whole fights, as they were played."""

from pathlib import Path

import numpy as np
import pytest
import torch

from quartet.data.episodes import open_episodes, write_episodes
from quartet.tasks.drones import HORIZON, Drones
from quartet.training.fights import SHARES, collect_fights
from quartet.training.online import DATASET_STREAM, starts


@pytest.mark.parametrize("quality", SHARES)
def test_fights_are_kept_whole_and_cut_where_they_are_decided(quality: str, tmp_path: Path) -> None:
    episodes = collect_fights(Drones(4), "drones-4", quality, 1500, seed=3)
    assert episodes.transitions >= 1500
    ends = episodes.offsets[1:] - 1
    assert (episodes.terminals | episodes.truncations).nonzero()[0].tolist() == ends.tolist()
    assert episodes.lengths.max() <= HORIZON
    assert (episodes.actions.sum(2) == 1).all()
    assert episodes.legal_actions is not None
    assert episodes.legal_actions[episodes.actions == 1].all()
    write_episodes(tmp_path / "a.h5", episodes)
    assert open_episodes(tmp_path / "a.h5").spec == Drones(4).spec


def test_a_fight_can_be_played_again_from_its_file() -> None:
    episodes, task = collect_fights(Drones(4), "drones-4", "medium", 100, seed=0), Drones(4)
    seeds = starts(DATASET_STREAM + list(SHARES).index("medium"), 0, 0, 64)
    for fight in (0, 17):
        seen = task.reset(seeds[fight : fight + 1])
        for row in range(episodes.offsets[fight], episodes.offsets[fight + 1]):
            np.testing.assert_array_equal(seen[0], episodes.observations[row])
            step = task.step(torch.from_numpy(episodes.actions[row])[None])
            assert step.rewards[0].tolist() == episodes.rewards[row].tolist()
            assert bool(step.terminals) == episodes.terminals[row]
            seen = step.observations
        np.testing.assert_array_equal(seen[0], episodes.final_observations[fight])


def test_the_more_is_left_to_chance_the_less_is_won() -> None:
    means, deviations = {}, {}
    for quality in SHARES:
        returns = collect_fights(Drones(4), "drones-4", quality, 2000, seed=1).returns
        means[quality], deviations[quality] = returns.mean(), returns.std()
    assert means["random"] < means["medium"] < means["expert"]
    assert means["random"] < means["medium-replay"] < means["expert"]
    assert max(deviations, key=lambda quality: deviations[quality]) == "medium-replay"
