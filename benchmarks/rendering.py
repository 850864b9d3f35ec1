"""Rendering an artifact from committed evidence against the library calls that write files of the same kinds.

For a table: pandas writing a grid of as many cells as Markdown, LaTeX, CSV and JSON. For a figure: matplotlib saving
empty axes as SVG and PNG. Ours read every evaluation, compute means and intervals, and compare with the paper besides.

    python benchmarks/rendering.py --out rendering.json
"""

import argparse
import json
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from tabulate import tabulate
from turns import in_turns

from quartet import config
from quartet.files import write_text
from quartet.paths import Paths
from quartet.stages import render
from quartet.stages.reference import COMMITTED

ROOT = Path(__file__).resolve().parents[1]
ARTIFACTS = {"dom2_table1": "table", "dom2_figure3": "figure"}


def by_pandas(folder: Path) -> Callable[[], object]:
    """A grid of 24 rows and 5 columns, in four formats."""
    grid = pd.DataFrame(np.random.default_rng(0).normal(size=(24, 5)))

    def write() -> None:
        for suffix, text in (("md", grid.to_markdown()), ("csv", grid.to_csv()), ("json", grid.to_json())):
            (folder / f"peer.{suffix}").write_text(str(text))
        (folder / "peer.tex").write_text(tabulate(grid.to_numpy().tolist(), tablefmt="latex"))

    return write


def by_matplotlib(folder: Path) -> Callable[[], object]:
    """Empty axes, in two formats."""

    def save() -> None:
        figure = Figure(figsize=(6.5, 4))
        FigureCanvasAgg(figure)
        figure.subplots(2, 3)
        for suffix in ("svg", "png"):
            figure.savefig(folder / f"peer.{suffix}", dpi=150)

    return save


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path("rendering.json"))
    given = parser.parse_args()
    settings = config.load(ROOT, scale="laptop")
    evidence = replace(settings, paths=Paths(ROOT / COMMITTED, "laptop"))
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        sides: dict[str, Callable[[], object]] = {"pandas": by_pandas(folder), "matplotlib": by_matplotlib(folder)}
        for name, kind in ARTIFACTS.items():
            sides[name] = lambda name=name, kind=kind: getattr(render, kind)(evidence, name, folder)  # type: ignore[misc]
        found = in_turns(sides, given.repetitions)
    write_text(given.out, json.dumps({"seconds": found}, indent=1) + "\n")
    peers = {"table": "pandas", "figure": "matplotlib"}
    rows = [
        [name, f"{found[name]:.3f}", f"{found[name] / found[peers[kind]]:.1f}x {peers[kind]}"]
        for name, kind in ARTIFACTS.items()
    ]
    print(tabulate(rows, headers=["artifact", "CPU s", "over"], tablefmt="github"))


if __name__ == "__main__":
    main()
