"""Run every benchmark and write `benchmarks/README.md`: ratios of medians against named peers, from one run."""

import json
import platform
import subprocess
import sys
from pathlib import Path

import torch

HERE = Path(__file__).resolve().parent

BENCHMARKS = {
    "task_stepping": (
        "Stepping the particle tasks",
        "Agent-steps per second, one thread, against one mpe2 environment and against vmas at the same batch size.",
        ["--out"],
    ),
    "cheetah_stepping": (
        "Stepping the two-agent cheetah",
        "Times faster than gymnasium's SyncVectorEnv of HalfCheetah-v5 at the same batch size: on one thread by CPU "
        "time, beside the simulator's own steps alone, which bound it; on two threads by the clock.",
        ["--out"],
    ),
    "drones_stepping": (
        "Stepping drone combat",
        "Agent-steps per CPU second, one thread, against the same game played by one environment, drone after drone.",
        ["--out"],
    ),
    "battle_stepping": (
        "Stepping battles",
        "Environment steps per CPU second, one thread, from the start of a battle, against one battle of ours.",
        ["--out"],
    ),
    "dom2_update": (
        "One DOM2 update",
        "CPU seconds of one gradient update of all lanes, one core, against the same update with separate networks in "
        "a loop. Width w: critics of width w, blocks of the noise network of width 2w, w and w/2, as in the paper.",
        ["--widths", "64", "--compile", "--out"],
    ),
    "dom2_update_wide": (
        "One DOM2 update at the paper's widths",
        "The same at width 256, eager: matrix products, which both sides need alike, are most of the time here.",
        ["--widths", "256", "--seeds", "1", "--repetitions", "3", "--out"],
    ),
    "agents": (
        "Every algorithm as the team grows",
        "CPU seconds of one update of the team and of actions, one thread, beside BC's, at the sizes of scale laptop; "
        "counted instead of timed: the table `review_cost`.",
        ["--out"],
    ),
    "sampling": (
        "DPM-Solver against DDPM",
        "CPU seconds of 500 actions of each of three agents, one thread, at the same number of steps: every step of "
        "either calls the noise network once.",
        ["--out"],
    ),
    "planning": (
        "A planner's training and evaluation",
        "CPU seconds at the sizes of scale laptop, one thread, against the authors' structure: one network a seed, one "
        "agent and one environment at a time, two calls of the network a level.",
        ["--out"],
    ),
    "recurrent_update": (
        "One QMIX update of three seeds",
        "CPU seconds at the sizes of scale laptop, one thread, against the usual structure: one network of torch's own "
        "layers a seed, a GRU cell called step by step; both sides' losses agree.",
        ["--out"],
    ),
    "scalability": (
        "What a decision costs as the team grows",
        "One decision of a whole team of drones, CPU seconds on one thread, in a process of its own that may take 1,024"
        " MiB: a guided reverse process for every agent with the networks and the ten steps of scale laptop. The last "
        "column: what an agent takes, over what it takes in a team of four.",
        ["--out"],
    ),
}


def main() -> None:
    """Run the benchmarks one after the other; each prints a Markdown table and writes its numbers as JSON."""
    parts = [
        "# Benchmarks\n\nWritten by `make benchmarks`: ratios of medians of one run, the sides taking turns.\n",
        f"Machine: {platform.machine()}, torch {torch.__version__}, one thread.\n",
    ]
    for name, (title, text, options) in BENCHMARKS.items():
        out = HERE / f"{name}.json"
        command = [sys.executable, str(HERE / f"{name.removesuffix('_wide')}.py"), *options, str(out)]
        table = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        json.loads(out.read_text())
        parts.append(f"## {title}\n\n{text}\n\n{table.strip()}\n")
    (HERE / "README.md").write_text("\n".join(parts))


if __name__ == "__main__":
    main()
