"""Strategies in the six-landmark task, told from trajectories made by hand."""

import math

import pytest

from quartet.evaluation.strategies import REACH, distinct, strategy

RING = [(math.cos(math.tau * j / 6), math.sin(math.tau * j / 6)) for j in range(6)]


def test_three_agents_at_three_landmarks_complete_the_task() -> None:
    assert strategy([RING[0], RING[2], RING[4]], RING) == {0, 2, 4}


def test_who_stands_where_makes_no_other_strategy() -> None:
    assert strategy([RING[4], RING[0], RING[2]], RING) == strategy([RING[0], RING[2], RING[4]], RING)


@pytest.mark.parametrize(
    "agents",
    [
        [RING[0], RING[2], (0.0, 0.0)],  # one is still at the centre
        [RING[0], RING[2], (0.9, 0.1)],  # two share a landmark
        [(0.0, 0.0)] * 3,
    ],
)
def test_anything_less_is_no_strategy(agents: list[tuple[float, float]]) -> None:
    assert strategy(agents, RING) is None


@pytest.mark.parametrize(("off", "reached"), [(REACH - 0.01, True), (REACH + 0.01, False)])
def test_a_landmark_is_reached_within_both_radii(off: float, reached: bool) -> None:
    shown = strategy([(1 + off, 0.0), RING[2], RING[4]], RING)
    assert (shown == {0, 2, 4}) is reached


def test_a_hidden_landmark_cannot_be_reached() -> None:
    places = [RING[0], RING[2], RING[4]]
    assert strategy(places, RING, [True, False, False, False, False, False]) is None
    assert strategy(places, RING, [False, True, False, True, False, True]) == {0, 2, 4}


def test_attempts_are_counted_by_what_differs() -> None:
    even, odd, other = frozenset({0, 2, 4}), frozenset({1, 3, 5}), frozenset({0, 1, 2})
    assert distinct([even, odd, even, None, None]) == 2
    assert distinct([even, odd, other]) == 3
    assert distinct([None] * 5) == 0
