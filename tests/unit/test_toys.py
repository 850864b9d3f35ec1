"""Toys against closed forms: what the games are, what the distances measure, and what each principle can represent."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from quartet import config, names, paths, toys
from quartet.algorithms.factorization import factorization
from quartet.cli import main
from quartet.errors import QuartetError
from quartet.nets.lanes import LaneRandom
from quartet.toys import circle, densities, distances, learned, payoff, policies
from quartet.toys.mixtures import BANDIT, MATRIX_GAME
from quartet.toys.models import AGENTS, Team, draw_like
from quartet.toys.process import Process
from quartet.toys.result import Result, read_result, write_result

ROOT = Path(__file__).resolve().parents[2]
SIZES = {"seeds": [0, 1], "updates": 5, "batch": 16, "width": 16, "steps": 5, "samples": 50}


def test_the_matrix_game_is_almost_the_product_of_its_marginals_and_the_bandit_is_not() -> None:
    """The right half has probability .3, the upper .7; .7 x .7 = .49 where the game has .5, and so on."""
    assert MATRIX_GAME.quadrants == pytest.approx((0.5, 0.2, 0.2, 0.1), abs=1e-3)
    assert BANDIT.quadrants == pytest.approx((0, 0.5, 0.5, 0), abs=8e-3)
    many = LaneRandom([0], 1)
    for game, apart in ((MATRIX_GAME, 0.02), (BANDIT, 0.5)):
        shares = distances.quadrants(game.draw_product(many, 200_000))
        exact = torch.tensor(game.quadrants, dtype=torch.float64)
        assert float(distances.total_variation(shares, exact)) == pytest.approx(apart, abs=0.01)


def test_samples_have_the_mixtures_moments() -> None:
    points = BANDIT.draw(LaneRandom([0], 1), 200_000)
    assert float(points.mean()) == pytest.approx(0, abs=0.01)
    assert float(distances.correlation(points)) == pytest.approx(0.64 / (0.64 + 0.09), abs=0.01)
    assert float(points[..., 0].std()) == pytest.approx(math.sqrt(0.64 + 0.09), abs=0.01)


def test_the_energy_distance_of_two_places_is_twice_the_way_and_of_one_distribution_nothing() -> None:
    near, far = torch.zeros(1, 4, 2), torch.tensor([3.0, 4.0]).expand(1, 6, 2)
    assert float(distances.energy(near, far)) == pytest.approx(10)
    draws = torch.randn(200, 100, 1, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    found = distances.energy(draws[:100], draws[100:])
    assert float(found.mean()) == pytest.approx(0, abs=3 * float(found.std()) / 10)


def test_the_energy_distance_of_shifted_normals_is_the_closed_form() -> None:
    """For N(0, 1) and N(m, 1): 2 E|N(m, 2)| - 2 E|N(0, 2)|."""
    draws = torch.randn(2, 1, 4000, 1, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    shift = 1.5
    folded = 2 / math.sqrt(math.pi) * math.exp(-(shift**2) / 4) + shift * math.erf(shift / 2)
    found = distances.energy(draws[0], draws[1] + shift)
    assert float(found) == pytest.approx(2 * folded - 4 / math.sqrt(math.pi), abs=0.06)


def untrained(name: str) -> tuple[Team, torch.Tensor]:
    """A team whose networks and f are random, so that nothing holds by luck."""
    team = Team(Process(8), 16, factorization("f", name, AGENTS, 1))
    parameters = team.init((0, 1))
    return team, parameters + 0.3 * torch.randn(parameters.shape, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(
    ("name", "holds"),
    [("concat", True), ("wconcat", True), ("normalised-wconcat", True), ("atten", False), ("qmix", False)],
)
def test_the_igd_theorem_holds_for_concat_and_wconcat_only(name: str, holds: bool) -> None:
    """DoF Theorems 1 and 2: jointly generated numbers are those that each agent generates by itself from its own noise.

    By itself means that the other's noise is another one altogether.
    """
    team, parameters = untrained(name)
    together = draw_like(team, parameters, LaneRandom([0, 1], 1), 20)
    for agent in range(AGENTS):
        random, other = LaneRandom([0, 1], 1), LaneRandom([5, 6], 1)

        def draw(random: LaneRandom = random, other: LaneRandom = other, agent: int = agent) -> torch.Tensor:
            own, strange = random.normal(20, AGENTS), other.normal(20, AGENTS)
            return torch.where(torch.arange(AGENTS) == agent, own, strange)

        clean = torch.zeros(2, 20, AGENTS)

        def noise(x: torch.Tensor, index: int, clean: torch.Tensor = clean) -> torch.Tensor:
            return team.noise(parameters, x, index, clean, acting=True)

        alone = team.process.run(noise, draw)
        assert torch.equal(alone[..., agent], together[..., agent]) is holds


def test_dec_atten_acts_alone_though_it_is_trained_together() -> None:
    team, parameters = untrained("dec-atten")
    x, level = torch.randn(2, 7, AGENTS, generator=torch.Generator().manual_seed(2)), 3
    moved = x + torch.tensor([0.0, 1.0])
    together, alone = (
        [team.noise(parameters, points, level, x, acting=acting)[..., 0] for points in (x, moved)]
        for acting in (False, True)
    )
    assert not torch.equal(*together)
    assert torch.equal(*alone)


def test_concat_is_independent_diffusion_word_for_word() -> None:
    assert densities.play("bandit", "concat", SIZES) == densities.play("bandit", "independent", SIZES)


def test_lanes_are_separate_trainings() -> None:
    for method in ("joint", "madiff-c", "sequential", "atten"):
        both = densities.play("matrix-game", method, SIZES)
        alone = densities.play("matrix-game", method, SIZES | {"seeds": [1]})
        for measure, values in both.measures.items():
            assert alone.measures[measure][0] == pytest.approx(values[1], abs=1e-5), (method, measure)


@pytest.mark.slow
@pytest.mark.parametrize(("method", "coordinates"), [("joint", True), ("sequential", True), ("wconcat", False)])
def test_only_who_sees_the_other_keeps_the_bandits_modes(method: str, coordinates: bool) -> None:
    sizes = {"seeds": [0, 1], "updates": 600, "batch": 256, "width": 32, "steps": 20, "samples": 500}
    found = densities.play("bandit", method, sizes)
    assert (min(found.measures["correlation"]) > 0.6) is coordinates
    assert (max(map(abs, found.measures["correlation"])) < 0.2) is not coordinates


@pytest.mark.slow
def test_at_one_weight_omsd_and_joint_learning_reach_the_best_joint_actions_and_the_others_do_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """OMSD Table 1, at the sizes and with the fifty seeds of `quick`; 1.00, 1.00 and .82 (fac) were found."""
    monkeypatch.setattr(learned, "BETAS", (learned.SHOWN_BETA,))
    sizes = config.sized(config.load(ROOT, scale="quick").scale, "toys", "bandit-learned")
    assert len(sizes["seeds"]) >= 50
    reached = {
        method: float(np.mean(learned.play("bandit-learned", method, sizes).measures["basin-best-2"]))
        for method in learned.ALGORITHMS
    }
    assert min(reached["ssd"], reached["jal"]) >= 0.95
    assert max(reached["ind"], reached["fac"]) < 0.95


@pytest.mark.parametrize("toy", names.TOYS)
def test_every_method_that_is_named_plays_its_toy(toy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policies, "STEPS", 2)
    measures = set()
    for method in names.TOYS[toy]:
        found = toys.play(toy, method, SIZES).measures
        measures.add(tuple(found))
        assert all(len(seeds) == 2 and all(map(math.isfinite, seeds)) for seeds in found.values()), method
    assert len(measures) == 1  # all methods of a toy are measured alike


def test_scores_are_the_gradients_of_the_log_densities() -> None:
    """Of the noised mixture, its marginals, and the second number given the first, clean one."""
    x = torch.tensor([[0.3, -0.5]], dtype=torch.float64, requires_grad=True)
    level = torch.tensor([0.7], dtype=torch.float64)
    variance = (0.7 * BANDIT.deviation) ** 2 + 1 - 0.7**2
    means, clean = torch.tensor(BANDIT.means, dtype=torch.float64), torch.tensor([[0.2, 9.0]], dtype=torch.float64)
    logs = -(x - 0.7 * means).square() / (2 * variance)  # modes, agents
    given = -(clean[0, 0] - means[:, 0]).square() / (2 * BANDIT.deviation**2)
    whole = torch.logsumexp(logs.sum(1), 0)
    marginals = torch.logsumexp(logs, 0).sum()
    sequential = torch.logsumexp(logs[:, 0], 0) + torch.logsumexp(logs[:, 1] + given, 0)
    for method, density in (("jal", whole), ("ind", marginals), ("fac", marginals), ("ssd", sequential)):
        (expected,) = torch.autograd.grad(density, x, retain_graph=True)
        torch.testing.assert_close(policies.scores(method, clean, x.detach(), level), expected, atol=1e-4, rtol=0)


def test_an_agents_own_critic_expects_the_others_action() -> None:
    """E[a_1 a_2 | a_1] estimated from the data, and the gradient as its slope."""
    points = BANDIT.draw(LaneRandom([0], 1), 2_000_000)[0]

    def critic(action: float) -> float:
        near = (points[:, 0] - action).abs() < 0.02
        return action * float(points[near, 1].mean())

    slope = (critic(0.15) - critic(0.05)) / 0.1
    found = policies.climb("ind", torch.tensor([[0.1, 0.1]]))
    assert float(found[0, 0]) == pytest.approx(slope, rel=0.15)


def test_scores_that_see_the_other_agree_and_the_others_toss_a_coin() -> None:
    methods = names.TOYS["bandit-policies"]
    agreed = {method: policies.play("bandit-policies", method, SIZES).measures["agreed-0.05"] for method in methods}
    assert all(share == 1 for method in ("jal", "ssd") for share in agreed[method])
    assert all(0.4 < share < 0.6 for method in ("ind", "fac") for share in agreed[method])


def test_a_sum_of_utilities_cannot_be_nearer_than_the_nearest_sum() -> None:
    """Game 2's interaction is -4 + 2 - 14 - 0 = -16: four entries, each 4 off."""
    nearest = payoff.play("payoff-2", "additive", SIZES).measures
    assert [nearest[entry][0] for entry in payoff.ENTRIES] == [0, -4, 10, 6]
    assert nearest["error"][0] == 4
    assert payoff.play("payoff-sum", "additive", SIZES).measures["error"] == [0, 0]


