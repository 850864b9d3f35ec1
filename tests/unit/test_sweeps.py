"""Sweeps: the points of one run are lanes of one learner, and each is what a run of it alone would be."""

from collections.abc import Callable
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from quartet import config, paths
from quartet.cli import main
from quartet.data import weights
from quartet.data.episodes import Episodes
from quartet.data.sampler import TransitionSampler
from quartet.errors import QuartetError
from quartet.evaluation.scores import read_returns
from quartet.nets.lanes import LaneRandom
from quartet.training import checkpoint, sweeps

ROOT = Path(__file__).parents[2]
SEEDS, AGENTS, BATCH, UPDATES = (0, 1), 3, 8, 100
SIZES = {"batch": BATCH, "hidden": 8, "noise_widths": [8, 8, 4], "compile": False, "updates": UPDATES}


def points_of(name: str, *wanted: str) -> sweeps.Points:
    return {point: config.hyperparameters(ROOT, name, "spread", "random-medium", point) for point in wanted}


Trained = Callable[..., dict[str, Tensor]]


@pytest.fixture(scope="module")
def trained(random_spread: Episodes) -> Trained:
    """Networks of one learner after training at some points, each (critics, points, lanes of a point, ...)."""

    @cache
    def train(name: str, *wanted: str) -> dict[str, Tensor]:
        points = points_of(name, *wanted)
        (group,) = sweeps.groups(name, points)
        learner = sweeps.learner(name, random_spread.spec, group, SIZES, SEEDS, "cpu")
        own = [weights.of_run(random_spread, "spread", "random-medium", point) for point in group.values()]
        sampler = TransitionSampler(random_spread, np.stack(own))
        random = LaneRandom(SEEDS, AGENTS, points=len(points))
        for _ in range(UPDATES):
            learner.update(sampler.sample(random, BATCH), random)
        networks: dict[str, Tensor] = learner.state_dict()["networks"]
        return {key: value.unflatten(0, (-1, len(points), len(SEEDS) * AGENTS)) for key, value in networks.items()}

    return train


FIGURE5 = ("bc", "ma-cql", "omar", "ma-sfbc", "dom2")
SWEPT = [("dom2", ("eta=0.1", "eta=100")), *((name, ("fraction=10", "fraction=100")) for name in FIGURE5)]


@pytest.mark.parametrize(("name", "points"), SWEPT)
def test_a_points_lanes_are_those_of_a_run_of_it_alone(trained: Trained, name: str, points: tuple[str, ...]) -> None:
    together = trained(name, *points)
    for position, point in enumerate(points):
        for network, alone in trained(name, point).items():
            largest = (together[network][:, position] - alone[:, 0]).abs().max()
            assert largest < 1e-4, f"{network} at {point} differs by {largest:.1e}"
    first, last = together["policy"].unbind(1)
    assert not torch.allclose(first, last, atol=1e-2), "the sweep changes nothing"


def test_adding_a_point_changes_no_other_lane(trained: Trained) -> None:
    three = trained("dom2", "eta=0.1", "eta=5", "eta=100")
    for network, tensor in trained("dom2", "eta=0.1", "eta=100").items():
        torch.testing.assert_close(tensor, three[network][:, ::2], atol=1e-4, rtol=0)


def test_the_points_of_a_sweep_share_a_learner_unless_no_lane_can_have_its_own_value() -> None:
    for sweep, learners in (("eta", 1), ("fraction", 1), ("steps", 4)):
        names = config.points(ROOT, "dom2", sweep)
        groups = sweeps.groups("dom2", points_of("dom2", *names))
        assert len(groups) == learners
        assert [point for group in groups for point in group] == list(names)


def test_smaller_fractions_are_parts_of_larger_ones_and_never_empty() -> None:
    parts = [weights.subset(40, percent) for percent in (1, 5, 10, 50, 100)]
    assert [int(part.sum()) for part in parts] == [1, 2, 4, 20, 40]
    for small, large in pairwise(parts):
        assert (large | ~small).all()
    with pytest.raises(QuartetError, match="fraction 0 is no percentage"):
        weights.subset(40, 0)


def test_thresholds_are_carried_over_to_the_fraction_that_a_run_sees(random_spread: Episodes) -> None:
    """Published thresholds as far above the mean as half a deviation land there in the part's own returns."""
    mean, deviation = weights.published_returns("spread", "medium")
    thresholds = {"thresholds": [mean + deviation / 2], "threshold_reading": "quantile", "fraction": 50}
    found = weights.of_run(random_spread, "spread", "medium", thresholds)
    part = weights.subset(len(random_spread), 50)
    returns = random_spread.returns[part].astype(np.float64)
    assert (found[~part] == 0).all()
    assert found[part].tolist() == [1 + float(r >= returns.mean() + returns.std() / 2) for r in returns]


