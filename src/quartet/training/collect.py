"""The six datasets of a task, collected from its behaviour policies, or mixed from each other."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

from quartet import tasks
from quartet.data.episodes import Episodes, open_episodes, write_episodes
from quartet.data.mixtures import MIXTURES, mix, mix_seeds
from quartet.errors import unknown
from quartet.names import DRONES, SEEDS_MIXED, task_of
from quartet.tasks.scenario import Policy
from quartet.tasks.spec import Task
from quartet.training.actors import load_actor
from quartet.training.drone_behaviour import collect_drones
from quartet.training.online import DATASET_STREAM, Buffer, explore, play, starts, uniform

NOISE = 0.1  # sd of the noise on a behaviour's actions: OMAR collected with "policies plus noise"
_STREAMS = {"random": 0, "medium": 1, "expert": 2}  # the qualities that are played, each from its own starts
_AT_ONCE = 1000  # episodes side by side


def build_dataset(
    quality: str,
    source: str,
    prey: Policy | None,
    behaviour: Path,
    parts: Sequence[Path],
    sizes: Mapping[str, int],
    out: Path,
    device: str = "cpu",
) -> None:
    """Write one dataset: played by a policy in `behaviour`, the replay kept there, or a mixture of `parts`."""
    task_name = task_of(source)
    if source in SEEDS_MIXED:
        episodes = mix_seeds(quality, [open_episodes(part) for part in parts], sizes["seed"])
    elif quality in MIXTURES:
        most, rest = (open_episodes(part) for part in parts)
        episodes = mix(quality, most, rest, sizes["seed"])
    elif task_name in DRONES:
        episodes = collect_drones(task_name, quality, behaviour, sizes["transitions"], sizes["seed"], device)
    elif quality == "medium-replay":
        episodes = open_episodes(behaviour / "replay.h5")
    elif quality in _STREAMS:
        task = tasks.make(task_name, prey=prey, device=device)
        actor = None if quality == "random" else load_actor(behaviour / f"{quality}.pt", device)
        episodes = collect(task, task_name, quality, actor, sizes["transitions"], sizes["seed"], NOISE, device)
    else:
        raise unknown("dataset", quality, [*_STREAMS, "medium-replay", *MIXTURES])
    write_episodes(out, episodes)


def collect(
    task: Task,
    task_name: str,
    quality: str,
    actor: Policy | None,
    transitions: int,
    seed: int,
    noise: float,
    device: str = "cpu",
) -> Episodes:
    """At least `transitions` transitions in whole episodes; `actor` None means uniform actions."""
    wanted = -(-transitions // task.spec.horizon)
    rounds = -(-wanted // _AT_ONCE)
    environments = -(-wanted // rounds)
    stream = DATASET_STREAM + _STREAMS[quality]
    generator = torch.Generator(device).manual_seed((seed << 8) + stream)
    buffer = Buffer(task.spec, environments, rounds * task.spec.horizon, device)
    policy = uniform(generator, task.spec.action) if actor is None else _noisy(actor, noise, generator)
    for done in range(rounds):
        play(task, policy, starts(stream, seed, done * environments, environments), buffer)
    words = "uniform actions" if actor is None else f"the {quality} policy with Gaussian noise of sd {noise}, clipped"
    return buffer.episodes(wanted, task_name, quality, words)


def _noisy(actor: Policy, noise: float, generator: torch.Generator) -> Policy:
    return lambda observations: explore(actor(observations), noise, generator)
