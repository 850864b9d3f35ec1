"""The offline training loop: the same for every algorithm, resumable to the bit."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from quartet.algorithms.base import Sampler, Trainable
from quartet.nets.lanes import LaneRandom
from quartet.training import checkpoint

LOG_ROWS = 20  # rows of the training log per run
SAVE_SECONDS = 60.0  # how much work a killed run may lose

LogRow = tuple[int, str, list[float]]  # update, metric, one value per lane


def train(
    algorithm: Trainable,
    sampler: Sampler,
    random: LaneRandom,
    *,
    updates: int,
    batch: int,
    resume: Path,
    before: Path | None = None,
) -> list[LogRow]:
    """Train all lanes for `updates` updates and return the log; goes on from `resume` if it is there.

    The end is kept there, too: a sweep that needs several learners trains them one after the other. A stop along a
    longer training goes on from the end of the stop `before`.
    """
    done, log = _resume(algorithm, random, before if before is not None and not resume.exists() else resume)
    every = max(1, updates // LOG_ROWS)
    saved = time.monotonic()
    for update in tqdm(range(done + 1, updates + 1), initial=done, total=updates, unit="update", mininterval=1.0):
        metrics = algorithm.update(sampler.sample(random, batch), random)
        if update % every == 0 or update == updates:
            log += [(update, name, values.tolist()) for name, values in sorted(metrics.items())]
        if update == updates or time.monotonic() - saved > SAVE_SECONDS:
            _save(algorithm, random, resume, update, log)
            saved = time.monotonic()
    return log


def log_csv(
    logs: Sequence[Sequence[LogRow]], seeds: Sequence[int], agents: int, points: Sequence[str] | None = None
) -> str:
    """The logs of a run's learners in long form: update, seed, agent, metric, value; before them a sweep's point."""
    lines = ["update,seed,agent,metric,value" if points is None else "point,update,seed,agent,metric,value"]
    teams = [f"{seed},{agent}" for seed in seeds for agent in range(agents)]
    names = [""] if points is None else [f"{point}," for point in points]
    lanes = [(name, team) for name in names for team in teams]
    for rows in zip(*logs, strict=True):
        update, metric, _ = rows[0]
        values = [value for _, _, own in rows for value in own]
        lines += [f"{n}{update},{team},{metric},{v:.8g}" for (n, team), v in zip(lanes, values, strict=True)]
    return "\n".join(lines) + "\n"


def _save(algorithm: Trainable, random: LaneRandom, path: Path, update: int, log: list[LogRow]) -> None:
    state: dict[str, Any] = {"update": update, "log": log, "random": random.state_dict()}
    checkpoint.save(path, {**state, "algorithm": algorithm.state_dict()})


def _resume(algorithm: Trainable, random: LaneRandom, path: Path) -> tuple[int, list[LogRow]]:
    if not path.exists():
        return 0, []
    state = checkpoint.load(path, str(random.device))
    with checkpoint.fitting(path, "holds no state of this training", "delete it: the training then begins anew"):
        algorithm.load_state_dict(state["algorithm"])
        random.load_state_dict(state["random"])
        return int(state["update"]), list(state["log"])
