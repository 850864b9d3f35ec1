"""The offline training loop: the same for every algorithm, resumable to the bit."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from quartet.algorithms.base import Algorithm
from quartet.data.sampler import TransitionSampler
from quartet.nets.lanes import LaneRandom
from quartet.training import checkpoint

LOG_ROWS = 20  # rows of the training log per run
SAVE_SECONDS = 60.0  # how much work a killed run may lose

LogRow = tuple[int, str, list[float]]  # update, metric, one value per lane


def train(
    algorithm: Algorithm, sampler: TransitionSampler, random: LaneRandom, *, updates: int, batch: int, resume: Path
) -> list[LogRow]:
    """Train all lanes for `updates` updates and return the log; goes on from `resume` if it is there."""
    done, log = _resume(algorithm, random, resume)
    every = max(1, updates // LOG_ROWS)
    saved = time.monotonic()
    for update in tqdm(range(done + 1, updates + 1), initial=done, total=updates, unit="update", mininterval=1.0):
        metrics = algorithm.update(sampler.sample(random, batch), random)
        if update % every == 0 or update == updates:
            log += [(update, name, values.tolist()) for name, values in sorted(metrics.items())]
        if time.monotonic() - saved > SAVE_SECONDS:
            _save(algorithm, random, resume, update, log)
            saved = time.monotonic()
    return log


def log_csv(log: Sequence[LogRow], seeds: Sequence[int], agents: int) -> str:
    """The log in long form: update, seed, agent, metric, value."""
    lines = ["update,seed,agent,metric,value"]
    for update, metric, values in log:
        for lane, value in enumerate(values):
            lines.append(f"{update},{seeds[lane // agents]},{lane % agents},{metric},{value:.8g}")
    return "\n".join(lines) + "\n"


def _save(algorithm: Algorithm, random: LaneRandom, path: Path, update: int, log: list[LogRow]) -> None:
    state: dict[str, Any] = {"update": update, "log": log, "random": random.state_dict()}
    checkpoint.save(path, {**state, "algorithm": algorithm.state_dict()})


def _resume(algorithm: Algorithm, random: LaneRandom, path: Path) -> tuple[int, list[LogRow]]:
    if not path.exists():
        return 0, []
    state = checkpoint.load(path, str(random.device))
    algorithm.load_state_dict(state["algorithm"])
    random.load_state_dict(state["random"])
    return int(state["update"]), list(state["log"])
