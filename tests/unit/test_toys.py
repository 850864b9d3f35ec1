"""Toys against closed forms: what the games are, what the distances measure, and what each principle can represent."""

import math
from pathlib import Path

import pytest
import torch

from quartet import config, names, paths, toys
from quartet.algorithms.factorization import FACTORIZATIONS, factorization
from quartet.cli import main
from quartet.errors import QuartetError
from quartet.nets.lanes import LaneRandom
from quartet.toys import densities, distances
from quartet.toys.mixtures import BANDIT, MATRIX_GAME
from quartet.toys.models import AGENTS, Team, draw_like
from quartet.toys.process import Process
from quartet.toys.result import Result, read_result, write_result

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


def test_every_toy_and_method_that_is_named_can_be_played() -> None:
    assert set(names.TOYS) == set(toys.MODULES)
    assert set(names.TOYS["bandit"]) == {*densities.TRUTHS, *densities.LEARNT, *FACTORIZATIONS}


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
    with pytest.raises(QuartetError, match=r"a\.json: damaged result of a toy"):
        read_result(file)