@pytest.mark.slow
@pytest.mark.parametrize(("method", "reached"), [("concat", 0.2), ("atten", 1.5)])
def test_a_payoff_is_reconstructed_as_far_as_h_can(method: str, reached: float) -> None:
    """A sum where h sums; better than the nearest sum, which is 4 off, where it attends."""
    sizes = {"seeds": [0, 1], "updates": 1000, "batch": 128, "width": 32}
    game = {"concat": "payoff-sum", "atten": "payoff-2"}[method]
    assert max(payoff.play(game, method, sizes).measures["error"]) < reached


def test_halves_lie_where_they_should_and_the_circle_is_no_distance_from_itself() -> None:
    numbers, condition = circle.halves(LaneRandom([0], 1), 4000)
    points = circle.plane(numbers)
    assert torch.equal(points[..., 1] > 0, condition[..., 0] > 0)
    assert float(condition[..., 0].mean()) == pytest.approx(0.5, abs=0.03)
    assert float(points.norm(dim=2).std()) == pytest.approx(0.05, abs=0.005)
    found = circle.play("circle", "truth", SIZES | {"samples": 2000}).measures
    assert max(found["energy"]) < 5e-3
    assert max(found["sectors"]) < 0.05


def test_the_stage_writes_what_is_read(project: config.Config, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--root", str(project.root), "--scale", "tiny", "--results", str(project.paths.results)]
    assert main(["toy", "bandit/wconcat", *options]) == 0
    result = read_result(project.paths.at(paths.TOY, toy="bandit", method="wconcat"))
    assert {len(values) for values in result.measures.values()} == {2}
    assert main(["toy", "bandit/wconcot", *options]) == 2
    assert "unknown method of bandit 'wconcot'; did you mean 'wconcat'?" in capsys.readouterr().err
    assert main(["toy", "bandit", *options]) == 2
    assert "toy 'bandit' names no method" in capsys.readouterr().err


def test_a_damaged_result_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    write_result(file, Result({"energy": [0.1, 0.2]}, [[0.0, 1.0]]))
    assert read_result(file).seeds("energy").tolist() == [0.1, 0.2]
    file.write_text("{}")
    with pytest.raises(QuartetError, match=r"a\.json: damaged result"):
        read_result(file)
