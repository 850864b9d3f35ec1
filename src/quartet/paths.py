"""Where every result lives; the workflow's rules and the commands both read it from here."""

from dataclasses import dataclass
from pathlib import Path

from quartet.names import AUGMENTED, BATTLES, GENERATED

BEHAVIOUR = "behaviour/{task}"
PREY = "behaviour/{task}/prey.pt"
DATASET = "datasets/{task}/{dataset}.h5"
CARD = "datasets/{task}/{dataset}.card.json"
AUGMENTATION = "augmentations/{task}/{dataset}/{variant}.pt"
AUGMENTATION_LOG = "augmentations/{task}/{dataset}/{variant}.csv"
DENSITY = "densities/{task}/{dataset}.json"
EXAMINATION = "examinations/{task}/{dataset}.json"
RUN = "runs/{task}/{dataset}/{algorithm}/{variant}"
CHECKPOINT = RUN + "/checkpoint.pt"
TRAINING_LOG = RUN + "/log.csv"
EVALUATION = "evaluations/{task}/{dataset}/{algorithm}/{variant}/{setting}.csv"
COST = "costs/{algorithm}.csv"
MEASUREMENT = "measurements/{task}/{dataset}/{algorithm}/{variant}/{work}.json"
TRAJECTORIES = "trajectories/{task}/{dataset}/{algorithm}/{variant}.json"
TOY = "toys/{toy}/{method}.json"
TABLE = "{paper}/tables/{artifact}"
FIGURE = "{paper}/figures/{artifact}"

BEHAVIOUR_FILES = ("expert.pt", "medium.pt", "replay.h5", "curve.csv", "summary.json")
BATTLE_FILES = ("good.pt", "medium.pt", "poor.pt", "replay.h5", "curve.csv", "summary.json")


@dataclass(frozen=True)
class Paths:
    """The results folder of one scale."""

    results: Path
    scale: str

    @property
    def base(self) -> Path:
        """`results/<scale>`."""
        return self.results / self.scale

    def at(self, pattern: str, **names: str) -> Path:
        """One of the patterns above with its names filled in."""
        return self.base / pattern.format(**names)

    @property
    def resume(self) -> Path:
        """Checkpoints of interrupted trainings; kept out of the workflow's sight, keyed by what they belong to."""
        return self.base / ".resume"


def behaviour_files(task: str) -> tuple[str, ...]:
    """What the training of a task's behaviour leaves in its folder."""
    return BATTLE_FILES if task in BATTLES else BEHAVIOUR_FILES


def enlarged_from(task: str, quality: str) -> tuple[str, ...]:
    """What a dataset made larger is made of: another dataset, and the models where episodes are generated."""
    patterns = (DATASET, AUGMENTATION) if quality in GENERATED else (DATASET,)
    return tuple(
        pattern.format(task=task, dataset=AUGMENTED[quality], variant=GENERATED.get(quality)) for pattern in patterns
    )


def provenance_of(path: Path) -> Path:
    """The provenance file beside an artefact."""
    return path.with_name(path.name + ".provenance.json")
