"""Stages killed at random moments: whatever was there is whole, and the end is the same to the byte."""

import random
import signal
import time

import pytest

from quartet import config, provenance
from tests.trust.stages import artefacts, started

pytestmark = pytest.mark.slow

STAGES = [
    ("behaviour", "spread"),
    ("dataset", "spread/medium"),
    ("train", "spread/medium/dom2/default"),
    ("evaluate", "spread/medium/dom2/default/standard"),
    ("table", "dom2_table1"),
]
KILLS = 12  # of each stage: 60 in all


def run(project: config.Config, stage: tuple[str, str], seconds: float | None = None) -> tuple[int | None, float]:
    """Run a stage to its end, or kill it after so many seconds: its exit code, and how long it lived."""
    began = time.monotonic()
    process = started(project, *stage)
    process.join(seconds)
    process.kill()
    process.join()
    return process.exitcode, time.monotonic() - began


def test_sixty_kills_change_nothing(project: config.Config) -> None:
    scale = project.root / "config" / "scales" / "tiny.yaml"
    scale.write_text(scale.read_text().replace("updates: 6,", "updates: 40,"))
    chance, base = random.Random(0), project.paths.base
    for stage in STAGES:
        before = artefacts(project)
        code, whole = run(project, stage)
        assert code == 0, stage
        undisturbed = artefacts(project)
        kills = 0
        for _ in range(10 * KILLS):
            for name in undisturbed.keys() - before.keys():
                if chance.random() < 0.5:
                    (base / name).unlink(missing_ok=True)
            code, lived = run(project, stage, chance.uniform(0, whole))
            assert code in (0, -signal.SIGKILL), stage
            assert artefacts(project).items() <= undisturbed.items(), f"{stage}: something is half written"
            kills += code != 0
            whole = lived if code == 0 else whole  # the first run warms up, and other work may slow any of them down
            if kills == KILLS:
                break
        assert kills == KILLS
        assert run(project, stage)[0] == 0
        assert artefacts(project) == undisturbed
    for file in base.rglob("*.provenance.json"):
        provenance.read(file)
        provenance.verified_digest(file.with_name(file.name.removesuffix(".provenance.json")))
    assert not list(project.paths.resume.glob("*.pt"))
