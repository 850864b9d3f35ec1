"""Publishing: small evidence is copied in its own layout; of a scale that proves nothing only the times are kept."""

from pathlib import Path

from quartet import config, estimates, paths, plan
from quartet.cli import main
from tests.conftest import TINY

EVALUATION = {"task": "spread", "dataset": "random", "algorithm": "bc", "variant": "default", "setting": "standard"}


def publish(settings: config.Config) -> int:
    options = ["--root", str(settings.root), "--scale", "tiny", "--results", str(settings.paths.results)]
    return main(["publish", "all", *options])


def finished(settings: config.Config) -> Path:
    """An evaluation, a checkpoint, and what the training took."""
    evaluation = settings.paths.at(paths.EVALUATION, **EVALUATION)
    run = {name: value for name, value in EVALUATION.items() if name != "setting"}
    for path in (evaluation, settings.paths.at(paths.CHECKPOINT, **run)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("seed,episode,return\n0,0,1.5\n")
    job = next(j for j in plan.plan(settings, plan.artifacts(settings)).stage("train") if j.output.exists())
    timing = estimates.benchmark_of(settings, job)
    timing.parent.mkdir(parents=True)
    timing.write_text("s\th:m:s\n12.5\t0:00:12\n")
    return settings.root / "results" / "reference" / "tiny"


def test_a_scale_that_proves_nothing_leaves_its_times_only(project: config.Config) -> None:
    reference = finished(project)
    assert publish(project) == 0
    assert [path.name for path in reference.rglob("*") if path.is_file()] == ["timings.csv"]
    times = (reference / "timings.csv").read_text()
    assert times == "kind,seconds,megabytes\ntrain/bc,12.5,\ntrain/bc on spread,12.5,\n"


def test_evidence_is_copied_without_its_checkpoints(project: config.Config) -> None:
    (project.root / "config" / "scales" / "tiny.yaml").write_text(TINY.replace("evidence: false", "evidence: true"))
    reference = finished(project)
    assert publish(project) == 0
    copied = reference / paths.EVALUATION.format(**EVALUATION)
    assert copied.read_text() == project.paths.at(paths.EVALUATION, **EVALUATION).read_text()
    assert not list(reference.rglob("*.pt"))


def test_nothing_to_publish_is_one_line(project: config.Config, capsys) -> None:  # type: ignore[no-untyped-def]
    options = ["--root", str(project.root), "--scale", "quick", "--results", str(project.paths.results)]
    assert main(["publish", "all", *options]) == 2
    assert "nothing to publish" in capsys.readouterr().err
