"""Quartet's two-agent cheetah and gymnasium's vectorised HalfCheetah-v5: steps per second in one run.

    python benchmarks/cheetah_stepping.py --out cheetah_stepping.json

The physics alone (the same simulator steps in one loop that only sets the controls) is timed too: on one thread no
batched environment of this engine can be faster. Each measurement is the start of an episode with actions drawn
beforehand; contestants take turns, so that a slow spell of the machine hits all of them, and medians are kept. One
thread is compared by CPU seconds, which other programs disturb little; two threads by the clock, which needs two free
cores.
"""

import argparse
import json
import os
import platform
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import gymnasium
import mujoco
import numpy as np
import torch
from tabulate import tabulate

from quartet.files import write_text
from quartet.tasks.cheetah import Cheetah
from quartet.tasks.cheetah_body import FRAME_SKIP, Simulation, model

PEER, ONE, TWO, PHYSICS = "gymnasium's SyncVectorEnv", "quartet", "quartet, two threads", "the physics alone"
Stretch = Callable[[], object]  # plays some steps of all episodes


def ours(actions: np.ndarray, threads: int) -> Stretch:
    cheetah, drawn = Cheetah(), torch.from_numpy(actions).reshape(*actions.shape[:2], 2, 3)
    cheetah.simulation = Simulation(threads)

    def play() -> None:
        cheetah.reset(torch.arange(actions.shape[1]))
        for action in drawn:
            cheetah.step(action)

    return play


def gymnasiums(actions: np.ndarray) -> Stretch:
    envs = gymnasium.vector.SyncVectorEnv([lambda: gymnasium.make("HalfCheetah-v5")] * actions.shape[1])

    def play() -> None:
        envs.reset(seed=0)
        for action in actions:
            envs.step(action)

    return play


def physics(actions: np.ndarray) -> Stretch:
    data = mujoco.MjData(model())

    def play() -> None:
        for own in actions.swapaxes(0, 1):
            mujoco.mj_resetData(model(), data)
            for action in own:
                data.ctrl[:] = action
                mujoco.mj_step(model(), data, FRAME_SKIP)

    return play


def measure(batch: int, steps: int, repetitions: int) -> dict[str, dict[str, float]]:
    """Environment steps per second of the CPU and of the clock, by contestant."""
    actions = np.random.default_rng(0).uniform(-1, 1, (steps, batch, 6)).astype(np.float32)
    contestants = {PEER: gymnasiums(actions), ONE: ours(actions, 1), TWO: ours(actions, 2), PHYSICS: physics(actions)}
    taken = {label: {"cpu": list[float](), "clock": list[float]()} for label in contestants}
    for repetition in range(repetitions + 1):
        for label, play in contestants.items():
            cpu, clock = time.process_time(), time.perf_counter()
            play()
            if repetition:  # the first warms up
                taken[label]["cpu"].append(time.process_time() - cpu)
                taken[label]["clock"].append(time.perf_counter() - clock)
    return {
        label: {by: steps * batch / statistics.median(seconds) for by, seconds in both.items()}
        for label, both in taken.items()
    }


def table(speeds: dict[int, dict[str, dict[str, float]]]) -> str:
    """Ratios to gymnasium only: they carry over to other machines, speeds do not."""
    columns = ((ONE, "cpu"), (PHYSICS, "cpu"), (TWO, "clock"))
    rows = [
        [batch, *(f"{by_label[label][by] / by_label[PEER][by]:.2f}x" for label, by in columns)]
        for batch, by_label in speeds.items()
    ]
    heads = ["batch", *(f"{label}, {by} time" for label, by in columns)]
    return tabulate(rows, headers=heads, tablefmt="github", disable_numparse=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="where the JSON goes")
    parser.add_argument("--batches", type=int, nargs="+", default=[8, 64, 256])
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--repetitions", type=int, default=7)
    options = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")  # MuJoCo 4 warns of gymnasium's file
    out = options.out.resolve()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)  # and writes MUJOCO_LOG.TXT where it runs
        speeds = {batch: measure(batch, options.steps, options.repetitions) for batch in options.batches}
        os.chdir(out.parent)
    record = {
        "steps_per_second": speeds,
        "steps": options.steps,
        "repetitions": options.repetitions,
        "cores": os.cpu_count(),
        "programs_running": os.getloadavg()[0],
        "versions": {package: version(package) for package in ("mujoco", "gymnasium", "numpy", "torch")},
        "machine": platform.processor() or platform.machine(),
    }
    write_text(out, json.dumps(record, indent=2) + "\n")
    print(table(speeds))


if __name__ == "__main__":
    main()
