"""Small folders in the layout in which OMAR published its datasets."""

from pathlib import Path

import numpy as np

from quartet.tasks.spec import TaskSpec

SPREAD = TaskSpec(agents=3, observation=18, action=2, horizon=25)


def publish(folder: Path, spec: TaskSpec, episodes: int = 4, *, done_at_limit: bool = False) -> Path:
    """Numbers are random, but every step sees what the last one led to."""
    random = np.random.default_rng(0)
    steps = episodes * spec.horizon
    ends = np.arange(steps) % spec.horizon == spec.horizon - 1
    folder.mkdir(parents=True)
    for agent in range(spec.agents):
        seen = random.normal(size=(steps, spec.observation))
        following = np.roll(seen, -1, axis=0)
        following[ends] = random.normal(size=(episodes, spec.observation))
        arrays = {
            "obs": seen,
            "next_obs": following,
            "acs": random.uniform(-1, 1, (steps, spec.action)).astype(np.float32),
            "rews": random.normal(size=steps),
            "dones": ends.astype(np.float64) if done_at_limit else np.zeros(steps),
        }
        if spec.state:
            arrays |= {name: random.normal(size=(steps, spec.state)) for name in ("states", "next_states")}
        for name, array in arrays.items():
            np.save(folder / f"{name}_{agent}.npy", array)
    return folder
