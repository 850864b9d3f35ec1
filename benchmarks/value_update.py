"""One update of MA-CQL and of OMAR against the authors' structure: separate networks, one agent of one seed at a time.

The peer is written the way published code usually is: one `nn.Module` per network, a Python loop over agents and seeds,
conservative and searched actions repeated with their observation through the whole critic. Both sides have the same
widths, batch and hyperparameters (those of spread), one thread, and take turns.

    python benchmarks/value_update.py --out value_update.json
"""

import argparse
import json
from copy import deepcopy
from math import log
from pathlib import Path
from typing import Any

import torch
from tabulate import tabulate
from torch import Tensor, nn
from torch.nn import functional as F
from turns import in_turns

from quartet import algorithms, config
from quartet.data.transitions import Transitions
from quartet.files import write_text
from quartet.nets.lanes import LaneRandom
from quartet.tasks.spec import TaskSpec

ROOT = Path(__file__).resolve().parents[1]
SPEC = TaskSpec(agents=3, observation=18, action=2, horizon=25)
PEER = "separate networks"


def network(inputs: int, width: int, outputs: int) -> nn.Sequential:
    """Batch normalisation and two hidden layers, as in OMAR's code."""
    layers = [nn.BatchNorm1d(inputs), nn.Linear(inputs, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(width, outputs))


class Agent:
    """One agent of one seed."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings, width = settings, settings["hidden"]
        self.policy = nn.Sequential(network(SPEC.observation, width, SPEC.action), nn.Tanh())
        self.critics = nn.ModuleList([network(SPEC.observation + SPEC.action, width, 1) for _ in range(2)])
        self.target_policy, self.target_critics = deepcopy(self.policy), deepcopy(self.critics)
        self.policy_optimiser = torch.optim.Adam(self.policy.parameters(), lr=settings["rate"])
        self.critic_optimiser = torch.optim.Adam(self.critics.parameters(), lr=settings["rate"])

    def values(self, critic: nn.Module, observations: Tensor, actions: Tensor) -> Tensor:
        """Q of actions (B, S, a), the observation repeated for each, (B, S)."""
        samples = actions.shape[1]
        repeated = observations.repeat_interleave(samples, dim=0)
        return critic(torch.cat([repeated, actions.flatten(0, 1)], dim=1)).view(-1, samples)

    def update(self, observations: Tensor, actions: Tensor, rewards: Tensor, following: Tensor) -> None:
        self.update_critics(observations, actions, rewards, following)
        self.update_policy(observations)
        for target, online in ((self.target_policy, self.policy), (self.target_critics, self.critics)):
            for old, new in zip(target.parameters(), online.parameters(), strict=True):
                old.data.lerp_(new.data, self.settings["rho"])

    def update_critics(self, observations: Tensor, actions: Tensor, rewards: Tensor, following: Tensor) -> None:
        settings, samples = self.settings, self.settings["uniform_actions"]
        with torch.no_grad():
            asked = self.target_policy(following).unsqueeze(1)
            best = torch.min(*(self.values(critic, following, asked) for critic in self.target_critics))
            target = rewards + settings["gamma"] * best.squeeze(1)
        uniform = 2 * torch.rand(len(actions), samples, SPEC.action) - 1
        loss = torch.zeros(())
        for critic in self.critics:
            value = self.values(critic, observations, actions.unsqueeze(1)).squeeze(1)
            others = self.values(critic, observations, uniform) - SPEC.action * log(0.5)
            loss = loss + F.mse_loss(value, target) + settings["zeta"] * (others.logsumexp(1) - value).mean()
        self.critic_optimiser.zero_grad()
        loss.backward()
        for critic in self.critics:
            nn.utils.clip_grad_norm_(critic.parameters(), settings["clip"])
        self.critic_optimiser.step()

    def update_policy(self, observations: Tensor) -> None:
        settings, critic = self.settings, self.critics[0].requires_grad_(False)
        actions = self.policy(observations)
        value, weight = self.values(critic, observations, actions.unsqueeze(1)).mean(), settings.get("omar_weight", 0.0)
        loss = settings["action_penalty"] * actions.square().mean() - (1 - weight) * value
        if weight:
            loss = loss + weight * F.mse_loss(actions, self.found(critic, observations, actions.detach()))
        self.policy_optimiser.zero_grad()
        loss.backward()
        critic.requires_grad_(True)
        nn.utils.clip_grad_norm_(self.policy.parameters(), settings["clip"])
        self.policy_optimiser.step()

    @torch.no_grad()
    def found(self, critic: nn.Module, observations: Tensor, own: Tensor) -> Tensor:
        """OMAR's search."""
        settings, center = self.settings, torch.zeros_like(own)
        deviation = torch.full_like(own, settings["start_deviation"])
        for _ in range(settings["iterations"]):
            draws = torch.randn(len(own), settings["samples"], SPEC.action)
            samples = (center[:, None] + deviation[:, None] * draws).clamp(-1, 1)
            values = self.values(critic, observations, samples)
            center = (values.softmax(1).unsqueeze(2) * samples).sum(1)
            deviation = (samples - center[:, None]).square().mean(1).sqrt()
        candidates = torch.cat([own[:, None], samples], dim=1)
        values = torch.cat([self.values(critic, observations, own[:, None]), values], dim=1)
        return candidates[torch.arange(len(own)), values.argmax(1)]


def compare(name: str, sizes: dict[str, Any], seeds: int, repetitions: int) -> dict[str, float]:
    """CPU seconds of one update of all lanes, both sides on the same minibatch."""
    settings = config.hyperparameters(ROOT, name, "spread", "medium-replay", "default") | sizes | {"compile": False}
    names, rows = tuple(range(seeds)), sizes["batch"]
    learner, random = algorithms.make(name, SPEC, settings, names), LaneRandom(names, SPEC.agents)
    batch = Transitions(
        random.normal(rows, SPEC.observation), 2 * random.uniform(rows, SPEC.action) - 1, random.normal(rows),
        random.normal(rows, SPEC.observation), torch.zeros(random.lanes, rows),
    )  # fmt: skip
    agents = [Agent(settings) for _ in range(random.lanes)]

    def loop() -> None:
        lanes = zip(batch.observations, batch.actions, batch.rewards, batch.next_observations, strict=True)
        for agent, lane in zip(agents, lanes, strict=True):
            agent.update(*lane)

    return in_turns({PEER: loop, "quartet": lambda: learner.update(batch, random)}, repetitions)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--widths", type=int, nargs="+", default=[64, 256])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--repetitions", type=int, default=9)
    parser.add_argument("--out", type=Path, default=Path("value_update.json"))
    given = parser.parse_args()
    torch.set_num_threads(1)
    rows = []
    for name in ("ma-cql", "omar"):
        for width in given.widths:
            found = compare(name, {"hidden": width, "batch": 256}, given.seeds, given.repetitions)
            lanes = given.seeds * SPEC.agents
            rows += [
                {
                    "algorithm": name,
                    "width": width,
                    "lanes": lanes,
                    "side": side,
                    "seconds": s,
                    "ratio": found[PEER] / s,
                }
                for side, s in found.items()
            ]
    write_text(given.out, json.dumps({"torch": torch.__version__, "rows": rows}, indent=1) + "\n")
    print(tabulate(rows, headers="keys", tablefmt="github", floatfmt=("", "", "", "", ".4f", ".2f")))


if __name__ == "__main__":
    main()
