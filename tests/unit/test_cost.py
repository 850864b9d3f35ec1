"""What algorithms cost: counted from the learners that train, equal to what can be worked out by hand."""

import itertools
from pathlib import Path
from typing import Any

import pytest
import torch

from quartet import algorithms, config, paths
from quartet.cli import main
from quartet.data.transitions import Transitions
from quartet.errors import QuartetError
from quartet.evaluation.cost import COLUMNS, TEAMS, read_costs
from quartet.evaluation.counting import COUNTED, count, operations, team
from quartet.nets.lanes import LaneRandom
from quartet.nets.residual import ResidualNoise

ROOT = Path(__file__).resolve().parents[2]
NETWORK = ResidualNoise(team(2).observation, 2, (16, 8, 8))
SIZES = {"hidden": 16, "noise_widths": [16, 8, 8], "batch": 40}


def settings(name: str) -> dict[str, Any]:
    return config.hyperparameters(ROOT, name, "spread", "expert", "default") | SIZES


def dense(*widths: int) -> int:
    """Operations of a chain of linear layers on one observation."""
    return sum(2 * before * after for before, after in itertools.pairwise(widths))


def test_the_team_of_three_is_the_task_of_the_papers() -> None:
    assert team(3).observation == 18


def test_bc_costs_what_its_layers_say() -> None:
    hidden, seen = 16, team(4).observation
    found = count("bc", settings("bc"), 4)
    normalisation = 2 * seen
    weights = normalisation + seen * hidden + hidden + hidden * hidden + hidden + hidden * 2 + 2
    assert found.parameters == 4 * weights
    assert found.memory == 4 * 4 * (3 * weights + 2 * seen)  # weights, two moments, mean and variance; four bytes each
    assert found.action == dense(seen, hidden, hidden, 2)
    # Forward once, backward to every weight, and back through all layers but the first.
    every = 40 * 4 * (2 * dense(seen, hidden, hidden, 2) + dense(hidden, hidden, 2))
    assert found.update == pytest.approx(every, rel=0.05)


@pytest.mark.parametrize("name", COUNTED)
def test_the_operations_of_a_minibatch_are_those_of_an_update_with_it(name: str) -> None:
    spec, random = team(2), LaneRandom((0,), 2)
    learner = algorithms.make(name, spec, {**settings(name), "compile": False}, (0,))
    seen, rows = spec.observation, SIZES["batch"]
    batch = Transitions(
        random.normal(rows, seen), random.uniform(rows, 2), random.normal(rows), random.normal(rows, seen),
        torch.zeros(2, rows),
    )  # fmt: skip
    assert count(name, settings(name), 2).update == operations(lambda: learner.update(batch, random))


@pytest.mark.parametrize("product", [torch.bmm, torch.Tensor.baddbmm_, torch.Tensor.baddbmm])
def test_every_kind_of_product_is_counted(product: Any) -> None:
    result, x, weight = torch.zeros(2, 3, 5), torch.ones(2, 3, 4), torch.ones(2, 4, 5)
    given = (x, weight) if product is torch.bmm else (result, x, weight)
    assert operations(lambda: product(*given)) == 2 * 2 * 3 * 4 * 5


def test_dom2_acts_with_one_call_of_its_network_a_step() -> None:
    one, five = (count("dom2", settings("dom2") | {"steps": steps}, 2).action for steps in (1, 5))
    ten = count("dom2", settings("dom2") | {"steps": 10}, 2).action
    assert ten - five == pytest.approx(5 / 4 * (five - one), rel=1e-3)


def test_dom2s_action_costs_what_its_network_says() -> None:
    layers = {name: 2 * before * after for name, (before, after) in NETWORK.layers.items()}
    once = layers["observation"] + layers["embedding1"] // 2  # the other half is the time's, the same for every row
    every_step = sum(cost for name, cost in layers.items() if name not in ("observation", "time", "embedding1"))
    assert count("dom2", settings("dom2") | {"steps": 5}, 2).action == once + 5 * every_step


def test_the_stage_writes_what_is_read(project: config.Config, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--root", str(project.root), "--scale", "tiny", "--results", str(project.paths.results)]
    assert main(["cost", "bc", *options]) == 0
    file = project.paths.at(paths.COST, algorithm="bc")
    read = read_costs(file)
    assert tuple(read) == TEAMS
    assert read[2] == count("bc", settings("bc") | {"hidden": 8, "batch": 16}, 2)
    assert main(["cost", "bd", *options]) == 2
    assert "unknown algorithm 'bd'; did you mean 'bc'?" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "agents\n", ",".join(COLUMNS) + "\n2,3\n", ",".join(COLUMNS) + "\n2,x,1,1,1\n"])
def test_damaged_counts_are_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(QuartetError, match=r"a\.csv: damaged counts; delete it and count again"):
        read_costs(tmp_path / "a.csv")
