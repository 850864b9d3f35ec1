"""The stages that compute: behaviour, datasets, training, evaluation; files in, files out, provenance beside them."""

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch

from quartet import config, files, paths, provenance, tasks
from quartet.algorithms.base import Algorithm
from quartet.config import Config, check
from quartet.data import card, weights
from quartet.data.episodes import Episodes, open_episodes
from quartet.errors import QuartetError
from quartet.evaluation import rollout
from quartet.evaluation import trajectories as watching
from quartet.evaluation.strategies import ATTEMPTS
from quartet.names import (
    AUGMENTED,
    BATTLES,
    DRONES,
    NEED_PREY,
    QUALITIES,
    SOURCES,
    behaviour_of,
    collector_of,
    parts_of,
    task_of,
)
from quartet.nets.lanes import LaneRandom
from quartet.stages import compiling
from quartet.stages.augmenting import make_larger
from quartet.stages.importing import import_dataset
from quartet.stages.targets import RUN, split
from quartet.tasks.spec import Task
from quartet.training import battles, drone_behaviour, loop, sweeps
from quartet.training import behaviour as online
from quartet.training import prey as preys
from quartet.training.collect import build_dataset


def prey(settings: Config, target: str, device: str) -> None:
    """Train a task's prey against MADDPG predators and freeze it."""
    task = check("task with a prey", target, NEED_PREY)
    out = settings.paths.at(paths.PREY, task=task)
    sizes = config.sized(settings.scale, "behaviour", task)
    with provenance.record([out], stage="prey", settings=sizes, inputs=[], modules=["quartet.training.prey"]):
        preys.train_prey(task, sizes, out, device)


def behaviour(settings: Config, target: str, device: str) -> None:
    """Train the policies that collect a task's data, online."""
    task = check("task", target, SOURCES)
    folder = settings.paths.at(paths.BEHAVIOUR, task=task)
    outputs = [folder / name for name in paths.behaviour_files(task)]
    sizes = config.sized(settings.scale, "behaviour", task)
    with provenance.record(
        outputs,
        stage="behaviour",
        settings=sizes,
        inputs=_prey_file(settings, task),
        modules=[behaviour_of(task)],
    ):
        if task in DRONES:
            drone_behaviour.train_drones(task, sizes, folder, device)
        elif task in BATTLES:
            battles.train_battle(task, sizes, folder, device)
        else:
            online.train_behaviour(task_of(task), _prey(settings, task, device), sizes, folder, device)


def dataset(settings: Config, target: str, device: str) -> None:
    """Collect one dataset, mix it from two others, or import it where the configuration says from where."""
    if published := settings.imports.get(target):
        import_dataset(settings, published, target)
        return
    task, quality = split(target, "TASK/DATASET")
    check("task", task, SOURCES)
    check("dataset", quality, QUALITIES)
    if quality in AUGMENTED:
        make_larger(settings, target, device)
        return
    out = settings.paths.at(paths.DATASET, task=task, dataset=quality)
    folder = settings.paths.at(paths.BEHAVIOUR, task=task)
    parts = [settings.paths.at(paths.DATASET, task=t, dataset=d) for t, d in parts_of(task, quality)]
    trained = [folder / name for name in paths.behaviour_files(task)]
    inputs = [*_prey_file(settings, task), *(parts or trained)]
    outputs = [out, settings.paths.at(paths.CARD, task=task, dataset=quality)]
    seed = config.sized(settings.scale, "behaviour", task)["seed"]
    sizes = config.sized(settings.scale, "datasets", task) | {"seed": seed}
    with provenance.record(
        outputs,
        stage="dataset",
        settings=sizes,
        inputs=inputs,
        modules=[collector_of(task), "quartet.data.card"],
    ):
        if task in BATTLES:
            battles.build_battles(quality, task, folder, sizes, out, device)
        else:
            build_dataset(quality, task, _prey(settings, task, device), folder, parts, sizes, out, device)
        card.write_card(*outputs)


TRAINING = ("quartet.training.loop", "quartet.training.sweeps", "quartet.data.weights")


def train(settings: Config, target: str, device: str) -> None:
    """Train all seeds and agents of one run, and all points of a sweep, as lanes."""
    task, quality, name, variant = split(target, RUN)
    run = config.run_settings(settings, task, quality, name, variant)
    source = settings.paths.at(paths.DATASET, task=task, dataset=quality)
    names = {"task": task, "dataset": quality, "algorithm": name, "variant": variant}
    out, log = settings.paths.at(paths.CHECKPOINT, **names), settings.paths.at(paths.TRAINING_LOG, **names)
    modules = [*TRAINING, f"quartet.algorithms.{name.replace('-', '_')}"]
    episodes = open_episodes(source)
    belongs = provenance.digest([run, provenance.file_digest(source), provenance.source_digest(modules), device])
    groups = sweeps.groups(name, run["points"])
    resumes = [settings.paths.resume / f"{belongs}-{number}.pt" for number, _ in enumerate(groups)]
    with (
        provenance.record([out, log], stage="train", settings=run, inputs=[source], modules=modules),
        compiling.prepared(settings) if run["training"]["compile"] else nullcontext(),
    ):
        trained = [
            _train(run, group, episodes, resume, before, device)
            for group, resume, before in zip(groups, resumes, sweeps.befores(run, resumes), strict=True)
        ]
        sweeps.save(out, episodes.spec, run["seeds"], [learner for learner, _ in trained])
        logs, points = sweeps.logged(run, [rows for _, rows in trained])
        files.write_text(log, loop.log_csv(logs, run["seeds"], episodes.spec.agents, points))
    for resume in resumes:
        resume.unlink(missing_ok=True)


