"""Observations and rewards of the three particle tasks, by hand."""

import math
from dataclasses import astuple

import pytest
import torch
from torch import Tensor

from quartet import tasks
from quartet.tasks import spread, tag, world
from quartet.tasks.particle import World
from quartet.tasks.scenario import Rules

FAR = (5.0, 5.0)


def placed(rules: Rules, *places: tuple[float, float]) -> World:
    """One world at rest with its bodies at `places`."""
    bodies = World(rules.bodies, dtype=torch.float64)
    tensor = torch.tensor(places, dtype=torch.float64).t().unsqueeze(-1).contiguous()
    bodies.place(tensor, torch.full((bodies.movers, 1), math.inf, dtype=torch.float64))
    return bodies


def first(view: Tensor) -> list[float]:
    return view[..., 0].flatten().tolist()


BODIES = {
    # role, radius, force of a full action, speed cap, collides, start
    "spread": [("agent", 0.15, 5, math.inf, True, 1)] * 3 + [("landmark", 0.05, 0, math.inf, False, 1)] * 3,
    "tag": [
        *[("predator", 0.075, 3 * 3, 1.0, True, 1)] * 3,
        ("prey", 0.05, 4 * 4, 1.3, True, 1),
        *[("obstacle", 0.2, 0, math.inf, True, 0.9)] * 2,
    ],
    "world": [
        *[("predator", 0.075, 3 * 3, 1.0, True, 1)] * 3,
        ("prey", 0.045, 4 * 4, 1.3, True, 1),
        ("obstacle", 0.2, 0, math.inf, True, 0.9),
        *[("food", 0.03, 0, math.inf, False, 0.9)] * 2,
        *[("forest", 0.3, 0, math.inf, False, 0.9)] * 2,
    ],
}


@pytest.mark.parametrize("name", BODIES)
def test_the_bodies_are_those_of_omars_code(name: str) -> None:
    assert [astuple(body) for body in tasks.scenario(name).rules.bodies] == BODIES[name]


def test_spread_pays_the_inverse_distance_of_the_nearest_agent_to_each_landmark() -> None:
    state = placed(spread.RULES, (0, 0), (1, 0), (0, 1), (0, -0.5), (2, 0), (0, 1.05))
    assert first(spread.reward(state)) == pytest.approx([1 / 0.5 + 1 / 1 + 10] * 3)  # the third is within .1: 10


def test_spread_charges_five_for_each_other_agent_within_two_radii() -> None:
    state = placed(spread.RULES, (0, 0), (0.29, 0), (0.58, 0), *[(0, 4)] * 3)
    covered = 3 / 4
    assert first(spread.reward(state)) == pytest.approx([covered - 5, covered - 10, covered - 5])


def test_spread_can_pay_at_most_750() -> None:
    on_top = [(0, 0), (0.5, 0), (0, 0.5)]
    assert 25 * first(spread.reward(placed(spread.RULES, *on_top, *on_top)))[0] == pytest.approx(750)


def test_what_an_agent_of_spread_sees() -> None:
    state = placed(spread.RULES, (0, 0), (1, 0), (0, 1), (0.1, 0.2), (0.3, 0.4), (0.5, 0.6))
    state.velocity[:, 1, 0] = torch.tensor([0.7, 0.8])
    landmarks_from_second = [-0.9, 0.2, -0.7, 0.4, -0.5, 0.6]
    assert spread.observation(state)[1, :, 0].tolist() == pytest.approx(
        [0.7, 0.8, 1, 0, *landmarks_from_second, -1, 0, -1, 1, 0, 0, 0, 0]
    )


def test_tag_pays_ten_for_each_predator_on_the_prey_and_charges_the_distances() -> None:
    state = placed(tag.RULES, (0.12, 0), (0, -0.12), (0, 1), (0, 0), FAR, FAR)
    distances = 0.12 + 0.12 + 1
    assert first(tag.reward(state)) == pytest.approx([20 - 0.1 * distances] * 3)
    assert first(tag.prey_reward(state)) == pytest.approx([0.1 * distances - 20])


