"""One QMIX update of three seeds in lanes against the usual structure: CPU seconds in one run.

The peer is written as published code usually is: one network of torch's own layers a seed, a GRU cell called step by
step, autograd through all of it, torch's Adam. Both sides have the same sizes, data, targets, mixing and one thread,
and take turns; before they do, their losses are compared.

    python benchmarks/recurrent_update.py --out recurrent_update.json
"""

import argparse
import json
import time
from pathlib import Path
from statistics import median
from typing import Any

import torch
from tabulate import tabulate
from torch import Tensor, nn

from quartet import algorithms, config
from quartet.algorithms.qmix import QMIX
from quartet.data.sequences import Sequences
from quartet.files import write_text
from quartet.nets.lanes import LaneRandom
from quartet.nets.parameters import unpack
from quartet.tasks.battle import Battle
from quartet.tasks.spec import TaskSpec

ROOT = Path(__file__).resolve().parents[1]
STEPS = 20


class Agents(nn.Module):
    """Numbered observations through a layer, a GRU cell and a layer."""

    def __init__(self, spec: TaskSpec, hidden: int) -> None:
        super().__init__()
        self.agents = spec.agents
        self.first, self.memory = nn.Linear(spec.agents + spec.observation, hidden), nn.GRUCell(hidden, hidden)
        self.last = nn.Linear(hidden, spec.choices)

    def forward(self, observations: Tensor) -> Tensor:
        """(T, B, N, o) -> (T, B, N, choices)."""
        steps, rows = observations.shape[:2]
        numbers = torch.eye(self.agents).expand(rows, -1, -1)
        memory, outputs = observations.new_zeros(rows * self.agents, self.memory.hidden_size), []
        for seen in observations:
            memory = self.memory(torch.relu(self.first(torch.cat([numbers, seen], dim=2).flatten(0, 1))), memory)
            outputs.append(self.last(torch.relu(memory)))
        return torch.stack(outputs).view(steps, rows, self.agents, -1)


class Mixing(nn.Module):
    """QMIX's mixing network and its hypernetworks."""

    def __init__(self, agents: int, state: int, embed: int, hyper: int) -> None:
        super().__init__()
        self.weight1 = nn.Sequential(nn.Linear(state, hyper), nn.ReLU(), nn.Linear(hyper, agents * embed))
        self.weight2 = nn.Sequential(nn.Linear(state, hyper), nn.ReLU(), nn.Linear(hyper, embed))
        self.bias = nn.Linear(state, embed)
        self.value = nn.Sequential(nn.Linear(state, embed), nn.ReLU(), nn.Linear(embed, 1))

    def forward(self, values: Tensor, states: Tensor) -> Tensor:
        """(T, B, N) and (T, B, state) -> (T, B)."""
        weight = self.weight1(states).abs().unflatten(2, (values.shape[2], -1))
        hidden = nn.functional.elu((values.unsqueeze(2) @ weight).squeeze(2) + self.bias(states))
        return (hidden * self.weight2(states).abs()).sum(2) + self.value(states).squeeze(2)


class Peer:
    """One seed."""

    def __init__(self, spec: TaskSpec, settings: dict[str, Any]) -> None:
        self.settings = settings
        mixing = (spec.agents, spec.state, settings["embed"], settings["hyper"])
        self.agents, self.target_agents = (Agents(spec, settings["hidden"]) for _ in range(2))
        self.mixing, self.target_mixing = (Mixing(*mixing) for _ in range(2))
        self.learned = [*self.agents.parameters(), *self.mixing.parameters()]
        self.adam = torch.optim.Adam(self.learned, settings["rate"])

    def copy(self, learner: QMIX, lane: int) -> None:
        """Start from the networks of a lane."""
        for prefix, agents, mixing in (
            ("", self.agents, self.mixing),
            ("target ", self.target_agents, self.target_mixing),
        ):
            own = {n: p[lane] for n, p in unpack(learner.networks[f"{prefix}values"], learner.net.shapes).items()}
            mix = {n: p[lane] for n, p in unpack(learner.networks[f"{prefix}mixer"], learner.mixer.shapes).items()}
            sizes = [self.settings["hyper"]] * 2 + [self.settings["embed"]] * 2
            for what in ("weight", "bias"):
                cell = {"weight": ("weight_ih", "weight_hh"), "bias": ("bias_ih", "bias_hh")}[what]
                firsts = mix[f"first.{what}"].split(sizes, dim=1)
                layers = (mixing.weight1[0], mixing.weight2[0], mixing.bias, mixing.value[0])
                pairs = [(getattr(layer, what), first) for layer, first in zip(layers, firsts, strict=True)]
                pairs += [(getattr(agents.memory, cell[0]), own[f"input.{what}"])]
                pairs += [(getattr(agents.memory, cell[1]), own[f"memory.{what}"])]
                pairs += [(getattr(getattr(agents, name), what), own[f"{name}.{what}"]) for name in ("first", "last")]
                pairs += [
                    (getattr(getattr(mixing, n)[2], what), mix[f"{n}.{what}"]) for n in ("weight1", "weight2", "value")
                ]
                for parameter, values in pairs:
                    parameter.data.copy_(values.mT if what == "weight" else values[0])

    def loss(self, batch: Sequences, lane: int) -> Tensor:
        """Half the squared error of Q_tot by double Q-learning."""
        assert batch.states is not None
        observations, states, legal = batch.observations[lane], batch.states[lane], batch.legal[lane]
        values = self.agents(observations)
        total = self.mixing(values.gather(3, batch.choices[lane].unsqueeze(3)).squeeze(3)[:-1], states[:-1])
        with torch.no_grad():
            best = values.masked_fill(~legal, -1e10).argmax(3, keepdim=True)
            following = self.target_agents(observations).gather(3, best).squeeze(3)[1:]
            following = self.target_mixing(following, states[1:])
            target = batch.rewards[lane] + self.settings["gamma"] * (1 - batch.terminals[lane]) * following
        known = batch.known[lane]
        return 0.5 * (known * (target - total).square()).sum() / known.sum()

    def update(self, batch: Sequences, lane: int) -> None:
        """One step."""
        self.adam.zero_grad()
        self.loss(batch, lane).backward()
        for network in (self.agents, self.mixing):
            nn.utils.clip_grad_norm_(network.parameters(), self.settings["clip"])
        self.adam.step()


