"""The acceptance test of the environments: fixed players score what the papers' environments give them."""

import pytest

from quartet import tasks
from quartet.tasks.reference import chase, cover, returns, uniform

EPISODES = 20_000
# task, what the prey does, mean and sd of a uniform player in OMAR's environments. The papers' -4.1 on tag needs OMAR's
# trained prey; on world the prey hardly matters to such a player.
RANDOM = [("spread", None, 159.8, 60.5), ("tag", "still", -5.0, 11.0), ("tag", "uniform", -5.2, 11.0)]


@pytest.mark.parametrize(("name", "prey", "mean", "sd"), [*RANDOM, ("world", "still", -6.8, 5.8)])
def test_random_scores(name: str, prey: str | None, mean: float, sd: float) -> None:
    scores = returns(tasks.make(name, prey=uniform(1) if prey == "uniform" else None), uniform(0), EPISODES)
    rounding = 0.05  # the references have one decimal
    assert abs(scores.mean() - mean) < 3 * sd / EPISODES**0.5 + rounding
    assert scores.std() == pytest.approx(sd, rel=0.06)


def test_an_oracle_covers_the_landmarks_and_the_shift_costs_it_a_fifth() -> None:
    task = tasks.make("spread")
    assert returns(task, cover, 1000).mean() == pytest.approx(639, abs=6)
    assert returns(task, cover, 1000, "shifted").mean() == pytest.approx(506, abs=14)


@pytest.mark.parametrize(("name", "least"), [("tag", 80), ("world", 35)])
def test_straight_chasing_beats_a_wandering_prey_and_slow_predators_catch_less(name: str, least: float) -> None:
    task = tasks.make(name, prey=uniform(2))
    standard, shifted = returns(task, chase, 1000).mean(), returns(task, chase, 1000, "shifted").mean()
    assert standard > least
    assert least / 3 < shifted < 0.7 * standard
    assert returns(tasks.make(name), chase, 1000).mean() > 2 * standard