def test_a_predator_just_out_of_reach_catches_nothing() -> None:
    assert first(tag.catches(placed(tag.RULES, (0.126, 0), (1, 0), (0, 1), (0, 0), FAR, FAR))) == [0]
    assert first(tag.catches(placed(tag.RULES, (0.124, 0), (1, 0), (0, 1), (0, 0), FAR, FAR))) == [1]


@pytest.mark.parametrize(
    ("x", "price"),
    [(0.5, 0), (0.9, 0), (-0.95, 0.5), (1.0, 1.0), (1.5, math.e), (-2.0, math.exp(2)), (3.0, 10)],
)
def test_the_price_of_leaving_the_arena(x: float, price: float) -> None:
    for place in ((x, 0.0), (0.0, x)):
        state = placed(tag.RULES, FAR, FAR, FAR, place, FAR, FAR)
        assert first(tag.outside(state)) == pytest.approx([price])


def test_what_predators_and_prey_see_in_tag() -> None:
    state = placed(tag.RULES, (0, 0), (1, 0), (0, 1), (1, 1), (0.5, 0), (0, 0.5))
    state.velocity[:, 3, 0] = torch.tensor([0.3, -0.4])
    second = [0, 0, 1, 0, -0.5, 0, -1, 0.5, -1, 0, -1, 1, 0, 1, 0.3, -0.4]
    assert tag.observation(state)[1, :, 0].tolist() == pytest.approx(second)
    prey = [0.3, -0.4, 1, 1, -0.5, -1, -1, -0.5, -1, -1, 0, -1, -1, 0]
    assert first(tag.prey_observation(state)) == pytest.approx(prey)


def test_world_pays_five_for_a_catch_and_feeds_the_prey() -> None:
    meals = [(0.07, 0), (3, 4)]
    state = placed(world.RULES, (0.1, 0), (0, 2), (0, 3), (0, 0), FAR, *meals, FAR, FAR)
    distances = 0.1 + 2 + 3
    assert first(world.reward(state)) == pytest.approx([5 - 0.1 * distances] * 3)
    assert first(world.prey_reward(state)) == pytest.approx([0.1 * distances - 5 + 2 + 0.05 * 0.07])


def test_leaving_costs_the_prey_of_world_double() -> None:
    state = placed(world.RULES, (1.5, 2), (1.5, 2), (1.5, 2), (1.5, 0), FAR, (0, 0), (1.5, 1), FAR, FAR)
    assert first(world.prey_reward(state)) == pytest.approx([0.6 - 2 * math.e + 0.05 * 1])


def test_forests_flag_who_stands_in_them_and_hide_nobody() -> None:
    state = placed(world.RULES, (0, 0), (1, 1), (2, 2), (0.1, 0), FAR, FAR, FAR, (0, 0.3), (1, 0.6))
    seen = world.observation(state)[..., 0]
    assert seen[:, 22:].tolist() == [[1, -1], [-1, -1], [-1, -1]]
    assert world.prey_observation(state)[0, 20:, 0].tolist() == [1, -1]
    assert seen[1, 18:20].tolist() == pytest.approx([-0.9, -1])  # the prey is seen from outside its forest
    inside_second = placed(world.RULES, (0, 0), (1, 0.9), (2, 2), FAR, FAR, FAR, FAR, (0, 0.3), (1, 0.6))
    assert world.observation(inside_second)[1, 22:, 0].tolist() == [-1, 1]


@pytest.mark.parametrize("name", tasks.NAMES)
def test_observations_have_the_sizes_of_the_rules(name: str) -> None:
    rules = tasks.scenario(name).rules
    state = placed(rules, *[(0.1 * i, 0.3 * i) for i in range(len(rules.bodies))])
    assert rules.observe(state).shape == (3, rules.observation, 1)
    if rules.observe_prey:
        assert rules.observe_prey(state).shape == (1, rules.prey_observation, 1)
