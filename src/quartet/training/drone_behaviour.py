"""The pilots that collect the data of drone combat: MADDPG trained online, its replay the data (DoF, D.3.5)."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from quartet.data.episodes import Episodes, open_episodes, write_episodes
from quartet.files import write_text
from quartet.tasks.drones import SIZES, Drones
from quartet.training.fights import STREAMS, Choose, Memory, collect_fights, fight
from quartet.training.maddpg import MADDPG, Config, Pilot, load_pilot
from quartet.training.online import EVALUATION_STREAM, TRAINING_STREAM, starts

MEDIUM = (
    0.5  # score of the medium pilots between random choices and the last pilots (ours: the paper has the replay alone)
)


@dataclass(frozen=True)
class BehaviourConfig:
    """Sizes, which the scale gives, and the learner's constants."""

    updates: int  # of the learner, one per step of the fights
    environments: int  # fights side by side
    batch: int  # joint moments per update
    hidden: int  # units of every hidden layer
    evaluations: int  # snapshots, evenly spaced
    evaluation_episodes: int  # per snapshot, the same starts for all
    seed: int  # of networks, fights and exploration
    learner: Config = field(default_factory=Config)
    last_rate: float = 0.05  # share of the learning rate left at the end (ours: at the first rate teams unlearn again)

    @classmethod
    def of(cls, sizes: Mapping[str, Any]) -> "BehaviourConfig":
        """From a scale's `behaviour` section for the task."""
        names = ("updates", "environments", "batch", "hidden", "evaluations", "evaluation_episodes", "seed")
        return cls(**{name: sizes[name] for name in names})

    def rate_at(self, update: int) -> float:
        """The share of the learning rate after `update` updates: all of it for the first half, then a linear fall."""
        return 1 + (self.last_rate - 1) * max(0.0, 2 * update / self.updates - 1)


@dataclass(frozen=True)
class Snapshot:
    """The pilot after some updates, and what it scores as it collects data: its choices drawn."""

    update: int
    transitions: int  # in the replay when it was taken
    mean: float
    sd: float
    pilot: Pilot


def train_drones(task_name: str, sizes: Mapping[str, int], out: Path, device: str = "cpu") -> None:
    """Train online and leave expert, medium, the whole replay, the curve and a summary in `out`."""
    config = BehaviourConfig.of(sizes)
    task = Drones(SIZES[task_name], device)
    memory, snapshots = learn(task, task_name, config, device)
    random = _score(task, task_name, at_random(torch.Generator(device).manual_seed(config.seed)), config)
    expert = max(snapshots, key=lambda snapshot: snapshot.mean)  # not the last: teams may unlearn again
    goal = random[0] + MEDIUM * (expert.mean - random[0])
    medium = next((snapshot for snapshot in snapshots if snapshot.mean >= goal), expert)
    expert.pilot.save(out / "expert.pt")
    medium.pilot.save(out / "medium.pt")
    words = f"everything MADDPG saw in {config.updates} updates (D.3.5)"
    write_episodes(out / "replay.h5", memory.episodes("medium-replay", words))
    lines = [f"{s.update},{s.transitions},{s.mean:.4f},{s.sd:.4f}\n" for s in snapshots]
    write_text(out / "curve.csv", "updates,transitions,mean,sd\n" + "".join(lines))
    summary = {
        "task": task_name,
        "algorithm": "MADDPG",
        "config": asdict(config),
        "random": {"mean": random[0], "sd": random[1]},
        "medium": _told(medium),
        "medium_goal": MEDIUM,
        "expert": _told(expert),
    }
    write_text(out / "summary.json", json.dumps(summary, indent=2) + "\n")


def learn(task: Drones, name: str, config: BehaviourConfig, device: str = "cpu") -> tuple[Memory, list[Snapshot]]:
    """Rounds of fights until the updates are spent: fight, then as many updates as the fights had steps."""
    spec, generator = task.spec, torch.Generator(device).manual_seed(config.seed)
    learner = MADDPG(spec.agents, spec.observation, spec.choices, config.hidden, config.learner, config.seed, device)
    memory, snapshots = Memory(spec, (config.updates + spec.horizon) * config.environments), list[Snapshot]()
    due = [config.updates * number // config.evaluations for number in range(1, config.evaluations + 1)]
    done = fought = 0
    with tqdm(total=config.updates, desc="behaviour", unit="update", mininterval=1.0) as bar:
        while due:
            seeds = starts(TRAINING_STREAM, config.seed, fought, config.environments)
            memory.add(fight(task, name, drawn(learner.pilot(), generator), seeds))
            steps, fought = min(task.time, config.updates - done), fought + config.environments
            learner.slow_down(config.rate_at(done))
            for _ in range(steps):
                learner.update(memory.sample(config.batch, generator), generator)
            done += steps
            bar.update(steps)
            if done >= due[0]:
                due = [update for update in due if update > done]
                pilot = learner.pilot()
                aside = torch.Generator(device).manual_seed(config.seed)  # the same draws for every snapshot
                mean, sd = _score(task, name, drawn(pilot, aside), config)
                snapshots.append(Snapshot(done, memory.rows, mean, sd, pilot))
                bar.set_postfix_str(f"return {mean:.1f}")
    return memory, snapshots


def drawn(pilot: Pilot, generator: torch.Generator) -> Choose:
    """Choices drawn from the pilot's policy."""
    return lambda observations, legal: pilot.choose(observations, legal, generator)


def at_random(generator: torch.Generator) -> Choose:
    """Any legal choice, all alike."""
    return lambda _, legal: torch.rand(legal.shape, generator=generator, device=legal.device)


def _score(task: Drones, name: str, choose: Choose, config: BehaviourConfig) -> tuple[float, float]:
    """Mean and sd of the returns of the evaluation fights."""
    returns = fight(task, name, choose, starts(EVALUATION_STREAM, config.seed, 0, config.evaluation_episodes)).returns
    return float(returns.mean()), float(returns.std())


def _told(snapshot: Snapshot) -> dict[str, float]:
    return {name: getattr(snapshot, name) for name in ("update", "transitions", "mean", "sd")}


def collect_drones(
    task_name: str, quality: str, behaviour: Path, transitions: int, seed: int, device: str = "cpu"
) -> Episodes:
    """A dataset of drone combat: fights of random, medium or expert pilots, or MADDPG's replay."""
    if quality == "medium-replay":
        return open_episodes(behaviour / "replay.h5")
    generator = torch.Generator(device).manual_seed((seed << 8) + STREAMS[quality])
    task = Drones(SIZES[task_name], device)
    if quality == "random":
        return collect_fights(task, task_name, quality, at_random(generator), "uniform choices", transitions, seed)
    pilot, words = load_pilot(behaviour / f"{quality}.pt", device), f"the {quality} pilots, their choices drawn"
    return collect_fights(task, task_name, quality, drawn(pilot, generator), words, transitions, seed)