def _train(
    run: dict[str, Any], points: sweeps.Points, episodes: Episodes, resume: Path, before: Path | None, device: str
) -> tuple[Algorithm, list[loop.LogRow]]:
    """Train one learner of a run."""
    sizes, seeds = run["training"], run["seeds"]
    learner = sweeps.learner(run["algorithm"], episodes.spec, points, sizes, seeds, device)
    own = [weights.of_run(episodes, run["task"], run["dataset"], point) for point in points.values()]
    sampler = learner.sampler(episodes, weights.of_seeds(np.stack(own), episodes.subset, len(seeds)))
    random = LaneRandom(seeds, episodes.spec.agents, device, points=len(points))
    updates = sweeps.updates(points, sizes["updates"])
    log = loop.train(learner, sampler, random, updates=updates, batch=sizes["batch"], resume=resume, before=before)
    return learner, log


def evaluate(settings: Config, target: str, device: str) -> None:
    """Play every seed's policy, at every point of a sweep, and keep the raw returns."""
    task_name, quality, name, variant, setting = split(target, f"{RUN}/SETTING")
    names = {"task": task_name, "dataset": quality, "algorithm": name, "variant": variant}
    run = config.run_settings(settings, task_name, quality, name, variant)
    setting_name, attempts = config.check_setting(task_name, setting)
    episodes = config.episodes(settings, task_name, setting, name)
    trained = settings.paths.at(paths.CHECKPOINT, **names)
    out = settings.paths.at(paths.EVALUATION, setting=setting, **names)
    modules = [
        "quartet.evaluation.rollout",
        "quartet.training.sweeps",
        tasks.module_of(task_name),
        f"quartet.algorithms.{name.replace('-', '_')}",
    ]
    with provenance.record(
        [out],
        stage="evaluate",
        settings={"setting": setting, "episodes": episodes},
        inputs=[trained, *_prey_file(settings, task_name)],
        modules=modules,
    ):
        task, seeds = _task(settings, task_name, device), tuple(run["seeds"])
        played = [
            rollout.evaluate(task, learner, seeds, episodes, setting_name, attempts=attempts, points=points)
            for points, learner in sweeps.load(trained, run, task.spec, device)
        ]
        columns = {name: torch.cat([part[name] for part in played]) for name in played[0]}
        files.write_text(out, rollout.returns_csv(columns, seeds, sweeps.names(run)))


def trajectories(settings: Config, target: str, device: str) -> None:
    """Let every seed's team of a run try again and again from one start, and keep where it goes."""
    task_name, quality, name, variant = split(target, RUN)
    names = {"task": task_name, "dataset": quality, "algorithm": name, "variant": variant}
    run = config.run_settings(settings, task_name, quality, name, variant)
    if len(run["points"]) > 1:
        raise QuartetError(f"'{variant}' is a sweep", where=target, mend="name a plain variant")
    trained, out = (settings.paths.at(pattern, **names) for pattern in (paths.CHECKPOINT, paths.TRAJECTORIES))
    modules = ["quartet.evaluation.trajectories", "quartet.training.sweeps", tasks.module_of(task_name)]
    modules += [f"quartet.algorithms.{name.replace('-', '_')}"]
    wanted = {"attempts": ATTEMPTS}
    inputs = [trained, *_prey_file(settings, task_name)]
    with provenance.record([out], stage="trajectories", settings=wanted, inputs=inputs, modules=modules):
        task = _task(settings, task_name, device)
        [(_, learner)] = sweeps.load(trained, run, task.spec, device)
        files.write_text(out, watching.roll_out(task, learner, tuple(run["seeds"])))


def _task(settings: Config, name: str, device: str) -> Task:
    return tasks.make(name, prey=_prey(settings, name, device), device=device)


def _prey(settings: Config, task: str, device: str) -> Any:
    return preys.load_prey(settings.paths.at(paths.PREY, task=task), device) if task in NEED_PREY else None


def _prey_file(settings: Config, task: str) -> list[Path]:
    return [settings.paths.at(paths.PREY, task=task)] if task in NEED_PREY else []
