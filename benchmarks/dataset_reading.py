"""Reading datasets as they grow: opening one, drawing minibatches, and the memory that takes.

The peer does what OMAR's released code does: all arrays are loaded, next observations among them, and rows are picked
there. Quartet checks the whole file when it opens it, and maps it. Every side has a process of its own.

    python benchmarks/dataset_reading.py --out dataset_reading.json
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tabulate import tabulate

from quartet.data.episodes import open_episodes, write_episodes
from quartet.data.noise import noise_episodes
from quartet.data.sampler import TransitionSampler
from quartet.files import write_text
from quartet.nets.lanes import LaneRandom
from quartet.tasks.spec import TaskSpec

SPEC = TaskSpec(agents=3, observation=18, action=2, horizon=25)
BATCH, BATCHES, SEEDS = 256, 200, (0, 1, 2)
SIDES = ("all in memory", "quartet")


def write(transitions: int, folder: Path) -> None:
    """The same whole episodes, in the shape of cooperative navigation, for both sides."""
    episodes = noise_episodes(SPEC, transitions // SPEC.horizon * [SPEC.horizon], task="spread")
    write_episodes(folder / "quartet", episodes)
    following = np.roll(episodes.observations, -1, axis=0)
    following[episodes.truncations] = episodes.final_observations
    arrays = {"observations": episodes.observations, "actions": episodes.actions, "next_observations": following}
    with open(folder / SIDES[0], "wb") as file:
        np.savez(file, rewards=episodes.rewards, terminals=episodes.terminals, **arrays)


def resident() -> int:
    """Most bytes this process has had in memory so far."""
    status = Path("/proc/self/status").read_text().splitlines()
    return int(next(line.split()[1] for line in status if line.startswith("VmHWM"))) * 1024


def read(side: str, path: Path) -> dict[str, float]:
    """Open the data and draw minibatches for every lane; seconds, and memory beyond that of the libraries."""
    torch.set_num_threads(1)
    random, before, started = LaneRandom(SEEDS, SPEC.agents), resident(), time.process_time()
    if side == "quartet":
        sampler = TransitionSampler(open_episodes(path))
        opened = time.process_time()
        for _ in range(BATCHES):
            sampler.sample(random, BATCH)
    else:
        arrays = {name: torch.from_numpy(array) for name, array in np.load(path).items()}
        opened = time.process_time()
        for _ in range(BATCHES):
            for lane in range(random.lanes):
                rows = torch.randint(len(arrays["rewards"]), (BATCH,))
                for array in arrays.values():
                    own = array[rows]
                    _ = own[:, lane % SPEC.agents] if own.dim() > 1 else own
    seconds = {"open": opened - started, "minibatch": (time.process_time() - opened) / BATCHES}
    return seconds | {"resident": resident() - before}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--transitions", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--read", nargs=2, metavar=("SIDE", "FILE"), help="one side's process")
    parser.add_argument("--out", type=Path, default=Path("dataset_reading.json"))
    given = parser.parse_args()
    if given.read:
        print(json.dumps(read(given.read[0], Path(given.read[1]))))
        return
    found: dict[int, dict[str, Any]] = {}
    for transitions in given.transitions:
        with tempfile.TemporaryDirectory() as folder:
            write(transitions, Path(folder))
            for side in SIDES:
                command = [sys.executable, __file__, "--read", side, str(Path(folder, side))]
                told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
                found.setdefault(transitions, {})[side] = json.loads(told)
    write_text(given.out, json.dumps({"torch": torch.__version__, "found": found}, indent=1) + "\n")
    rows = [
        [f"{count:,}", side, f"{own['open']:.3f}", f"{1e3 * own['minibatch']:.2f}", f"{own['resident'] / 2**20:.0f}"]
        for count, sides in found.items()
        for side, own in sides.items()
    ]
    headers = ["transitions", "side", "open, s", "a minibatch of nine lanes, ms", "memory, MiB"]
    print(tabulate(rows, headers=headers, tablefmt="github"))


if __name__ == "__main__":
    main()
