"""A million transitions are trained on in less than 2 GB: the file is mapped, and nothing makes a copy of all of it."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from quartet import config, paths
from quartet.data.episodes import Episodes, episode_returns, write_episodes

TRANSITIONS, LIMIT = 1_000_000, 2 * 2**30
TRAIN = """
import sys
from pathlib import Path
from quartet import config
from quartet.stages import compute
compute.train(config.load(Path(sys.argv[1]), scale="tiny", results=sys.argv[2]), sys.argv[3], "cpu")
print(next(line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")))
"""


def million(like: Episodes) -> Episodes:
    """Whole episodes of noise, shaped as those of a small dataset."""
    draw, steps = np.random.default_rng(0), like.spec.horizon
    offsets = np.arange(0, TRANSITIONS + 1, steps, dtype=np.int64)
    sizes = {name: (TRANSITIONS, *array.shape[1:]) for name, array in like.arrays().items()}
    rewards = draw.standard_normal(sizes["rewards"], np.float32)
    last = np.zeros(TRANSITIONS, np.bool_)
    last[offsets[1:] - 1] = True
    return replace(
        like,
        observations=draw.standard_normal(sizes["observations"], np.float32),
        actions=2 * draw.random(sizes["actions"], np.float32) - 1,
        rewards=rewards,
        terminals=np.zeros(TRANSITIONS, np.bool_),
        truncations=last,
        offsets=offsets,
        returns=episode_returns(rewards, offsets),
        final_observations=draw.standard_normal((len(offsets) - 1, *like.observations.shape[1:]), np.float32),
    )


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the most memory a process had is read from /proc")
def test_a_million_transitions_are_trained_on_in_two_gigabytes(project: config.Config, random_spread: Episodes) -> None:
    write_episodes(project.paths.at(paths.DATASET, task="spread", dataset="random"), million(random_spread))
    for run in ("spread/random/omar/default", "spread/random/dof/default"):
        command = [sys.executable, "-c", TRAIN, str(project.root), str(project.paths.base.parent), run]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        assert int(told.split()[-1]) * 1024 < LIMIT, run
