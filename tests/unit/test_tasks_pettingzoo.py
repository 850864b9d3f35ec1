"""Every task as a PettingZoo environment."""

import numpy as np
import pytest
import torch
from pettingzoo.test import parallel_api_test, parallel_seed_test

from quartet import tasks
from quartet.errors import QuartetError
from quartet.tasks.pettingzoo import parallel_env

PUSH = {f"agent_{number}": np.array([1.0, -0.5], dtype=np.float32) for number in range(3)}
CASES = [(name, setting) for name in tasks.NAMES for setting in ("standard", "shifted")]
CASES += [(name, "standard") for name in ("drones-4", "drones-8", "3m", "terran_5_vs_5")]


@pytest.mark.parametrize(("name", "setting"), CASES)
def test_it_passes_pettingzoos_own_tests(name: str, setting: str) -> None:
    parallel_api_test(parallel_env(tasks.make(name), setting), num_cycles=60)
    parallel_seed_test(lambda: parallel_env(tasks.make(name), setting), num_cycles=30)


def test_an_episode_is_that_of_the_task() -> None:
    env, task = parallel_env(tasks.make("world")), tasks.make("world")
    seen, infos = env.reset(seed=11)
    assert infos == {agent: {} for agent in env.agents}
    np.testing.assert_array_equal(np.stack(list(seen.values())), task.reset(torch.tensor([11]))[0])
    for number in range(25):
        seen, rewards, terminals, truncations, _ = env.step(PUSH)
        step = task.step(torch.tensor([1.0, -0.5]).expand(1, 3, 2))
        np.testing.assert_array_equal(np.stack(list(seen.values())), step.observations[0])
        assert list(rewards.values()) == step.rewards[0].tolist()
        assert set(terminals.values()) == {False}
        assert set(truncations.values()) == {number == 24}
    assert env.agents == []


def test_without_a_seed_the_next_integer_follows() -> None:
    env = parallel_env(tasks.make("tag"))
    starts = [env.reset(seed=seed)[0]["agent_0"] for seed in (3, None, 4)]
    assert not np.array_equal(starts[0], starts[1])
    np.testing.assert_array_equal(starts[1], starts[2])


def test_errors() -> None:
    with pytest.raises(QuartetError, match="unknown setting 'icy'"):
        parallel_env(tasks.make("tag"), "icy")
    env = parallel_env(tasks.make("tag"))
    env.reset(seed=0)
    with pytest.raises(QuartetError, match=r"actions are for \['agent_0'\]; the agents now are"):
        env.step({"agent_0": PUSH["agent_0"]})
