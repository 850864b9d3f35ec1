"""Figures 1, 7 and 9: drawn from the simulator's own states, and they say what they show."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import torch
from synthetic_results import LAPTOP, PAPER, QUICK, ROOT, artifact

from quartet import config, paths, plan
from quartet.artifacts.figure import render_figure
from quartet.artifacts.frames import HIDDEN
from quartet.errors import QuartetError
from quartet.evaluation.strategies import ATTEMPTS
from quartet.tasks.landmarks import RULES
from quartet.tasks.scenario import Scenario

EVEN, ODD, SHARED = (0, 2, 4), (1, 3, 5), (0, 0, 3)


def words(svg: Path) -> str:
    return " ".join(" ".join(ElementTree.parse(svg).getroot().itertext()).split())


def ring() -> list[list[float]]:
    scenario = Scenario(RULES)
    scenario.reset(torch.tensor([0]))
    places: list[list[float]] = scenario.world.position[:, 3:, 0].t().tolist()
    return places


def keep(results: Path, algorithm: str, *seeds: list[tuple[int, ...]]) -> Path:
    """Trajectories of two steps: from the centre to the landmarks that each seed's attempts name."""
    landmarks = ring()
    runs: list[dict[str, Any]] = [
        {
            "seed": seed,
            "returns": [0.0] * len(attempts),
            "trajectories": [[[[0.0, 0.0], landmarks[end]] for end in ends] for ends in attempts],
        }
        for seed, attempts in enumerate(seeds)
    ]
    names = {"task": "landmarks", "dataset": "expert", "algorithm": algorithm, "variant": "default"}
    file = results / paths.TRAJECTORIES.format(**names)
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"landmarks": landmarks, "runs": runs}))
    return file


def figure9(results: Path, out: Path) -> Path:
    return render_figure("dom2_figure9", PAPER, results, LAPTOP, out, ROOT)[0]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("dom2_figure1", ["(a) Standard", "(b) Shifted", "agent", "landmark", HIDDEN]),
        (
            "dom2_figure7",
            ["Cooperative navigation", "Predator prey", "World", "HalfCheetah", "prey", "food", "front leg"],
        ),
    ],
)
def test_frames_name_their_tasks_and_what_is_in_them(tmp_path: Path, name: str, said: list[str]) -> None:
    svg, png = render_figure(name, PAPER, tmp_path, QUICK, tmp_path, ROOT)
    assert [text for text in said if text not in words(svg)] == []
    assert png.read_bytes().startswith(b"\x89PNG")
    again = render_figure(name, PAPER, tmp_path, QUICK, tmp_path / "again", ROOT)
    assert [path.read_bytes() for path in again] == [svg.read_bytes(), png.read_bytes()]


def test_frames_need_no_job_and_no_result() -> None:
    settings = config.load(ROOT, scale="quick", results="results")
    assert plan.plan(settings, [artifact("dom2_figure1"), artifact("dom2_figure7")]).jobs == ()


def test_a_row_counts_strategies_beside_the_papers_count(tmp_path: Path) -> None:
    keep(tmp_path, "dom2", [EVEN, ODD, EVEN, SHARED, SHARED], [SHARED] * ATTEMPTS)
    keep(tmp_path, "omar", [EVEN] * ATTEMPTS)
    text = words(figure9(tmp_path, tmp_path))
    assert "DOM2: 2 strategies in 5 attempts (1.0 on average over 2 seeds); the paper counts 5" in text
    assert "OMAR: 1 strategy in 5 attempts; the paper counts 2" in text
    assert "MA-CQL: missing; the paper counts 2" in text
    assert "2 of 4 algorithms missing" in text


def test_the_same_strategy_has_the_same_letter_in_every_row(tmp_path: Path) -> None:
    keep(tmp_path, "ma-cql", [ODD] * ATTEMPTS)
    keep(tmp_path, "dom2", [EVEN, ODD, (4, 0, 2), SHARED, SHARED])
    text = words(figure9(tmp_path, tmp_path))
    assert text.split().count("A") == ATTEMPTS + 1
    assert text.split().count("B") == 2  # who stands where makes no other strategy
    assert text.count("not completed") == 2


def test_figure_9_is_planned_with_the_trajectories_it_is_drawn_from(tmp_path: Path) -> None:
    settings = config.load(ROOT, scale="quick", results=str(tmp_path))
    jobs = plan.plan(settings, [artifact("dom2_figure9")]).stage("trajectories")
    names = [f"landmarks/expert/{name}/default" for name in ("dom2", "ma-cql", "ma-sfbc", "omar")]
    assert [job.name for job in jobs] == names
    assert {job.output for job in jobs} < set(plan.inputs(settings, artifact("dom2_figure9")))


@pytest.mark.parametrize("damage", ["{", '{"landmarks": [], "runs": []}', '{"landmarks": [[0, 0]], "runs": [{}]}'])
def test_damaged_trajectories_are_one_line(tmp_path: Path, damage: str) -> None:
    keep(tmp_path, "dom2", [EVEN] * ATTEMPTS).write_text(damage)
    with pytest.raises(QuartetError, match=r"dom2/default\.json: damaged trajectories; delete it"):
        figure9(tmp_path, tmp_path)
