"""How much of the machine's arithmetic an update uses: its matrix products per CPU second over the measured peak.

An update cannot be faster than its products alone, one after the other with everything in the cache; they are replayed
in the shapes and strides in which the update asks for them. Those of the peer in `dom2_update` and `value_update` are
the same ones, so that no arrangement of equal products in single precision can beat that bound.

    python benchmarks/roofline.py --out roofline.json
"""

import argparse
import json
from collections import Counter
from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import Any

import torch
from tabulate import tabulate
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from turns import in_turns

from quartet import algorithms, config
from quartet.data.transitions import Transitions
from quartet.evaluation.counting import operations
from quartet.files import write_text
from quartet.nets.lanes import LaneRandom
from quartet.tasks.spec import TaskSpec

ROOT = Path(__file__).resolve().parents[1]
SPEC = TaskSpec(agents=3, observation=18, action=2, horizon=25)
SQUARE = 1024  # of the matrices whose product is the peak
Layout = tuple[tuple[int, ...], tuple[int, ...]]


class Products(TorchDispatchMode):
    """Counts the batched matrix products that are asked for, by the layouts of their operands."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: Counter[tuple[Layout, ...]] = Counter()

    def __torch_dispatch__(self, function: Any, _: Any, args: Any = (), kwargs: Any = None) -> Any:
        if "bmm" in str(function):
            self.asked[tuple((tuple(x.shape), x.stride()) for x in args if isinstance(x, Tensor))] += 1
        return function(*args, **(kwargs or {}))


def update(name: str, width: int, seeds: int) -> Callable[[], object]:
    """One update of an algorithm with the hyperparameters of spread, DOM2's blocks as in the paper."""
    sizes = {"hidden": width, "noise_widths": [2 * width, width, width // 2], "batch": 256, "compile": False}
    settings = config.hyperparameters(ROOT, name, "spread", "medium-replay", "default") | sizes
    learner, random = algorithms.make(name, SPEC, settings, range(seeds)), LaneRandom(range(seeds), SPEC.agents)
    batch = Transitions(
        random.normal(256, SPEC.observation), 2 * random.uniform(256, SPEC.action) - 1, random.normal(256),
        random.normal(256, SPEC.observation), torch.zeros(random.lanes, 256),
    )  # fmt: skip
    return lambda: learner.update(batch, random)


def alone(layouts: tuple[Layout, ...]) -> Callable[[], object]:
    """A product of operands in these layouts: of two, or of two and what they are added to."""

    def operand(shape: tuple[int, ...], stride: tuple[int, ...]) -> Tensor:
        reach = 1 + sum((size - 1) * step for size, step in zip(shape, stride, strict=True))
        return torch.randn(reach).as_strided(shape, stride)

    *added, x, weight = [operand(*layout) for layout in layouts]
    out = x.new_empty(*x.shape[:2], weight.shape[2])
    return lambda: torch.baddbmm(added[0], x, weight, out=out) if added else torch.bmm(x, weight, out=out)


def measure(name: str, width: int, seeds: int, repetitions: int) -> dict[str, float]:
    """Seconds of an update, of its products alone, and how many operations those are."""
    work = update(name, width, seeds)
    work()
    with Products() as seen:
        work()
    times = in_turns({layouts: alone(layouts) for layouts in seen.asked}, repetitions)
    return {
        "seconds": in_turns({name: work}, repetitions)[name],
        "products": sum(seen.asked[layouts] * seconds for layouts, seconds in times.items()),
        "operations": operations(work),
    }


def peak(repetitions: int) -> float:
    """Operations a second in the product of two large matrices."""
    x, out = torch.randn(SQUARE, SQUARE), torch.empty(SQUARE, SQUARE)
    return 2 * prod([SQUARE] * 3) / in_turns({"peak": lambda: torch.mm(x, x, out=out)}, repetitions)["peak"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--algorithms", nargs="+", default=["bc", "ma-cql", "omar", "ma-sfbc", "dom2"])
    parser.add_argument("--widths", type=int, nargs="+", default=[64, 256])
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path("roofline.json"))
    given = parser.parse_args()
    torch.set_num_threads(1)
    highest, rows = peak(given.repetitions), []
    for name in given.algorithms:
        for width in given.widths:
            found = measure(name, width, 1, given.repetitions)
            rate = found["operations"] / found["seconds"]
            rows.append({"algorithm": name, "width": width, **found, "of the peak": rate / highest,
                         "of its products": found["products"] / found["seconds"]})  # fmt: skip
    write_text(given.out, json.dumps({"torch": torch.__version__, "peak": highest, "rows": rows}, indent=1) + "\n")
    shown = [
        {
            "algorithm": row["algorithm"],
            "width": row["width"],
            "GFLOP an update": f"{row['operations'] / 1e9:.2f}",
            "update, s": f"{row['seconds']:.4f}",
            "of the peak": f"{100 * row['of the peak']:.0f} %",
            "products alone, of an update": f"{100 * row['of its products']:.0f} %",
        }
        for row in rows
    ]
    print(f"Peak: {highest / 1e9:.0f} GFLOP/s in single precision, one thread, matrices of {SQUARE} by {SQUARE}.\n")
    print(tabulate(shown, headers="keys", tablefmt="github"))


if __name__ == "__main__":
    main()
