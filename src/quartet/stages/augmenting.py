"""The stages that make small datasets larger: EAQ's models trained, and its datasets made."""

from quartet import config, files, paths, provenance
from quartet.augmentation import recipes
from quartet.augmentation.sightings import legal
from quartet.config import Config, check
from quartet.data import card
from quartet.data.episodes import open_episodes, write_episodes
from quartet.names import AUGMENTED, FEW, GENERATED, TASKS
from quartet.stages.targets import split
from quartet.training import loop

MODULES = ("quartet.augmentation.recipes", "quartet.data.card")


def augment(settings: Config, target: str, device: str) -> None:
    """Train EAQ's models of all subsets of a dataset under one weight of the guidance, as lanes."""
    task, few, variant = split(target, "TASK/DATASET/VARIANT")
    check("task", task, TASKS)
    check("dataset of subsets", few, FEW)
    names, wanted = {"task": task, "dataset": few, "variant": variant}, config.augmentation(settings, task, variant)
    source, out = settings.paths.at(paths.DATASET, **names), settings.paths.at(paths.AUGMENTATION, **names)
    log = settings.paths.at(paths.AUGMENTATION_LOG, **names)
    digests = provenance.file_digest(source), provenance.source_digest(MODULES)
    resume = settings.paths.resume / f"{provenance.digest([wanted, *digests, target, device])}.pt"
    with provenance.record([out, log], stage="augment", settings=wanted, inputs=[source], modules=MODULES):
        rows = recipes.fit(open_episodes(source), wanted, out, resume, device)
        subsets = range(wanted["sizes"]["subsets"])
        files.write_text(log, loop.log_csv([rows], subsets, 1))
    resume.unlink(missing_ok=True)


def make_larger(settings: Config, target: str, device: str) -> None:
    """Make one of EAQ's datasets from what it is made of."""
    task, quality = enlarged(target)
    wanted = config.augmentation(settings, task, GENERATED.get(quality, "default"))
    inputs = [settings.paths.base / path for path in paths.enlarged_from(task, quality)]
    trained = inputs[1] if quality in GENERATED else None
    names = {"task": task, "dataset": quality}
    outputs = [settings.paths.at(pattern, **names) for pattern in (paths.DATASET, paths.CARD)]
    with provenance.record(outputs, stage="dataset", settings=wanted, inputs=inputs, modules=MODULES):
        write_episodes(
            outputs[0], recipes.make(quality, open_episodes(inputs[0]), wanted, trained, legal(task), device)
        )
        card.write_card(*outputs)


def enlarged(target: str) -> tuple[str, str]:
    """Task and dataset of a target that is a dataset made larger."""
    task, quality = split(target, "TASK/DATASET")
    return check("task", task, TASKS), check("dataset made larger", quality, tuple(AUGMENTED))
