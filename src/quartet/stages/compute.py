"""The stages that compute: behaviour, datasets, training, evaluation; files in, files out, provenance beside them."""

from contextlib import nullcontext
from pathlib import Path
from typing import Any

from quartet import algorithms, config, files, paths, provenance, tasks
from quartet.algorithms.base import Algorithm
from quartet.config import Config, check
from quartet.data import card, weights
from quartet.data.episodes import Episodes, open_episodes
from quartet.data.sampler import TransitionSampler
from quartet.errors import QuartetError, unknown
from quartet.evaluation import rollout
from quartet.names import MIXTURES, NEED_PREY, QUALITIES, SETTINGS, TASKS
from quartet.nets.lanes import LaneRandom
from quartet.stages import compiling
from quartet.stages.importing import import_dataset
from quartet.tasks.spec import Task, TaskSpec
from quartet.training import behaviour as online
from quartet.training import checkpoint, loop
from quartet.training import prey as preys
from quartet.training.collect import build_dataset


def prey(settings: Config, target: str, device: str) -> None:
    """Train a task's prey against MADDPG predators and freeze it."""
    task = check("task with a prey", target, NEED_PREY)
    out = settings.paths.at(paths.PREY, task=task)
    sizes = settings.scale["behaviour"]
    with provenance.record([out], stage="prey", settings=sizes, inputs=[], modules=["quartet.training.prey"]):
        preys.train_prey(task, sizes, out, device)


def behaviour(settings: Config, target: str, device: str) -> None:
    """Train the policies that collect a task's data, online."""
    task = check("task", target, TASKS)
    folder = settings.paths.at(paths.BEHAVIOUR, task=task)
    outputs = [folder / name for name in paths.BEHAVIOUR_FILES]
    with provenance.record(
        outputs,
        stage="behaviour",
        settings=settings.scale["behaviour"],
        inputs=_prey_file(settings, task),
        modules=["quartet.training.behaviour"],
    ):
        online.train_behaviour(task, _prey(settings, task, device), settings.scale["behaviour"], folder, device)


def dataset(settings: Config, target: str, device: str) -> None:
    """Collect one dataset, mix it from two others, or import it where the configuration says from where."""
    if folder := settings.imports.get(target):
        import_dataset(settings, folder, target)
        return
    task, quality = _split(target, "dataset", 2)
    check("task", task, TASKS)
    check("dataset", quality, QUALITIES)
    out = settings.paths.at(paths.DATASET, task=task, dataset=quality)
    folder = settings.paths.at(paths.BEHAVIOUR, task=task)
    parts = [settings.paths.at(paths.DATASET, task=task, dataset=part) for part in MIXTURES.get(quality, ())]
    inputs = [*_prey_file(settings, task), *(parts or [folder / name for name in paths.BEHAVIOUR_FILES])]
    outputs = [out, settings.paths.at(paths.CARD, task=task, dataset=quality)]
    sizes = settings.scale["datasets"] | {"seed": settings.scale["behaviour"]["seed"]}
    with provenance.record(
        outputs,
        stage="dataset",
        settings=sizes,
        inputs=inputs,
        modules=["quartet.training.collect", "quartet.data.card"],
    ):
        build_dataset(quality, task, _prey(settings, task, device), folder, parts, sizes, out, device)
        card.write_card(*outputs)


def train(settings: Config, target: str, device: str) -> None:
    """Train all seeds and agents of one run, as lanes."""
    task, quality, name, variant = _split(target, "run", 4)
    run = config.run_settings(settings, task, quality, name, variant)
    source = settings.paths.at(paths.DATASET, task=task, dataset=quality)
    names = {"task": task, "dataset": quality, "algorithm": name, "variant": variant}
    out, log = settings.paths.at(paths.CHECKPOINT, **names), settings.paths.at(paths.TRAINING_LOG, **names)
    modules = ["quartet.training.loop", f"quartet.algorithms.{name.replace('-', '_')}"]
    episodes = open_episodes(source)
    belongs = provenance.digest([run, provenance.file_digest(source), provenance.source_digest(modules), device])
    resume = settings.paths.resume / f"{belongs}.pt"
    with provenance.record([out, log], stage="train", settings=run, inputs=[source], modules=modules):
        algorithm = _algorithm(run, episodes.spec, device)
        sampler = TransitionSampler(episodes, _weights(run, episodes), device)
        random = LaneRandom(run["seeds"], episodes.spec.agents, device)
        sizes = run["training"]
        with compiling.prepared(settings) if sizes["compile"] else nullcontext():
            rows = loop.train(algorithm, sampler, random, updates=sizes["updates"], batch=sizes["batch"], resume=resume)
        checkpoint.save(out, {"spec": vars(episodes.spec), "seeds": run["seeds"], "algorithm": algorithm.state_dict()})
        files.write_text(log, loop.log_csv(rows, run["seeds"], episodes.spec.agents))
    resume.unlink(missing_ok=True)