def noise(spec: TaskSpec, seeds: int, batch: int) -> Sequences:
    """Sequences without padding: what they hold costs nothing."""
    frames = (seeds, STEPS + 1, batch)
    ones = torch.ones(seeds, STEPS, batch)
    return Sequences(
        observations=torch.rand(*frames, spec.agents, spec.observation),
        legal=torch.ones(*frames, spec.agents, spec.choices, dtype=torch.bool),
        choices=torch.randint(spec.choices, (*frames, spec.agents)),
        states=torch.rand(*frames, spec.state),
        rewards=torch.rand(seeds, STEPS, batch),
        terminals=torch.zeros_like(ones),
        real=ones,
        known=ones,
        times=torch.arange(STEPS + 1)[None, :, None].expand(frames),
    )


def compare(map_name: str, seeds: int, sizes: dict[str, Any], repetitions: int) -> dict[str, float]:
    """Median CPU seconds of one update of all seeds, the sides taking turns after one turn to warm up."""
    spec = Battle(map_name).spec
    settings = config.hyperparameters(ROOT, "qmix", map_name, "medium", "default") | sizes
    learner, random = (
        algorithms.make("qmix", spec, settings, tuple(range(seeds))),
        LaneRandom(range(seeds), spec.agents),
    )
    assert isinstance(learner, QMIX)
    batch, peers = noise(spec, seeds, sizes["batch"]), [Peer(spec, settings) for _ in range(seeds)]
    own = learner.losses(learner.networks["values"], learner.networks["mixer"], batch, random)["td"]
    for lane, peer in enumerate(peers):
        peer.copy(learner, lane)
        torch.testing.assert_close(peer.loss(batch, lane).detach(), own[lane], rtol=1e-4, atol=1e-6)
    seconds: dict[str, list[float]] = {"one seed at a time, torch's layers": [], "quartet": []}
    for _ in range(repetitions + 1):
        for side, taken in seconds.items():
            started = time.process_time()
            if side == "quartet":
                learner.update(batch, random)
            else:
                for lane, peer in enumerate(peers):
                    peer.update(batch, lane)
            taken.append(time.process_time() - started)
    return {side: median(taken[1:]) for side, taken in seconds.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--maps", nargs="+", default=["3m", "8m"])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--repetitions", type=int, default=9)
    parser.add_argument("--out", type=Path, default=Path("recurrent_update.json"))
    given = parser.parse_args()
    torch.set_num_threads(1)
    sizes = config.sized(config.load(ROOT, scale="laptop").scale, "recurrent", given.maps[0])
    found = {name: compare(name, given.seeds, sizes, given.repetitions) for name in given.maps}
    rows = [
        {
            "map": name,
            "seeds": given.seeds,
            "side": side,
            "CPU s": f"{s:.3f}",
            "times faster": f"{max(sides.values()) / s:.2f}",
        }
        for name, sides in found.items()
        for side, s in sides.items()
    ]
    write_text(given.out, json.dumps({"torch": torch.__version__, "sizes": sizes, "seconds": found}, indent=2) + "\n")
    print(tabulate(rows, headers="keys", tablefmt="github"))


if __name__ == "__main__":
    main()
