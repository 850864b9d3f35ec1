"""Every reader of files beside something that writes a small good file for it."""

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch

from quartet import estimates, provenance, schema, tasks
from quartet.artifacts.curves import read_curve
from quartet.data.episodes import open_episodes, write_episodes
from quartet.data.noise import noise_episodes
from quartet.evaluation.cost import Cost, costs_csv, read_costs
from quartet.evaluation.density import Density, read_density, write_density
from quartet.evaluation.measurements import Measurement, read_measurement, write_measurement
from quartet.evaluation.scores import late_returns, read_card, read_returns
from quartet.evaluation.strategies import ATTEMPTS, read_trajectories
from quartet.files import write_text
from quartet.nets.mlp import MLP
from quartet.nets.parameters import initial_random
from quartet.nets.recurrent import RecurrentNet
from quartet.paths import provenance_of
from quartet.report.sources import read_json
from quartet.toys.result import Result, read_result, write_result
from quartet.training import checkpoint
from quartet.training.actors import FrozenActor, actor_net, load_actor
from quartet.training.maddpg import Pilot, load_pilot
from quartet.training.teams import FrozenTeam, load_team

STATE = {"update": 3, "networks": {"policy": torch.arange(6.0).reshape(2, 3)}, "log": [(1, "td", [0.5, 0.25])]}
CARD = {
    **{"task": "spread", "quality": "random", "behaviour": "uniform actions", "episodes": 2, "transitions": 50},
    **{"mean": 1.0, "sd": 0.5, "min": 0.0, "max": 2.0, "histogram": {"edges": [0.0, 1.0, 2.0], "counts": [1, 1]}},
}
PATH = [[0.0, 0.0], [0.5, 0.5]]
TRAJECTORIES = {
    "landmarks": PATH,
    "runs": [{"seed": 0, "returns": [1.0] * ATTEMPTS, "trajectories": [[PATH, PATH]] * ATTEMPTS}],
}


@dataclass(frozen=True)
class Reader:
    """How a good file is written, and how it is read."""

    write: Callable[[Path], Any]
    read: Callable[[Path], Any]


def _text(content: str) -> Callable[[Path], None]:
    return lambda path: write_text(path, content)


def _team(path: Path) -> None:
    net = RecurrentNet(2, 3, 4, 5)
    FrozenTeam(net, net.init(initial_random([0], 1))).save(path)


def _actor(path: Path) -> None:
    net = actor_net(3, 4, 2)
    FrozenActor(net, net.init(initial_random([0], 2)), torch.ones(2, 2, 3)).save(path)


def _pilot(path: Path) -> None:
    net = MLP(3, 4, 5)
    Pilot(net, net.init(initial_random([0], 1))).save(path)


def described(path: Path, content: bytes) -> None:
    """An artefact that a stage has written, with its provenance."""
    with provenance.record([path], stage="test", settings={}, inputs=[], modules=[]):
        path.write_bytes(content)


def _provenance(path: Path) -> None:
    described(path, b"an artefact")
    provenance_of(path).replace(path)


STOPS = "".join(f"trained={share},{seed},0,{share}.5\n" for share in (50, 90, 100) for seed in (0, 1))

JSON = {
    "card": Reader(_text(json.dumps(CARD)), read_card),
    "toy": Reader(lambda path: write_result(path, Result({"distance": [0.5, 1]}, [[0.0, 1.0]])), read_result),
    "density": Reader(lambda path: write_density(path, Density([[0.5, 0.5]], 2, 0.25, 8)), read_density),
    "measurement": Reader(lambda path: write_measurement(path, Measurement(64, (0.5,), 3.0, None)), read_measurement),
    "trajectories": Reader(_text(json.dumps(TRAJECTORIES)), read_trajectories),
    "provenance": Reader(_provenance, provenance.read),
}
TEXTS = JSON | {
    "evaluation": Reader(_text("seed,episode,return\n0,0,1.5\n0,1,2.5\n1,0,-3\n1,1,4e1\n"), read_returns),
    "sweep": Reader(_text("point,seed,episode,return\n" + STOPS), lambda path: late_returns(path, "trained=100")),
    "counts": Reader(_text(costs_csv([Cost(2, 10, 20, 30, 40)])), read_costs),
    "curve": Reader(_text("updates,transitions,mean,sd\n1,100,1.5,0.5\n2,200,2.5,0.5\n"), read_curve),
    "timings": Reader(
        _text("kind,seconds,megabytes\ntrain,2.5,300\n"), lambda path: estimates._timed(path, "seconds", ",")
    ),
    "rendered": Reader(_text(json.dumps({"cells": [{"mean": 1.0}]})), read_json),
    "configuration": Reader(_text("batch: 3\nrate: 1.0e-3\nseeds: [0, 1]\nby: {tag: {batch: 2}}\n"), schema.read_yaml),
}
TENSORS = {
    "checkpoint": Reader(lambda path: checkpoint.save(path, STATE), checkpoint.load),
    "team": Reader(_team, load_team),
    "actor": Reader(_actor, load_actor),
    "pilot": Reader(_pilot, load_pilot),
}


NOISE = noise_episodes(tasks.make("spread").spec, 8 * [25])
DATASET = {"dataset": Reader(lambda path: write_episodes(path, NOISE), open_episodes)}
READERS = TEXTS | TENSORS | DATASET


@cache
def good(name: str) -> bytes:
    """The bytes of a good file, once it can be read."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        READERS[name].write(path)
        READERS[name].read(path)
        return path.read_bytes()