def test_the_whole_dataset_is_drawn_from_as_without_fractions(random_spread: Episodes) -> None:
    whole = weights.of_run(random_spread, "spread", "random", {"fraction": 100})
    one, other = LaneRandom(SEEDS, AGENTS), LaneRandom(SEEDS, AGENTS)
    drawn = TransitionSampler(random_spread, whole).sample(one, 64)
    assert torch.equal(drawn.next_observations, TransitionSampler(random_spread).sample(other, 64).next_observations)


def test_each_point_draws_from_its_own_fraction_alone(random_spread: Episodes) -> None:
    own = np.stack([weights.subset(len(random_spread), percent) for percent in (10, 100)]).astype(float)
    random = LaneRandom(SEEDS, AGENTS, points=2)
    rewards = TransitionSampler(random_spread, own).sample(random, 4000).rewards.unflatten(0, (2, -1))
    inside = random_spread.rewards[np.repeat(own[0] > 0, 25)][:, 0]
    assert np.isin(rewards[0, 0], inside).all()
    assert not np.isin(rewards[1, 0], inside).all()


@pytest.mark.parametrize("sweep", ["eta", "steps"])
def test_a_sweep_is_trained_in_one_run_and_evaluated_into_one_file(project: config.Config, sweep: str) -> None:
    options = ["--root", str(project.root), "--scale", "tiny", "--results", str(project.paths.results)]
    run = {"task": "spread", "dataset": "random", "algorithm": "dom2", "variant": sweep}
    assert main(["train", f"spread/random/dom2/{sweep}", *options]) == 0
    assert main(["evaluate", f"spread/random/dom2/{sweep}/shifted@2", *options]) == 0
    assert project.paths.at(paths.TRAINING_LOG, **run).read_text().startswith("point,update,seed,agent,metric,value\n")
    file = project.paths.at(paths.EVALUATION, setting="shifted@2", **run)
    points = config.points(project.root, "dom2", sweep)
    assert [read_returns(file, point).values.shape for point in points] == [(2, 2 * 2)] * len(points)
    with pytest.raises(QuartetError, match=f"unknown point '{sweep}=7'; did you mean '{sweep}=5'"):
        read_returns(file, f"{sweep}=7")
    with pytest.raises(QuartetError, match="columns must be seed,episode,return"):
        read_returns(file)


def test_stops_along_a_training_are_the_training_itself(project: config.Config) -> None:
    """Each goes on from the one before, so all of them cost one training and the last is that of the plain run."""
    options = ["--root", str(project.root), "--scale", "tiny", "--results", str(project.paths.results)]
    saved = {}
    for variant in ("trained", "default"):
        assert main(["train", f"spread/random/omar/{variant}", *options]) == 0
        run = {"task": "spread", "dataset": "random", "algorithm": "omar", "variant": variant}
        saved[variant] = checkpoint.load(project.paths.at(paths.CHECKPOINT, **run), "cpu")["algorithm"]
        log = project.paths.at(paths.TRAINING_LOG, **run).read_text()
        assert {int(line.split(",")[0]) for line in log.splitlines()[1:]} == set(range(1, 7))
    *earlier, last = [state["networks"]["policy"] for state in saved["trained"]]
    assert torch.equal(last, saved["default"]["networks"]["policy"])
    assert len(earlier) == 4
    assert not any(torch.equal(stop, last) for stop in earlier)
    assert main(["evaluate", "spread/random/omar/trained/standard", *options]) == 0


def test_a_stop_trains_on_from_where_the_one_before_it_ended(tmp_path: Path) -> None:
    run = {"variant": "trained", "points": points_of("omar", *config.points(ROOT, "omar", "trained"))}
    groups = sweeps.groups("omar", run["points"])
    assert [sweeps.updates(points, 800) for points in groups] == [80, 200, 400, 600, 800]
    files = [tmp_path / str(number) for number in range(5)]
    assert sweeps.befores(run, files) == [None, *files[:4]]
    assert sweeps.befores({"points": points_of("omar", "default")}, files[:1]) == [None]
    assert sweeps.updates(points_of("omar", "default"), 800) == 800


def test_a_sweep_may_change_another_value_at_all_its_points() -> None:
    """DoF's Figure 6 shows DoF-Policy with f = Concat, which is not its default."""
    for point in points_of("dof-policy", *config.points(ROOT, "dof-policy", "trained")).values():
        assert point["noise_factorization"] == "concat"
    assert points_of("dof-policy", "default")["default"]["noise_factorization"] == "wconcat"
