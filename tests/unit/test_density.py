"""Densities of joint actions: pictures whose modes and dependence are known; Proposition 3; late returns; states."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from quartet.data.episodes import Episodes
from quartet.data.noise import noise_episodes
from quartet.data.sampler import TeamSampler
from quartet.errors import QuartetError
from quartet.evaluation.density import along, density, dependence, read_density, write_density
from quartet.evaluation.scores import by_seed, late_returns
from quartet.nets.lanes import LaneRandom
from quartet.tasks.spec import TaskSpec
from quartet.toys import play
from quartet.toys.players import variation

SPEC = TaskSpec(agents=2, observation=3, action=1, horizon=50, state=2)


def acting(actions: np.ndarray) -> Episodes:
    """Episodes in which two agents act so; actions (M, 2)."""
    episodes = noise_episodes(SPEC, [SPEC.horizon] * (len(actions) // SPEC.horizon))
    state = np.arange(2 * len(actions), dtype=np.float32).reshape(-1, 2)
    return replace(episodes, actions=actions[..., None].astype(np.float32), state=state)


def around(centres: list[tuple[float, float]], rows: int = 20_000) -> np.ndarray:
    random = np.random.default_rng(0)
    chosen = np.array(centres)[random.integers(len(centres), size=rows)]
    return (chosen + 0.1 * random.normal(size=(rows, 2))).clip(-1, 1)


@pytest.mark.parametrize(
    ("centres", "modes", "apart"),
    [([(0.0, 0.0)], 1, 0.0), ([(0.5, 0.5), (-0.5, -0.5)], 2, 0.5), ([(0.5, 0.5), (-0.5, -0.5), (0.5, -0.5)], 3, 0.22)],
)
def test_modes_are_counted_and_dependence_is_the_distance_from_a_product(
    centres: list[tuple[float, float]], modes: int, apart: float
) -> None:
    found = density(acting(around(centres)))
    assert found.modes == modes
    assert found.dependence == pytest.approx(apart, abs=0.06)
    assert np.sum(found.histogram) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("rows", [1000, 5000, 50_000])
def test_agents_who_act_apart_at_random_have_no_modes_and_no_dependence_however_few_are_seen(rows: int) -> None:
    found = density(acting(np.random.default_rng(1).uniform(-1, 1, (rows, 2))))
    assert found.modes == 1
    assert found.dependence < 0.02


def test_two_equal_modes_of_two_agents_are_half_a_product_away() -> None:
    assert dependence(np.array([[0.5, 0.0], [0.0, 0.5]])) == pytest.approx(1 - 2 ** (1 - 2))


def test_an_agent_is_shown_along_the_line_on_which_its_actions_vary_most() -> None:
    steps = np.linspace(-1, 1, 50)
    np.testing.assert_allclose(
        along(np.stack([steps, -steps], axis=1)),
        steps * np.sign(along(np.stack([steps, -steps], axis=1))[-1]),
        atol=1e-9,
    )


def test_a_density_is_read_as_it_was_written_and_damage_is_one_line(tmp_path: Path) -> None:
    found = density(acting(around([(0.0, 0.0)], 1000)))
    write_density(tmp_path / "density.json", found)
    assert read_density(tmp_path / "density.json") == found
    (tmp_path / "density.json").write_text("[")
    with pytest.raises(QuartetError, match="damaged density"):
        read_density(tmp_path / "density.json")


def test_agents_who_know_their_own_marginal_alone_are_as_far_from_two_modes_as_proposition_3_says() -> None:
    sizes = {"seeds": [0, 1], "samples": 400}
    formula, apart, told = (play("players", method, sizes).measures for method in ("formula", "fac", "ssd"))
    for players in range(2, 9):
        measure = f"variation-{players}"
        assert np.mean(apart[measure]) == pytest.approx(formula[measure][0], abs=0.05)
        assert np.mean(told[measure]) < 0.12


def test_the_variation_of_corners_is_counted() -> None:
    """Of four points two are in one mode, one in the other, one in neither: (0 + 1/4 + 1/4) / 2."""
    corners = torch.tensor([[[1.0, 1], [1, 1], [-1, -1], [1, -1]]])
    assert variation(corners).item() == pytest.approx(0.25)


def test_late_returns_are_the_mean_over_the_last_tenth_of_a_training(tmp_path: Path) -> None:
    file = tmp_path / "standard.csv"
    stops = {50: 1.0, 90: 2.0, 95: 4.0, 100: 9.0}
    rows = [f"course={stop},{seed},0,{value + seed}" for stop, value in stops.items() for seed in (0, 1)]
    file.write_text("point,seed,episode,return\n" + "\n".join(rows) + "\n")
    assert by_seed(late_returns(file, "course=100"), "late").tolist() == [5.0, 6.0]
    with pytest.raises(QuartetError, match="stop"):
        late_returns(file, "course=80")


def test_teams_transitions_hold_the_global_state_and_the_one_that_follows() -> None:
    batch = TeamSampler(acting(around([(0.0, 0.0)], 100))).sample(LaneRandom((0, 1), 2), 500)
    assert batch.states is not None
    assert batch.next_states is not None
    assert batch.states.shape == (2, 500, 2)
    followed = batch.followed[::2]
    torch.testing.assert_close(batch.next_states - batch.states, 2 * followed[..., None].expand(-1, -1, 2))
    assert 0 < (1 - followed).mean() < 0.1, "an episode's last step is not followed"
