"""Battles: every rule of combat on a scene of its own."""

from itertools import pairwise

import pytest
import torch

from quartet.tasks.battle.fight import CALM, ENERGY, FIRST_ENERGY, GRID, HEALING, RECHARGE, REGROWTH, Fight, Orders
from quartet.tasks.battle.ground import Cliffs, Ground
from quartet.tasks.battle.opponents import hunt
from quartet.tasks.battle.units import TICKS, Roster, units

SIZE = 32
Placed = tuple[str, float, float]


def scene(team: list[Placed], opponents: list[Placed], cliffs: Cliffs = ()) -> Fight:
    """One battle with these units where they are named."""
    names, x, y = zip(*team, *opponents, strict=True)
    known = tuple(dict.fromkeys(names))
    types = torch.tensor([[known.index(name)] for name in names])
    places = (torch.tensor([[float(place)] for place in axis]) for axis in (x, y))
    return Fight(Roster(known, types), *places, len(team), Ground(SIZE, cliffs, torch.device("cpu")))


def play(
    fight: Fight,
    aims: dict[int, int] | None = None,
    walks: dict[int, tuple[int, int]] | None = None,
    ticks: int = 1,
    delay: float = 0.0,
) -> None:
    """Some ticks under these orders: unit -> unit it goes for, unit -> heading east and north."""
    aim, east, north = fight.itself.clone(), torch.zeros_like(fight.x), torch.zeros_like(fight.x)
    for unit, target in (aims or {}).items():
        aim[unit] = target
    for unit, (x, y) in (walks or {}).items():
        east[unit], north[unit] = x, y
    for _ in range(ticks):
        fight.tick(Orders(east, north, aim), torch.full_like(fight.x, delay))


def lost(fight: Fight, unit: int) -> tuple[float, float]:
    """What a unit misses of its health and of its shield."""
    return (
        float(fight.roster.health[unit, 0] - fight.health[unit, 0]),
        float(fight.roster.shield[unit, 0] - fight.shield[unit, 0]),
    )


def reach(attacker: str, victim: str) -> float:
    """The distance between centres from which one hits the other."""
    return units()[attacker].range + units()[attacker].radius + units()[victim].radius


# Attacks


@pytest.mark.parametrize(("attacker", "victim"), [("marine", "marine"), ("stalker", "zealot"), ("zergling", "stalker")])
def test_units_attack_within_their_range_from_edge_to_edge(attacker: str, victim: str) -> None:
    for beyond, hits in ((-0.01, True), (0.5, False)):
        fight = scene([(attacker, 5, 5)], [(victim, 5 + reach(attacker, victim) + beyond, 5)])
        play(fight, {0: 1})
        assert (sum(lost(fight, 1)) > 0) == hits
        assert (float(fight.x[0, 0]) > 5) != hits  # who cannot hit comes nearer


def test_all_shots_of_a_tick_fall_at_once() -> None:
    fight = scene([("marine", 5, 5)], [("marine", 8, 5)])
    fight.health.fill_(6.0)
    play(fight, {0: 1, 1: 0})
    assert fight.alive.flatten().tolist() == [False, False]


@pytest.mark.parametrize(
    ("attacker", "victim", "damage"),
    [
        ("marine", "marine", 6),
        ("marauder", "marine", 10),
        ("marauder", "marauder", 10 + 10 - 1),
        ("zealot", "marine", 8 * 2),
        ("zealot", "marauder", (8 - 1) * 2),
        ("stalker", "marauder", 13 + 5 - 1),
        ("zergling", "marauder", 5 - 1),
        ("hydralisk", "zergling", 12),
        ("colossus", "zergling", (10 + 5) * 2),
        ("colossus", "marauder", (10 - 1) * 2),
    ],
)
def test_damage_is_more_against_an_attribute_and_less_by_the_armour_of_each_hit(
    attacker: str, victim: str, damage: float
) -> None:
    fight = scene([(attacker, 5, 5)], [(victim, 5 + reach(attacker, victim) - 0.01, 5)])
    play(fight, {0: 1})
    growth = REGROWTH if units()[victim].regenerates else 0.0
    assert lost(fight, 1)[0] == min(damage, units()[victim].health) - growth


