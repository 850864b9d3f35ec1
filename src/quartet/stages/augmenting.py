"""The stages that make small datasets larger: EAQ's models trained, and its datasets made."""

from pathlib import Path

from quartet import config, files, paths, provenance
from quartet.augmentation import recipes
from quartet.augmentation.sightings import legal
from quartet.config import Config, check
from quartet.data import card
from quartet.data.episodes import open_episodes, write_episodes
from quartet.errors import QuartetError
from quartet.names import AUGMENTED, GENERATED, TASKS
from quartet.training import loop

MODULES = ("quartet.augmentation.recipes", "quartet.data.card")


def augment(settings: Config, target: str, device: str) -> None:
    """Train EAQ's models of the subsets of a dataset, under all weights of the guidance, as lanes."""
    task, few = split(target)
    if few not in AUGMENTED.values():
        raise QuartetError(f"'{few}' has no subsets", where=target, mend=f"try: quartet augment {task}/medium-few")
    names, wanted = {"task": task, "dataset": few}, config.augmentation(settings, task)
    source, out = settings.paths.at(paths.DATASET, **names), settings.paths.at(paths.AUGMENTATION, **names)
    log = settings.paths.at(paths.AUGMENTATION_LOG, **names)
    digests = provenance.file_digest(source), provenance.source_digest(MODULES)
    resume = settings.paths.resume / f"{provenance.digest([wanted, *digests, target, device])}.pt"
    with provenance.record([out, log], stage="augment", settings=wanted, inputs=[source], modules=MODULES):
        rows = recipes.fit(open_episodes(source), wanted, out, resume, device)
        subsets = range(wanted["sizes"]["subsets"])
        files.write_text(log, loop.log_csv([rows], subsets, 1, list(wanted["variants"])))
    resume.unlink(missing_ok=True)


def make_larger(settings: Config, target: str, device: str) -> None:
    """Make one of EAQ's datasets from what it is made of."""
    task, quality = split(target)
    wanted, inputs = config.augmentation(settings, task), needs(settings, task, quality)
    trained = inputs[1] if quality in GENERATED else None
    names = {"task": task, "dataset": quality}
    outputs = [settings.paths.at(pattern, **names) for pattern in (paths.DATASET, paths.CARD)]
    with provenance.record(outputs, stage="dataset", settings=wanted, inputs=inputs, modules=MODULES):
        write_episodes(
            outputs[0], recipes.make(quality, open_episodes(inputs[0]), wanted, trained, legal(task), device)
        )
        card.write_card(*outputs)


def needs(settings: Config, task: str, quality: str) -> list[Path]:
    """The files that a dataset is made of: another dataset, and the model where episodes are generated."""
    names = {"task": task, "dataset": AUGMENTED[quality]}
    patterns = (paths.DATASET, paths.AUGMENTATION) if quality in GENERATED else (paths.DATASET,)
    return [settings.paths.at(pattern, **names) for pattern in patterns]


def split(target: str) -> tuple[str, str]:
    """Task and dataset of a target."""
    task, _, quality = target.partition("/")
    return check("task", task, TASKS), check("dataset made larger", quality, tuple(AUGMENTED))
