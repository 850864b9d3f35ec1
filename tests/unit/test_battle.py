"""Battles as tasks: SMAC's sizes, features, masks and rewards, and what every task of this project promises."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from PIL import Image
from torch import Tensor

from quartet.errors import QuartetError
from quartet.names import BATTLES
from quartet.schema import load_yaml
from quartet.tasks.battle import Battle, units
from quartet.tasks.battle.drawing import animate, draw_battle
from quartet.tasks.battle.maps import IDLE, battle_map
from quartet.tasks.battle.players import PLAYERS, kiting, play, uniform
from quartet.tasks.smac_adapter import SmacTask
from quartet.tasks.spec import MaskedTask, StatefulTask

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "src" / "quartet" / "tasks" / "battle"
SIZES = {  # of SMAC's and OG-MARL's tables: agents, observation, state, choices, limit
    "3m": (3, 30, 48, 9, 60),
    "8m": (8, 80, 168, 14, 120),
    "5m_vs_6m": (5, 55, 98, 12, 70),
    "2s3z": (5, 80, 120, 11, 120),
    "3s5z_vs_3s6z": (8, 136, 230, 15, 170),
    "2c_vs_64zg": (2, 332, 342, 70, 400),
    "terran_5_vs_5": (5, 82, 120, 11, 200),
    "zerg_5_vs_5": (5, 82, 120, 11, 200),
    "terran_10_vs_10": (10, 162, 290, 16, 200),
}
DRAWN = [name for name in BATTLES if battle_map(name).random]
NO_OP, STOP = 0, 1


def started(name: str, seeds: Sequence[int] = (0,)) -> Battle:
    battle = Battle(name)
    battle.reset(torch.tensor(seeds))
    return battle


def randomly(battle: Battle, steps: int, seed: int = 0) -> list[Tensor]:
    """Scores for some steps, the same for the same seed."""
    generator = torch.Generator().manual_seed(seed)
    return [torch.rand(battle.legal().shape, generator=generator) for _ in range(steps)]


def put(battle: Battle, **unitwise: Mapping[int, float]) -> None:
    """Change x, y, health ... of some units in every episode."""
    for name, values in unitwise.items():
        for unit, value in values.items():
            getattr(battle.fight, name)[unit] = value
    battle.fight.measure()


# Maps


@pytest.mark.parametrize("name", BATTLES)
def test_sizes_are_smacs(name: str) -> None:
    spec = battle_map(name).spec
    assert (spec.agents, spec.observation, spec.state, spec.choices, spec.horizon) == SIZES[name]
    battle = Battle(name)
    assert battle.reset(torch.arange(2)).shape == (2, spec.agents, spec.observation)
    assert battle.state().shape == (2, spec.state)
    assert battle.legal().shape == (2, spec.agents, spec.choices)
    assert isinstance(battle, StatefulTask)
    assert isinstance(battle, MaskedTask)


def test_maps_and_units_are_data_that_fits_its_schema() -> None:
    assert {path.stem for path in (DATA / "maps").glob("*.yaml")} == set(BATTLES)
    for path in (DATA / "maps").glob("*.yaml"):
        load_yaml(path, "battle", ROOT)
    assert set(load_yaml(DATA / "units.yaml", "units", ROOT)) == set(units.units())


@pytest.mark.parametrize("name", [name for name in BATTLES if name not in DRAWN])
def test_smacs_maps_start_alike_with_sides_out_of_sight_facing_each_other(name: str) -> None:
    battle = started(name, [0, 9])
    assert torch.equal(battle.fight.x[:, 0], battle.fight.x[:, 1])
    agents, apart = battle.spec.agents, battle.fight.gap.masked_fill(battle.fight.distance == 0, 1)
    assert (apart[battle.fight.roster.solid.expand_as(apart)] > 0).all()
    assert (battle.fight.distance[:agents, agents:] > 9).all()


@pytest.mark.parametrize("name", DRAWN)
def test_smacv2_draws_types_and_places(name: str) -> None:
    battle = started(name, range(4000))
    count, roster, fight = battle.spec.agents, battle.fight.roster, battle.fight
    team, opponents = roster.types[:count], roster.types[count:]
    assert torch.equal(team.sort(dim=0).values, opponents.sort(dim=0).values)
    assert (team.diff(dim=0) >= 0).all()
    wanted = battle_map(name).random
    assert wanted
    for number, (unit, probability) in enumerate(wanted.types.items()):
        assert float((team == number).float().mean()) == pytest.approx(probability, abs=0.015), unit
        assert unit != wanted.never_alone or not (team == number).all(dim=0).any()
    mirrored = (fight.x[:count].sort(dim=0).values - (32 - fight.x[count:]).sort(dim=0).values).abs().amax(dim=0) < 1e-4
    assert float(mirrored.float().mean()) == pytest.approx(0.5, abs=0.03)
    assert float(fight.x[:count, mirrored].max()) < 15
    amid = fight.x[:count, ~mirrored], fight.y[:count, ~mirrored]
    assert max(float((place - 16).abs().max()) for place in amid) < 4
    assert min(float(place.min()) for place in (fight.x, fight.y)) >= 0


# What agents see: SMAC's formulas read literally, one agent at a time


class Plain:
    """One battle's observations, masks and state by loops over units."""

    def __init__(self, battle: Battle, episode: int) -> None:
        self.battle, self.map, self.agents = battle, battle.map, battle.spec.agents
        fight, types = battle.fight, battle.fight.roster.types.expand_as(battle.fight.x)
        self.names = [battle.map.names[number] for number in types[:, episode].tolist()]
        self.units = [units.units()[name] for name in self.names]
        for name in ("x", "y", "health", "shield", "cooldown", "energy"):
            setattr(self, name, getattr(fight, name)[:, episode].tolist())

    def distance(self, one: int, other: int) -> float:
        return math.hypot(self.x[one] - self.x[other], self.y[one] - self.y[other])

    def available(self, agent: int) -> list[int]:
        choices = self.battle.spec.choices
        if not self.health[agent]:
            return [1] + [0] * (choices - 1)
        ways = []
        for east, north in ((0, 1), (0, -1), (1, 0), (-1, 0)):
            x, y = self.x[agent] + east, self.y[agent] + north
            steep = any(w <= x < e and s <= y < n for w, s, e, n in self.map.cliffs)
            ways.append(int(0 <= x < 32 and 0 <= y < 32 and not (steep and not self.units[agent].climbs)))
        shot = max(self.units[agent].range, 2) if self.map.random else 6
        targets = []
        for number in range(choices - IDLE):
            healer = self.names[agent] == "medivac"
            target = number if healer else self.agents + number
            possible = self.health[target] > 0 and self.distance(agent, target) <= shot
            targets.append(int(possible and not (healer and self.names[target] == "medivac")))
        return [0, 1, *ways, *targets]

    def condition(self, unit: int) -> list[float]:
        side = "team" if unit < self.agents else "opponents"
        known = self.units[unit]
        shield = [self.shield[unit] / known.shield] if known.shield else []
        return [self.health[unit] / known.health, *shield, *self.bits(unit, side)]

    def bits(self, unit: int, side: str) -> list[float]:
        types = self.map.types[side] if self.map.types else ()
        return [float(self.names[unit] == name) for name in types]

    def observation(self, agent: int) -> list[float]:
        available = self.available(agent)
        sight = self.units[agent].sight if self.map.random else 9
        seen = list(available[2:6])
        others = [*range(self.agents, len(self.x)), *(unit for unit in range(self.agents) if unit != agent)]
        for other in others:
            far = self.distance(agent, other)
            place = [far / sight, (self.x[other] - self.x[agent]) / sight, (self.y[other] - self.y[agent]) / sight]
            first = available[IDLE + other - self.agents] if other >= self.agents else 1
            features = [first, *place, *self.condition(other)]
            seen += features if far < sight and self.health[other] > 0 else [0] * len(features)
        itself = self.condition(agent)
        if self.map.random:
            itself[1:1] = [self.x[agent] / 32, self.y[agent] / 32]
        return [*seen, *itself] if self.health[agent] else [0.0] * (len(seen) + len(itself))

    def state(self, last: Tensor) -> list[float]:
        state: list[float] = []
        for unit, known in enumerate(self.units):
            busy = self.energy[unit] if known.heals else self.cooldown[unit]
            place = [(self.x[unit] - 16) / 32, (self.y[unit] - 16) / 32]
            health, *rest = self.condition(unit)
            own = [busy / known.state_cooldown] if unit < self.agents else []
            features = [health, *own, *place, *rest]
            state += features if self.health[unit] else [0.0] * len(features)
        return state + last.flatten().tolist()


