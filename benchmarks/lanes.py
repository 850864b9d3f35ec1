"""What a lane costs as lanes are stacked: one process for all seeds against one process a seed.

CPU seconds of one update at the sizes of scale laptop, per lane, over those of a seed (three lanes) alone; and what
every process costs before it computes anything: starting Python and importing the algorithms.

    python benchmarks/lanes.py --out lanes.json
"""

import argparse
import json
import resource
import subprocess
import sys
from pathlib import Path

import torch
from roofline import SPEC, update
from tabulate import tabulate
from turns import in_turns

from quartet import config
from quartet.files import write_text

ROOT = Path(__file__).resolve().parents[1]


def start(repetitions: int) -> float:
    """CPU seconds of a process that only imports what training needs, the least of a few."""
    taken = []
    for _ in range(repetitions):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", "import quartet.stages.compute"], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--algorithms", nargs="+", default=["bc", "ma-cql", "omar", "dom2"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 3, 7, 21])
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path("lanes.json"))
    given = parser.parse_args()
    torch.set_num_threads(1)
    width = config.sized(config.load(ROOT, scale="laptop").scale, "training", "spread")["hidden"]
    began, rows = start(3), []
    for name in given.algorithms:
        found = in_turns({seeds: update(name, width, seeds) for seeds in given.seeds}, given.repetitions)
        least = min(given.seeds)
        for seeds, seconds in found.items():
            alone = found[least] * seeds / least
            rows.append({"algorithm": name, "lanes": seeds * SPEC.agents, "update, s": seconds,
                         "the same, one seed after the other": alone, "times faster": alone / seconds})  # fmt: skip
    write_text(given.out, json.dumps({"torch": torch.__version__, "start": began, "rows": rows}, indent=1) + "\n")
    print(f"A process starts in {began:.1f} CPU seconds.\n")
    print(tabulate(rows, headers="keys", tablefmt="github", floatfmt=("", "", ".4f", ".4f", ".2f")))


if __name__ == "__main__":
    main()
