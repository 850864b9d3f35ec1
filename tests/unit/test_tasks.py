"""What every particle task promises: seeds, settings, time, shapes, errors."""

import pytest
import torch
from torch import Tensor

from quartet import tasks
from quartet.errors import QuartetError
from quartet.tasks import reference
from quartet.tasks.spec import TaskSpec

SLOWEST = {"spread": 0.3, "tag": 0.4, "world": 0.5, "spread-sparse": 0.3, "spread-long": 0.3}
HORIZON = {"spread-long": 100}  # 25 elsewhere
SEES = {"tag": 16, "world": 24, "landmarks": 24, "landmarks-covered": 24}  # 18 elsewhere


def rollout(name: str, seeds: Tensor, actions: Tensor, setting: str = "standard") -> Tensor:
    """All observations and rewards of the episodes, (n, numbers)."""
    task = tasks.make(name)
    parts = [task.reset(seeds, setting).flatten(1)]
    for action in actions:
        step = task.step(action)
        parts += [step.observations.flatten(1), step.rewards]
    return torch.cat(parts, dim=1)


@pytest.mark.parametrize("name", tasks.NAMES)
@pytest.mark.parametrize("n", [1, 2, 19])
def test_a_batch_equals_its_single_episodes_bit_for_bit(name: str, n: int) -> None:
    seeds = torch.arange(n) * 1_000_003 - 7
    actions = torch.rand(25, n, 3, 2, generator=torch.Generator().manual_seed(n)) * 2 - 1
    together = rollout(name, seeds, actions, "shifted")
    for i in range(n):
        assert torch.equal(together[i : i + 1], rollout(name, seeds[i : i + 1], actions[:, i : i + 1], "shifted"))


@pytest.mark.parametrize("name", tasks.NAMES)
def test_a_seed_names_an_episode(name: str) -> None:
    task = tasks.make(name)
    start = task.reset(torch.tensor([5, 6, 5]))
    assert torch.equal(start[0], start[2])
    assert not torch.equal(start[0], start[1])
    task.step(torch.ones(3, 3, 2))
    assert torch.equal(task.reset(torch.tensor([5])), start[:1])


@pytest.mark.parametrize("name", tasks.NAMES)
def test_every_setting_starts_a_seed_at_the_same_place(name: str) -> None:
    task = tasks.make(name)
    assert task.settings == ("standard", "shifted")
    assert torch.equal(task.reset(torch.arange(9)), task.reset(torch.arange(9), "shifted"))


@pytest.mark.parametrize("name", SLOWEST)
def test_bodies_start_at_rest_and_uniformly_in_their_squares(name: str) -> None:
    scenario = tasks.scenario(name)
    scenario.reset(torch.arange(4000))
    assert not scenario.world.velocity.any()
    for number, body in enumerate(scenario.rules.bodies):
        places = scenario.world.position[:, number] / body.start
        assert 0.99 < places.abs().max() <= 1
        assert places.mean(1).abs().max() < 4 * (1 / 3 / 4000) ** 0.5
        assert abs(places.square().mean() - 1 / 3) < 0.02


@pytest.mark.parametrize("name", SLOWEST)
def test_the_shift_draws_a_speed_cap_for_each_of_the_team(name: str) -> None:
    scenario = tasks.scenario(name)
    scenario.reset(torch.arange(4000), "shifted")
    caps, slowest = scenario.world.max_speed, SLOWEST[name]
    assert slowest <= caps[:3].min() < slowest + 0.01
    assert 0.99 < caps[:3].max() <= 1
    assert abs(torch.corrcoef(caps[:3]) - torch.eye(3)).max() < 0.08
    assert (caps[3:] == torch.tensor(1.3)).all()  # the prey keeps its own
    scenario.reset(torch.arange(2))
    own = 1.0 if name in tasks.NEEDS_PREY else float("inf")
    assert (scenario.world.max_speed[:3] == own).all()


@pytest.mark.parametrize("name", ["tag", "world"])
def test_nobody_is_faster_than_the_cap(name: str) -> None:
    scenario = tasks.scenario(name)
    scenario.reset(torch.arange(50), "shifted")
    for _ in range(25):
        scenario.step(torch.ones(50, 4, 2))
        speed = scenario.world.velocity.square().sum(0).sqrt()
        assert (speed <= scenario.world.max_speed + 1e-6).all()
    assert torch.allclose(speed[3], torch.tensor(1.3), atol=0.2)


@pytest.mark.parametrize("name", tasks.NAMES)
def test_an_episode_lasts_to_its_horizon_and_never_terminates(name: str) -> None:
    task, horizon = tasks.make(name), HORIZON.get(name, 25)
    task.reset(torch.arange(4))
    steps = [task.step(torch.zeros(4, 3, 2)) for _ in range(horizon)]
    assert [bool(step.truncations.all()) for step in steps] == [False] * (horizon - 1) + [True]
    assert not any(step.terminals.any() for step in steps)
    with pytest.raises(QuartetError, match="no episode is under way; call reset first"):
        task.step(torch.zeros(4, 3, 2))


