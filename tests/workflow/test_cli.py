"""The command line: what a mistake prints, and that a killed training goes on to the same bytes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from quartet import config, paths
from quartet.cli import main

RUN = {"task": "spread", "dataset": "random", "algorithm": "bc", "variant": "default"}


def quartet(settings: config.Config, *arguments: str, results: str | None = None) -> int:
    folder = results or str(settings.paths.results)
    return main([*arguments, "--root", str(settings.root), "--scale", "tiny", "--results", folder])


def line(capsys: pytest.CaptureFixture[str]) -> str:
    """The last line on stderr, which must be the only one that is not a progress bar."""
    printed = [part for part in capsys.readouterr().err.replace("\r", "\n").splitlines() if part.strip()]
    assert sum(part.startswith("quartet: error: ") for part in printed) == 1
    return printed[-1]


def test_train_and_evaluate_leave_their_artefacts_and_provenance(project: config.Config) -> None:
    assert quartet(project, "train", "spread/random/bc/default") == 0
    assert quartet(project, "evaluate", "spread/random/bc/default/standard") == 0
    returns = project.paths.at(paths.EVALUATION, setting="standard", **RUN)
    assert returns.read_text().startswith("seed,episode,return,collisions\n0,0,")
    assert len(returns.read_text().splitlines()) == 1 + 2 * 3
    for path in (project.paths.at(paths.CHECKPOINT, **RUN), returns):
        assert '"commit"' in paths.provenance_of(path).read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("train", "spread/random/domm2/default"), "unknown algorithm 'domm2'; did you mean 'dom2'?"),
        (("train", "spraed/random/bc/default"), "unknown task 'spraed'; did you mean 'spread'?"),
        (("train", "spread/randm/bc/default"), "unknown dataset 'randm'; did you mean 'random'?"),
        (
            ("train", "spread/random/bc"),
            "'spread/random/bc' has 3 parts, needs 4; write TASK/DATASET/ALGORITHM/VARIANT",
        ),
        (("evaluate", "spread/random/bc/default/shfted"), "unknown setting 'shfted'; did you mean 'shifted'?"),
        (("evaluate", "spread/random/bc/default/standard"), "no such checkpoint"),
        (("train", "spread/medium/bc/default"), "medium.h5"),
        (("plan", "dom2_tabel1"), "unknown target 'dom2_tabel1'; did you mean 'dom2_table1'?"),
        (("prey", "spread"), "unknown task with a prey 'spread'"),
        (("train", "spread/random/bc/default", "--device", "gpu"), "device: unknown value 'gpu'; did you mean 'cpu'?"),
        pytest.param(
            ("train", "spread/random/bc/default", "--device", "cuda"),
            "torch finds no CUDA device here",
            marks=pytest.mark.skipif(torch.cuda.is_available(), reason="there is one"),
        ),
    ],
)
def test_a_wrong_name_is_one_line_and_exit_code_2(
    project: config.Config, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    assert quartet(project, *arguments) == 2
    assert message in line(capsys)


def test_a_truncated_dataset_is_named(project: config.Config, capsys: pytest.CaptureFixture[str]) -> None:
    path = project.paths.at(paths.DATASET, task="spread", dataset="random")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert quartet(project, "train", "spread/random/bc/default") == 2
    assert "random.h5" in line(capsys)


def test_a_checkpoint_of_another_shape_is_named(project: config.Config, capsys: pytest.CaptureFixture[str]) -> None:
    assert quartet(project, "train", "spread/random/bc/default") == 0
    scale = project.root / "config" / "scales" / "tiny.yaml"
    scale.write_text(scale.read_text().replace("hidden: 8, noise", "hidden: 12, noise"))
    assert quartet(project, "evaluate", "spread/random/bc/default/standard") == 2
    assert "checkpoint.pt: " in line(capsys)


def test_a_damaged_checkpoint_is_named_and_no_code_in_it_runs(
    project: config.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    path = project.paths.at(paths.CHECKPOINT, **RUN)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"cos\nsystem\n(S'touch harmed'\ntR.")
    assert quartet(project, "evaluate", "spread/random/bc/default/standard") == 2
    assert "checkpoint.pt: damaged, or no checkpoint of ours" in line(capsys)
    assert not Path("harmed").exists()


def test_an_unwritable_results_folder_is_one_line(project: config.Config, capsys: pytest.CaptureFixture[str]) -> None:
    assert quartet(project, "train", "spread/random/bc/default") == 0
    trained = project.paths.at(paths.CHECKPOINT, **RUN)
    before = trained.read_bytes()
    blocked = project.paths.base / "evaluations"
    blocked.write_text("a file where a folder should be")
    assert quartet(project, "evaluate", "spread/random/bc/default/standard") == 2
    assert "cannot write" in line(capsys)
    assert trained.read_bytes() == before


def test_outside_a_checkout_the_mistake_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "all", "--root", str(tmp_path)]) == 2
    assert "no Quartet checkout here" in line(capsys)


SAVE_OFTEN = """\
import sys
from quartet.training import loop
loop.SAVE_SECONDS = 0.0
from quartet.cli import main
sys.exit(main())
"""


@pytest.mark.parametrize(("algorithm", "variant"), [("bc", "default"), ("dom2", "default"), ("dom2", "steps")])
def test_a_training_killed_with_sigkill_resumes_to_the_same_bytes(
    project: config.Config, algorithm: str, variant: str
) -> None:
    """Killed at its first update, or (a sweep of several learners) once the first of them is trained."""
    scale, described = (project.root / "config" / file for file in ("scales/tiny.yaml", "algorithms/dom2.yaml"))
    scale.write_text(scale.read_text().replace("updates: 6", f"updates: {300 if variant == 'default' else 60}"))
    described.write_text(described.read_text().replace("values: [1, 3, 5, 10]", "values: [1, 2]"))
    target, names = f"spread/random/{algorithm}/{variant}", RUN | {"algorithm": algorithm, "variant": variant}
    made = [project.paths.at(paths.CHECKPOINT, **names), project.paths.at(paths.TRAINING_LOG, **names)]
    assert quartet(project, "train", target) == 0
    undisturbed = [path.read_bytes() for path in made]
    for path in made:
        path.unlink()

    options = ["--root", str(project.root), "--scale", "tiny", "--results", str(project.paths.results)]
    command = [sys.executable, "-c", SAVE_OFTEN, "train", target, *options]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, env=os.environ | {"OMP_NUM_THREADS": "1"})
    deadline = time.monotonic() + 60
    started = "*-0.pt" if variant == "default" else "*-1.pt"
    while not list(project.paths.resume.glob(started)) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert list(project.paths.resume.glob("*.pt"))
    assert not any(path.exists() for path in made)

    assert quartet(project, "train", target) == 0
    assert [path.read_bytes() for path in made] == undisturbed
    assert not list(project.paths.resume.glob("*.pt"))
