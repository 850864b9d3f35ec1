"""Everything rendered again from the committed evidence, without training: tables, figures, verdicts, the report."""

import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

from quartet import plan
from quartet.config import Config
from quartet.errors import QuartetError
from quartet.paths import Paths
from quartet.stages import render

COMMITTED = Path("results") / "reference"  # the evidence of every scale, under the root
RENDERED = "from-reference"  # beside the scales, in the results folder
WORKERS = 2


def reference(settings: Config, target: str) -> None:
    """Render all from `results/reference/<scale>` into `<results>/from-reference/<scale>`."""
    if target != "all":
        raise QuartetError(f"cannot render '{target}' alone", mend="quartet reference all --scale laptop")
    scale = settings.scale["name"]
    evidence = replace(settings, paths=Paths(settings.root / COMMITTED, scale))
    if not settings.scale["evidence"] or not (evidence.paths.base / "evaluations").exists():
        raise QuartetError(f"no evidence is committed at scale {scale}", mend="try: --scale laptop")
    out = settings.paths.results / RENDERED / scale
    targets = [(plan.stage_of(artifact), artifact.id) for artifact in plan.artifacts(settings)]
    targets += [(stage, paper) for paper in settings.papers for stage in ("audit", "claims")]
    with ProcessPoolExecutor(max_workers=min(WORKERS, os.cpu_count() or 1)) as pool:
        list(pool.map(partial(_one, evidence, out), targets))
    render.report(evidence, "all", out)


def _one(evidence: Config, out: Path, target: tuple[str, str]) -> None:
    """One artifact, audit or list of verdicts."""
    stage, name = target
    getattr(render, stage)(evidence, name, out)
