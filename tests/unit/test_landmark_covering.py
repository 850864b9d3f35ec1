"""DoF's landmark covering game: collisions counted by the task, kept by the evaluation, and the picture of Figure 1."""

import json
from pathlib import Path
from xml.etree import ElementTree

import torch
from torch import Tensor

from quartet import paths, tasks
from quartet.artifacts.figure import render_figure
from quartet.artifacts.measure import Stamp
from quartet.evaluation import rollout
from quartet.evaluation.scores import by_seed, read_returns
from quartet.evaluation.strategies import ATTEMPTS
from quartet.nets.lanes import LaneRandom
from quartet.tasks.scenario import ParticleTask

ROOT = Path(__file__).parents[2]
LAPTOP = Stamp("laptop", "abc1234", 3, evidence=True)


class Huddlers:
    """Everyone goes to the origin, where they touch."""

    def begin(self, episodes: int) -> None: ...

    def reward(self, rewards: Tensor) -> None: ...

    def act(self, observations: Tensor, random: LaneRandom) -> Tensor:  # noqa: ARG002
        return (-3 * observations[..., 2:4]).clamp(-1, 1)


def spread() -> ParticleTask:
    task = tasks.make("spread")
    assert isinstance(task, ParticleTask)
    return task


def test_a_collision_is_a_pair_in_touch_in_a_step() -> None:
    task, by_hand = spread(), torch.zeros(20, dtype=torch.int64)
    observations = task.reset(torch.arange(20))
    assert task.collisions.tolist() == [0] * 20
    for _ in range(25):
        observations = task.step((-3 * observations[..., 2:4]).clamp(-1, 1)).observations
        places = task.scenario.world.position[:, :3].permute(2, 1, 0)
        apart = torch.cdist(places, places)
        by_hand += sum((apart[:, i, j] < 0.3).long() for i, j in ((0, 1), (0, 2), (1, 2)))  # radii of .15
    assert task.collisions.tolist() == by_hand.tolist()
    assert by_hand.min() > 10


def test_only_covering_tasks_count_them() -> None:
    counting = {}
    for name in ("spread", "spread-sparse", "tag", "landmarks"):
        task = tasks.make(name)
        task.reset(torch.arange(2))
        counting[name] = hasattr(task, "collisions")
    assert counting == {"spread": True, "spread-sparse": True, "tag": False, "landmarks": False}


def test_an_evaluation_keeps_them_as_a_metric(tmp_path: Path) -> None:
    task, file = spread(), tmp_path / "standard.csv"
    played = rollout.evaluate(task, Huddlers(), (0, 1), 6, "standard")  # type: ignore[arg-type]
    file.write_text(rollout.returns_csv(played, (0, 1)))
    assert file.read_text().startswith("seed,episode,return,collisions\n0,0,")
    found = by_seed(read_returns(file, column="collisions"), "collisions")
    assert found.tolist() == task.collisions.view(2, 6).double().mean(1).tolist()


def test_figure_1_has_a_panel_an_algorithm_and_says_which_are_missing(tmp_path: Path) -> None:
    attempt = [[[0.1 * agent, 0.1 * step] for step in range(4)] for agent in range(3)]
    runs = [{"seed": 0, "returns": [0.0] * ATTEMPTS, "trajectories": [attempt] * ATTEMPTS}]
    names = {"task": "spread", "dataset": "expert", "algorithm": "dof", "variant": "default"}
    file = tmp_path / paths.TRAJECTORIES.format(**names)
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"landmarks": [[0.0, 0.3], [0.5, 0.3], [0.2, -0.4]], "runs": runs}))
    paper = ROOT / "config" / "papers" / "dof"
    svg, _ = render_figure("dof_figure1", paper, tmp_path, LAPTOP, tmp_path / "out", ROOT)
    words = " ".join(" ".join(ElementTree.parse(svg).getroot().itertext()).split())
    for said in ("(d) DoF", "(c) MADIFF", "agent 1, its start", "landmark", "3 of 4 algorithms missing"):
        assert said in words
