# Quartet: every table and figure of four papers, from nothing. `snakemake --list-target-rules` names the targets.
import os
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.utils import min_version

from quartet import config as configuration
from quartet import paths, plan
from quartet.errors import QuartetError
from quartet.names import MIXTURES, NEED_PREY, QUALITIES, SETTINGS, TASKS
from quartet.provenance import sources

min_version("9.0")


configfile: "config/config.yaml"


try:
    QUARTET = configuration.load(
        Path("."), scale=config["scale"], results=config["results"], papers=config["papers"]
    )
    ARTIFACTS = plan.artifacts(QUARTET)
    EVERYTHING = plan.plan(QUARTET, ARTIFACTS)
except QuartetError as error:
    raise WorkflowError(str(error)) from error

BASE = str(QUARTET.paths.base)
OPTIONS = f"--scale {QUARTET.scale['name']} --results {QUARTET.paths.results}"

wildcard_constraints:
    task="|".join(TASKS),
    dataset="|".join(QUALITIES),
    algorithm="|".join(configuration.algorithms(QUARTET.root)),
    variant="[a-z0-9-]+",
    setting="|".join(SETTINGS),


PAPER_DATA = {paper: sorted(str(path) for path in QUARTET.paper(paper).rglob("*.*")) for paper in QUARTET.papers}


def stage_sources(*modules):
    """The source files a stage depends on: what the workflow cannot see by itself."""
    return sorted({os.path.relpath(path) for module in modules for path in sources(module)})


def prey_of(wildcards):
    """The frozen prey, for the tasks that have one."""
    return f"{BASE}/{paths.PREY}".format(task=wildcards.task) if wildcards.task in NEED_PREY else []


rule all:
    input:
        f"{BASE}/report/index.html",
    localrule: True


include: "workflow/rules/behaviour.smk"
include: "workflow/rules/datasets.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/artifacts.smk"
include: "workflow/rules/report.smk"