@pytest.mark.parametrize("name", BATTLES)
def test_features_masks_and_states_are_smacs_formulas(name: str) -> None:
    battle = started(name, [1, 2, 3])
    for number, scores in enumerate(randomly(battle, 24)):
        legal = battle.legal()
        step = battle.step(scores)
        if number % 6:
            continue
        last = torch.nn.functional.one_hot(scores.masked_fill(~legal, -1).argmax(-1), battle.spec.choices)
        for episode in range(3):
            plain = Plain(battle, episode)
            seen = [plain.observation(agent) for agent in range(battle.spec.agents)]
            np.testing.assert_allclose(step.observations[episode], seen, atol=1e-5)
            np.testing.assert_array_equal(battle.legal()[episode], [plain.available(a) for a in range(plain.agents)])
            if not step.terminals[episode]:
                np.testing.assert_allclose(battle.state()[episode], plain.state(last[episode]), atol=1e-5)


def test_smac_numbers_the_types_of_2s3z_from_other_ends_on_both_sides() -> None:
    battle = started("2s3z")
    put(battle, x={5: 10.0}, y={5: 20.0})  # a zealot
    battle.fight.x[7:9] = torch.tensor([[11.0], [12.0]])
    battle.fight.measure()
    seen = battle.views.observations()[0, 0]  # of a stalker
    assert [battle.map.names[number] for number in battle.fight.roster.types[:, 0]][:5] == ["stalker"] * 2 + [
        "zealot"
    ] * 3
    assert seen[-2:].tolist() == [1, 0]
    assert seen[4:12][-2:].tolist() == [1, 0]


