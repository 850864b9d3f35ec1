"""Stages killed at random moments: whatever was there is whole, and the end is the same to the byte."""

import json
import random
import signal
import time

import pytest

from quartet import config
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


def finished(project: config.Config, stage: tuple[str, str]) -> float:
    """Run a stage to its end; how long it took."""
    began = time.monotonic()
    process = started(project, *stage)
    process.join()
    assert process.exitcode == 0, stage
    return time.monotonic() - began


def test_sixty_kills_change_nothing(project: config.Config) -> None:
    scale = project.root / "config" / "scales" / "tiny.yaml"
    scale.write_text(scale.read_text().replace("updates: 6,", "updates: 40,"))
    chance = random.Random(0)
    for stage in STAGES:
        before = artefacts(project)
        took = finished(project, stage)
        undisturbed = artefacts(project)
        kills = 0
        for _ in range(10 * KILLS):
            for name in undisturbed.keys() - before.keys():
                if chance.random() < 0.5:
                    (project.paths.base / name).unlink(missing_ok=True)
            process = started(project, *stage)
            time.sleep(chance.uniform(0, took))
            process.kill()
            process.join()
            kills += process.exitcode == -signal.SIGKILL
            there = artefacts(project)
            assert there.items() <= undisturbed.items(), f"{stage}: something is half written"
            if kills == KILLS:
                break
        assert kills == KILLS
        finished(project, stage)
        assert artefacts(project) == undisturbed
    for file in project.paths.base.rglob("*.provenance.json"):
        json.loads(file.read_text())
    assert not list(project.paths.resume.glob("*.pt"))
