"""One update and one action of the algorithms of transitions as the team grows: CPU seconds beside BC's, in one run.

    python benchmarks/agents.py --out agents.json

The teams are those for which `quartet cost` counts operations: cooperative navigation with as many landmarks as agents.
Algorithms take turns, so that a slow spell of the machine hits all of them; medians are kept.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from tabulate import tabulate

from quartet import algorithms, config
from quartet.data.transitions import Transitions
from quartet.evaluation.counting import COUNTED, team
from quartet.files import write_text
from quartet.nets.lanes import LaneRandom

ROOT = Path(__file__).resolve().parents[1]
PEER = "bc"
ACTED = 10  # observations of every agent acted on at a time


def contestants(name: str, agents: int, sizes: dict[str, object]) -> dict[str, Callable[[], object]]:
    """What is timed of one algorithm: an update of the whole team, and its actions on many observations."""
    spec, random = team(agents), LaneRandom((0,), agents)
    hyperparameters = config.hyperparameters(ROOT, name, "spread", "expert", "default") | sizes
    learner = algorithms.make(name, spec, hyperparameters | {"compile": False}, (0,))
    rows, seen = int(str(sizes["batch"])), spec.observation
    batch = Transitions(
        random.normal(rows, seen), 2 * random.uniform(rows, 2) - 1, random.normal(rows), random.normal(rows, seen),
        torch.zeros(agents, rows),
    )  # fmt: skip
    observations = random.normal(ACTED, seen)
    return {"update": lambda: learner.update(batch, random), "action": lambda: learner.act(observations, random)}


def measure(agents: int, sizes: dict[str, object], repetitions: int) -> dict[str, dict[str, float]]:
    """Median CPU seconds of every algorithm, in turns; the first turn warms up and is not counted."""
    sides = {name: contestants(name, agents, sizes) for name in COUNTED}
    seconds: dict[str, dict[str, list[float]]] = {name: {work: [] for work in side} for name, side in sides.items()}
    for _ in range(repetitions + 1):
        for name, side in sides.items():
            for work, run in side.items():
                started = time.process_time()
                run()
                seconds[name][work].append(time.process_time() - started)
    return {name: {work: statistics.median(t[1:]) for work, t in side.items()} for name, side in seconds.items()}


def main() -> None:
    """Time every team, print a table and write the numbers."""
    parser = argparse.ArgumentParser(description="Cost of an update and an action against the number of agents.")
    parser.add_argument("--teams", type=int, nargs="+", default=[2, 8, 32, 64])
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path("agents.json"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    sizes = config.sized(config.load(ROOT, scale="laptop").scale, "training", "spread")
    found = {agents: measure(agents, sizes, options.repetitions) for agents in options.teams}
    rows = [
        {
            "agents": agents,
            "algorithm": name,
            "update, s": f"{side['update']:.4f}",
            f"over {PEER}'s": f"{side['update'] / sides[PEER]['update']:.0f}x",
            f"{ACTED} actions of every agent, s": f"{side['action']:.4f}",
            f"over {PEER}'s ": f"{side['action'] / sides[PEER]['action']:.0f}x",
        }
        for agents, sides in found.items()
        for name, side in sides.items()
    ]
    write_text(options.out, json.dumps({"torch": torch.__version__, "sizes": sizes, "seconds": found}, indent=2) + "\n")
    print(tabulate(rows, headers="keys", tablefmt="github"))


if __name__ == "__main__":
    main()