def test_cliffs_bar_the_way_in_the_mask_of_who_walks_only() -> None:
    battle = started("2c_vs_64zg")
    put(battle, y={0: 19.3})
    assert battle.legal()[0, 0, 2]
    battle.fight.roster.walks[:] = True
    assert not battle.legal()[0, 0, 2]


# Rewards and ends


def test_hits_kills_and_victory_pay_what_smac_pays() -> None:
    battle = started("3m")
    put(battle, x={0: 10, 1: 10, 2: 10, 3: 13, 4: 30, 5: 30}, y={0: 14, 1: 16, 2: 18, 3: 16, 4: 30, 5: 2})
    put(battle, health={3: 12.0})
    attack = torch.zeros(1, 3, 9)
    attack[..., IDLE] = 1
    worth = 20 / (3 * 10 + 200 + 3 * 45)
    assert battle.step(attack).rewards.tolist() == [[pytest.approx((12 + 10) * worth)] * 3]
    put(battle, health={4: 0.0, 5: 6.0}, x={5: 13}, y={5: 16}, cooldown={0: 0, 1: 0, 2: 0})
    attack = attack.roll(2, dims=2)
    step = battle.step(attack)
    assert step.rewards[0, 0] == pytest.approx((6 + 10 + 200) * worth)
    assert (step.terminals.item(), step.truncations.item(), battle.won.item()) == (True, False, True)


def test_shields_that_come_back_pay_too() -> None:
    battle = started("2s3z")
    battle.fight.shield[9] = 10.0  # an opponent's, unhit for long
    step = battle.step(torch.zeros(1, 5, 11))
    assert step.rewards[0, 0] == pytest.approx(8 * 2 / 16 * 20 / (5 * 10 + 200 + 2 * 160 + 3 * 150))


@pytest.mark.parametrize("name", ["3m", "8m"])
def test_who_kills_everybody_is_paid_exactly_twenty(name: str) -> None:
    battle = Battle(name)
    scores, _ = play(battle, PLAYERS["focused"], 20)
    assert battle.won.any()
    np.testing.assert_allclose(scores[battle.won], 20, rtol=1e-5)
    assert (scores[~battle.won] < 20 * (1 - 200 / 1000)).all()


def test_decided_battles_stand_still_and_pay_nothing() -> None:
    battle = started("3m", [0, 1])
    battle.fight.health[:3, 0] = 0.0
    for _ in range(3):
        before = {name: getattr(battle.fight, name)[:, 0].clone() for name in battle.fight.STATE}
        state = battle.state()[0]
        step = battle.step(torch.rand(2, 3, 9))
        assert step.terminals.tolist() == [True, False]
        assert step.rewards[0].tolist() == [0, 0, 0]
        assert torch.equal(battle.state()[0], state)
        assert all(torch.equal(getattr(battle.fight, name)[:, 0], before[name]) for name in before)
    assert battle.legal()[0].nonzero()[:, 1].tolist() == [NO_OP] * 3
    assert not battle.won.any()


