"""The stage that counts what an algorithm costs; nothing is trained."""

from quartet import config, files, paths, provenance
from quartet.config import Config, check
from quartet.evaluation import counting
from quartet.evaluation.cost import TEAMS, costs_csv


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
