"""Measuring what a decision or an update of a whole team takes: CPU seconds, and memory under a limit that is enforced.

Nothing is trained: networks have their first parameters, observations are random numbers. A decision is everybody's
next action in one episode: for a planner one reverse process for every agent. What the work takes beyond the limit the
operating system refuses: out of memory is measured and never assumed (DoF Tables 3, 16 to 18, 22, Figure 7).
"""

import resource
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from quartet import algorithms
from quartet.algorithms.base import Algorithm
from quartet.data.episodes import Episodes
from quartet.data.noise import noise_episodes
from quartet.evaluation.measurements import Measurement
from quartet.nets.lanes import LaneRandom
from quartet.tasks.spec import TaskSpec

MIB = 1 << 20
LEAST, MOST = 3, 6  # repetitions, of which the first warms up


@dataclass(frozen=True)
class Sizes:
    """How long and how much one measurement may take."""

    limit: int  # MiB
    seconds: float  # CPU seconds after which nothing is repeated


def measure(work: str, name: str, hyperparameters: Mapping[str, Any], spec: TaskSpec, sizes: Sizes) -> Measurement:
    """Repeat a `decision` or an `update` of an untrained team until the time is up."""
    episodes, seconds, peak = noise_episodes(spec, 8 * [spec.horizon]), list[float](), None
    try:
        with bounded(sizes.limit) as used:
            run = WORK[work](name, hyperparameters, spec, episodes)
            while len(seconds) < LEAST or (sum(seconds) < sizes.seconds and len(seconds) < MOST):
                started = time.process_time()
                run()
                seconds.append(time.process_time() - started)
            peak = used()
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "alloc" not in str(error):
            raise
        seconds = []
    return Measurement(sizes.limit, tuple(seconds[1:]), peak, None)


@contextmanager
def bounded(limit: int) -> Iterator[Callable[[], float]]:
    """Let this process take so many MiB more; gives how many it took at most."""
    Path("/proc/self/clear_refs").write_text("5")  # the kernel's high-water mark starts anew
    before, (soft, hard) = _status("VmHWM"), resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (_status("VmData") + limit * MIB, hard))
    try:
        yield lambda: (_status("VmHWM") - before) / MIB
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def _status(line: str) -> int:
    """Bytes in a line of the kernel's account of this process."""
    rows = (row.split() for row in Path("/proc/self/status").read_text().splitlines())
    return next(int(row[1]) << 10 for row in rows if row[0] == f"{line}:")


def _decision(
    name: str, hyperparameters: Mapping[str, Any], spec: TaskSpec, episodes: Episodes
) -> Callable[[], object]:
    learner, random = _learner(name, hyperparameters, spec), LaneRandom((0,), spec.agents)
    learner.sampler(episodes, np.ones((1, len(episodes))))  # fits what a planner normalises with
    observations = torch.from_numpy(episodes.observations[:1]).transpose(0, 1)

    def decide() -> None:
        learner.begin(1)
        learner.act(observations, random)

    return decide


def _update(name: str, hyperparameters: Mapping[str, Any], spec: TaskSpec, episodes: Episodes) -> Callable[[], object]:
    learner, random = _learner(name, hyperparameters, spec), LaneRandom((0,), spec.agents)
    sampler = learner.sampler(episodes, np.ones((1, len(episodes))))
    return lambda: learner.update(sampler.sample(random, hyperparameters["batch"]), random)


WORK = {"decision": _decision, "update": _update}


def _learner(name: str, hyperparameters: Mapping[str, Any], spec: TaskSpec) -> Algorithm:
    return algorithms.make(name, spec, {**hyperparameters, "compile": False}, (0,))
