"""What work takes: measured under a limit that is enforced, kept in a file, and shown in a table of its own."""

import json
import multiprocessing
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from quartet import config
from quartet.artifacts.claims import judge, load_claims
from quartet.artifacts.claims import measured as grids
from quartet.artifacts.measure import Stamp, measure
from quartet.artifacts.spec import load_paper
from quartet.artifacts.table import render_table
from quartet.data.episodes import open_episodes, write_episodes
from quartet.data.noise import noise_episodes
from quartet.errors import QuartetError
from quartet.evaluation.measurements import Measurement, measured, read_measurement, write_measurement
from quartet.evaluation.measuring import WORK, Sizes, bounded
from quartet.evaluation.measuring import measure as measure_work
from quartet.stages.costing import measure as measure_stage
from quartet.tasks import make
from quartet.tasks.spec import TaskSpec

ROOT = Path(__file__).parents[2]
PAPER = ROOT / "config" / "papers" / "dof"
SMALL = TaskSpec(agents=2, observation=3, action=2, horizon=30)


def sizes(name: str) -> dict[str, object]:
    quick = config.load(ROOT, scale="quick")
    wanted = config.hyperparameters(ROOT, name, "spread", "expert", "default")
    return wanted | config.sized(quick.scale, config.sizes_of(ROOT, name), "spread")


@pytest.mark.parametrize("work", WORK)
def test_work_is_repeated_until_its_time_is_up(work: str) -> None:
    once = measure_work(work, "dof", sizes("dof"), SMALL, Sizes(limit=512, seconds=1e-9))
    often = measure_work(work, "dof", sizes("dof"), SMALL, Sizes(limit=512, seconds=60))
    assert len(once.seconds) == 2  # of three: the first warms up
    assert len(often.seconds) == 5
    assert all(seconds > 0 for seconds in often.seconds)
    assert often.memory is not None
    assert often.memory < 512


def beyond_its_limit_a_process_gets_no_memory() -> None:
    with bounded(64) as used:
        kept = torch.ones(48 << 18)  # 48 MiB
        assert 46 < used() < 64
        with pytest.raises(RuntimeError, match="alloc"):
            torch.ones(128 << 18)
    torch.ones(128 << 18)  # and afterwards it does
    assert kept.sum() == 48 << 18


def running_out_of_memory_is_a_finding() -> None:
    found = measure_work("decision", "dof", sizes("dof"), replace(SMALL, agents=512), Sizes(limit=4, seconds=1))
    assert found == Measurement(limit=4, seconds=(), memory=None, parameters=None)


@pytest.mark.parametrize("check", [beyond_its_limit_a_process_gets_no_memory, running_out_of_memory_is_a_finding])
def test_in_a_process_of_its_own(check: Callable[[], None]) -> None:
    """Where nothing is at hand that malloc has kept of other tests' tensors."""
    process = multiprocessing.get_context("spawn").Process(target=check)
    process.start()
    process.join()
    assert process.exitcode == 0


@pytest.mark.parametrize("task", ["spread", "drones-4", "3m"])
def test_what_stands_in_for_data_is_valid_data(task: str, tmp_path: Path) -> None:
    write_episodes(tmp_path / "a.h5", noise_episodes(spec := make(task).spec, 8 * [spec.horizon]))
    assert open_episodes(tmp_path / "a.h5").spec == spec


def test_a_measurement_is_kept_and_read(tmp_path: Path) -> None:
    file = tmp_path / "decision.json"
    write_measurement(file, kept := Measurement(512, (0.5, 0.25), 7.5, None))
    assert read_measurement(file) == kept
    assert measured(file, "seconds").values.tolist() == [[0.5], [0.25]]  # type: ignore[union-attr]
    assert measured(file, "memory").values.tolist() == [[7.5], [7.5]]  # type: ignore[union-attr]
    assert measured(file, "parameters") is None
    write_measurement(file, Measurement(512, (), None, 1.0))
    assert np.isinf(measured(file, "seconds").values).all()  # type: ignore[union-attr]
    file.write_text("{}")
    with pytest.raises(QuartetError, match="damaged measurement"):
        read_measurement(file)


def test_the_stage_measures_a_planner_and_counts_its_parameters_at_the_papers_sizes(tmp_path: Path) -> None:
    settings = config.load(ROOT, scale="quick", results=str(tmp_path))
    measure_stage(settings, "drones-4/medium-replay/dof/ddim-100/decision")
    kept = read_measurement(tmp_path / "quick/measurements/drones-4/medium-replay/dof/ddim-100/decision.json")
    assert kept.limit == settings.scale["measuring"]["limit"]
    assert kept.parameters == pytest.approx(239.3, abs=0.1)  # MB: 59.8 million numbers
    with pytest.raises(QuartetError, match="needs 5"):
        measure_stage(settings, "drones-4/medium-replay/dof/ddim-100")


def test_a_table_of_measurements_shows_ratios_what_ran_out_and_what_was_not_run(tmp_path: Path) -> None:
    paper, folder = load_paper(PAPER, ROOT), tmp_path / "measurements"
    for team in ("4", "64"):
        for name, factor in (("dof", 1), ("madiff-d", 3)):
            file = folder / f"drones-{team}/medium-replay/{name}/default/decision.json"
            out = (team, name) == ("64", "madiff-d")
            seconds = () if out else (factor * 0.5, factor * 0.5)
            write_measurement(file, Measurement(512, seconds, None if out else 20.0 * factor, None))
    stamp = Stamp("laptop", "abc", 3, evidence=True)
    [md, _, _, data] = render_table("dof_table3", PAPER, tmp_path, stamp, tmp_path / "out", ROOT)
    assert "60.0 MiB<br>×3.00<br>*3121 ×1.85*" in md.read_text()
    assert "out of memory<br>*21862 ×3.69*" in md.read_text()
    assert "2 not run" in json.loads(data.read_text())["header"]
    grid = measure(paper.artifact("dof_table3"), paper, tmp_path, ROOT)
    assert grid.cells["time/64", "madiff-d"].mean == np.inf
    assert grid.cells["reward/64", "madiff-d"] not in grid.wanted


def test_nothing_is_trained_for_a_measurement() -> None:
    artifact = load_paper(PAPER, ROOT).artifact("dof_table22")
    assert artifact.datasets == ()
    assert {cell.measurement["work"] for cell in artifact.cells if cell.measurement} == {"decision"}
    assert all(cell.measurement for cell in artifact.cells)


def test_a_claim_of_less_time_holds_where_the_rival_ran_out_of_it(tmp_path: Path) -> None:
    paper = load_paper(PAPER, ROOT)
    [claim] = [claim for claim in load_claims(PAPER, paper, ROOT) if claim.id == "faster_than_madiff"]
    for team in (4, 8, 16, 32, 64):
        for name, seconds in (("dof", (0.5, 0.6)), ("madiff-d", (0.8, 0.9) if team < 32 else ())):
            file = tmp_path / f"measurements/drones-{team}/medium-replay/{name}/default/decision.json"
            write_measurement(file, Measurement(512, seconds, 1.0 if seconds else None, None))
    judged = judge(claim, grids([claim], paper, tmp_path, ROOT), Stamp("laptop", "abc", 3, evidence=True))
    assert (judged.verdict, judged.won) == ("holds", 4)
