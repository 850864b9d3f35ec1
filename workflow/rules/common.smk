# What all rules share: the configuration, the plan, and the functions that find a job's inputs.
import sys
from argparse import ArgumentParser
from functools import cache
from pathlib import Path

from snakemake.exceptions import WorkflowError

from quartet import config as configuration
from quartet import files, outlook, paths, plan, toys
from quartet.artifacts.spec import load_paper
from quartet.errors import QuartetError, unknown
from quartet.names import (
    AUGMENTED,
    BATTLES,
    FEW,
    GENERATED,
    NEED_PREY,
    QUALITIES,
    SETTINGS,
    SOURCES,
    TOYS,
    behaviour_of,
    collector_of,
    module_of,
    parts_of,
)
from quartet.provenance import digest, file_digest, source_digest
from quartet.report import layout


def check_profile(arguments):
    """Snakemake goes on as if nothing were said when it does not find a workflow's profile: here that is an error."""
    parser = ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--workflow-profile", default="none")
    name = parser.parse_known_args(arguments)[0].workflow_profile
    if name != "none" and not (Path(name).exists() or Path("profiles", name).exists()):
        raise unknown("profile", name, [f"profiles/{folder.name}" for folder in Path("profiles").iterdir()])


try:
    check_profile(sys.argv)
    QUARTET = configuration.load(Path("."), **config)
    if QUARTET.papers != configuration.load(Path(".")).papers:  # the jobs read the file, not the command line
        raise QuartetError("papers cannot be chosen by --config", mend="change them in config/config.yaml")
    ARTIFACTS = plan.artifacts(QUARTET)
    plan.plan(QUARTET, ARTIFACTS)  # every name in every cell is checked before anything runs
except QuartetError as error:
    raise WorkflowError(str(error)) from error

BASE = str(QUARTET.paths.base)
OPTIONS = f"--scale {QUARTET.scale['name']} --results {QUARTET.paths.results}"
if QUARTET.device != "cpu":
    OPTIONS += f" --device {QUARTET.device}"


PAPER_DATA = {paper: sorted(str(path) for path in QUARTET.paper(paper).rglob("*.*")) for paper in QUARTET.papers}


@cache
def code_of(*modules):
    """A hash of the source files a stage depends on, for its params: Snakemake cannot see into a package by itself.

    The files as inputs would do the same, but Snakemake looks at every input of every waiting job each time it schedules.
    """
    return source_digest(modules)


REPORT_FORMS = digest([file_digest(path) for path in layout.forms()])  # its templates, which are no modules


def growing(amount):
    """A resource that doubles with every attempt: a job that ran out of it gets more the next time."""
    return lambda wildcards, attempt: amount * 2 ** (attempt - 1)


WARNING = "" if QUARTET.scale["evidence"] else QUARTET.scale["purpose"]
TITLES = {paper: load_paper(QUARTET.paper(paper), QUARTET.root).title for paper in QUARTET.papers}


def shown_in_report(artifact):
    """An artifact's files; of a figure the drawing and of a table the CSV stand in `snakemake --report`."""
    labels = {"number": artifact.number, "artifact": artifact.id, "kind": artifact.kind}
    where = {"category": TITLES[artifact.paper], "subcategory": f"{plan.stage_of(artifact).capitalize()}s"}
    told = {"caption": "../report/artifact.rst", "labels": labels, **where}
    files = plan.outputs(QUARTET, artifact)
    return [report(path, **told) if path.suffix in (".svg", ".csv") else path for path in files]


def judged_in_report(paper, name, told):
    """The files of an audit or of verdicts, the Markdown in `snakemake --report`."""
    first = report(
        f"{BASE}/{paper}/{name}.md",
        caption="../report/verdicts.rst",
        category=TITLES[paper],
        subcategory="Claims",
        labels={"number": "claims", "artifact": name, "kind": told},
    )
    return [first, f"{BASE}/{paper}/{name}.json"]


def prey_of(wildcards):
    """The frozen prey, for the tasks that have one."""
    return f"{BASE}/{paths.PREY}".format(task=wildcards.task) if wildcards.task in NEED_PREY else []


def dataset_parts(wildcards):
    """A mixture is made of other datasets, every other one of the behaviour's files."""
    if parts := parts_of(wildcards.task, wildcards.dataset):
        return [f"{BASE}/{paths.DATASET}".format(task=task, dataset=dataset) for task, dataset in parts]
    return [f"{BASE}/behaviour/{wildcards.task}/{file}" for file in paths.behaviour_files(wildcards.task)]


def published_files(folder):
    """The .npy files of a published folder; a file that must be there stands for a folder that is empty or absent."""
    return sorted(map(str, Path(folder).glob("*.npy"))) or [f"{folder}/obs_0.npy"]


def sized(section):
    """The sizes of one section of the scale, for the task of a job."""
    return lambda wildcards: configuration.sized(QUARTET.scale, section, wildcards.task)


def run_settings(wildcards):
    """Everything that decides the run's numbers: a change in it, and only that, trains the run again."""
    return configuration.run_settings(QUARTET, **wildcards)


def enlarged_parts(wildcards):
    """What a dataset made larger is made of: another dataset, and the models where episodes are generated."""
    return [f"{BASE}/{path}" for path in paths.enlarged_from(wildcards.task, wildcards.enlarged)]


def examined_parts(wildcards):
    """The few episodes and what was made of them."""
    few = wildcards.enlarged if wildcards.enlarged.endswith("-few") else AUGMENTED[wildcards.enlarged]
    return [f"{BASE}/datasets/{wildcards.task}/{name}.h5" for name in dict.fromkeys((few, wildcards.enlarged))]


def augmentation(wildcards):
    """Everything that decides what is made: a change in it, and only that, makes it again."""
    variant = wildcards.get("variant") or GENERATED.get(wildcards.enlarged, "default")
    return configuration.augmentation(QUARTET, wildcards.task, variant)