def test_shields_are_hit_first_without_armour() -> None:
    fight = scene([("marauder", 5, 5)], [("stalker", 8, 5)])
    play(fight, {0: 1})
    assert lost(fight, 1) == (0, 20)


def test_what_a_shield_does_not_stop_of_a_hit_loses_the_armour_but_never_all() -> None:
    for shield, through in ((7.0, 20 - 7 - 1), (19.75, 0.5)):
        fight = scene([("marauder", 5, 5)], [("stalker", 8, 5)])
        fight.shield[1] = shield
        play(fight, {0: 1})
        assert lost(fight, 1) == (through, 80)


def test_several_attackers_share_one_shield() -> None:
    fight = scene([("marine", 5, 5), ("marine", 5, 6)], [("stalker", 8, 5)])
    fight.shield[2] = 8.0
    play(fight, {0: 2, 1: 2})
    assert lost(fight, 2) == (6 + 6 - 8 - 1, 80)  # only the second hit gets through


@pytest.mark.parametrize("name", ["marine", "zealot", "zergling"])
def test_attacks_keep_their_period(name: str) -> None:
    weapon = units()[name].weapon
    assert weapon
    fight = scene([(name, 5, 5)], [("colossus", 5 + reach(name, "colossus") - 0.01, 5)])
    shots = []
    for tick in range(100):
        before = fight.unhit[1].clone()
        play(fight, {0: 1})
        shots += [tick] * bool(fight.unhit[1] <= before)
    gaps = {later - earlier for earlier, later in pairwise(shots)}
    assert gaps == {round(weapon.period * TICKS)}


def test_an_attack_comes_later_by_its_delay() -> None:
    fight = scene([("marine", 5, 5)], [("marine", 8, 5)])
    play(fight, {0: 1}, delay=1.5)
    assert float(fight.cooldown[0, 0]) == pytest.approx(0.61 * TICKS + 1.5 - 1)


def test_only_some_weapons_reach_flyers() -> None:
    for attacker, damage in (("marine", 6 - 1), ("marauder", 0)):
        fight = scene([(attacker, 5, 5)], [("medivac", 8, 5)])
        play(fight, {0: 1}, ticks=5)
        assert lost(fight, 1)[0] == damage
        assert float(fight.x[0, 0]) == 5


def test_the_dead_neither_shoot_nor_are_shot_nor_stand_in_the_way() -> None:
    fight = scene([("marine", 5, 5)], [("marine", 8, 5), ("marine", 5.2, 5)])
    fight.health[1:] = 0.0
    play(fight, {0: 1, 1: 0, 2: 0}, ticks=20)
    assert lost(fight, 0) == (0, 0)
    assert fight.x.flatten().tolist() == pytest.approx([5, 8, 5.2])


# Splash


def test_a_beam_strikes_across_the_line_of_fire() -> None:
    beside, behind, aside = ("zergling", 10, 6.5), ("zergling", 11.2, 5), ("zergling", 10, 7.5)
    fight = scene([("colossus", 5, 5)], [("zergling", 10, 5), beside, behind, aside])
    play(fight, {0: 1})
    assert [lost(fight, unit)[0] > 0 for unit in (1, 2, 3, 4)] == [True, True, False, False]


def test_a_baneling_takes_all_foes_around_it_with_it() -> None:
    light, other, far, friend = ("zergling", 5.5, 7), ("baneling", 5.5, 3.5), ("zergling", 9, 5), ("baneling", 5, 4)
    fight = scene([("baneling", 5, 5), friend], [("hydralisk", 6, 5), light, other, far])
    play(fight, {0: 2})
    assert fight.alive.flatten().tolist() == [False, True, True, False, True, True]
    assert lost(fight, 2)[0] == 20 + 15 - REGROWTH
    assert lost(fight, 4)[0] == 20 - REGROWTH
    assert lost(fight, 5)[0] == lost(fight, 1)[0] == 0


