"""The stages that count and measure what an algorithm costs; nothing is trained."""

from dataclasses import replace
from typing import Any

from quartet import config, files, paths, provenance, tasks
from quartet.config import Config, check
from quartet.evaluation import counting, measuring
from quartet.evaluation.cost import TEAMS, costs_csv
from quartet.evaluation.measurements import write_measurement
from quartet.evaluation.planner_size import planner_size
from quartet.names import QUALITIES, TASKS
from quartet.stages.targets import RUN, split

MB = 4 / 1e6  # of a parameter


def cost(settings: Config, target: str) -> None:
    """Count parameters, memory and arithmetic of one algorithm for growing teams, at the sizes of the scale."""
    name = check("algorithm", target, config.algorithms(settings.root))
    # Cooperative navigation is the task that grows by itself; no size depends on the dataset.
    wanted = config.hyperparameters(settings.root, name, "spread", "expert", "default")
    wanted |= config.sized(settings.scale, "training", "spread")
    out = settings.paths.at(paths.COST, algorithm=name)
    modules = ["quartet.evaluation.counting", f"quartet.algorithms.{name.replace('-', '_')}"]
    with provenance.record([out], stage="cost", settings=wanted, inputs=[], modules=modules):
        files.write_text(out, costs_csv(counting.count(name, wanted, agents) for agents in TEAMS))


def measure(settings: Config, target: str) -> None:
    """Measure what a decision or an update of an untrained team takes, at the sizes of the scale."""
    task, dataset, name, variant, work = split(target, f"{RUN}/WORK")
    check("task", task, TASKS)
    check("dataset", dataset, QUALITIES)
    check("work", work, tuple(measuring.WORK))
    wanted = _sizes(settings, task, dataset, name, variant)
    limits = measuring.Sizes(**settings.scale["measuring"])
    out = settings.paths.at(paths.MEASUREMENT, task=task, dataset=dataset, algorithm=name, variant=variant, work=work)
    modules = ["quartet.evaluation.measuring", tasks.module_of(task), f"quartet.algorithms.{name.replace('-', '_')}"]
    with provenance.record([out], stage="measure", settings=wanted | vars(limits), inputs=[], modules=modules):
        spec = tasks.make(task).spec
        found = measuring.measure(work, name, wanted, spec, limits)
        if config.sizes_of(settings.root, name) == "planning":
            paper = _sizes(config.load(settings.root, scale="paper"), task, dataset, name, variant)
            found = replace(found, parameters=planner_size(name, paper, spec).agent * MB)
        write_measurement(out, found)


def _sizes(settings: Config, task: str, dataset: str, name: str, variant: str) -> dict[str, Any]:
    """Everything that decides what the work takes."""
    wanted = config.hyperparameters(settings.root, name, task, dataset, variant)
    return wanted | config.sized(settings.scale, config.sizes_of(settings.root, name), task)
