"""A planner's training step and guided evaluation against the authors' structure: CPU seconds in one run.

The peer is written the way the published code usually is: one `nn.Module` U-Net a seed, agents one after the other,
environments one after the other, and two calls of the network a level, with the return and without. Both sides have
the same architecture, widths, batch, levels and sampler, one thread, and take turns. What is timed of the evaluation is
one step of all its environments; of the training one update of all seeds: both networks, Adam, average.

    python benchmarks/planning.py --out planning.json
"""

import argparse
import json
import time
from collections.abc import Callable
from copy import deepcopy
from itertools import pairwise
from math import log, sqrt
from pathlib import Path
from statistics import median

import torch
from tabulate import tabulate
from torch import Tensor, nn

from quartet import algorithms, config
from quartet.algorithms.planner import Planner
from quartet.data.windows import Windows
from quartet.diffusion import Schedule, schedule
from quartet.diffusion.samplers import strided
from quartet.files import write_text
from quartet.nets.lanes import LaneRandom
from quartet.tasks.spec import TaskSpec

ROOT = Path(__file__).resolve().parents[1]
SPEC = TaskSpec(agents=3, observation=18, action=2, horizon=25)
FRAMES, STEPS, GUIDANCE, START = 24, 200, 1.2, 0.5


class Embedding(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width
        self.time = nn.Sequential(nn.Linear(width, 4 * width), nn.Mish(), nn.Linear(4 * width, width))
        wide = nn.Linear(width, 4 * width)
        self.told = nn.Sequential(nn.Linear(1, width), nn.Mish(), wide, nn.Mish(), nn.Linear(4 * width, width))

    def forward(self, levels: Tensor, returns: Tensor, keep: Tensor) -> Tensor:
        rates = torch.exp(torch.arange(self.width // 2) * (-log(10_000) / (self.width // 2 - 1)))
        phases = levels[:, None] * rates
        time_part = self.time(torch.cat([phases.sin(), phases.cos()], dim=1))
        return torch.cat([time_part, self.told(returns[:, None]) * keep[:, None]], dim=1)


class Block(nn.Module):
    def __init__(self, inputs: int, outputs: int, embedding: int) -> None:
        super().__init__()

        def convolution(channels: int) -> nn.Sequential:
            return nn.Sequential(nn.Conv1d(channels, outputs, 5, padding=2), nn.GroupNorm(8, outputs), nn.Mish())

        self.first, self.second = convolution(inputs), convolution(outputs)
        self.enter = nn.Sequential(nn.Mish(), nn.Linear(embedding, outputs))
        self.around = nn.Conv1d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x: Tensor, embedding: Tensor) -> Tensor:
        return self.second(self.first(x) + self.enter(embedding)[:, :, None]) + self.around(x)


class UNet(nn.Module):
    def __init__(self, width: int, multipliers: list[int]) -> None:
        super().__init__()
        depths, e = [width * multiplier for multiplier in multipliers], 2 * width
        self.embedding = Embedding(width)
        sizes = list(pairwise([SPEC.observation, *depths]))
        self.down = nn.ModuleList([nn.ModuleList([Block(i, o, e), Block(o, o, e)]) for i, o in sizes])
        self.halve = nn.ModuleList([nn.Conv1d(d, d, 3, stride=2, padding=1) for d in depths[:-1]])
        self.middle = nn.ModuleList([Block(depths[-1], depths[-1], e) for _ in range(2)])
        back = list(pairwise(depths))[::-1]
        self.up = nn.ModuleList([nn.ModuleList([Block(2 * o, i, e), Block(i, i, e)]) for i, o in back])
        self.widen = nn.ModuleList([nn.ConvTranspose1d(i, i, 4, stride=2, padding=1) for i, _ in back])
        activated = [nn.Conv1d(width, width, 5, padding=2), nn.GroupNorm(8, width), nn.Mish()]
        self.last = nn.Sequential(*activated, nn.Conv1d(width, SPEC.observation, 1))

    def forward(self, x: Tensor, levels: Tensor, returns: Tensor, keep: Tensor) -> Tensor:
        embedding, x, skips = self.embedding(levels, returns, keep), x.mT, []
        for level, (first, second) in enumerate(self.down):
            x = second(first(x, embedding), embedding)
            skips.append(x)
            if level < len(self.halve):
                x = self.halve[level](x)
        for block in self.middle:
            x = block(x, embedding)
        for (first, second), widen in zip(self.up, self.widen, strict=True):
            x = widen(second(first(torch.cat([x, skips.pop()], dim=1), embedding), embedding))
        return self.last(x).mT


class Peer:
    """One seed: a network for all agents, trained on one agent after the other, planning one window at a time."""

    def __init__(self, sizes: dict[str, object]) -> None:
        width, hidden = int(str(sizes["width"])), int(str(sizes["hidden"]))
        self.net = UNet(width, list(sizes["multipliers"]))  # type: ignore[call-overload]
        layers = [nn.Linear(2 * SPEC.observation, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU()]
        self.inverse = nn.Sequential(*layers, nn.Linear(hidden, SPEC.action))
        self.both = nn.ModuleList([self.net, self.inverse])
        self.average, self.optimiser = deepcopy(self.both), torch.optim.Adam(self.both.parameters(), lr=2e-4)
        self.schedule = schedule("cosine", STEPS)
        self.walk = strided(STEPS, round(float(str(sizes["visited"])) * STEPS))

    def update(self, observations: Tensor, actions: Tensor, returns: Tensor) -> None:
        batch = len(observations)
        levels = torch.randint(1, STEPS + 1, (batch,))
        alphas = torch.tensor(self.schedule.alphas)[levels, None, None]
        losses = []
        for agent in range(SPEC.agents):
            x, epsilon = observations[:, agent], torch.randn_like(observations[:, agent])
            noised = alphas * x + (1 - alphas.square()).sqrt() * epsilon
            noised = torch.cat([x[:, :1], noised[:, 1:]], dim=1)
            predicted = self.net(noised, levels.float(), returns[:, agent], (torch.rand(batch) >= 0.25).float())
            found = self.inverse(torch.cat([x[:, :-1], x[:, 1:]], dim=2))
            losses.append(
                (epsilon - predicted)[:, 1:].square().mean() + (found - actions[:, agent, :-1]).square().mean()
            )
        self.optimiser.zero_grad()
        torch.stack(losses).mean().backward()
        self.optimiser.step()
        for old, new in zip(self.average.parameters(), self.both.parameters(), strict=True):
            old.data.mul_(0.995).add_(new.data, alpha=0.005)

    @torch.no_grad()
    def plan(self, present: Tensor, wanted: Tensor) -> Tensor:
        """The action of one agent in one environment."""
        coarse, x = (
            Schedule(tuple(self.schedule.alphas[i] for i in self.walk)),
            START * torch.randn(1, FRAMES, len(present)),
        )
        for index in range(coarse.steps, 0, -1):
            x[:, 0] = present
            level, alpha, sigma = torch.full((1,), float(self.walk[index])), coarse.alphas[index], coarse.sigmas[index]
            told, untold = (self.net(x, level, wanted[None], torch.full((1,), keep)) for keep in (1.0, 0.0))
            data = ((x - sigma * (untold + GUIDANCE * (told - untold))) / alpha).clamp(-1, 1)
            noise, ratio = (x - alpha * data) / sigma, alpha / coarse.alphas[index - 1]
            x = (x - (1 - ratio**2) / sigma * noise) / ratio
            if index > 1:
                x = x + coarse.sigmas[index - 1] / sigma * sqrt(1 - ratio**2) * torch.randn_like(x)
        x[:, 0] = present
        return self.inverse(torch.cat([x[:, 0], x[:, 1]], dim=1))[0].clamp(-1, 1)


def windows(seeds: int, batch: int) -> Windows:
    """A minibatch of noise: what it holds costs nothing."""
    return Windows(
        observations=2 * torch.rand(seeds, batch, SPEC.agents, FRAMES, SPEC.observation) - 1,
        actions=2 * torch.rand(seeds, batch, SPEC.agents, FRAMES, SPEC.action) - 1,
        real=torch.ones(seeds, batch, FRAMES - 1),
        returns=torch.rand(seeds, batch, SPEC.agents),
        history=0,
    )


def ours(seeds: int, sizes: dict[str, object]) -> Planner:
    """DoF as its released code plans on these tasks, without a factorisation that the peer lacks."""
    settings = config.hyperparameters(ROOT, "dof", "spread", "expert", "released")
    changes: dict[str, object] = {"unconditional": "forced", "noise_factorization": "concat"}
    changes |= {"output": "noise", "normaliser": "places", "full_skip": False, "horizon": FRAMES}  # as the peer
    learner = algorithms.make("dof", SPEC, settings | sizes | changes, tuple(range(seeds)))
    assert isinstance(learner, Planner)
    learner.fit(torch.rand(2000, SPEC.observation).numpy())
    return learner


def turns(sides: dict[str, Callable[[], object]], repetitions: int) -> dict[str, float]:
    """Median CPU seconds of each side, taking turns; the first turn of those that are repeated warms up."""
    seconds: dict[str, list[float]] = {side: [] for side in sides}
    for _ in range(repetitions):
        for side, work in sides.items():
            started = time.process_time()
            work()
            seconds[side].append(time.process_time() - started)
    return {side: median(taken[1:] or taken) for side, taken in seconds.items()}


def training(seeds: int, batch: int, sizes: dict[str, object], repetitions: int) -> dict[str, float]:
    """One update of every seed."""
    learner, random, data = ours(seeds, sizes), LaneRandom(range(seeds), SPEC.agents), windows(seeds, batch)
    peers = [Peer(sizes) for _ in range(seeds)]

    def loop() -> None:
        for peer, *own in zip(peers, data.observations, data.actions, data.returns, strict=True):
            peer.update(*own)

    return turns({"one agent at a time": loop, "quartet": lambda: learner.update(data, random)}, repetitions)


def evaluation(episodes: int, sizes: dict[str, object], repetitions: int) -> dict[str, float]:
    """One step of so many environments, one seed."""
    learner, random, peer = ours(1, sizes), LaneRandom((0,), SPEC.agents), Peer(sizes)
    seen, wanted = torch.rand(SPEC.agents, episodes, SPEC.observation), torch.tensor(0.9)

    def loop() -> None:
        for environment in seen.unbind(1):
            for own in environment:
                peer.plan(own, wanted)

    def together() -> None:
        learner.begin(episodes)
        learner.act(seen, random)

    return turns({"one agent, one environment at a time": loop, "quartet": together}, repetitions)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", default="laptop", help="whose widths and sampling steps are used")
    parser.add_argument("--width", type=int, help="another width")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--episodes", type=int, default=100)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path("planning.json"))
    given = parser.parse_args()
    torch.set_num_threads(1)
    sizes = config.sized(config.load(ROOT, scale=given.scale).scale, "planning", "spread")
    sizes |= {"width": given.width or sizes["width"]}
    found = {
        f"one update, {given.seeds} seeds, batch {given.batch}": training(
            given.seeds, given.batch, sizes, given.repetitions
        ),
        f"one step of {given.episodes} environments": evaluation(given.episodes, sizes, max(1, given.repetitions // 2)),
    }
    rows = [
        {
            "width": sizes["width"],
            "work": work,
            "side": side,
            "CPU s": f"{s:.3f}",
            "times faster": f"{max(sides.values()) / s:.2f}",
        }
        for work, sides in found.items()
        for side, s in sides.items()
    ]
    write_text(given.out, json.dumps({"torch": torch.__version__, "sizes": sizes, "seconds": found}, indent=2) + "\n")
    print(tabulate(rows, headers="keys", tablefmt="github"))


if __name__ == "__main__":
    main()
