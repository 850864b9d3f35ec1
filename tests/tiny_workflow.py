"""The workflow in a scratch copy: one table of DOM2's, of few cells, at scale tiny."""

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import yaml

from tests.conftest import ROOT, TINY

COPIED = ("Snakefile", "environment.yml", "workflow", "config", "profiles")
TARGET = "dom2_table1"
TABLE = f"results/tiny/dom2/tables/{TARGET}"
FORMATS = ("md", "tex", "csv", "json")


def build(folder: Path, datasets: Sequence[str]) -> Path:
    """Table 1 of BC and DOM2 in spread, with a row for each dataset and the values printed there."""
    folder.mkdir(exist_ok=True)
    for name in COPIED:
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    (folder / "config" / "scales" / "tiny.yaml").write_text(TINY)
    artifacts = folder / "config" / "papers" / "dom2" / "artifacts.yaml"
    small = yaml.safe_load(artifacts.read_text())
    table = small["artifacts"][TARGET]
    table |= {"blocks": {"task": ["spread"]}, "rows": {"dataset": list(datasets)}}
    del table["claims"]
    table |= {"columns": {"algorithm": ["bc", "dom2"]}, "reference": ["bc"]}
    small["artifacts"] = {TARGET: table}
    artifacts.write_text(yaml.safe_dump(small))
    printed = artifacts.parent / "published" / "table1.csv"
    heading, *values = printed.read_text().splitlines(keepends=True)
    kept = tuple(f"{TARGET},spread/{dataset}," for dataset in datasets)
    printed.write_text(heading + "".join(v for v in values if v.startswith(kept) and ",dom2," in v))
    return folder


def command(*options: str, target: str = TARGET) -> list[str]:
    """Snakemake at scale tiny."""
    return [sys.executable, "-m", "snakemake", target, *options, "--config", "scale=tiny"]


def environment() -> dict[str, str]:
    """This Python's commands first; git is kept from the checkout, whose commit tables name and which may change."""
    found_first = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return os.environ | {"PATH": found_first, "GIT_CEILING_DIRECTORIES": str(ROOT)}


def rendered(folder: Path) -> dict[str, bytes]:
    """The table's bytes in every format."""
    return {suffix: (folder / f"{TABLE}.{suffix}").read_bytes() for suffix in FORMATS}
