"""The command line: one command per stage of the workflow, usable without it."""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from quartet import __version__, config, outlook
from quartet.errors import QuartetError
from quartet.stages.commands import perform

# One thread per process: small matrices gain nothing from a second, and the workflow runs processes side by side.
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; a mistake of the user's is one line on stderr and exit code 2."""
    given = parser().parse_args(arguments)
    for name in THREADS:
        os.environ.setdefault(name, "1")
    try:
        settings = config.load(given.root, scale=given.scale, results=given.results, device=given.device)
        _run(settings, given)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads what is printed, `head` say, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except QuartetError as error:
        print(f"quartet: error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("quartet: stopped; run the same command again to go on", file=sys.stderr)
        return 130
    return 0


def _run(settings: config.Config, given: argparse.Namespace) -> None:
    if given.command == "plan":
        print(outlook.describe(settings, given.target, markdown=given.markdown))
    elif given.command == "import":
        import_module("quartet.stages.importing").import_dataset(settings, given.folder, given.target)
    else:
        perform(settings, given.command, given.target, settings.device)


COMMANDS = {
    "plan": ("TARGET", "print the cells, runs and datasets a target needs, what is missing, and the time it takes"),
    "status": ("TARGET", "print what is done, what runs, what is left, and when it may end: all"),
    "show": ("ARTIFACT", "print a table in the terminal: dom2_table1"),
    "verify": ("ARTIFACT", "make an artifact again from nothing and compare its bytes with those there: dom2_table1"),
    "compare": ("COMMIT|FOLDER", "print which cells and verdicts are others than in another set of results"),
    "prey": ("TASK", "train and freeze the prey of a task: tag"),
    "behaviour": ("TASK", "train the policies that collect a task's data, online: spread"),
    "dataset": ("TASK/DATASET", "collect or mix one dataset: spread/medium"),
    "import": ("TASK/DATASET", "make one dataset from a FOLDER in the layout OMAR published: FOLDER tag/expert"),
    "augment": ("TASK/DATASET/VARIANT", "train EAQ's models of the subsets of a dataset: 3m/medium-few/default"),
    "density": ("TASK/DATASET", "the density of a dataset's joint actions: cheetah/expert"),
    "examine": ("TASK/DATASET", "measure a dataset made larger against the one it was made of: 3m/medium-eaq"),
    "train": ("TASK/DATASET/ALGORITHM/VARIANT", "train all seeds of a run: spread/medium/dom2/default"),
    "evaluate": ("TASK/DATASET/ALGORITHM/VARIANT/SETTING", "evaluate a run: spread/medium/dom2/default/shifted"),
    "cost": ("ALGORITHM", "count an algorithm's parameters, memory and arithmetic for growing teams: dom2"),
    "measure": (
        "TASK/DATASET/ALGORITHM/VARIANT/WORK",
        "measure CPU seconds and memory of an untrained team's work: drones-8/medium-replay/dof/default/decision",
    ),
    "toy": ("TOY/METHOD", "train a method on a toy and measure how far its samples are from the truth: bandit/concat"),
    "trajectories": ("TASK/DATASET/ALGORITHM/VARIANT", "where a run's teams go: landmarks/expert/dom2/default"),
    "table": ("ARTIFACT", "render a table: dom2_table1"),
    "figure": ("ARTIFACT", "draw a figure"),
    "audit": ("PAPER", "recompute a paper's own arithmetic from its printed tables: dom2"),
    "claims": ("PAPER", "judge a paper's claims by our evaluations: dom2"),
    "report": ("all", "write the report from everything rendered so far"),
    "reference": ("all", "render everything from the committed evidence of a scale, without training"),
    "publish": ("all", "copy tables, figures and the evidence behind them into results/reference/"),
}


def parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    top = argparse.ArgumentParser(prog="quartet", description="Every table and figure of four papers, from nothing.")
    top.add_argument("--version", action="version", version=__version__)
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (target, text) in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=text)
        if name == "import":
            command.add_argument("folder", metavar="FOLDER")
        command.add_argument("target", metavar=target)
        if name == "plan":
            command.add_argument("--markdown", action="store_true", help="as a checklist for an issue tracker")
        command.add_argument("--scale", help="quick, laptop or paper (default: config/config.yaml)")
        command.add_argument("--results", help="folder of the results (default: config/config.yaml)")
        command.add_argument("--root", type=Path, default=Path(), help="the repository (default: here)")
        command.add_argument("--device", help="cpu or cuda (default: config/config.yaml, or cpu)")
    return top


if __name__ == "__main__":
    sys.exit(main())
