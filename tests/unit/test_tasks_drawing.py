"""Pictures of the simulator's state."""

import matplotlib
import pytest
import torch
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from quartet import tasks
from quartet.errors import QuartetError
from quartet.tasks.drawing import COLOURS, draw

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
