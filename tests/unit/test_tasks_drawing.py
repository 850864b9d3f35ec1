"""Pictures of the simulator's state."""

import math

import matplotlib
import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Polygon

from quartet import tasks
from quartet.errors import QuartetError
from quartet.tasks.cheetah import Cheetah
from quartet.tasks.drawing import COLOURS, capsule, draw, draw_cheetah

matplotlib.use("agg")


@pytest.mark.parametrize("name", tasks.NAMES)
def test_every_body_is_a_disc_where_it_is_and_as_large_as_it_is(name: str) -> None:
    scenario = tasks.scenario(name)
    scenario.reset(torch.arange(4))
    axes = Figure().subplots()
    draw(axes, scenario, episode=2)
    discs = [patch for patch in axes.patches if isinstance(patch, Circle)]
    assert [disc.radius for disc in discs] == [body.radius for body in scenario.rules.bodies]
    assert torch.allclose(torch.tensor([disc.center for disc in discs]), scenario.world.position[:, :, 2].t())


def test_a_body_that_left_the_arena_stays_in_the_picture() -> None:
    task = tasks.make("spread")
    task.reset(torch.tensor([0]))
    for _ in range(25):
        task.step(torch.ones(1, 3, 2))
    axes = Figure().subplots()
    draw(axes, task)
    assert axes.get_xlim()[1] > 2


def test_a_hidden_landmark_is_a_broken_ring_without_a_cross() -> None:
    scenario = tasks.scenario("landmarks")
    scenario.reset(torch.arange(4), "shifted")
    axes = Figure().subplots()
    draw(axes, scenario, episode=1)
    broken = [patch.get_linestyle() not in ("-", "solid") for patch in axes.patches if isinstance(patch, Circle)]
    assert broken == [False] * 3 + scenario.world.hidden[:, 1].tolist()
    assert len(axes.lines) == 3  # crosses


def test_a_capsule_is_a_line_with_a_border() -> None:
    outline = np.array(capsule((1.0, 2.0), math.pi / 2, half_length=0.5, radius=0.1))
    along = np.clip(outline[:, 1], 1.5, 2.5)  # the nearest point of the line from (1, 1.5) to (1, 2.5)
    np.testing.assert_allclose(np.hypot(outline[:, 0] - 1, outline[:, 1] - along), 0.1)
    np.testing.assert_allclose((outline.min(0), outline.max(0)), ((0.9, 1.4), (1.1, 2.6)))


def test_a_cheetah_is_drawn_geom_by_geom_with_its_feet_on_the_ground() -> None:
    task = Cheetah()
    task.reset(torch.tensor([3]))
    for _ in range(20):  # it falls onto its feet
        task.step(torch.zeros(1, 2, 3))
    axes = Figure().subplots()
    draw_cheetah(axes, *task.simulation.data(0))
    drawn = [patch.get_xy() for patch in axes.patches if isinstance(patch, Polygon)]
    assert len(drawn) == 8  # torso, head, three parts of each leg
    assert min(outline[:, 1].min() for outline in drawn) == pytest.approx(0, abs=0.02)


def test_every_role_has_a_colour() -> None:
    roles = {body.role for name in tasks.NAMES for body in tasks.scenario(name).rules.bodies}
    assert roles == set(COLOURS)


def test_there_must_be_an_episode_to_draw() -> None:
    scenario, axes = tasks.scenario("tag"), Figure().subplots()
    with pytest.raises(QuartetError, match="there is no episode 0; call reset first"):
        draw(axes, scenario)
    scenario.reset(torch.arange(2))
    with pytest.raises(QuartetError, match="there is no episode 2; the episodes are 0 to 1"):
        draw(axes, scenario, 2)
