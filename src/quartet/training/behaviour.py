"""The policies that collect a task's data: MATD3 trained online, with the snapshots that name the qualities."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from quartet import tasks
from quartet.data.episodes import write_episodes
from quartet.files import write_text
from quartet.tasks.scenario import Policy
from quartet.tasks.spec import Task
from quartet.training.actors import FrozenActor
from quartet.training.matd3 import MATD3, Config
from quartet.training.online import EVALUATION_STREAM, TRAINING_STREAM, Buffer, explore, play, starts, state_of, uniform

# Normalised score of OMAR's medium policies between random and expert: the mean returns of its released datasets.
MEDIUM = {"spread": 0.32, "tag": 0.64, "world": 0.84, "cheetah": 0.51}
# Of these tasks no medium policy is published: half way, our choice.
MEDIUM |= dict.fromkeys(("landmarks", "landmarks-covered", "spread-sparse", "spread-long"), 0.5)

# Where a task is not learned with the constants of the particle tasks, which are the defaults below (ours).
LEARNERS = {
    "cheetah": Config(gamma=0.99, tau=0.005, rate=1e-3),  # TD3's on HalfCheetah (Fujimoto et al. 2018)
    # Agents that start in touch learn first to flee; at the usual cost one of them keeps its actions at the bounds for
    # good, and with them its gradient (at scale laptop the team ends at 298 instead of beyond 600).
    **dict.fromkeys(("landmarks", "landmarks-covered"), Config(action_cost=0.1)),
}
EXPLORATION: dict[str, dict[str, Any]] = {"cheetah": {"warm_up": 1000, "noise": 0.2}}


@dataclass(frozen=True)
class BehaviourConfig:
    """Sizes, which the scale gives, and the exploration, which is ours."""

    updates: int  # critic updates, one per step of the environments
    environments: int  # episodes side by side
    batch: int  # joint transitions per update
    hidden: int  # units of every hidden layer
    evaluations: int  # snapshots, the closer together the earlier
    evaluation_episodes: int  # per snapshot, the same starts for all
    seed: int  # of networks, episodes and exploration
    learner: Config = field(default_factory=Config)  # the algorithm's own constants
    warm_up: int = 50  # steps of uniform actions before learning starts, one episode each at least (ours: two)
    noise: float = 0.3  # sd of the first exploration (ours: with OMAR's .1 throughout, spread stalls half way)
    last_noise: float = 0.1  # sd to which it falls linearly until the end (OMAR's released code)
    last_rate: float = 0.05  # share of the learning rate left at the end (ours: an expert that has settled)

    @classmethod
    def of(cls, sizes: Mapping[str, int], task_name: str) -> "BehaviourConfig":
        """From a scale's `behaviour` section for the task; `centralised: false` turns MATD3 into independent TD3."""
        names = ("updates", "environments", "batch", "hidden", "evaluations", "evaluation_episodes", "seed")
        config = cls(**{name: sizes[name] for name in names}, learner=LEARNERS.get(task_name, Config()))
        config = replace(config, **EXPLORATION.get(task_name, {}))
        return replace(config, learner=replace(config.learner, centralised=bool(sizes.get("centralised", True))))

    def noise_at(self, update: int) -> float:
        """The exploration's sd after `update` updates."""
        return self.noise + (self.last_noise - self.noise) * update / self.updates

    def rate_at(self, update: int) -> float:
        """The share of the learning rate after `update` updates: all of it for the first half, then a linear fall."""
        return 1 + (self.last_rate - 1) * max(0.0, 2 * update / self.updates - 1)

    def schedule(self) -> list[int]:
        """The updates after which the policy is evaluated, quadratically spaced: medium must not be overshot."""
        shares = [(number / self.evaluations) ** 2 for number in range(1, self.evaluations + 1)]
        return sorted({max(1, round(self.updates * share)) for share in shares})


@dataclass(frozen=True)
class Snapshot:
    """The policy after some updates, and how well it does without noise."""

    update: int
    transitions: int  # in the buffer when it was taken
    mean: float  # of the evaluation episodes' returns
    sd: float
    actor: FrozenActor