def test_a_killed_baneling_bursts_a_tick_later() -> None:
    fight = scene([("hydralisk", 5, 5)], [("baneling", 6.5, 5)])
    fight.health[1] = 12.0
    play(fight, {0: 1})
    assert not fight.alive[1]
    assert lost(fight, 0)[0] == 0
    play(fight, ticks=3)
    assert lost(fight, 0)[0] == 35 - 3 * REGROWTH  # once


# Recovery


def test_shields_recharge_after_ten_seconds_unhit() -> None:
    fight = scene([("stalker", 5, 5)], [("marine", 30, 5)])
    fight.shield[0], fight.unhit[0] = 10.0, 0.0
    play(fight, ticks=CALM)
    assert float(fight.shield[0]) == 10
    play(fight, ticks=8)
    assert float(fight.shield[0]) == 10 + 8 * RECHARGE
    fight.unhit[0] = 0.0
    play(fight, ticks=8)
    assert float(fight.shield[0]) == 10 + 8 * RECHARGE


def test_zerg_regrow_up_to_their_health_while_they_live() -> None:
    fight = scene([("zergling", 5, 5), ("zergling", 7, 5)], [("marine", 30, 5), ("marine", 28, 5)])
    fight.health[:] = torch.tensor([[30.0], [0.0], [30.0], [45.0]])
    play(fight, ticks=10)
    assert fight.health.flatten().tolist() == [30 + 10 * REGROWTH, 0, 30, 45]
    assert pytest.approx(0.2734 / 16, abs=GRID) == REGROWTH


def test_a_medivac_gives_health_for_energy() -> None:
    fight = scene([("medivac", 5, 5), ("marine", 7, 5)], [("marine", 30, 5)])
    fight.health[1] = 20.0
    play(fight, {0: 1}, ticks=16)
    assert float(fight.health[1]) == 20 + 16 * HEALING == 29  # 9 in a normal second
    assert float(fight.energy[0]) == pytest.approx(FIRST_ENERGY - 9 * ENERGY + 0.5625)
    fight.energy[0] = 0.0
    play(fight, {0: 1})
    assert float(fight.health[1]) == 29


def test_medivacs_heal_no_flyers_and_not_themselves() -> None:
    fight = scene([("medivac", 5, 5), ("medivac", 7, 5)], [("marine", 30, 5)])
    fight.health[:2] = 100.0
    play(fight, {0: 1, 1: 1}, ticks=3)
    assert fight.health[:2].flatten().tolist() == [100, 100]


def test_two_medivacs_heal_one_unit_no_faster() -> None:
    fight = scene([("medivac", 5, 5), ("medivac", 9, 5), ("marine", 7, 5)], [("marine", 30, 5)])
    fight.health[2] = 20.0
    play(fight, {0: 2, 1: 2}, ticks=4)
    assert float(fight.health[2]) == 20 + 4 * HEALING
    assert fight.energy[0] < FIRST_ENERGY < fight.energy[1]


# Movement


@pytest.mark.parametrize("name", ["marine", "stalker", "medivac"])
@pytest.mark.parametrize("way", [(0, 1), (0, -1), (1, 0), (-1, 0)])
def test_a_step_of_eight_ticks_goes_as_far_as_the_unit_is_fast(name: str, way: tuple[int, int]) -> None:
    fight = scene([(name, 16, 16)], [("marine", 30, 30)])
    play(fight, walks={0: way}, ticks=8)
    far = 8 * units()[name].speed / TICKS
    assert (float(fight.x[0]), float(fight.y[0])) == pytest.approx((16 + way[0] * far, 16 + way[1] * far))


