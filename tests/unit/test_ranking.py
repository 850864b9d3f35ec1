"""The arena's standings on seeds few enough to count by hand."""

from itertools import combinations

import numpy as np
import pytest
from matplotlib.figure import Figure

from quartet.artifacts import latency
from quartet.artifacts.ranking import Standing, Worlds, standing
from quartet.artifacts.spec import Column, Row
from quartet.evaluation.statistics import share_interval

FIRST, SECOND, THIRD = (Column(name, name.title(), {"algorithm": name}, reference=False) for name in ("a", "b", "c"))
ROWS = tuple(
    Row(f"spread/{name}", name, "Spread", {"task": "spread", "dataset": name}) for name in ("medium", "expert")
)


def worlds() -> Worlds:
    """Two datasets; every bootstrap world is like the data."""
    seeds = {
        ("spread/medium", "a"): [10.0, 20.0],
        ("spread/medium", "b"): [15.0, 25.0],
        ("spread/medium", "c"): [0.0, 2.0],
        ("spread/expert", "a"): [90.0, 70.0],
        ("spread/expert", "b"): [50.0, 60.0],
        ("spread/expert", "c"): [55.0, 55.0],
    }
    return Worlds((FIRST, SECOND, THIRD), ROWS, {key: np.array([own] * 3) for key, own in seeds.items()})


def test_the_score_is_the_mean_over_datasets_of_the_mean_over_seeds() -> None:
    assert worlds().score(FIRST) == Standing((15 + 80) / 2, 47.5, 47.5)


def test_the_rank_is_the_mean_place_and_those_who_are_level_share_theirs() -> None:
    """a is second and first; b first and level with c for second; c third and level with b."""
    assert [worlds().rank(column).value for column in (FIRST, SECOND, THIRD)] == [1.5, 1.75, 2.75]


def test_the_probability_of_improvement_counts_pairs_of_seeds_and_a_tie_as_half() -> None:
    """a over b: 10 and 20 beat 15 once of four pairs; 90 and 70 beat 50 and 60 always."""
    assert worlds().improvement(FIRST, SECOND).value == pytest.approx((0.25 + 1) / 2)
    assert worlds().improvement(FIRST, FIRST).value == pytest.approx(0.5)


def test_a_standing_has_the_interval_of_its_bootstrap_worlds() -> None:
    found = standing(np.concatenate([[5.0], np.linspace(0, 100, 1001)]))
    assert (found.value, found.low, found.high) == pytest.approx((5.0, 2.5, 97.5))
    assert found.shown == "5.00 [2.50, 97.50]"


def test_a_share_of_seeds_that_all_agree_still_has_an_interval() -> None:
    """Wilson's upper end of 0 of 50 is z^2 / (50 + z^2) with z = 1.96."""
    low, high = share_interval(np.zeros(50))
    assert low == pytest.approx(0, abs=1e-12)
    assert high == pytest.approx(3.8415 / 53.8415, rel=1e-3)


def test_the_names_of_points_that_lie_together_do_not_touch() -> None:
    figure = Figure(figsize=(7.2, 3.8))
    axis = figure.subplots()
    axis.set(xlim=(0, 10), ylim=(-10, 10))
    places = {f"Algorithm {number}": (1 + 0.01 * number, Standing(0.1 * number, 0, 0)) for number in range(5)}
    latency.name(figure, axis, places)
    boxes = [text.get_window_extent() for text in axis.texts]
    assert len(boxes) == 5
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))