def train_behaviour(
    task_name: str, prey: Policy | None, sizes: Mapping[str, int], out: Path, device: str = "cpu"
) -> None:
    """Train online and leave expert, medium, the replay buffer up to medium, the curve and a summary in `out`."""
    config = BehaviourConfig.of(sizes, task_name)
    task, aside = (tasks.make(task_name, prey=prey, device=device) for _ in range(2))
    buffer, snapshots = learn(task, aside, config, device)
    random = _score(aside, uniform(torch.Generator(device).manual_seed(config.seed), task.spec.action), config)
    expert, medium = snapshots[-1], medium_of(snapshots, random[0], MEDIUM[task_name])
    expert.actor.save(out / "expert.pt")
    medium.actor.save(out / "medium.pt")
    horizon, environments = task.spec.horizon, config.environments
    whole = medium.transitions // (horizon * environments) * environments
    words = f"everything {_name(config)} saw in {medium.update} updates, until it was medium"
    write_episodes(out / "replay.h5", buffer.episodes(whole, task_name, "medium-replay", words))
    lines = [f"{s.update},{s.transitions},{s.mean:.4f},{s.sd:.4f}\n" for s in snapshots]
    write_text(out / "curve.csv", "updates,transitions,mean,sd\n" + "".join(lines))
    write_text(out / "summary.json", json.dumps(_summary(task_name, config, random, medium, expert), indent=2) + "\n")


def learn(task: Task, aside: Task, config: BehaviourConfig, device: str = "cpu") -> tuple[Buffer, list[Snapshot]]:
    """MATD3 in `task` until its updates are spent; snapshots are judged in `aside`, which leaves no trace."""
    spec, generator = task.spec, torch.Generator(device).manual_seed(config.seed)
    sizes = (spec.agents, spec.observation, spec.action, config.hidden)
    learner = MATD3(*sizes, config.learner, config.seed, device, state=spec.state)
    buffer = Buffer(spec, config.environments, config.warm_up + config.updates, device)
    snapshots, schedule = [], set(config.schedule())
    bar = tqdm(total=config.updates, desc="behaviour", unit="update", mininterval=1.0)
    observations = torch.empty(0)
    for update in range(1 - config.warm_up, config.updates + 1):
        if buffer.steps % spec.horizon == 0:
            first = buffer.transitions // spec.horizon
            observations = task.reset(starts(TRAINING_STREAM, config.seed, first, config.environments))
            buffer.start(observations, state_of(task))
        actions = _explored(learner.act(observations), update, config, generator)
        step = task.step(actions)
        observations = step.observations
        buffer.add(actions, step.rewards, observations, state_of(task))
        if update < 1:
            continue
        learner.slow_down(config.rate_at(update))
        learner.update(buffer.sample(config.batch, generator), generator)
        bar.update()
        if update in schedule:
            mean, sd = _score(aside, learner.act, config)
            snapshots.append(Snapshot(update, buffer.transitions, mean, sd, learner.frozen()))
            bar.set_postfix_str(f"return {mean:.1f}")
    bar.close()
    return buffer, snapshots


def medium_of(snapshots: Sequence[Snapshot], random: float, share: float) -> Snapshot:
    """The first snapshot at this normalised score between uniform actions and the last snapshot, the expert."""
    expert = snapshots[-1]
    goal = random + share * (expert.mean - random)
    return next((snapshot for snapshot in snapshots if snapshot.mean >= goal), expert)


def _explored(actions: Tensor, update: int, config: BehaviourConfig, generator: torch.Generator) -> Tensor:
    """Uniform actions in the warm-up, then the policy's own with noise."""
    if update < 1:
        return uniform(generator, actions.shape[2])(actions)
    return explore(actions, config.noise_at(update), generator)


def _score(task: Task, policy: Policy, config: BehaviourConfig) -> tuple[float, float]:
    """Mean and sd of the returns of the evaluation episodes."""
    returns = play(task, policy, starts(EVALUATION_STREAM, config.seed, 0, config.evaluation_episodes))
    return float(returns.mean()), float(returns.std(correction=0))


def _summary(
    task: str, config: BehaviourConfig, random: tuple[float, float], medium: Snapshot, expert: Snapshot
) -> dict[str, Any]:
    def told(snapshot: Snapshot) -> dict[str, float]:
        return {name: getattr(snapshot, name) for name in ("update", "transitions", "mean", "sd")}

    span = expert.mean - random[0]
    return {
        "task": task,
        "algorithm": _name(config),
        "config": asdict(config),
        "random": {"mean": random[0], "sd": random[1]},
        "medium": told(medium) | {"normalised": (medium.mean - random[0]) / span if span > 0 else None},
        "medium_goal": MEDIUM[task],
        "expert": told(expert),
    }


def _name(config: BehaviourConfig) -> str:
    return "MATD3" if config.learner.centralised else "independent TD3"
