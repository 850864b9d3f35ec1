"""Shared by all tests: one thread, and a small scratch project with a dataset to train on."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from quartet import config, paths, tasks
from quartet.data.episodes import Episodes, episode_returns, write_episodes

torch.set_num_threads(1)
ROOT = Path(__file__).resolve().parents[1]

TINY = """\
name: tiny
purpose: tests
evidence: false
seeds: [0, 1]
behaviour:
  {seed: 0, environments: 8, updates: 4, batch: 16, hidden: 8, prey_updates: 2, prey_times: 1,
   evaluations: 2, evaluation_episodes: 8}
datasets: {transitions: 500}
augmentation: {subsets: 3, updates: 3, batch: 4, width: 8, multipliers: [1, 2, 4], visited: 0.003, average_start: 1}
training: {updates: 6, batch: 16, hidden: 8, noise_widths: [8, 8, 8], compile: false}
planning:
  {updates: 2, batch: 4, width: 8, multipliers: [1, 2, 4], hidden: 8, visited: 0.01, average_start: 1,
   average_every: 1, episodes: 2, compile: false}
recurrent: {updates: 3, batch: 4, hidden: 8, compile: false}
measuring: {limit: 512, seconds: 0.01}
toys: {seeds: [0, 1], updates: 3, batch: 8, width: 8, steps: 3, samples: 20}
evaluation: {episodes: 3, starts: 2}
"""


@pytest.fixture(scope="session")
def random_spread() -> Episodes:
    """Twenty episodes of spread under uniform actions."""
    task, count = tasks.make("spread"), 20
    generator = torch.Generator().manual_seed(0)
    seen = [task.reset(torch.arange(count))]
    actions, rewards = [], []
    for _ in range(task.spec.horizon):
        actions.append(2 * torch.rand(count, 3, 2, generator=generator) - 1)
        step = task.step(actions[-1])
        seen.append(step.observations)
        rewards.append(step.rewards)
    flat = {
        "observations": torch.stack(seen[:-1], 1).flatten(0, 1).numpy(),
        "actions": torch.stack(actions, 1).flatten(0, 1).numpy(),
        "rewards": torch.stack(rewards, 1).flatten(0, 1).numpy(),
    }
    offsets = np.arange(0, 25 * count + 1, 25, dtype=np.int64)
    truncations = np.zeros(25 * count, dtype=np.bool_)
    truncations[offsets[1:] - 1] = True
    return Episodes(
        task="spread",
        quality="random",
        behaviour="uniform actions",
        spec=task.spec,
        terminals=np.zeros(25 * count, dtype=np.bool_),
        truncations=truncations,
        offsets=offsets,
        returns=episode_returns(flat["rewards"], offsets),
        final_observations=seen[-1].numpy(),
        **flat,
    )


@pytest.fixture
def project(tmp_path: Path, random_spread: Episodes) -> config.Config:
    """A scratch copy of the configuration with a scale `tiny` and the dataset spread/random."""
    for folder in ("config", "workflow"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    (tmp_path / "config" / "scales" / "tiny.yaml").write_text(TINY)
    settings = config.load(tmp_path, scale="tiny", results=str(tmp_path / "results"))
    path = settings.paths.at(paths.DATASET, task="spread", dataset="random")
    path.parent.mkdir(parents=True)
    write_episodes(path, random_spread)
    return settings
