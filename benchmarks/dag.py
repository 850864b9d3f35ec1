"""What the workflow itself costs as it grows: dry runs, and runs of jobs that only touch their outputs.

    python benchmarks/dag.py --out dag.json

A scratch copy of the workflow, in which every job's command is `touch`, plans one table whose columns are as many
variants of BC as the wanted number of jobs needs. Runs with the repository's profile and with Snakemake's own settings
take turns. CPU seconds of Snakemake and of all that it starts; what the jobs do is no part of it.
"""

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml
from tabulate import tabulate

from quartet.files import write_text

ROOT = Path(__file__).resolve().parents[1]
COPIED = ("Snakefile", "environment.yml", "workflow", "config", "profiles")
ROWS = 18  # tasks and datasets of the table: each variant of each is trained and evaluated
OTHERS = 24  # what the rows share: prey, behaviour, datasets, and the table
TABLE = {
    "kind": "table",
    "number": "Benchmark",
    "caption": "A table as large as wanted.",
    "cell": {"setting": "standard", "metric": "return", "algorithm": "bc"},
    "blocks": {"task": ["tag", "world", "spread"]},
    "rows": {"dataset": ["random", "random-medium", "medium-replay", "medium", "medium-expert", "expert"]},
}
PROFILES = {"ours": [], "plain": ["--workflow-profile", "none", "--keep-going"]}


def build(folder: Path, jobs: int) -> int:
    """A workflow of about so many jobs that only touch their outputs; how many there really are."""
    for name in COPIED:
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    for rules in (folder / "workflow" / "rules").glob("*.smk"):
        rules.write_text(re.sub(r'(shell:\n)(\s+f?".*"\n)+', r'\1            "touch {output}"\n', rules.read_text()))
    variants = [f"v{number}" for number in range(max(1, round((jobs - OTHERS) / (2 * ROWS))))]
    _edit(folder / "config" / "algorithms" / "bc.yaml", variants={name: {} for name in ["default", *variants]})
    _edit(folder / "config" / "config.yaml", papers=["dom2"])
    table = TABLE | {"columns": {"variant": variants}}
    _edit(folder / "config" / "papers" / "dom2" / "artifacts.yaml", artifacts={"benchmark": table})
    return 2 * ROWS * len(variants) + OTHERS


def _edit(path: Path, **changed: object) -> None:
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | changed))


def cpu_seconds(folder: Path, *options: str) -> float:
    """CPU seconds of one call of Snakemake for the table, its children's included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "snakemake", "benchmark", "--cores", "2", "--quiet", "all", *options]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run(command, cwd=folder, check=True, env=environment, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(jobs: int, longest: int) -> dict[str, float]:
    """A dry run; where there are not too many jobs also a run from nothing with each profile."""
    with tempfile.TemporaryDirectory() as scratch:
        found: dict[str, float] = {"jobs": build(Path(scratch), jobs)}
        found["dry run"] = cpu_seconds(Path(scratch), "--dry-run")
        for profile, options in PROFILES.items() if jobs <= longest else []:
            found[profile] = cpu_seconds(Path(scratch), *options)
            shutil.rmtree(Path(scratch) / "results")
    return found


def row(found: dict[str, float]) -> dict[str, str]:
    """One line of the table: per job, the dry run's seconds already taken off."""
    jobs = found["jobs"]
    line = {"jobs": f"{jobs:.0f}", "dry run, s": f"{found['dry run']:.1f}"}
    per_job = {name: (found[name] - found["dry run"]) / jobs for name in PROFILES if name in found}
    line |= {f"a job, {name}, ms": f"{1000 * taken:.0f}" for name, taken in per_job.items()}
    return line | ({"ratio": f"{per_job['plain'] / per_job['ours']:.2f}x"} if per_job else {})


def main() -> None:
    """Measure every size, print a table and write the numbers."""
    parser = argparse.ArgumentParser(description="The workflow's own cost by the number of its jobs.")
    parser.add_argument("--jobs", type=int, nargs="+", default=[100, 1000, 10000])
    parser.add_argument("--longest", type=int, default=1000, help="the most jobs that are run, not only planned")
    parser.add_argument("--out", type=Path, default=Path("dag.json"))
    options = parser.parse_args()
    found = [measure(jobs, options.longest) for jobs in options.jobs]
    write_text(options.out, json.dumps({"seconds": found}, indent=2) + "\n")
    print(tabulate([row(line) for line in found], headers="keys", tablefmt="github"))


if __name__ == "__main__":
    main()