def test_nobody_wins_where_both_sides_fall() -> None:
    battle = started("3m")
    battle.fight.health[:] = 0.0
    assert battle.over.tolist() == [True]
    assert battle.won.tolist() == [False]


@pytest.mark.parametrize("side", [0, 1])
def test_medivacs_alone_cannot_go_on(side: int) -> None:
    battle = started("terran_5_vs_5", range(200))
    left = battle.fight.roster.heals.long()
    rows = slice(5) if side == 0 else slice(5, None)
    battle.fight.health[rows] *= left[rows]
    assert battle.over.all()
    assert battle.won.all() == (side == 1)
    assert (battle.fight.alive[rows].any(dim=0)).any()


def test_the_limit_cuts_what_is_not_decided() -> None:
    battle = started("3m", [0, 1])
    battle.fight.health[3:, 0] = 0.0
    for number in range(60):
        battle.fight.health[:, 1] = 45.0
        step = battle.step(torch.zeros(2, 3, 9))
        assert step.truncations.tolist() == [False, number == 59]
    assert step.terminals.tolist() == [True, False]
    with pytest.raises(QuartetError, match="no battle is under way"):
        battle.step(torch.zeros(2, 3, 9))


# How hard it is


@pytest.mark.parametrize("name", ["3m", "2s3z", "zerg_5_vs_5"])
def test_chance_wins_nothing(name: str) -> None:
    battle = Battle(name)
    play(battle, uniform(0), 60)
    assert battle.won.float().mean() <= 0.02
    assert battle.over.float().mean() > 0.95  # opponents find everybody


@pytest.mark.slow
@pytest.mark.parametrize("name", BATTLES)
def test_chance_wins_at_most_one_battle_in_a_hundred(name: str) -> None:
    battle = Battle(name)
    play(battle, uniform(0), 200 if name == "2c_vs_64zg" else 1000)
    assert battle.won.float().mean() <= 0.01


@pytest.mark.parametrize("name", ["3m", "8m"])
def test_focus_fire_wins_far_more_than_everyone_shooting_the_nearest(name: str) -> None:
    wins = {}
    for player in ("nearest", "focused"):
        battle = Battle(name)
        play(battle, PLAYERS[player], 40)
        wins[player] = float(battle.won.float().mean())
    assert wins["focused"] > wins["nearest"] + 0.3


@pytest.mark.slow
def test_colossi_that_step_over_the_cliffs_beat_all_zerglings() -> None:
    battle = Battle("2c_vs_64zg")
    play(battle, kiting, 3)
    assert battle.won.all()


# Promises of every task


@pytest.mark.parametrize("name", BATTLES)
def test_a_batch_of_battles_equals_single_battles_bit_for_bit(name: str) -> None:
    together, seeds = Battle(name), torch.tensor([3, 1 << 40, 0, 77, 5])
    seen, steps, states = together.reset(seeds), [], []
    acted = randomly(together, 30 if name != "2c_vs_64zg" else 12)
    for actions in acted:
        steps.append(together.step(actions))
        states.append(together.state())
    for row in (0, 4):
        alone = Battle(name)
        assert torch.equal(alone.reset(seeds[row : row + 1])[0], seen[row])
        for actions, step, state in zip(acted, steps, states, strict=True):
            own = alone.step(actions[row : row + 1])
            assert torch.equal(alone.state()[0], state[row])
            for field in ("observations", "rewards", "terminals", "truncations"):
                assert torch.equal(getattr(own, field)[0], getattr(step, field)[row])


def test_seeds_name_battles() -> None:
    battle = started("3m", [5, 6, 5])
    for actions in randomly(battle, 12):
        step = battle.step(actions[:1].expand(3, -1, -1))
    assert torch.equal(step.observations[0], step.observations[2])
    assert not torch.equal(battle.fight.cooldown[:, 0], battle.fight.cooldown[:, 1])


# The adapter of the real game, on this game dressed as SMAC's


