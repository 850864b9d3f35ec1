"""One DOM2 update of all lanes against the same update with separate networks in a loop.

The peer is written the way published code usually is: one `nn.Module` per network, a Python loop over agents and
seeds, conservative actions repeated through the whole critic, every solver step through the whole noise network.
Both sides have the same widths, batch and mathematics. Each lives in a process of its own, as it would in use, because
quartet also tells the C library to keep freed memory (`quartet.nets.memory`); "separate networks, memory kept" is the
peer with that setting too. The processes take turns on one core, so that a busy machine slows all alike.

    python benchmarks/dom2_update.py --seeds 5 --widths 64 256 --batch 256 --compile --out dom2_update.json
"""

import argparse
import json
import multiprocessing
import time
from collections.abc import Callable
from copy import deepcopy
from math import log, pi
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from quartet import algorithms
from quartet.data.transitions import Transitions
from quartet.diffusion import schedule
from quartet.nets.lanes import LaneRandom
from quartet.nets.memory import hold_memory
from quartet.tasks.spec import TaskSpec

SPEC = TaskSpec(agents=3, observation=18, action=2, horizon=25)
STEPS, SAMPLES, ETA, ZETA, GAMMA, RHO, CLIP, DROPOUT = 5, 10, 1.0, 5.0, 0.95, 0.01, 0.5, 0.1
SCHEDULE = schedule("continuous", STEPS)


