"""Drone combat: every rule on small scenes, and the whole against the rules read literally, one drone at a time."""

import math

import matplotlib
import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from matplotlib.patches import RegularPolygon
from torch import Tensor
from torch.nn.functional import one_hot

from benchmarks.plain_drones import PlainDrones
from quartet import tasks
from quartet.errors import QuartetError
from quartet.evaluation.rollout import evaluate
from quartet.nets.lanes import LaneRandom
from quartet.tasks.combat import ATTACK, BACK, FORWARD, LEFT, REACH, RIGHT, SIGHT, STAY, Combat, arena, sector
from quartet.tasks.drone_drawing import SIZE, draw_drones
from quartet.tasks.drone_players import PLAYERS, play, sighted
from quartet.tasks.drones import HORIZON, OWN, SIZES, Drones
from quartet.tasks.hunters import hunt
from quartet.tasks.pettingzoo import parallel_env

matplotlib.use("agg")
EAST, NORTH, WEST, SOUTH = range(4)


def scene(*drones: tuple[int, int, int, int]) -> Combat:
    """One fight of as many drones a side as `drones` names in all: (x, y, heading, health), the team's half first."""
    combat = Combat(len(drones) // 2)
    combat.start(torch.tensor([0]))
    x, y, heading, health = torch.tensor(drones).t()
    assert max(x.max(), y.max()) < combat.side
    combat.cell = ((y + SIGHT) * combat.width + x + SIGHT)[None]
    combat.heading, combat.health = heading[None].clone(), health[None].clone()
    combat._survey()
    return combat


def task_of(combat: Combat) -> Drones:
    """The task of the team in this scene."""
    task = Drones(combat.drones)
    task.reset(torch.tensor([0]))
    task.combat = combat
    return task


def places(combat: Combat) -> list[tuple[int, int]]:
    x, y = combat.places
    return list(zip(x[0].tolist(), y[0].tolist(), strict=True))


def scores(*choices: int) -> Tensor:
    return one_hot(torch.tensor([choices]), 6).float()


def randomly(task: Drones, steps: int, seed: int = 0) -> list[Tensor]:
    """Scores for some steps of a batch, the same for the same seed."""
    generator = torch.Generator().manual_seed(seed)
    return [torch.rand(len(task._seeds), task.drones, 6, generator=generator) for _ in range(steps)]


# The grid


def test_a_sector_is_120_degrees_wide_and_sorted_by_distance() -> None:
    for radius, cells in ((REACH, 9), (SIGHT, 27)):
        found = sector(radius)
        assert len(found) == len(set(found)) == cells
        for ahead, left in found:
            assert math.degrees(math.atan2(abs(left), ahead)) <= 60
            assert math.hypot(ahead, left) <= radius
        lengths = [math.hypot(*cell) for cell in found]
        assert lengths == sorted(lengths)
    assert (1, 2) not in sector(SIGHT)  # 63 degrees
    assert set(sector(REACH)) < set(sector(SIGHT))


def test_arenas_are_about_as_crowded_for_every_number() -> None:
    assert [arena(drones) for drones in SIZES.values()] == [12, 16, 20, 28, 36]
    assert all(0.05 < 2 * drones / arena(drones) ** 2 < 0.1 for drones in SIZES.values())


@pytest.mark.parametrize("drones", SIZES.values())
def test_sides_start_apart_facing_each_other_on_cells_of_their_own(drones: int) -> None:
    combat = Combat(drones)
    combat.start(torch.arange(50))
    x, y = combat.places
    assert x[:, :drones].max() < combat.side // 3
    assert x[:, drones:].min() >= combat.side - combat.side // 3
    assert y.min() == 0
    assert y.max() == combat.side - 1
    assert all(len(set(row.tolist())) == 2 * drones for row in combat.cell)
    assert (combat.heading == torch.tensor([EAST] * drones + [WEST] * drones)).all()
    assert (combat.health == 3).all()


# Moving


def test_drones_move_and_turn_as_they_face() -> None:
    combat = scene((5, 5, NORTH, 3), (2, 2, EAST, 3), (9, 9, WEST, 3), (10, 1, SOUTH, 3))
    combat.advance(torch.tensor([[FORWARD, BACK, LEFT, RIGHT]]))
    assert places(combat) == [(5, 6), (1, 2), (9, 9), (10, 1)]
    assert combat.heading[0].tolist() == [NORTH, EAST, SOUTH, WEST]


def test_nobody_enters_a_cell_that_is_taken_or_that_two_want_or_that_is_outside() -> None:
    combat = scene((5, 5, EAST, 3), (7, 5, WEST, 3), (0, 0, WEST, 3), (1, 0, WEST, 3))
    combat.advance(torch.tensor([[FORWARD, FORWARD, FORWARD, FORWARD]]))
    assert places(combat) == [(5, 5), (7, 5), (0, 0), (1, 0)]
    combat.advance(torch.tensor([[FORWARD, STAY, STAY, STAY]]))
    assert places(combat)[0] == (6, 5)


def test_the_fallen_neither_act_nor_stand_in_the_way() -> None:
    combat = scene((5, 5, EAST, 3), (6, 5, EAST, 0), (9, 9, WEST, 3), (9, 2, WEST, 0))
    combat.advance(torch.tensor([[FORWARD, FORWARD, STAY, LEFT]]))
    assert places(combat)[:2] == [(6, 5), (6, 5)]
    assert combat.heading[0].tolist() == [EAST, EAST, WEST, WEST]


# Shooting


@pytest.mark.parametrize(
    ("place", "struck"),
    [
        ((6, 3), True),
        ((7, 3), False),
        ((5, 5), True),
        ((4, 4), True),
        ((4, 5), False),
        ((3, 4), False),
        ((2, 3), False),
    ],
)
def test_shots_reach_three_cells_within_sixty_degrees(place: tuple[int, int], struck: bool) -> None:
    combat = scene((3, 3, EAST, 3), (*place, EAST, 3))
    assert bool(combat.in_range[0, 0]) == struck
    toll = combat.advance(torch.tensor([[ATTACK, STAY]]))
    assert combat.health[0].tolist() == [3, 2 if struck else 3]
    assert toll.hits[0].tolist() == [0, int(struck)]


@pytest.mark.parametrize("heading", [EAST, NORTH, WEST, SOUTH])
def test_every_heading_sees_the_same(heading: int) -> None:
    ahead, left = 2, 1
    (ax, ay), (lx, ly) = [((1, 0), (0, 1)), ((0, 1), (-1, 0)), ((-1, 0), (0, -1)), ((0, -1), (1, 0))][heading]
    combat = scene((3, 3, heading, 3), (3 + ahead * ax + left * lx, 3 + ahead * ay + left * ly, EAST, 2))
    sight = combat.sights()[0, 0]
    assert sight.nonzero().flatten().tolist() == [sector(SIGHT).index((2, 1))]
    assert sight.min() == pytest.approx(-2 / 3)


def test_the_nearest_foe_is_shot_through_friends_and_friends_are_not() -> None:
    combat = scene((2, 5, EAST, 3), (3, 5, EAST, 3), (4, 5, EAST, 3), (5, 5, EAST, 3))
    combat.advance(torch.tensor([[ATTACK, STAY, STAY, STAY]]))
    assert combat.health[0].tolist() == [3, 3, 2, 3]


def test_all_shots_fall_at_once_and_every_one_counts() -> None:
    combat = scene((5, 5, EAST, 1), (5, 4, EAST, 3), (7, 5, WEST, 1), (9, 9, WEST, 3))
    toll = combat.advance(torch.tensor([[ATTACK, ATTACK, ATTACK, STAY]]))
    assert combat.health[0].tolist() == [0, 3, 0, 3]
    assert toll.hits.tolist() == [[1, 2]]
    assert toll.losses.tolist() == [[1, 1]]


def test_who_falls_does_not_move_and_frees_its_cell() -> None:
    combat = scene((5, 5, EAST, 3), (4, 5, EAST, 3), (6, 5, NORTH, 1), (9, 9, WEST, 3))
    combat.advance(torch.tensor([[FORWARD, ATTACK, FORWARD, STAY]]))
    assert places(combat)[:3] == [(6, 5), (4, 5), (6, 5)]


# What is legal, seen and paid


def test_legal_choices() -> None:
    combat = scene(
        (0, 0, WEST, 3), (5, 5, EAST, 3), (4, 9, EAST, 0), (6, 5, NORTH, 3), (11, 11, EAST, 3), (9, 1, EAST, 3)
    )
    stay, forward, back, left, right, attack = combat.legal()[0].t().tolist()
    assert stay == [True] * 6
    assert forward == [False, True, False, True, False, True]
    assert back == [True, True, False, True, True, True]
    assert left == right == [True, True, False, True, True, True]
    assert attack == [False, True, False, False, False, False]


def test_the_highest_scored_legal_choice_is_made() -> None:
    task = task_of(scene((0, 0, WEST, 3), (7, 7, NORTH, 3)))
    task.step(torch.tensor([[[0.0, 3.0, -1.0, 1.0, 0.0, 2.0]]]))  # neither forward nor attack is legal
    assert int(task.combat.heading[0, 0]) == SOUTH


def test_a_drone_sees_itself_and_the_cells_before_it() -> None:
    task = task_of(scene((2, 3, NORTH, 2), (2, 4, EAST, 1), (1, 4, EAST, 3), (2, 1, EAST, 3)))
    own, fallen = task._observations()[0]
    last = task.combat.side - 1
    assert own[:OWN].tolist() == pytest.approx([2 / 3, 4 / last - 1, 6 / last - 1, 0, 1])
    cells = dict(zip(sector(SIGHT), own[OWN:].tolist(), strict=True))
    assert {cell: value for cell, value in cells.items() if value} == pytest.approx({(1, 0): 1 / 3, (1, 1): -1})
    assert fallen[0] == pytest.approx(1 / 3)
    task.combat.health[0, 1] = 0
    assert task._observations()[0, 1].tolist() == [0.0] * task.spec.observation


def test_rewards_are_those_of_the_paper() -> None:
    def paid(combat: Combat, *choices: int) -> float:
        task = task_of(combat)
        task._opponents = lambda: torch.tensor([choices[combat.drones :]])  # type: ignore[method-assign]
        rewards = task.step(scores(*choices[: combat.drones])).rewards
        assert (rewards == rewards[0, 0]).all()  # all agents share it
        return float(rewards[0, 0])

    def facing(mine: int, theirs: int) -> Combat:
        return scene((5, 5, EAST, mine), (0, 0, EAST, 3), (7, 5, WEST, theirs), (11, 11, WEST, 3))

    assert paid(facing(3, 3), STAY, STAY, STAY, STAY) == -3
    assert paid(facing(3, 3), ATTACK, STAY, STAY, STAY) == 1 - 3
    assert paid(facing(3, 1), ATTACK, STAY, STAY, STAY) == 1 + 10
    assert paid(facing(3, 3), STAY, STAY, ATTACK, STAY) == -1 - 3
    assert paid(facing(1, 3), STAY, STAY, ATTACK, STAY) == -1 - 10 - 3
    assert paid(scene((5, 5, EAST, 3), (7, 5, WEST, 1)), ATTACK, STAY) == 1 + 10 + 50
    assert paid(scene((5, 5, EAST, 1), (7, 5, WEST, 1)), ATTACK, ATTACK) == 1 + 10 + 50 - 1 - 10


# Episodes


def test_a_decided_episode_stands_still_and_pays_nothing() -> None:
    task = task_of(scene((5, 5, EAST, 3), (7, 5, WEST, 1)))
    first = task.step(scores(ATTACK))
    then = task.step(scores(FORWARD))
    assert first.terminals.tolist() == then.terminals.tolist() == task.won.tolist() == [True]
    assert then.rewards.tolist() == [[0.0]]
    assert torch.equal(first.observations, then.observations)
    assert task.legal()[0, 0].tolist() == [True] + [False] * 5
    assert not then.truncations.any()


def test_the_horizon_truncates() -> None:
    task = task_of(scene((0, 0, EAST, 3), (7, 7, WEST, 3)))
    task.time = HORIZON - 1
    step = task.step(scores(STAY))
    assert step.truncations.tolist() == [True]
    assert step.terminals.tolist() == [False]
    with pytest.raises(QuartetError, match="no episode is under way"):
        task.step(scores(STAY))


@pytest.mark.parametrize("drones", [4, 16])
def test_a_batch_of_episodes_equals_single_episodes_bit_for_bit(drones: int) -> None:
    together, seeds = Drones(drones), torch.tensor([3, 1 << 40, 0, 77, 5])
    seen = [together.reset(seeds)]
    acted = randomly(together, 40)
    steps = [together.step(actions) for actions in acted]
    assert steps[-1].terminals.any()
    for row, seed in enumerate(seeds):
        alone = Drones(drones)
        assert torch.equal(alone.reset(seed[None])[0], seen[0][row])
        for actions, step in zip(acted, steps, strict=True):
            own = alone.step(actions[row : row + 1])
            for name in ("observations", "rewards", "terminals", "truncations"):
                assert torch.equal(getattr(own, name)[0], getattr(step, name)[row])


@pytest.mark.parametrize(("drones", "player"), [(4, "uniform"), (4, "hunters"), (8, "sighted"), (16, "hunters")])
def test_the_batched_task_is_the_plain_game(drones: int, player: str) -> None:
    task, plain = Drones(drones), PlainDrones(drones)
    policy = PLAYERS[player](task)
    for seed in range(3):
        seen, plainly = task.reset(torch.tensor([seed])), plain.reset(seed)
        for _ in range(HORIZON):
            np.testing.assert_array_equal(seen[0], np.stack(list(plainly.values())))
            choices = policy(seen).masked_fill(~task.legal(), -1).argmax(-1)
            step = task.step(one_hot(choices, 6).float())
            plainly, rewards, terminals, truncations, infos = plain.step(
                dict(zip(plain.names, choices[0].tolist(), strict=True))
            )
            assert set(rewards.values()) == {float(step.rewards[0, 0])}
            assert set(terminals.values()) == {bool(step.terminals)}
            assert set(truncations.values()) == {bool(step.truncations)}
            if step.terminals:
                break
            masks = np.stack([info["action_mask"] for info in infos.values()])
            np.testing.assert_array_equal(task.legal()[0], masks == 1)
            seen = step.observations
        assert step.terminals


def test_opponents_hesitate_as_often_as_said() -> None:
    task, idle = Drones(64), []
    task.reset(torch.arange(100))
    for _ in range(5):
        idle.append((task._opponents() != hunt(task.combat, 1)).double().mean())
        task.step(torch.zeros(100, 64, 6))
    assert torch.stack(idle).mean() == pytest.approx(0.2, abs=0.01)


def test_better_teams_score_more() -> None:
    means = {}
    for player, policy_of in PLAYERS.items():
        task = Drones(8)
        means[player] = float(play(task, policy_of(task), 60)[0].mean())
    assert means["uniform"] < -150 < means["sighted"] < 0 < means["hunters"]


def test_sighted_teams_need_their_observations_only() -> None:
    task = task_of(scene((5, 5, EAST, 3), (7, 7, WEST, 3)))
    assert int(sighted(task._observations()).argmax()) == ATTACK
    assert sighted(task._observations())[0, 0].topk(2).indices.tolist() == [ATTACK, FORWARD]
    task = task_of(scene((5, 5, WEST, 3), (7, 7, WEST, 3)))
    assert sighted(task._observations())[0, 0].topk(2).indices.tolist() == [ATTACK, LEFT]


# For others to use


def test_pettingzoo_gives_masks_and_takes_choices() -> None:
    env, task = parallel_env(tasks.make("drones-4")), Drones(4)
    _, infos = env.reset(seed=5)
    task.reset(torch.tensor([5]))
    for _ in range(12):
        masks = [infos[agent]["action_mask"] for agent in env.agents]
        np.testing.assert_array_equal(np.stack(masks), task.legal()[0])
        actions = {
            agent: int(env.action_space(agent).sample(mask)) for agent, mask in zip(env.agents, masks, strict=True)
        }
        seen, rewards, *_, infos = env.step(actions)
        step = task.step(scores(*actions.values()))
        np.testing.assert_array_equal(np.stack(list(seen.values())), step.observations[0])
        assert list(rewards.values()) == step.rewards[0].tolist()


# Pictures


def test_every_flying_drone_is_drawn_where_it_is_and_as_it_faces() -> None:
    task = task_of(scene((2, 3, NORTH, 3), (5, 5, EAST, 0), (9, 9, WEST, 1), (7, 1, SOUTH, 3)))
    axes = Figure().subplots()
    draw_drones(axes, task)
    shapes = [patch for patch in axes.patches if isinstance(patch, RegularPolygon)]
    assert [shape.xy for shape in shapes] == [(2, 3), (9, 9), (7, 1)]
    assert [shape.get_alpha() for shape in shapes] == pytest.approx([1, 1 / 3, 1])
    colours = [shape.get_facecolor()[:3] for shape in shapes]
    assert colours[0] != colours[1] == colours[2]
    tips = [shape.get_path().vertices[0] for shape in shapes]  # in the polygon's own units, before it is turned
    turned = [shape.get_patch_transform().transform(tip) - shape.xy for shape, tip in zip(shapes, tips, strict=True)]
    np.testing.assert_allclose(np.array(turned) / SIZE, [(0, 1), (-1, 0), (0, -1)], atol=1e-9)


def test_there_must_be_an_episode_to_draw() -> None:
    axes, task = Figure().subplots(), Drones(4)
    with pytest.raises(QuartetError, match="there is no episode 0; call reset first"):
        draw_drones(axes, task)
    task.reset(torch.arange(2))
    with pytest.raises(QuartetError, match="there is no episode 2; the episodes are 0 to 1"):
        draw_drones(axes, task, 2)


class Uniform:
    """An algorithm that chooses at random, and remembers what an agent was paid."""

    paid = 0.0

    def begin(self, episodes: int) -> None:
        assert episodes == 3

    def act(self, observations: Tensor, random: LaneRandom) -> Tensor:
        return random.uniform(observations.shape[1], 6)

    def reward(self, rewards: Tensor) -> None:
        self.paid += float(rewards[::4].sum())


def test_evaluation_stops_where_every_fight_is_decided() -> None:
    policy, task = Uniform(), Drones(4)
    returns = evaluate(task, policy, (0, 1), 3, "standard")["return"]
    assert task.over.all()
    assert policy.paid == pytest.approx(float(returns.sum()))
    assert task.time < HORIZON
    assert (returns < -50).all()
