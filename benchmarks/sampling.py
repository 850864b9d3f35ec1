"""Actions by DPM-Solver and by DDPM's ancestral sampling, at the same number of steps: CPU seconds in one run.

    python benchmarks/sampling.py --out sampling.json

A step of either calls the noise network once; DDPM also draws and adds fresh noise. The two take turns, so that a slow
spell of the machine hits both; medians are kept.
"""

import argparse
import json
import statistics
import time
from pathlib import Path

import torch
from tabulate import tabulate

from quartet import algorithms, config
from quartet.evaluation.counting import team
from quartet.files import write_text
from quartet.nets.lanes import LaneRandom

ROOT = Path(__file__).resolve().parents[1]
SAMPLERS = {"dpm-solver": "default", "ddpm": "ddpm"}  # the variant of DOM2 that samples so
SPEC = team(3)


def measure(steps: int, rows: int, sizes: dict[str, object], repetitions: int) -> dict[str, float]:
    """Median CPU seconds of acting on `rows` observations an agent; the first turn warms up and is not counted."""
    random = LaneRandom((0,), SPEC.agents)
    observations = random.normal(rows, SPEC.observation)
    learners = {}
    for sampler, variant in SAMPLERS.items():
        hyperparameters = config.hyperparameters(ROOT, "dom2", "spread", "expert", variant) | sizes
        learners[sampler] = algorithms.make(
            "dom2", SPEC, hyperparameters | {"steps": steps, "compile": False}, random.seeds
        )
    seconds: dict[str, list[float]] = {sampler: [] for sampler in SAMPLERS}
    for _ in range(repetitions + 1):
        for sampler, learner in learners.items():
            started = time.process_time()
            learner.act(observations, random)
            seconds[sampler].append(time.process_time() - started)
    return {sampler: statistics.median(taken[1:]) for sampler, taken in seconds.items()}


def main() -> None:
    """Time every number of steps, print a table and write the numbers."""
    parser = argparse.ArgumentParser(description="DPM-Solver against DDPM at the same number of steps.")
    parser.add_argument("--steps", type=int, nargs="+", default=[1, 5, 10, 100])
    parser.add_argument("--rows", type=int, default=500)
    parser.add_argument("--repetitions", type=int, default=9)
    parser.add_argument("--out", type=Path, default=Path("sampling.json"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    sizes = config.sized(config.load(ROOT, scale="laptop").scale, "training", "spread")
    found = {steps: measure(steps, options.rows, sizes, options.repetitions) for steps in options.steps}
    rows = [
        {
            "steps": steps,
            "network calls": steps,
            **{f"{sampler}, s": f"{taken:.4f}" for sampler, taken in sides.items()},
            "ddpm over dpm-solver": f"{sides['ddpm'] / sides['dpm-solver']:.2f}x",
        }
        for steps, sides in found.items()
    ]
    write_text(
        options.out, json.dumps({"torch": torch.__version__, "rows": options.rows, "seconds": found}, indent=2) + "\n"
    )
    print(tabulate(rows, headers="keys", tablefmt="github"))


if __name__ == "__main__":
    main()
