"""Every algorithm: settings, checkpoints, actions, and that it learns what it is meant to learn."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from team_bandit import bandit
from torch import Tensor

from quartet import algorithms, config
from quartet.algorithms.base import Algorithm
from quartet.data.transitions import Transitions
from quartet.errors import QuartetError
from quartet.nets.lanes import LaneRandom
from quartet.tasks.spec import TaskSpec

ROOT = Path(__file__).parents[2]
SPEC = TaskSpec(agents=2, observation=3, action=2, horizon=25)
SIZES = {"batch": 64, "hidden": 16, "noise_widths": [32, 16, 8], "compile": False, "updates": 1}
PLANNING = {"width": 8, "multipliers": [1], "visited": 0.1, "average_start": 1, "average_every": 1, "episodes": 2}
SEEDS = (0, 1)
TRANSITIONS = [name for name in algorithms.NAMES if config.sizes_of(ROOT, name) == "training"]  # no planners


def settings(name: str, **changes: object) -> dict[str, object]:
    return config.hyperparameters(ROOT, name, "spread", "medium", "default") | SIZES | changes


def make(name: str, seeds: tuple[int, ...] = SEEDS, **changes: object) -> Algorithm:
    return algorithms.make(name, SPEC, settings(name, **changes), seeds)


def actions_after(learner: Algorithm, updates: int) -> Tensor:
    """What it does in the end, turned so that positive is the side that pays."""
    random = LaneRandom(SEEDS, SPEC.agents)
    for _ in range(updates):
        learner.update(bandit(random, SPEC), random)
    observations = random.normal(200, SPEC.observation)
    return learner.act(observations, random) * observations[..., :1].sign()


def test_bc_fits_a_linear_policy() -> None:
    learner, random = make("bc"), LaneRandom(SEEDS, SPEC.agents)
    weight = torch.tensor([[0.3, -0.2], [0.1, 0.2], [-0.3, 0.1]])
    for _ in range(300):
        observations = random.normal(64, SPEC.observation)
        still = torch.zeros(random.lanes, 64)
        learner.update(Transitions(observations, torch.tanh(observations @ weight), still, observations, still), random)
    observations = random.normal(200, SPEC.observation)
    error = (learner.act(observations, random) - torch.tanh(observations @ weight)).square().mean((1, 2))
    assert error.max() < 0.01


def test_bc_averages_what_diffusion_keeps_apart() -> None:
    assert actions_after(make("bc"), 100).abs().mean() < 0.25


@pytest.mark.parametrize(("name", "changes"), [("ma-cql", {}), ("omar", {"omar_weight": 0.5})])
def test_conservative_policies_find_the_side_that_pays_and_stay_near_the_data(
    name: str, changes: dict[str, float]
) -> None:
    actions = actions_after(make(name, zeta=1.0, **changes), 300)
    assert (actions > 0).float().mean() > 0.85
    assert actions.abs().max() <= 1


DOM2S = [{}, {"sampler": "ddpm"}, {"noise_network": "mlp"}]


@pytest.mark.parametrize("changes", DOM2S)
def test_dom2_keeps_to_the_side_that_pays(changes: dict[str, str]) -> None:
    actions = actions_after(make("dom2", eta=5.0, zeta=1.0, **changes), 200)
    assert (actions > 0).float().mean() > 0.85


@pytest.mark.parametrize("changes", DOM2S)
def test_without_policy_improvement_dom2_keeps_both_sides(changes: dict[str, str]) -> None:
    share = (actions_after(make("dom2", eta=0.0, zeta=1.0, **changes), 150) > 0).float().mean((1, 2))
    assert share.min() > 0.25
    assert share.max() < 0.75


def test_sfbc_models_both_sides_and_chooses_the_one_that_pays() -> None:
    learner = make("ma-sfbc", critic_rate=3e-3, candidates=8)
    chosen = actions_after(learner, 150)
    assert (chosen > 0).float().mean((1, 2)).min() > 0.9
    careless = make("ma-sfbc", candidates=8, alpha=0.0)
    careless.load_state_dict(learner.state_dict())
    share = (careless.act(torch.zeros(4, 200, SPEC.observation), LaneRandom(SEEDS, SPEC.agents)) > 0).float().mean()
    assert 0.25 < share < 0.75


@pytest.mark.parametrize("name", TRANSITIONS)
def test_actions_have_the_tasks_shape_and_range_and_metrics_one_value_per_lane(name: str) -> None:
    learner, random = make(name), LaneRandom(SEEDS, SPEC.agents)
    metrics = learner.update(bandit(random, SPEC), random)
    assert all(value.shape == (4,) and value.isfinite().all() for value in metrics.values())
    actions = learner.act(random.normal(7, SPEC.observation), random)
    assert actions.shape == (4, 7, 2)
    assert actions.abs().max() <= 1


@pytest.mark.parametrize("name", TRANSITIONS)
def test_a_saved_run_goes_on_to_the_bit(name: str, tmp_path: Path) -> None:
    whole, random = make(name), LaneRandom(SEEDS, SPEC.agents)
    for _ in range(3):
        whole.update(bandit(random, SPEC), random)
    torch.save({"learner": whole.state_dict(), "random": random.state_dict()}, tmp_path / "state.pt")
    whole.update(bandit(random, SPEC), random)
    saved = torch.load(tmp_path / "state.pt", weights_only=True)
    resumed, again = make(name), LaneRandom(SEEDS, SPEC.agents)
    resumed.load_state_dict(saved["learner"])
    again.load_state_dict(saved["random"])
    resumed.update(bandit(again, SPEC), again)
    for network, tensor in whole.state_dict()["networks"].items():
        assert torch.equal(tensor, resumed.state_dict()["networks"][network]), network


@pytest.mark.parametrize("name", TRANSITIONS)
def test_a_state_of_another_shape_is_one_line(name: str) -> None:
    state = make(name, seeds=(0,)).state_dict()
    with pytest.raises(
        QuartetError, match=r"^checkpoint: saved '.*' is \(.*\), this run needs \(.*\); resume with"
    ) as error:
        make(name).load_state_dict(state)
    assert "\n" not in str(error.value)


def test_a_state_of_another_algorithm_is_one_line() -> None:
    with pytest.raises(QuartetError, match="resume with the algorithm it was saved by"):
        make("dom2").load_state_dict(make("bc").state_dict())


def test_unknown_names_are_one_line_with_the_nearest_right_one() -> None:
    with pytest.raises(QuartetError, match="unknown algorithm 'omr'; did you mean 'omar'"):
        algorithms.make("omr", SPEC, {}, SEEDS)
    with pytest.raises(QuartetError, match="unknown hyperparameter 'gama'; did you mean 'gamma'"):
        make("omar", gama=0.9)
    with pytest.raises(QuartetError, match="hyperparameter 'hidden' is missing"):
        algorithms.make("bc", SPEC, {"rate": 0.01, "clip": 0.5}, SEEDS)


def test_every_variant_of_every_algorithm_can_be_made() -> None:
    for name in config.algorithms(ROOT):
        for variant in config.algorithm(ROOT, name)["variants"]:
            sizes = SIZES | (PLANNING if config.sizes_of(ROOT, name) == "planning" else {})
            spec = replace(SPEC, choices=SPEC.action) if config.sizes_of(ROOT, name) == "recurrent" else SPEC
            for task in ("spread", "tag", "world"):
                for dataset in ("random", "random-medium", "medium-replay", "medium", "medium-expert", "expert"):
                    resolved = config.hyperparameters(ROOT, name, task, dataset, variant)
                    assert algorithms.make(name, spec, resolved | sizes, (0,))


def test_dom2s_table_6_reaches_the_run() -> None:
    assert config.hyperparameters(ROOT, "dom2", "spread", "random", "default")["eta"] == 10000.0
    assert config.hyperparameters(ROOT, "dom2", "tag", "random", "default")["thresholds"] is None
    world = config.hyperparameters(ROOT, "dom2", "world", "medium", "paper-thresholds")
    assert world["thresholds"] == [65.5, 86.4, 101.5, 101.5]
    assert world["threshold_reading"] == "paper"
    assert config.hyperparameters(ROOT, "omar", "world", "medium-expert", "default")["omar_weight"] == 0.1


@pytest.mark.slow
@pytest.mark.parametrize("name", ["dom2", "ma-sfbc"])
def test_compiled_losses_differ_in_rounding_only(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))  # a shared cache may hold what a killed run left
    networks = []
    for compiled in (False, True):
        learner, random = make(name, compile=compiled), LaneRandom(SEEDS, SPEC.agents)
        for _ in range(3):
            learner.update(bandit(random, SPEC), random)
        networks.append(learner.state_dict()["networks"])
    for network, tensor in networks[0].items():
        torch.testing.assert_close(tensor, networks[1][network], atol=2e-3, rtol=0)