def test_nobody_leaves_the_arena() -> None:
    fight = scene([("marine", 1, 16), ("colossus", 16, 30)], [("marine", 20, 5)])
    play(fight, walks={0: (-1, 0), 1: (0, 1)}, ticks=50)
    assert (float(fight.x[0]), float(fight.y[1])) == (0.375, 31)


def test_units_that_overlap_are_pushed_apart_and_who_stands_yields_less() -> None:
    fight = scene([("marine", 10, 10), ("marine", 10.3, 10)], [("marine", 20, 20), ("marine", 20.6, 20)])
    play(fight, walks={0: (0, 1)})
    moved = fight.x.flatten() - torch.tensor([10, 10.3, 20, 20.6])
    assert float(fight.gap[0, 1, 0]) > -0.1
    assert -moved[0] > 5 * moved[1] > 0
    assert -float(moved[2]) == pytest.approx(float(moved[3]), abs=GRID)
    assert float(fight.gap[2, 3, 0]) == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("above", ["medivac", "colossus"])
def test_flyers_and_climbers_pass_over_the_others(above: str) -> None:
    fight = scene([("marine", 10, 10), (above, 10.2, 10)], [("marine", 30, 30)])
    play(fight, ticks=3)
    assert fight.x.flatten().tolist()[:2] == pytest.approx([10, 10.2])


def test_cliffs_stop_who_walks_but_not_who_climbs_or_flies() -> None:
    team: list[Placed] = [("zergling", 10, 10), ("colossus", 14, 10), ("medivac", 18, 10)]
    fight = scene(team, [("marine", 30, 30)], cliffs=((0, 12, 32, 13),))
    play(fight, walks={0: (0, 1), 1: (0, 1), 2: (0, 1)}, ticks=60)
    assert float(fight.y[0]) < 12
    assert float(fight.y[1:3].min()) > 15


@pytest.mark.parametrize("x", [7.0, 15.0, 16.0, 24.0])
def test_who_walks_finds_the_way_around_a_cliff(x: float) -> None:
    fight = scene([("zergling", x, 8)], [("marine", 16, 24)], cliffs=((4, 15, 28, 16), (10, 19, 22, 20)))
    play(fight, {0: 1}, ticks=300)
    assert lost(fight, 1)[0] > 0


# Opponents


def test_the_script_goes_for_the_nearest_it_can_hurt_and_keeps_it_in_range() -> None:
    fight = scene([("marine", 10, 10), ("marine", 14, 10)], [("marine", 15, 10), ("marauder", 15, 14)])
    assert hunt(fight, fight.itself)[2:].flatten().tolist() == [1, 1]
    assert hunt(fight, torch.tensor([[0], [1], [0], [1]]))[2].item() == 0  # 5 away: still in range
    fight.health[1] = 0.0
    assert hunt(fight, torch.tensor([[0], [1], [1], [1]]))[2].item() == 0
    fight = scene([("medivac", 14, 10), ("marine", 2, 2)], [("marauder", 15, 10), ("marine", 16, 10)])
    assert hunt(fight, fight.itself)[2:].flatten().tolist() == [1, 0]  # marauders do not reach what flies


def test_the_scripts_medivacs_go_for_the_wounded_first() -> None:
    fight = scene(
        [("marine", 5, 5)], [("medivac", 20, 20), ("marine", 21, 20), ("marine", 28, 20), ("medivac", 20, 21)]
    )
    assert hunt(fight, fight.itself)[1].item() == 2
    fight.health[3] -= 1
    fight.health[4] -= 1
    assert hunt(fight, fight.itself)[1].item() == 3
    fight.health[1:4] = 0.0
    assert hunt(fight, fight.itself)[4].item() == 4  # itself: nobody


def test_nobody_is_left_to_hunt() -> None:
    fight = scene([("marine", 5, 5)], [("marine", 20, 20)])
    fight.health[0] = 0.0
    assert hunt(fight, torch.tensor([[0], [0]]))[1].item() == 1
