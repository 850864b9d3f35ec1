"""What a decision of the whole team costs as it grows: parameters, memory, CPU time (DoF Tables 3, 21, 22; Figure 7).

    python benchmarks/scalability.py --out scalability.json

The same measurements as `quartet measure` makes for the tables (`evaluation/measuring.py`), more sides, at the sizes
of one scale, and with what an agent takes beside its share in the smallest team.
"""

import argparse
import json
import multiprocessing
import sys
from pathlib import Path
from statistics import median
from typing import Any

import torch
from tabulate import tabulate

from quartet import config
from quartet.evaluation.measurements import Measurement
from quartet.evaluation.measuring import Sizes, measure
from quartet.evaluation.planner_size import planner_size
from quartet.files import write_text
from quartet.tasks.drones import Drones

ROOT = Path(__file__).resolve().parents[1]
SIDES = {  # algorithm and variant
    "DoF (DDPM)": ("dof", "default"),
    "DoF (DDIM, half the steps)": ("dof", "ddim-100"),
    "DoF (f = Atten)": ("dof", "atten"),
    "DoF (f = QMIX)": ("dof", "qmix"),
    "MADIFF-C": ("madiff-c", "default"),
    "MADIFF-D": ("madiff-d", "default"),
}


def settings(side: str, scale: str) -> dict[str, Any]:
    """The hyperparameters of one side at the sizes of a scale."""
    name, variant = SIDES[side]
    wanted = config.hyperparameters(ROOT, name, "drones-4", "medium-replay", variant)
    return wanted | config.sized(config.load(ROOT, scale=scale).scale, "planning", "drones-4")


def decide(side: str, drones: int, options: argparse.Namespace) -> Measurement:
    """Decisions of an untrained team, on one thread."""
    torch.set_num_threads(1)
    wanted, limits = settings(side, options.scale), Sizes(options.limit, options.seconds)
    return measure("decision", SIDES[side][0], wanted, Drones(drones).spec, limits)


def row(side: str, drones: int, found: Measurement, least: float) -> dict[str, str | int]:
    """A line of the table; ratios are to what an agent takes in the same side's smallest team."""
    agent = planner_size(SIDES[side][0], settings(side, "paper"), Drones(drones).spec).agent
    known = {"side": side, "agents": drones, "parameters of an agent at scale paper": agent}
    if found.memory is None:
        return {**known, "peak, MiB": "out of memory"}
    each = median(found.seconds) / drones
    return {
        **known,
        "peak, MiB": f"{found.memory:.0f}",
        "one decision, s": f"{median(found.seconds):.2f}",
        "of that an agent, s": f"{each:.4f}",
        "over the smallest team's": f"{each / least:.2f}x",
    }


def main() -> None:
    """Measure every side and team in a process of its own, print a table and write the numbers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="where the JSON goes")
    parser.add_argument("--scale", default="laptop", help="whose networks and sampling steps are used")
    parser.add_argument("--sides", nargs="+", default=list(SIDES), choices=list(SIDES))
    parser.add_argument("--teams", type=int, nargs="+", default=[4, 8, 16, 32, 64])
    parser.add_argument("--limit", type=int, default=1024, help="MiB that a process may take")
    parser.add_argument("--seconds", type=float, default=2.0, help="after so much CPU time no decision is repeated")
    options = parser.parse_args()
    rows, record = [], dict[str, dict[int, Any]]()
    for side in options.sides:
        with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
            found = {drones: pool.apply(decide, (side, drones, options)) for drones in options.teams}
        print(side, "measured", file=sys.stderr)
        record[side] = {drones: vars(measured) for drones, measured in found.items()}
        first = found[options.teams[0]].seconds
        least = median(first) / options.teams[0] if first else float("nan")
        rows += [row(side, drones, measured, least) for drones, measured in found.items()]
    kept = {"scale": options.scale, "limit_mib": options.limit, "torch": torch.__version__, "found": record}
    write_text(options.out, json.dumps(kept, indent=2) + "\n")
    print(tabulate(rows, headers="keys", tablefmt="github"))


if __name__ == "__main__":
    main()