class Critic(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        inputs = SPEC.observation + SPEC.action
        self.norm = nn.BatchNorm1d(inputs)
        self.layers = nn.ModuleList([nn.Linear(inputs, width), nn.Linear(width, width), nn.Linear(width, 1)])

    def forward(self, observations: Tensor, actions: Tensor) -> Tensor:
        x = self.norm(torch.cat([observations, actions], dim=1))
        x = F.mish(self.layers[0](x))
        return self.layers[2](F.mish(self.layers[1](x))).squeeze(1)


class Block(nn.Module):
    def __init__(self, inputs: int, outputs: int, embedding: int) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(inputs, outputs), nn.Linear(outputs, outputs)
        self.enter, self.dropout = nn.Linear(embedding, outputs), nn.Dropout(DROPOUT)
        self.skip = nn.Linear(inputs, outputs) if inputs != outputs else nn.Identity()

    def forward(self, x: Tensor, embedding: Tensor) -> Tensor:
        hidden = self.dropout(F.mish(self.first(x)) + self.enter(F.mish(embedding)))
        return F.mish(self.second(hidden)) + self.skip(x)


class NoiseNetwork(nn.Module):
    def __init__(self, widths: tuple[int, int, int]) -> None:
        super().__init__()
        wide, middle, narrow = widths
        self.frequencies = nn.Parameter(30 * torch.randn(16), requires_grad=False)
        self.time, self.observation = nn.Linear(32, 32), nn.Linear(SPEC.observation, 32)
        self.embedding = nn.Sequential(nn.Linear(64, narrow), nn.Mish(), nn.Linear(narrow, narrow))
        sizes = [
            (2, wide),
            (wide, middle),
            (middle, narrow),
            (narrow, narrow),
            (2 * narrow, middle),
            (2 * middle, wide),
        ]
        self.blocks = nn.ModuleList([Block(inputs, outputs, narrow) for inputs, outputs in sizes])
        self.out = nn.Linear(2 * wide, SPEC.action)

    def forward(self, actions: Tensor, observations: Tensor, times: Tensor) -> Tensor:
        phases = 2 * pi * times[:, None] * self.frequencies
        time_part = self.time(torch.cat([phases.sin(), phases.cos()], dim=1))
        embedding = self.embedding(torch.cat([time_part, F.mish(self.observation(observations))], dim=1))
        first = self.blocks[0](actions, embedding)
        second = self.blocks[1](first, embedding)
        third = self.blocks[2](second, embedding)
        x = self.blocks[3](third, embedding)
        x = self.blocks[4](torch.cat([x, third], dim=1), embedding)
        x = self.blocks[5](torch.cat([x, second], dim=1), embedding)
        return self.out(torch.cat([x, first], dim=1))


class Agent:
    """One agent of one seed."""

    def __init__(self, width: int, widths: tuple[int, int, int]) -> None:
        self.policy, self.critics = NoiseNetwork(widths), nn.ModuleList([Critic(width), Critic(width)])
        self.target_policy, self.target_critics = deepcopy(self.policy).eval(), deepcopy(self.critics)
        self.policy_optimiser = torch.optim.Adam([p for p in self.policy.parameters() if p.requires_grad], lr=5e-3)
        self.critic_optimiser = torch.optim.Adam(self.critics.parameters(), lr=3e-4)
        self.alphas, self.sigmas = torch.tensor(SCHEDULE.alphas), torch.tensor(SCHEDULE.sigmas)

    def sample(self, network: NoiseNetwork, observations: Tensor) -> Tensor:
        actions = torch.randn(len(observations), SPEC.action)
        for i in range(STEPS, 0, -1):
            noise = network(actions, observations, torch.full((len(observations),), i / STEPS))
            ratio = SCHEDULE.alphas[i - 1] / SCHEDULE.alphas[i]
            actions = ratio * actions - (ratio * SCHEDULE.sigmas[i] - SCHEDULE.sigmas[i - 1]) * noise
        return actions.clamp(-1, 1)

    def update(self, observations: Tensor, actions: Tensor, rewards: Tensor, following: Tensor) -> None:
        self.update_critics(observations, actions, rewards, following)
        self.update_policy(observations, actions)
        for target, online in ((self.target_policy, self.policy), (self.target_critics, self.critics)):
            for old, new in zip(target.parameters(), online.parameters(), strict=True):
                old.data.mul_(1 - RHO).add_(new.data, alpha=RHO)

    def update_critics(self, observations: Tensor, actions: Tensor, rewards: Tensor, following: Tensor) -> None:
        with torch.no_grad():
            next_actions = self.sample(self.target_policy, following)
            values = torch.min(*(critic(following, next_actions) for critic in self.target_critics))
            target = rewards + GAMMA * values
        uniform = 2 * torch.rand(len(actions) * SAMPLES, SPEC.action) - 1
        repeated = observations.repeat_interleave(SAMPLES, dim=0)
        loss = torch.zeros(())
        for critic in self.critics:
            value = critic(observations, actions)
            others = critic(repeated, uniform).view(-1, SAMPLES) - SPEC.action * log(0.5)
            loss = loss + F.mse_loss(value, target) + ZETA * (torch.logsumexp(others, 1) - value).mean()
        self.critic_optimiser.zero_grad()
        loss.backward()
        for critic in self.critics:
            nn.utils.clip_grad_norm_(critic.parameters(), CLIP)
        self.critic_optimiser.step()

    def update_policy(self, observations: Tensor, actions: Tensor) -> None:
        levels = torch.randint(1, STEPS + 1, (len(actions),))
        noise = torch.randn_like(actions)
        noised = self.alphas[levels, None] * actions + self.sigmas[levels, None] * noise
        matching = (noise - self.policy(noised, observations, levels / STEPS)).square().sum(1).mean()
        critic = self.critics[0].requires_grad_(False)
        scale = critic(observations, actions).abs().mean()
        value = critic(observations, self.sample(self.policy, observations)).mean()
        loss = matching - ETA * value / scale
        self.policy_optimiser.zero_grad()
        loss.backward()
        critic.requires_grad_(True)
        nn.utils.clip_grad_norm_(self.policy.parameters(), CLIP)
        self.policy_optimiser.step()


def hyperparameters(width: int, compiled: bool) -> dict[str, object]:
    return {
        "hidden": width, "noise_widths": [2 * width, width, width // 2], "compile": compiled, "gamma": GAMMA,
        "rho": RHO, "policy_rate": 5e-3, "critic_rate": 3e-4, "clip": CLIP, "zeta": ZETA, "eta": ETA,
        "uniform_actions": SAMPLES, "dropout": DROPOUT, "steps": STEPS, "schedule": "continuous",
        "matching_weight": 1.0, "noise_network": "residual", "sampler": "dpm-solver",
    }  # fmt: skip


LOOP, KEPT, EAGER, COMPILED = "separate networks", "separate networks, memory kept", "quartet", "quartet, compiled"


def contestant(side: str, width: int, batch: int, seeds: int) -> Callable[[], object]:
    """One side's update of all lanes, on the same minibatch as the others'."""
    names = tuple(range(seeds))
    random = LaneRandom(names, SPEC.agents)
    data = Transitions(
        random.normal(batch, SPEC.observation), 2 * random.uniform(batch, SPEC.action) - 1, random.normal(batch),
        random.normal(batch, SPEC.observation), torch.zeros(random.lanes, batch),
    )  # fmt: skip
    if side in (EAGER, COMPILED):
        learner = algorithms.make("dom2", SPEC, hyperparameters(width, side == COMPILED), names)
        return lambda: learner.update(data, random)
    if side == KEPT:
        hold_memory()
    agents = [Agent(width, (2 * width, width, width // 2)) for _ in range(random.lanes)]

    def loop() -> None:
        rows = zip(data.observations, data.actions, data.rewards, data.next_observations, strict=True)
        for agent, row in zip(agents, rows, strict=True):
            agent.update(*row)

    return loop


def worker(turns: Connection, side: str, width: int, batch: int, seeds: int) -> None:
    """Run one update per message and answer with its CPU seconds, until told to stop."""
    torch.set_num_threads(1)
    update = contestant(side, width, batch, seeds)
    while turns.recv():
        start = time.process_time()
        update()
        turns.send(time.process_time() - start)


def measure(sides: list[str], repetitions: int, *sizes: int) -> dict[str, float]:
    """Median CPU seconds of each side's update after a warm-up of two."""
    context, seconds = multiprocessing.get_context("spawn"), {side: list[float]() for side in sides}
    turns = {side: context.Pipe() for side in sides}
    for side, (_, theirs) in turns.items():
        context.Process(target=worker, args=(theirs, side, *sizes), daemon=True).start()
    for repetition in range(repetitions + 2):
        for side, (ours, _) in turns.items():
            ours.send(True)
            taken = ours.recv()
            if repetition >= 2:
                seconds[side].append(taken)
    for ours, _ in turns.values():
        ours.send(False)
    return {side: median(values) for side, values in seconds.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--widths", type=int, nargs="+", default=[64, 256])
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--repetitions", type=int, default=7)
    parser.add_argument("--compile", action="store_true", help="also time the compiled losses")
    parser.add_argument("--out", type=Path, help="write the numbers as JSON")
    arguments = parser.parse_args()
    rows = []
    print("| width | batch | lanes | side | seconds per update | times faster |\n|---|---|---|---|---|---|")
    for width in arguments.widths:
        sides = [LOOP, KEPT, EAGER, *([COMPILED] if arguments.compile else [])]
        seconds = measure(sides, arguments.repetitions, width, arguments.batch, arguments.seeds)
        for side, value in seconds.items():
            ratio = seconds[LOOP] / value
            lanes = arguments.seeds * SPEC.agents
            rows.append(
                {
                    "width": width,
                    "batch": arguments.batch,
                    "lanes": lanes,
                    "side": side,
                    "seconds": value,
                    "ratio": ratio,
                }
            )
            print(f"| {width} | {arguments.batch} | {lanes} | {side} | {value:.4f} | {ratio:.2f} |", flush=True)
    if arguments.out:
        arguments.out.write_text(json.dumps({"torch": torch.__version__, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
