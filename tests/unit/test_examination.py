"""What is measured of datasets made larger: focus fire, resemblance, consistency, and the map of observations."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from test_augmentation import SPEC, fights

from quartet import tasks
from quartet.augmentation import copies, tsne
from quartet.augmentation.consistency import consistency
from quartet.augmentation.cooperation import focus_fire
from quartet.augmentation.examination import examine
from quartet.augmentation.replay import replayed
from quartet.augmentation.resemblance import reach, resemblance
from quartet.augmentation.scenes import scenes
from quartet.augmentation.sightings import legal, sightings
from quartet.augmentation.subsets import few, subsets
from quartet.data.episodes import Episodes
from quartet.tasks.battle.maps import battle_map
from quartet.tasks.battle.players import focused
from quartet.training.rounds import play_round, to_episodes


def choosing(*choices: tuple[int, int, int]) -> Episodes:
    """An episode in which three agents make these of nine choices."""
    actions = np.eye(9, dtype=np.float32)[np.array(choices)]
    spec = replace(SPEC, agents=3, action=9, choices=9)
    rows = len(choices)
    return replace(
        fights([rows]),
        spec=spec,
        actions=actions,
        observations=np.zeros((rows, 3, 3), np.float32),
        rewards=np.zeros((rows, 3), np.float32),
    )


def test_fire_is_focused_where_all_attack_one_enemy_and_the_dead_do_not_count() -> None:
    found = focus_fire(
        choosing(
            (6, 6, 6),  # all, one target
            (6, 7, 6),  # all, two targets
            (6, 6, 1),  # one stands idle
            (0, 7, 7),  # the living, one target
            (8, 0, 8),  # the living, one target
            (0, 6, 8),  # the living, two targets
            (0, 0, 6),  # nobody to attack together with
        )
    )
    assert found == {"focus-all": 0.5, "steps-all": 2, "focus-living": 3 / 5, "steps-living": 5}


def test_where_nobody_attacks_there_is_no_share() -> None:
    found = focus_fire(choosing((1, 1, 1), (2, 6, 6)))
    assert np.isnan(found["focus-all"])
    assert (found["steps-all"], found["steps-living"]) == (0, 0)


def test_density_and_coverage_by_hand() -> None:
    """Real points on a line one apart; with five neighbours the one at the end reaches 5 far, the middle one 3."""
    real = torch.arange(7.0)[:, None]
    found = resemblance(real, torch.tensor([[3.0], [100.0]]))
    reaching = sum(abs(x - 3) <= radius for x, radius in zip(range(7), (5, 4, 3, 3, 3, 4, 5), strict=True))
    assert found["density"] == pytest.approx(reaching / (5 * 2))
    assert found["coverage"] == pytest.approx(reaching / 7)
    assert found["nearest"] == pytest.approx(94 / 2)


def test_points_of_the_same_kind_cover_each_other_and_copies_of_one_do_not() -> None:
    generator = torch.Generator().manual_seed(0)
    real, other = (torch.randn(500, 4, generator=generator) for _ in range(2))
    alike, one = resemblance(real, other), resemblance(real, other[:1].repeat(500, 1))
    assert alike["density"] == pytest.approx(1, abs=0.15)
    assert alike["coverage"] > 0.9 > 0.1 > one["coverage"]
    assert reach(real, torch.cat([other, real])) == pytest.approx(0, abs=1e-2)


def test_the_map_keeps_clusters_apart() -> None:
    generator = torch.Generator().manual_seed(0)
    centres = torch.tensor([[0.0] * 5, [20.0] * 5, [-20.0] * 5]).repeat_interleave(40, 0)
    plane = tsne.embed(centres + torch.randn(120, 5, generator=generator))
    middles = plane.view(3, 40, 2).mean(1)
    within = (plane.view(3, 40, 2) - middles[:, None]).norm(dim=2).amax()
    assert torch.pdist(middles).min() > within
    assert torch.equal(plane, tsne.embed(centres + torch.randn(120, 5, generator=torch.Generator().manual_seed(0))))


def test_a_return_that_is_not_paid_shows() -> None:
    episodes = fights([3, 5])
    stated = np.zeros(8, np.float32)
    stated[[0, 3]] = episodes.returns + np.float32([2, -4])
    found = consistency(replace(episodes, returns_to_go=stated), lambda seen: np.ones((*seen.shape[:2], 4), bool))
    assert found == {"gap": pytest.approx(3), "lead": pytest.approx(-1), "illegal": 0}
    nothing = consistency(episodes, lambda seen: np.zeros((*seen.shape[:2], 4), bool))
    assert nothing == {"illegal": 1}


@pytest.mark.parametrize("name", ["3m", "2s3z", "3s5z_vs_3s6z"])
def test_what_observations_of_a_battle_allow_is_what_the_battle_allows(name: str) -> None:
    task, random = tasks.make(name), torch.Generator().manual_seed(0)
    observations, allowed = task.reset(torch.arange(4)), legal(name)
    assert allowed is not None
    for _ in range(30):
        seen = sightings(battle_map(name), observations.numpy())
        assert seen.enemies.shape[:3] == (4, task.spec.agents, task.spec.choices - 6)
        alive = task.fight.alive[: task.spec.agents].t()
        assert np.array_equal(seen.alive, alive.numpy())
        assert np.array_equal(allowed(observations.numpy()), task.legal().numpy())
        scores = torch.rand(4, task.spec.agents, task.spec.choices, generator=random)
        scores[..., 4] += 0.5 * (torch.rand(1, generator=random) < 0.7)  # eastwards, where the enemies are
        observations = task.step(scores).observations
    assert legal("spread") is None


def test_an_examination_measures_what_was_added_subset_by_subset() -> None:
    original = few(fights([3 + number % 7 for number in range(100)]), "medium-few", 5, 3, seed=0)
    parts = [[part, copies.best(part, 2)] for part in subsets(original)]
    enlarged = copies.united([part for pair in parts for part in pair], "medium-few-x5", "test")
    found = examine(original, replace(enlarged, subset=np.repeat(np.arange(3), [7, 7, 7])))
    assert found.measures["episodes"] == [2, 2, 2]
    assert found.measures["return"] == pytest.approx([np.sort(p.returns)[-2:].mean() for p in subsets(original)])
    assert found.measures["nearest"] == pytest.approx([0, 0, 0], abs=1e-3)
    assert {point[2] for point in found.points} == {0, 1}
    itself = examine(original, original)
    assert itself.measures["episodes"] == [5, 5, 5]
    assert itself.measures["unseen"] == pytest.approx(found.measures["unseen"])


def battles(name: str, count: int) -> Episodes:
    """Battles of a team that attacks together, one choice in ten at random."""
    task, random = tasks.make(name), torch.Generator().manual_seed(0)

    class Team:
        def begin(self, episodes: int) -> None:
            """It remembers nothing."""

        def __call__(self, observations: torch.Tensor) -> torch.Tensor:  # noqa: ARG002
            scores = focused(task)
            lost = torch.rand(*scores.shape[:2], 1, generator=random) < 0.1
            return torch.where(lost, torch.rand(scores.shape, generator=random), scores)

    return to_episodes([play_round(task, Team(), torch.arange(count))], task, name, "medium", "test")


@pytest.mark.parametrize(("name", "place"), [("3m", 0.05), ("2s3z", 0.1)])
def test_real_steps_follow_the_rules_and_others_do_not(name: str, place: float) -> None:
    battle, real = tasks.make(name), battles(name, 30)
    found = replayed(battle, real, seed=0)
    assert found["played"] > 0.4
    assert found["place-error"] < place
    assert found["health-error"] < 0.1
    blurred = real.observations + np.random.default_rng(0).normal(size=real.observations.shape).astype(np.float32) / 20
    assert replayed(battle, replace(real, observations=blurred), 0)["place-error"] > 5 * found["place-error"]
    mixed = np.random.default_rng(0).permutation(real.actions)
    assert replayed(battle, replace(real, actions=mixed), 0)["place-error"] > 3 * found["place-error"]


def test_scenes_are_where_the_units_are() -> None:
    task = tasks.make("3m")
    observations = task.reset(torch.arange(3))
    for _ in range(12):
        observations = task.step(focused(task)).observations
    episodes = replace(battles("3m", 3), observations=observations.numpy(), offsets=np.arange(4))
    found, fight = scenes(task.map, episodes), task.fight
    places = torch.stack([fight.x, fight.y], dim=2).transpose(0, 1)
    expected = (places - places[torch.arange(3), torch.from_numpy(found.anchor)][:, None]).numpy()
    alive = fight.alive.t().numpy()
    assert alive.any(1).all()
    assert found.places[alive] == pytest.approx(expected[alive], abs=1e-4)
    assert found.health == pytest.approx((fight.health / fight.roster.health).t().numpy(), abs=1e-4)


def test_where_no_scene_is_whole_there_is_no_error() -> None:
    real = battles("3m", 2)
    found = replayed(tasks.make("3m"), replace(real, observations=np.zeros_like(real.observations)), 0)
    assert found["played"] == 0
    assert np.isnan(found["place-error"])
