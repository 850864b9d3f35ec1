"""Stages in processes of their own that can be killed: forked from one that has already imported what takes seconds."""

import contextlib
import multiprocessing
import os
from collections.abc import Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path

from quartet import config

PRELOADED = ["quartet.stages.compute", "quartet.stages.render", "tests.trust.stages"]
_FORKING = multiprocessing.get_context("forkserver")
_FORKING.set_forkserver_preload(PRELOADED)


def run(arguments: Sequence[str]) -> None:
    """One command, silent; a training keeps its state after every update."""
    from quartet import provenance
    from quartet.cli import main
    from quartet.training import loop

    loop.SAVE_SECONDS = 0.0
    provenance.commit = lambda: "abc1234"  # tables name it, and the checkout may change while a test runs
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stderr(nowhere):
        code = main(arguments)
    os._exit(code)


def started(settings: config.Config, *command: str) -> BaseProcess:
    """A stage that is running."""
    process = _FORKING.Process(target=run, args=([*command, *options(settings)],))
    process.start()
    return process


def options(settings: config.Config) -> list[str]:
    """Where a command finds the scratch project."""
    return ["--root", str(settings.root), "--scale", "tiny", "--results", str(settings.paths.results)]


def artefacts(settings: config.Config) -> dict[str, bytes]:
    """Every whole file of the results; provenance, which holds times, and states of trainings under way apart."""
    base = settings.paths.base
    files = [path for path in base.rglob("*") if path.is_file() and not path.name.startswith(".")]
    kept = [path for path in files if not path.match("*.provenance.json") and settings.paths.resume not in path.parents]
    return {str(path.relative_to(base)): Path(path).read_bytes() for path in kept}
