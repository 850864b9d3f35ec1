"""The stage that measures a dataset made larger."""

from quartet import paths, provenance
from quartet.augmentation.examination import examine as compared
from quartet.config import Config
from quartet.data.episodes import open_episodes
from quartet.names import AUGMENTED, BATTLES
from quartet.stages.augmenting import enlarged
from quartet.tasks.battle import Battle
from quartet.toys.result import write_result


def examine(settings: Config, target: str) -> None:
    """Measure a dataset made larger against the few episodes that it was made of; those against each other."""
    task, quality = enlarged(target)
    few = quality if quality.endswith("-few") else AUGMENTED[quality]
    sources = [settings.paths.at(paths.DATASET, task=task, dataset=name) for name in dict.fromkeys((few, quality))]
    out = settings.paths.at(paths.EXAMINATION, task=task, dataset=quality)
    modules = ["quartet.augmentation.examination"]
    battle = Battle(task) if task in BATTLES else None
    with provenance.record([out], stage="examine", settings={}, inputs=sources, modules=modules):
        write_result(out, compared(open_episodes(sources[0]), open_episodes(sources[-1]), battle))