@pytest.mark.parametrize("name", tasks.NAMES)
def test_shapes_types_and_memory(name: str) -> None:
    task, size, horizon = tasks.make(name), SEES.get(name, 18), HORIZON.get(name, 25)
    assert task.spec == TaskSpec(agents=3, observation=size, action=2, horizon=horizon)
    start = task.reset(torch.arange(5))
    step = task.step(torch.zeros(5, 3, 2))
    assert start.shape == step.observations.shape == (5, 3, size)
    assert step.rewards.shape == (5, 3)
    assert step.terminals.shape == step.truncations.shape == (5,)
    assert step.observations.dtype == step.rewards.dtype == torch.float32
    assert step.observations.is_contiguous()
    kept = step.observations.clone()
    task.step(torch.ones(5, 3, 2))
    assert torch.equal(step.observations, kept)  # a later step leaves earlier results alone


def test_actions_beyond_the_box_act_as_its_border() -> None:
    task, beyond = tasks.make("spread"), torch.tensor([3.0, -7.0]).expand(1, 3, 2)
    task.reset(torch.tensor([1]))
    far = task.step(beyond).observations
    task.reset(torch.tensor([1]))
    assert torch.equal(far, task.step(beyond.clamp(-1, 1)).observations)


def test_the_prey_is_played_by_the_given_policy() -> None:
    seen = []

    def eastward(observations: Tensor) -> Tensor:
        seen.append(observations)
        return torch.tensor([1.0, 0.0]).expand(len(observations), 2)

    task = tasks.make("tag", prey=eastward)
    start = task.reset(torch.arange(6))
    step = task.step(torch.zeros(6, 3, 2))
    assert seen[0].shape == (6, 14)
    assert torch.allclose(seen[0][:, 2:4], start[:, 0, 2:4] + start[:, 0, 12:14])  # its own place
    assert (step.observations[:, 0, 14] > start[:, 0, 14] + 1).sum() >= 5  # 16 dt, unless an obstacle is in the way


def test_co_training_controls_predators_and_prey() -> None:
    scenario = tasks.scenario("world")
    scenario.reset(torch.arange(8))
    scenario.step(torch.zeros(8, 4, 2))
    assert scenario.observations().shape == (8, 3, 24)
    assert scenario.rewards().shape == (8, 3)
    assert scenario.prey_observations().shape == (8, 22)
    assert scenario.prey_rewards().shape == (8,)


def test_the_names_say_which_tasks_need_a_prey() -> None:
    assert tasks.NAMES == ("spread", "tag", "world", "landmarks", "landmarks-covered", "spread-sparse", "spread-long")
    assert {"tag", "world"} == tasks.NEEDS_PREY


@pytest.mark.parametrize("name", ["tag", "cheetah", "drones-4", "3m"])
def test_wrong_use_of_any_task_is_one_clear_line(name: str) -> None:
    task = tasks.make(name)
    team, actions = task.spec.agents, task.spec.action or task.spec.choices
    with pytest.raises(QuartetError, match="under way; call reset first"):
        task.step(torch.zeros(0, team, actions))
    with pytest.raises(QuartetError, match="unknown setting 'extrem'"):
        task.reset(torch.arange(2), "extrem")
    with pytest.raises(QuartetError, match=r"seeds are torch.float32 of shape \(2,\).*one int64 (seed )?per episode"):
        task.reset(torch.zeros(2))
    with pytest.raises(QuartetError, match=r"one int64 (seed )?per episode"):
        task.reset(torch.arange(0))
    task.reset(torch.arange(2))
    shapes = rf"actions have shape \(2, {team + 1}, {actions}\); the shape is \(2, {team}, {actions}\)"
    with pytest.raises(QuartetError, match=shapes):
        task.step(torch.zeros(2, team + 1, actions))


@pytest.mark.parametrize(("name", "near"), [("spraed", "spread"), ("drones4", "drones-4"), ("2s3s", "2s3z")])
def test_an_unknown_task_is_told_its_neighbour(name: str, near: str) -> None:
    with pytest.raises(QuartetError, match=f"unknown task '{name}'; did you mean '{near}'"):
        tasks.make(name)


def test_a_setting_is_told_its_neighbour() -> None:
    with pytest.raises(QuartetError, match="task 'tag': unknown setting 'shift'; did you mean 'shifted'"):
        tasks.make("tag").reset(torch.arange(2), "shift")


def test_only_tasks_with_a_prey_take_one() -> None:
    with pytest.raises(QuartetError, match="there is no prey to play; leave prey out"):
        tasks.make("spread", prey=reference.uniform(0))
    with pytest.raises(QuartetError, match="task 'spread': there is no prey"):
        tasks.scenario("spread").prey_rewards()
    wrong = tasks.make("tag", prey=lambda observations: observations)
    wrong.reset(torch.arange(2))
    with pytest.raises(QuartetError, match=r"the prey's actions have shape \(2, 14\); the shape is \(2, 2\)"):
        wrong.step(torch.zeros(2, 3, 2))
