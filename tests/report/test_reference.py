"""A reader gets our evidence in two minutes: everything rendered from what is committed, without training."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from quartet import config
from quartet.cli import main
from quartet.report import layout
from tests.conftest import ROOT

SECONDS = 60


def test_a_scale_without_evidence_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--root", str(ROOT), "--results", str(tmp_path)]
    assert main(["reference", "all", "--scale", "quick", *options]) == 2
    assert "no evidence is committed at scale quick; try: --scale laptop" in capsys.readouterr().err


def rendered(results: Path) -> tuple[dict[Path, bytes], float]:
    """Every file but provenance, which holds times, and the seconds it took."""
    options = ["--root", str(ROOT), "--results", str(results), "--scale", "laptop"]
    started = time.monotonic()
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, "-m", "quartet.cli", "reference", "all", *options], check=True, env=environment)
    took = time.monotonic() - started
    base = results / "from-reference" / "laptop"
    files = [path for path in sorted(base.rglob("*")) if path.is_file() and "provenance.json" not in path.name]
    return {path.relative_to(base): path.read_bytes() for path in files}, took


@pytest.mark.slow
def test_the_reference_renders_within_a_minute_and_to_the_same_bytes(tmp_path: Path) -> None:
    first, took = rendered(tmp_path / "a")
    second, _ = rendered(tmp_path / "b")
    assert [name for name, content in first.items() if second.get(name) != content] == []
    assert first.keys() == second.keys()
    settings = config.load(ROOT, scale="laptop")
    assert {Path("report") / name for name in layout.pages(settings)} <= first.keys()
    table = json.loads(first[Path("dom2/tables/dom2_table1.json")])
    assert table["missing"] == 0
    # Two idle cores take half of it; a machine that is busy otherwise is given its share of patience.
    assert took < SECONDS * max(1.0, os.getloadavg()[0] / 2)


@pytest.mark.slow
def test_snakemakes_own_report_has_captions_categories_and_labels(tmp_path: Path) -> None:
    for name in ("Snakefile", "environment.yml", "workflow", "config", "profiles"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    snakemake = [sys.executable, "-m", "snakemake", "dom2_table6", "dom2_audit"]
    for options in (["--cores", "1"], ["--report", "report.html"]):
        done = subprocess.run([*snakemake, *options], cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-2000:]
    page = (tmp_path / "report.html").read_text()
    for said in ("Beyond Conservatism: Diffusion Policies", "weight of the Q-loss and thresholds", "Table 6", "Tables"):
        assert said in page
