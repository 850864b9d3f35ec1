"""What a decision of the whole team costs as it grows: parameters, memory, CPU time (DoF Tables 3, 21, 22; Figure 7).

    python benchmarks/scalability.py --out scalability.json

Every side and team is a process of its own, on one thread. It plans for one episode of drone combat with untrained
networks of the scale's size: one reverse process for every agent, guided, then the inverse dynamics. What it takes
beyond `--limit` MiB, networks and all, the operating system refuses: out of memory is measured, not assumed.
"""

import argparse
import json
import multiprocessing
import resource
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import torch
from tabulate import tabulate

from quartet import algorithms, config
from quartet.algorithms.planner import Planner
from quartet.data.normaliser import Normaliser
from quartet.evaluation.planner_size import planner_size
from quartet.files import write_text
from quartet.nets.lanes import LaneRandom
from quartet.tasks.drones import Drones

ROOT = Path(__file__).resolve().parents[1]
SIDES = {  # algorithm, variant, share of the scale's levels that sampling visits
    "DoF (DDPM)": ("dof", "default", 1.0),
    "DoF (DDIM, half the steps)": ("dof", "ddim", 0.5),
    "DoF (f = Atten)": ("dof", "atten", 1.0),
    "DoF (f = QMIX)": ("dof", "qmix", 1.0),
    "MADIFF-C": ("madiff-c", "default", 1.0),
    "MADIFF-D": ("madiff-d", "default", 1.0),
}
MIB = 1 << 20
REPETITIONS = 6  # decisions at most


def settings(side: str, scale: str) -> dict[str, Any]:
    """The hyperparameters of one side at the sizes of a scale."""
    name, variant, share = SIDES[side]
    sizes = config.sized(config.load(ROOT, scale=scale).scale, "planning", "drones-4")
    wanted = config.hyperparameters(ROOT, name, "drones-4", "medium-replay", variant) | sizes
    return wanted | {"visited": wanted["visited"] * share, "compile": False}


def planner(side: str, drones: int, scale: str) -> Planner:
    """An untrained planner of a drone team."""
    learner = algorithms.make(SIDES[side][0], Drones(drones).spec, settings(side, scale), (0,))
    assert isinstance(learner, Planner)
    return learner


def counted(side: str, teams: list[int]) -> dict[int, dict[str, int]]:
    """Parameters at the paper's sizes, by team."""
    sizes = settings(side, "paper")
    return {drones: vars(planner_size(SIDES[side][0], sizes, Drones(drones).spec)) for drones in teams}


def status(line: str) -> int:
    """Bytes in a line of the kernel's account of this process."""
    rows = (row.split() for row in Path("/proc/self/status").read_text().splitlines())
    return next(int(row[1]) << 10 for row in rows if row[0] == f"{line}:")


def decide(side: str, drones: int, scale: str, limit: int, enough: float) -> dict[str, Any]:
    """Median CPU seconds and peak memory of decisions, the first warming up if there are more; a process of its own."""
    torch.set_num_threads(1)
    observations = Drones(drones).reset(torch.tensor([0])).transpose(0, 1)
    random, seconds = LaneRandom((0,), drones), []
    Path("/proc/self/clear_refs").write_text("5")  # the kernel's high-water mark starts anew
    before = status("VmHWM")
    resource.setrlimit(resource.RLIMIT_DATA, (status("VmData") + limit * MIB,) * 2)
    try:
        learner = planner(side, drones, scale)
        learner.networks["normaliser"].copy_(Normaliser.fit(torch.randn(1000, observations.shape[2]).numpy()).points)
        kept = sum(network.numel() * network.element_size() for network in learner.networks.values())
        while not seconds or (sum(seconds) < enough and len(seconds) < REPETITIONS):
            learner.begin(1)
            started = time.process_time()
            learner.act(observations, random)
            seconds.append(time.process_time() - started)
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "alloc" not in str(error):
            raise
        return {"out of memory": True}
    peak = (status("VmHWM") - before) / MIB
    parameters = learner.networks["planner"].numel()
    return {
        "parameters": parameters,
        "MiB": peak,
        "of that networks": kept / MIB,
        "seconds": statistics.median(seconds[1:] or seconds),
    }


def measure(side: str, drones: int, options: argparse.Namespace) -> dict[str, Any]:
    """`decide` in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(decide, (side, drones, options.scale, options.limit, options.seconds))


def row(side: str, drones: int, agent: int, found: dict[str, Any], least: float) -> dict[str, str | int]:
    """A line of the table; ratios are to what an agent takes in the same side's smallest team."""
    known = {"side": side, "agents": drones, "parameters of an agent at scale paper": agent}
    if "out of memory" in found:
        return {**known, "peak, MiB": "out of memory"}
    each = found["seconds"] / drones
    return {
        **known,
        "peak, MiB": f"{found['MiB']:.0f}",
        "one decision, s": f"{found['seconds']:.2f}",
        "of that an agent, s": f"{each:.4f}",
        "over the smallest team's": f"{each / least:.2f}x",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="where the JSON goes")
    parser.add_argument("--scale", default="laptop", help="whose networks and sampling steps are used")
    parser.add_argument("--sides", nargs="+", default=list(SIDES), choices=list(SIDES))
    parser.add_argument("--teams", type=int, nargs="+", default=[4, 8, 16, 32, 64])
    parser.add_argument("--limit", type=int, default=1024, help="MiB that a process may take")
    parser.add_argument("--seconds", type=float, default=2.0, help="after so much CPU time no decision is repeated")
    options = parser.parse_args()
    sizes = {side: counted(side, options.teams) for side in options.sides}
    rows, record = [], {}
    for side in options.sides:
        record[side] = {drones: measure(side, drones, options) for drones in options.teams}
        print(side, "measured", file=sys.stderr)
        least = record[side][options.teams[0]].get("seconds", float("nan")) / options.teams[0]
        rows += [row(side, n, sizes[side][n]["agent"], found, least) for n, found in record[side].items()]
    kept = {"scale": options.scale, "limit_mib": options.limit, "torch": torch.__version__}
    kept |= {"parameters_at_scale_paper": sizes, "found": record}
    write_text(options.out, json.dumps(kept, indent=2) + "\n")
    print(tabulate(rows, headers="keys", tablefmt="github"))


if __name__ == "__main__":
    main()
