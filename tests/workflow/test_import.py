"""A dataset that the configuration imports, made by the workflow: no behaviour policy is trained for it."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from quartet import config, plan
from tests.conftest import ROOT, TINY
from tests.published_folder import SPREAD, publish
from tests.tiny_workflow import COPIED, environment

MADE = "results/tiny/datasets/spread/expert.h5"


def imports(folder: Path, given: str) -> None:
    chosen = folder / "config" / "config.yaml"
    chosen.write_text(re.sub("(?m)^imports:.*$", f"imports: {given}", chosen.read_text()))


def test_the_plan_trains_no_behaviour_for_a_task_whose_datasets_are_all_imported(project: config.Config) -> None:
    collected = ["random", "medium", "expert"]
    imports(project.root, "{" + ", ".join(f"spread/{name}: there" for name in collected) + "}")
    assert "spread" in behaviours(project.root)  # its medium-replay is still collected
    imports(project.root, "{" + ", ".join(f"spread/{name}: there" for name in [*collected, "medium-replay"]) + "}")
    assert behaviours(project.root) == {"tag", "world"}


def behaviours(root: Path) -> set[str]:
    """The tasks whose behaviour DOM2's Table 1 trains."""
    settings = config.load(root, scale="tiny")
    return {job.name for job in plan.plan(settings, plan.find(settings, "dom2_table1")).stage("behaviour")}


@pytest.mark.slow
def test_the_workflow_imports_what_the_configuration_names(tmp_path: Path) -> None:
    for name in COPIED:
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, tmp_path / name)
    (tmp_path / "config" / "scales" / "tiny.yaml").write_text(TINY)
    publish(tmp_path / "published data" / "seed_0_data", SPREAD)
    imports(tmp_path, "{spread/expert: published data/seed_0_data}")
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "--config", "scale=tiny", "--", MADE]
    ran = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / MADE).exists()
    assert not (tmp_path / "results/tiny/behaviour").exists()
