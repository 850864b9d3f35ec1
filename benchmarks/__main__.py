"""Run every benchmark and write `benchmarks/README.md`: ratios of medians against named peers, from one run."""

import argparse
import json
import platform
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

HERE = Path(__file__).resolve().parent
HEAD = (
    "# Benchmarks\n\nWritten by `make benchmarks`, or table by table by `python -m benchmarks NAME`: ratios of medians,"
    " the sides of a table taking turns in one run. What they mean: [docs/speed.md](../docs/speed.md).\n\n"
    f"Machine: {platform.machine()}, torch {torch.__version__}, one thread.\n"
)

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
    "value_update": (
        "One update of MA-CQL and of OMAR",
        "CPU seconds of one gradient update of all lanes, one thread, against separate networks in a loop, "
        "conservative and searched actions repeated through the whole critic.",
        ["--out"],
    ),
    "roofline": (
        "How much of the arithmetic is used",
        "The matrix products of one update of three lanes, batch 256, over the machine's measured peak; and what the "
        "products alone take, replayed one after the other with everything in the cache, of the update's CPU time.",
        ["--out"],
    ),
    "lanes": (
        "Stacked lanes against one seed after the other",
        "CPU seconds of one update at the sizes of scale laptop, three lanes a seed, one thread.",
        ["--out"],
    ),
    "evaluation": (
        "Playing DOM2's policies",
        "CPU seconds of an episode of cooperative navigation, one thread.",
        ["--out"],
    ),
    "dataset_reading": (
        "Reading datasets",
        "CPU seconds to open a dataset of cooperative navigation (ours is checked, value by value, and mapped; the "
        "peer loads all arrays) and to draw a minibatch of 256 rows for nine lanes, and the memory that takes beyond "
        "the libraries', of which a mapped file's part is the system's to take back.",
        ["--out"],
    ),
    "rendering": (
        "Rendering",
        "CPU seconds to render from committed evidence, against library calls that write files of the same kinds: "
        "means, intervals, verdicts and the paper's numbers are what is more.",
        ["--out"],
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
    "dag": (
        "What the workflow itself costs",
        "CPU seconds of Snakemake for dry runs and for runs of jobs that only touch their outputs, with the "
        "repository's profile and with Snakemake's own settings.",
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


def sections(text: str) -> dict[str, str]:
    """The parts of the page that is there, by their titles."""
    parts = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    return {part.split("\n", 1)[0]: part.split("\n", 1)[1].strip() for part in parts}


def run(name: str, smax: str | None) -> str:
    """Run one benchmark, which prints a Markdown table and writes its numbers as JSON."""
    _, text, options = BENCHMARKS[name]
    options = ["--smax", smax, *options] if smax and name == "battle_stepping" else options
    out = HERE / f"{name}.json"
    command = [sys.executable, str(HERE / f"{name.removesuffix('_wide')}.py"), *options, str(out)]
    table = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    json.loads(out.read_text())
    return f"{text}\n\n{table.strip()}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmarks that are named, or all, one after the other, and put their tables into the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; none: all")
    parser.add_argument("--smax", metavar="PYTHON", help="of an environment with JaxMARL: battles beside SMAX, too")
    given = parser.parse_args(arguments)
    names = given.names or list(BENCHMARKS)
    if strangers := set(names) - set(BENCHMARKS):
        parser.error(f"no benchmark is called {', '.join(sorted(strangers))}")
    page = HERE / "README.md"
    for name in names:
        parts = sections(page.read_text()) | {BENCHMARKS[name][0]: run(name, given.smax)}
        known = [title for title, _, _ in BENCHMARKS.values() if title in parts]
        page.write_text("\n".join([HEAD, *(f"## {title}\n\n{parts[title]}\n" for title in known)]))


if __name__ == "__main__":
    main()
