"""The stage that imports: a published folder in, an episodes file and its card out, where collecting would put them."""

from pathlib import Path

from quartet import paths, provenance, tasks
from quartet.config import Config, check
from quartet.data import card, omar, vault
from quartet.data.episodes import write_episodes
from quartet.errors import QuartetError
from quartet.names import QUALITIES, TASKS
from quartet.stages.targets import split


def import_dataset(settings: Config, folder: str, target: str) -> None:
    """Make `target` (task/dataset) from a folder as OMAR published them, or from a vault of OG-MARL."""
    task, quality = split(target, "TASK/DATASET")
    check("task", task, TASKS)
    check("dataset", quality, QUALITIES)
    source, spec = Path(folder), tasks.make(task).spec
    if not source.is_dir():
        mend = "name a folder that holds obs_0.npy or metadata.json"
        raise QuartetError("there is no such folder", where=folder, mend=mend)
    names = {"task": task, "dataset": quality}
    outputs = [settings.paths.at(pattern, **names) for pattern in (paths.DATASET, paths.CARD)]
    if vault.is_vault(source):
        read, episodes = vault.files(source), vault.read_vault(source, task, quality, spec)
    else:
        read, episodes = omar.files(source, spec), omar.read_folder(source, task, quality, spec)
    modules = ["quartet.data.omar", "quartet.data.vault", "quartet.data.card"]
    with provenance.record(outputs, stage="import", settings={"folder": folder}, inputs=read, modules=modules):
        write_episodes(outputs[0], episodes)
        card.write_card(*outputs)
