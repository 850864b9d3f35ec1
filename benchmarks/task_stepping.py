"""Agent-steps per second of Quartet's tasks, of mpe2 one at a time, and of vmas at the same batch sizes, in one run.

    python benchmarks/task_stepping.py --out stepping.json

Each measurement is whole episodes of 25 steps, resets included, with actions drawn beforehand; libraries take turns, so
that a slow spell of the machine hits all of them, and the median over the turns is kept. One thread each.
"""

import argparse
import json
import platform
import statistics
import sys
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from tabulate import tabulate
from turns import speed

from quartet import tasks
from quartet.files import write_text

HORIZON = 25
PEERS = {"spread": ("simple_spread_v3", "simple_spread"), "tag": ("simple_tag_v3", "simple_tag")}
Episode = Callable[[], int]  # plays whole episodes, returns how many agent-steps that was


def ours(name: str, batch: int) -> Episode:
    scenario = tasks.scenario(name)
    agents, prey = scenario.world.movers, scenario.rules.prey_observation > 0
    actions = torch.rand(HORIZON, batch, agents, 2) * 2 - 1
    seeds = torch.arange(batch)

    def play() -> int:
        scenario.reset(seeds)
        for action in actions:
            scenario.step(action)
            scenario.observations(), scenario.rewards()
            if prey:
                scenario.prey_observations(), scenario.prey_rewards()
        return HORIZON * batch * agents

    return play


def mpe2(name: str) -> Episode:
    module = __import__(f"mpe2.{PEERS[name][0]}", fromlist=["parallel_env"])
    env = module.parallel_env(max_cycles=HORIZON, continuous_actions=True)
    agents = env.possible_agents
    actions = np.random.default_rng(0).random((HORIZON, len(agents), 5), dtype=np.float32)

    def play() -> int:
        env.reset(seed=0)
        for action in actions:
            env.step(dict(zip(agents, action, strict=True)))
        return HORIZON * len(agents)

    return play


def vmas(name: str, batch: int) -> Episode:
    from vmas import make_env

    env = make_env(PEERS[name][1], num_envs=batch, device="cpu", continuous_actions=True, seed=0)
    agents = len(env.agents)
    actions = torch.rand(HORIZON, agents, batch, 2) * 2 - 1

    def play() -> int:
        env.reset()
        for action in actions:
            env.step(list(action))
        return HORIZON * batch * agents

    return play


def measure(name: str, batches: list[int], repetitions: int, seconds: float, with_vmas: bool) -> dict[str, float]:
    """Median agent-steps per second by contestant."""
    contestants = {"mpe2 x1": mpe2(name)}
    for batch in batches:
        contestants[f"quartet x{batch}"] = ours(name, batch)
        if with_vmas:
            contestants[f"vmas x{batch}"] = vmas(name, batch)
    for play in contestants.values():
        play()
    turns = [{label: speed(play, seconds) for label, play in contestants.items()} for _ in range(repetitions)]
    return {label: statistics.median(turn[label] for turn in turns) for label in contestants}


def table(speeds: dict[str, dict[str, float]], batches: list[int]) -> str:
    """Ratios only: they carry over to other machines, speeds do not."""
    rows = []
    for name, by_label in speeds.items():
        for batch in batches:
            mine, peer = by_label[f"quartet x{batch}"], by_label.get(f"vmas x{batch}")
            ratios = [f"{mine / by_label['mpe2 x1']:.0f}x", f"{mine / peer:.1f}x" if peer else "not installed"]
            rows.append([name, batch, *ratios])
    return tabulate(rows, headers=["task", "batch", "over one mpe2", "over vmas, same batch"], tablefmt="github")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="where the JSON goes")
    parser.add_argument("--batches", type=int, nargs="+", default=[64, 1024, 8192])
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.3, help="length of one measurement")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    if find_spec("mpe2") is None:
        sys.exit("mpe2 is not installed; run: pip install -e '.[dev]'")
    with_vmas = find_spec("vmas") is not None
    if not with_vmas:
        print(
            "vmas is not installed and is left out; to compare with it: pip install -e '.[benchmarks]'", file=sys.stderr
        )
    speeds = {name: measure(name, options.batches, options.repetitions, options.seconds, with_vmas) for name in PEERS}
    packages = ["torch", "mpe2", *(["vmas"] if with_vmas else [])]
    record = {
        "agent_steps_per_second": speeds,
        "repetitions": options.repetitions,
        "seconds": options.seconds,
        "versions": {package: version(package) for package in packages},
        "machine": platform.processor() or platform.machine(),
    }
    write_text(options.out, json.dumps(record, indent=2) + "\n")
    print(table(speeds, options.batches))


if __name__ == "__main__":
    main()
