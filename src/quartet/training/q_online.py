"""QMIX learned online: rounds of episodes side by side, and some updates from the memory after each."""

from dataclasses import dataclass

import torch
from tqdm import tqdm

from quartet.algorithms import qmix
from quartet.algorithms.qmix import QMIX
from quartet.nets.lanes import LaneRandom
from quartet.tasks.spec import Contest
from quartet.training.memory import Memory
from quartet.training.online import EVALUATION_STREAM, TRAINING_STREAM, starts
from quartet.training.rounds import Round, play_round
from quartet.training.snapshots import Judge, Snapshot
from quartet.training.teams import Exploring, FrozenTeam


@dataclass(frozen=True)
class Online:
    """Sizes, which the scale gives, and what is ours."""

    updates: int  # of the networks
    environments: int  # episodes side by side, a round
    batch: int  # sequences of an update
    hidden: int  # width of the agents' network
    evaluations: int  # snapshots, the closer together the earlier
    evaluation_episodes: int  # of each, the same starts for all
    seed: int  # of networks, episodes and exploration
    kept: int  # steps of the whole training that are kept as its replay, in rounds evenly spread
    wanted: tuple[float, ...] = ()  # mean returns of which teams are sought
    updates_a_round: int = 16  # (ours: an update for four episodes; PyMARL has one for one)
    sequence: int = 30  # steps of a sequence (ours: PyMARL's are whole episodes)
    period: int = 15  # steps from where one sequence may begin to where the next may (ours)
    remembered: int = 150_000  # steps in memory (ours: what a laptop holds; PyMARL has 5,000 episodes)
    first_share: float = 1.0  # of choices at random (PyMARL)
    last_share: float = 0.05  # and from `explored` on, in evaluations and in the datasets (PyMARL, OG-MARL)
    explored: float = 0.1  # of the updates, over which the share falls (ours)
    rate: float = 1e-3  # Adam's (PyMARL2)
    clip: float = 10.0  # longest gradient of one network (PyMARL)
    gamma: float = 0.99  # discount (PyMARL)
    target_every: int = 50  # updates from one copy of the networks to the next (ours: PyMARL's 200 are of many more)
    td_lambda: float = 0.8  # (ours, likewise; PyMARL2's .6 learns 8m more slowly)
    embed: int = 32  # hidden units of the mixing network (QMIX)
    hyper: int = 64  # and of its hypernetworks (PyMARL)

    def learner(self) -> qmix.Config:
        """QMIX's own settings."""
        names = ("hidden", "rate", "clip", "gamma", "target_every", "td_lambda", "embed", "hyper", "sequence", "period")
        own = {name: getattr(self, name) for name in names}
        return qmix.Config(**own, rho=1.0, context="state", reward_scale=1.0)

    def share_at(self, update: int) -> float:
        """The share of choices at random after `update` updates."""
        done = min(1.0, update / (self.explored * self.updates))
        return self.first_share + done * (self.last_share - self.first_share)

    def schedule(self) -> set[int]:
        """The updates after which the team is evaluated, quadratically spaced: a poor one must not be overshot."""
        shares = [(number / self.evaluations) ** 2 for number in range(1, self.evaluations + 1)]
        return {max(1, round(self.updates * share)) for share in shares}


def learn(task: Contest, aside: Contest, config: Online, device: str = "cpu") -> tuple[list[Snapshot], list[Round]]:
    """Train in `task`, judge in `aside`; the snapshots by their updates, and rounds from the whole training."""
    generator = torch.Generator(device).manual_seed(config.seed)
    learner = QMIX(task.spec, config.learner(), (config.seed,), torch.device(device))
    random, memory = LaneRandom((config.seed,), task.spec.agents, device), Memory(task.spec, config.remembered, device)
    met = starts(EVALUATION_STREAM, config.seed, 0, config.evaluation_episodes)
    judge, replay = Judge(aside, met, config.last_share, config.schedule(), config.wanted), list[Round]()
    judge.see(0, 0, frozen(learner))
    bar = tqdm(total=config.updates, desc="QMIX", unit="update", mininterval=1.0)
    for update in range(1, config.updates + 1):
        if (update - 1) % config.updates_a_round == 0:
            explorer = Exploring(frozen(learner), config.share_at(update), generator)
            first = (update - 1) // config.updates_a_round * config.environments
            played = play_round(task, explorer, starts(TRAINING_STREAM, config.seed, first, config.environments))
            memory.add(played)
            if sum(len(kept.rewards) for kept in replay) <= config.kept * (update - 1) / config.updates:
                replay.append(played)
        learner.update(memory.sample(config.batch, config.sequence, config.period, generator), random)
        latest = judge.see(update, memory.written, frozen(learner))
        bar.set_postfix_str(f"return {latest.mean:.1f}", refresh=False)
        bar.update()
    bar.close()
    return judge.snapshots, replay


def frozen(learner: QMIX) -> FrozenTeam:
    """The team as it is now."""
    return FrozenTeam(learner.net, learner.networks[learner.actor].clone())
