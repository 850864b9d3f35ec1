"""Datasets of drone combat: whole fights, as they were played, and MADDPG's memory of them."""

from pathlib import Path

import numpy as np
import pytest
import torch

from quartet.data.episodes import Episodes, open_episodes, write_episodes
from quartet.tasks.drones import HORIZON, Drones
from quartet.training.drone_behaviour import at_random
from quartet.training.fights import STREAMS, Memory, collect_fights, fight
from quartet.training.online import DATASET_STREAM, starts


def collected(transitions: int, seed: int = 3) -> Episodes:
    choose = at_random(torch.Generator().manual_seed(seed))
    return collect_fights(Drones(4), "drones-4", "random", choose, "uniform choices", transitions, seed)


def test_fights_are_kept_whole_and_cut_where_they_are_decided(tmp_path: Path) -> None:
    episodes = collected(1500)
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
    episodes, task = collected(100), Drones(4)
    seeds = starts(DATASET_STREAM + STREAMS["random"], 3, 0, 16)
    for number in (0, 11):
        seen = task.reset(seeds[number : number + 1])
        for row in range(episodes.offsets[number], episodes.offsets[number + 1]):
            np.testing.assert_array_equal(seen[0], episodes.observations[row])
            step = task.step(torch.from_numpy(episodes.actions[row])[None])
            assert step.rewards[0].tolist() == episodes.rewards[row].tolist()
            assert bool(step.terminals) == episodes.terminals[row]
            seen = step.observations
        np.testing.assert_array_equal(seen[0], episodes.final_observations[number])


@pytest.fixture
def rounds() -> list[Episodes]:
    choose = at_random(torch.Generator().manual_seed(0))
    return [fight(Drones(4), "drones-4", choose, torch.arange(first, first + 5)) for first in (0, 5)]


def test_a_memory_gives_back_all_fights_in_order(rounds: list[Episodes], tmp_path: Path) -> None:
    memory = Memory(Drones(4).spec, 20 * HORIZON)
    for part in rounds:
        memory.add(part)
    kept = memory.episodes("medium-replay", "uniform choices")
    write_episodes(tmp_path / "a.h5", kept)  # which checks offsets and returns
    assert len(kept) == 10
    for name in ("observations", "legal_actions", "final_observations", "returns"):
        both = np.concatenate([getattr(part, name) for part in rounds])
        np.testing.assert_array_equal(getattr(kept, name), both)


def test_what_is_sampled_happened_and_led_to_what_is_said(rounds: list[Episodes]) -> None:
    memory = Memory(Drones(4).spec, 20 * HORIZON)
    memory.add(rounds[0])
    kept, drawn = rounds[0], memory.sample(200, torch.Generator().manual_seed(0))
    ends = set((kept.offsets[1:] - 1).tolist())
    met = 0
    for number in range(200):
        same = (kept.observations == drawn.observations[number].numpy()).all((1, 2))
        [row] = np.flatnonzero(same & (kept.actions == drawn.actions[number].numpy()).all((1, 2)))[:1]
        assert drawn.rewards[number] == kept.rewards[row, 0]
        assert bool(drawn.ends[number]) == (row in ends)
        if row not in ends:
            np.testing.assert_array_equal(drawn.next_observations[number], kept.observations[row + 1])
            met += 1
    assert met > 150