class Dressed:
    """One battle with the calls of SMAC's environment, and its habits: the limit is an end like any other."""

    def __init__(self, name: str, seeds: list[int]) -> None:
        self.battle, self.seeds, self.stepped = Battle(name), seeds, 0

    def get_env_info(self) -> dict[str, int]:
        spec = self.battle.spec
        names = {"n_agents": spec.agents, "obs_shape": spec.observation, "state_shape": spec.state}
        return names | {"n_actions": spec.choices, "episode_limit": spec.horizon}

    def reset(self) -> tuple[Any, Any]:
        self.seen = self.battle.reset(torch.tensor([self.seeds.pop(0)]))
        return self.get_obs(), self.get_state()

    def step(self, actions: Sequence[int]) -> tuple[float, bool, dict[str, Any]]:
        available = np.array(self.get_avail_actions())
        assert all(available[agent, action] for agent, action in enumerate(actions))
        scores = torch.nn.functional.one_hot(torch.tensor([list(actions)]), self.battle.spec.choices).float()
        step = self.battle.step(scores)
        self.seen, self.stepped = step.observations, self.stepped + 1
        dead = int((~self.battle.fight.alive[: self.battle.spec.agents]).sum())
        info = {"battle_won": bool(self.battle.won), "dead_allies": dead}
        return float(step.rewards[0, 0]), bool(step.terminals | step.truncations), info

    def get_obs(self) -> list[Any]:
        return list(self.seen[0].numpy())

    def get_state(self) -> Any:
        return self.battle.state()[0].numpy()

    def get_avail_actions(self) -> list[list[int]]:
        return self.battle.legal()[0].int().tolist()


@pytest.mark.parametrize("player", ["uniform", "focused"])
def test_a_game_with_smacs_interface_is_a_task(player: str) -> None:
    seeds = [4, 5, 6]
    waiting, made = iter(seeds), []

    def make() -> Dressed:
        made.append(Dressed("3m", [next(waiting)]))
        return made[-1]

    adapted, battle = SmacTask(make), Battle("3m")
    assert adapted.spec == battle.spec
    assert torch.equal(adapted.reset(torch.tensor(seeds)), battle.reset(torch.tensor(seeds)))
    for _ in range(60):
        assert torch.equal(adapted.legal(), battle.legal())
        assert torch.equal(adapted.state(), battle.state())
        scores = PLAYERS[player](battle)
        mine, own = adapted.step(scores), battle.step(scores)
        for field in ("observations", "rewards", "terminals", "truncations"):
            assert torch.equal(getattr(mine, field), getattr(own, field)), field
        assert torch.equal(adapted.won, battle.won)
    assert sum(env.stepped for env in made) < 3 * 60  # ended games are not stepped


def test_a_game_cut_by_its_limit_is_truncated() -> None:
    game = Dressed("3m", [0])
    adapted = SmacTask(lambda: game)
    adapted.reset(torch.tensor([0]))
    for _ in range(60):
        game.battle.fight.health[:] = 45.0
        step = adapted.step(torch.zeros(1, 3, 9))
    assert (step.terminals.item(), step.truncations.item()) == (False, True)
    with pytest.raises(QuartetError, match="call reset first"):
        adapted.step(torch.zeros(1, 3, 9))
    with pytest.raises(QuartetError, match="unknown setting 'shifted'"):
        adapted.reset(torch.tensor([0]), "shifted")


# Pictures


def test_every_living_unit_is_drawn_where_it_stands_with_a_line_to_its_aim() -> None:
    battle = started("2s3z")
    battle.step(torch.zeros(1, 5, 11))
    battle.fight.health[0] = 0.0
    axes = Figure().subplots()
    draw_battle(axes, battle)
    discs = [patch for patch in axes.patches if isinstance(patch, Circle)]
    places = zip(battle.fight.x[1:, 0].tolist(), battle.fight.y[1:, 0].tolist(), strict=True)
    assert [disc.center for disc in discs] == list(places)
    assert [text.get_text() for text in axes.texts] == ["S", "Z", "Z", "Z"] + ["Z"] * 3 + ["S"] * 2
    assert len(axes.lines) == sum(int(aim) not in (0, unit) for unit, aim in enumerate(battle.aim[:, 0]))


def test_a_battle_becomes_an_animation_with_a_frame_a_step(tmp_path: Path) -> None:
    battle = Battle("3m")
    animate(battle, "nearest", 0, tmp_path / "battle.gif")
    with Image.open(tmp_path / "battle.gif") as film:
        assert film.n_frames == battle.time + 1


def test_there_must_be_a_battle_to_draw() -> None:
    axes, battle = Figure().subplots(), Battle("3m")
    with pytest.raises(QuartetError, match="there is no episode 0; call reset first"):
        draw_battle(axes, battle)
    battle.reset(torch.arange(2))
    with pytest.raises(QuartetError, match="there is no episode 2; the episodes are 0 to 1"):
        draw_battle(axes, battle, 2)