def evaluate(settings: Config, target: str, device: str) -> None:
    """Play every seed's policy for the scale's episodes and keep the raw returns."""
    task_name, quality, name, variant, setting = _split(target, "evaluation", 5)
    names = {"task": task_name, "dataset": quality, "algorithm": name, "variant": variant}
    check("setting", setting, SETTINGS)
    run = config.run_settings(settings, task_name, quality, name, variant)
    trained = settings.paths.at(paths.CHECKPOINT, **names)
    out = settings.paths.at(paths.EVALUATION, setting=setting, **names)
    episodes = settings.scale["evaluation"]["episodes"]
    modules = [
        "quartet.evaluation.rollout",
        f"quartet.tasks.{task_name}",
        f"quartet.algorithms.{name.replace('-', '_')}",
    ]
    with provenance.record(
        [out],
        stage="evaluate",
        settings={"setting": setting, "episodes": episodes},
        inputs=[trained, *_prey_file(settings, task_name)],
        modules=modules,
    ):
        task = _task(settings, task_name, device)
        algorithm = _algorithm(run | {"compile": False}, task.spec, device)
        _restore(algorithm, trained, device)
        returns = rollout.evaluate(task, algorithm, tuple(run["seeds"]), episodes, setting)
        files.write_text(out, rollout.returns_csv(returns, run["seeds"]))


def _algorithm(run: dict[str, Any], spec: TaskSpec, device: str) -> Algorithm:
    hyperparameters = run["hyperparameters"] | run["training"]
    return algorithms.make(run["algorithm"], spec, hyperparameters, tuple(run["seeds"]), device)


def _restore(algorithm: Algorithm, path: Path, device: str) -> None:
    """Load a trained run, naming the file where its shapes do not fit this configuration."""
    try:
        algorithm.load_state_dict(checkpoint.load(path, device)["algorithm"])
    except KeyError as error:
        raise QuartetError("no trained run", where=str(path), mend="delete it and train again") from error
    except QuartetError as error:
        if str(path) in str(error):
            raise
        raise QuartetError(error.what, where=str(path), mend="it was trained with other sizes: train again") from error


def _weights(run: dict[str, Any], episodes: Episodes) -> Any:
    """DOM2's trajectory weights (Algorithm 1), for the algorithms that ask for them by giving thresholds."""
    thresholds = run["hyperparameters"].get("thresholds")
    if not thresholds:
        return None
    reading = run["hyperparameters"]["threshold_reading"]
    if reading == "quantile":
        reference = weights.published_returns(run["task"], run["dataset"])
        thresholds = weights.quantile_thresholds(episodes.returns, thresholds, reference)
    elif reading != "paper":
        raise unknown("threshold_reading", reading, ["quantile", "paper"])
    return weights.trajectory_weights(episodes.returns, thresholds)


def _task(settings: Config, name: str, device: str) -> Task:
    return tasks.make(name, prey=_prey(settings, name, device), device=device)


def _prey(settings: Config, task: str, device: str) -> Any:
    return preys.load_prey(settings.paths.at(paths.PREY, task=task), device) if task in NEED_PREY else None


def _prey_file(settings: Config, task: str) -> list[Path]:
    return [settings.paths.at(paths.PREY, task=task)] if task in NEED_PREY else []


def _split(target: str, kind: str, parts: int) -> list[str]:
    names = target.split("/")
    if len(names) != parts:
        raise QuartetError(f"{kind} '{target}' has {len(names)} parts, needs {parts}", mend="see `quartet --help`")
    return names
