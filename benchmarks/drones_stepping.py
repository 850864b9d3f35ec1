"""Agent-steps per second of drone combat: the batched task against the plain game, one environment and drone at a time.

    python benchmarks/drones_stepping.py --out drones_stepping.json

Each measurement is fights of 10 steps from their start, under choices drawn beforehand, on one thread by CPU time; the
sides take turns, so that a slow spell of the machine hits both, and the median over the turns is kept.
"""

import argparse
import json
import statistics
from collections.abc import Callable
from pathlib import Path

import torch
from plain_drones import PlainDrones
from tabulate import tabulate
from turns import speed

from quartet.files import write_text
from quartet.tasks.drones import SIZES, Drones

STEPS = 10  # by then few fights are decided, which a batch goes on computing
Fights = Callable[[], int]  # plays, returns how many agent-steps that was


def batched(drones: int, batch: int) -> Fights:
    task, seeds = Drones(drones), torch.arange(batch)
    scores = torch.rand(STEPS, batch, drones, task.spec.choices, generator=torch.Generator().manual_seed(0))

    def play() -> int:
        task.reset(seeds)
        for step in scores:
            task.step(step)
        return STEPS * batch * drones

    return play


def plain(drones: int) -> Fights:
    env, seed = PlainDrones(drones), iter(range(1 << 30))
    choices = torch.randint(6, (STEPS, drones), generator=torch.Generator().manual_seed(0)).tolist()

    def play() -> int:
        env.reset(next(seed))
        while env.time < STEPS:
            *_, terminals, _, _ = env.step(dict(zip(env.names, choices[env.time], strict=True)))
            if all(terminals.values()):
                break
        return env.time * drones

    return play


def measure(drones: int, batches: list[int], repetitions: int, seconds: float) -> dict[str, float]:
    """Median agent-steps per second by contestant."""
    contestants = {"plain": plain(drones)} | {f"batch {batch}": batched(drones, batch) for batch in batches}
    for play in contestants.values():
        play()
    turns = [{label: speed(play, seconds) for label, play in contestants.items()} for _ in range(repetitions)]
    return {label: statistics.median(turn[label] for turn in turns) for label in contestants}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="where the JSON goes")
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 64, 512])
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.5, help="length of one measurement")
    options = parser.parse_args()
    torch.set_num_threads(1)
    speeds = {
        name: measure(drones, options.batches, options.repetitions, options.seconds) for name, drones in SIZES.items()
    }
    record = {"agent_steps_per_second": speeds, "repetitions": options.repetitions, "torch": torch.__version__}
    write_text(options.out, json.dumps(record, indent=2) + "\n")
    rows = [
        {"task": name, "batch": batch, "over the plain game": f"{found[f'batch {batch}'] / found['plain']:.1f}x"}
        for name, found in speeds.items()
        for batch in options.batches
    ]
    print(tabulate(rows, headers="keys", tablefmt="github"))


if __name__ == "__main__":
    main()
