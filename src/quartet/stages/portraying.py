"""The stage that looks at the joint actions of a dataset."""

from quartet import paths, provenance
from quartet.config import Config, check
from quartet.data.episodes import open_episodes
from quartet.evaluation import density as densities
from quartet.names import QUALITIES, SOURCES
from quartet.stages.targets import split


def density(settings: Config, target: str) -> None:
    """Count the joint actions of a dataset, and its modes."""
    task, quality = split(target, "TASK/DATASET")
    check("task", task, SOURCES)
    check("dataset", quality, QUALITIES)
    names = {"task": task, "dataset": quality}
    source, out = (settings.paths.at(pattern, **names) for pattern in (paths.DATASET, paths.DENSITY))
    modules = ["quartet.evaluation.density"]
    with provenance.record([out], stage="density", settings={}, inputs=[source], modules=modules):
        densities.write_density(out, densities.density(open_episodes(source)))
