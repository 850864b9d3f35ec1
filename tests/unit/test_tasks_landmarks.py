"""Three agents, six landmarks (DOM2 appendix C.4), and the two variants of `spread`."""

import math
from functools import partial
from itertools import permutations

import pytest
import torch
from torch import Tensor

from quartet import tasks
from quartet.tasks import landmarks, spread_variants
from quartet.tasks.particle import World
from quartet.tasks.reference import alternate, cover, drive, returns, uniform
from quartet.tasks.scenario import Rules, Scenario

RING = [(math.cos(math.tau * j / 6), math.sin(math.tau * j / 6)) for j in range(6)]
EPISODES = 4000
ROUNDING = 0.5  # the reference scores are whole numbers


def placed(rules: Rules, *places: tuple[float, float], hidden: tuple[int, ...] = ()) -> World:
    """One world at rest with its bodies at `places`."""
    world = World(rules.bodies, dtype=torch.float64)
    position = torch.tensor(places, dtype=torch.float64).t().unsqueeze(-1).contiguous()
    gone = torch.tensor([[number in hidden] for number in range(len(places) - 3)])
    world.place(position, torch.full((3, 1), math.inf, dtype=torch.float64), gone)
    return world


def paid(rules: Rules, *places: tuple[float, float], hidden: tuple[int, ...] = ()) -> list[float]:
    return list(rules.reward(placed(rules, *places, hidden=hidden))[:, 0].tolist())


def started(setting: str, episodes: int = EPISODES) -> Scenario:
    scenario = tasks.scenario("landmarks")
    scenario.reset(torch.arange(episodes), setting)
    return scenario


def test_the_landmarks_stand_on_a_ring_and_the_agents_start_uniformly_in_a_disc() -> None:
    places = started("standard").world.position
    assert torch.allclose(places[:, 3:].mean(-1).t(), torch.tensor(RING), atol=1e-6)
    radii = places[:, :3].square().sum(0)  # squared, which is uniform for a uniform point of a disc
    assert 0.0099 < radii.max() <= 0.01 + 1e-6
    assert radii.mean() == pytest.approx(0.005, rel=0.03)
    assert radii.square().mean() == pytest.approx(0.0001 / 3, rel=0.05)
    assert places[:, :3].mean(-1).abs().max() < 0.003


def test_every_body_has_the_size_the_paper_gives() -> None:
    assert {body.radius for body in landmarks.RULES.bodies} == {0.1}
    assert [body.role for body in landmarks.RULES.bodies] == ["agent"] * 3 + ["landmark"] * 6


def test_the_shift_hides_three_of_six_any_three_alike() -> None:
    hidden = started("shifted").world.hidden
    assert (hidden.sum(0) == 3).all()
    sets, counts = hidden.to(torch.float64).unique(dim=1, return_counts=True)
    assert sets.shape[1] == 20  # all the ways to choose three of six
    assert counts.min() > 0.7 * EPISODES / 20
    assert not started("standard").world.hidden.any()


def test_what_is_hidden_belongs_to_the_seed() -> None:
    alone = tasks.scenario("landmarks")
    alone.reset(torch.tensor([17]), "shifted")
    assert torch.equal(alone.world.hidden[:, 0], started("shifted", 100).world.hidden[:, 17])


def test_agents_cannot_see_which_landmarks_are_hidden() -> None:
    world = placed(landmarks.RULES, (0, 0), (0.5, 0), (0, 0.5), *RING, hidden=(0, 3))
    bare = placed(landmarks.RULES, (0, 0), (0.5, 0), (0, 0.5), *RING)
    assert torch.equal(landmarks.RULES.observe(world), landmarks.RULES.observe(bare))


def test_each_agent_earns_by_its_nearest_landmark_and_all_share_the_sum() -> None:
    assert paid(landmarks.RULES, RING[0], (0, 0), (-1.5, 0), *RING) == pytest.approx([10 + 1 + 2] * 3)
    assert paid(landmarks.RULES, RING[0], (0, 0), (-1.5, 0), *RING, hidden=(0, 3)) == pytest.approx(
        [1 / 1 + 1 / 1 + 1 / math.dist((-1.5, 0), RING[2])] * 3  # the nearest that is there
    )


def test_the_other_reading_pays_for_landmarks_that_are_there() -> None:
    far = (9.0, 0.0)
    expected = 10 + 2 * 1 + 2 / math.sqrt(3) + 1 / 2  # from the first vertex to all six
    assert paid(landmarks.COVERED, RING[0], far, far, *RING)[0] == pytest.approx(expected)
    there = paid(landmarks.COVERED, RING[0], far, (9.0, 3.0), *RING, hidden=(0, 3, 4))
    assert there == pytest.approx([2 * 1 + 1 / math.sqrt(3)] * 3)


def test_two_agents_that_touch_pay_five_each() -> None:
    free = paid(landmarks.RULES, (0, 0), (0.21, 0), (5, 5), *RING)
    touching = paid(landmarks.RULES, (0, 0), (0.19, 0), (5, 5), *RING)
    assert free[0] == free[2]
    assert [touching[2] - reward for reward in touching] == pytest.approx([5, 5, 0])


def within(scores: Tensor, reference: float) -> bool:
    """Whether the mean is within three standard errors and the rounding of a reference score."""
    return bool(abs(scores.mean() - reference) < 3 * scores.std() / len(scores) ** 0.5 + ROUNDING)


@pytest.mark.parametrize(
    ("name", "setting", "mean"),
    [
        ("landmarks", "standard", 198),
        ("landmarks", "shifted", 141),
        ("landmarks-covered", "standard", 287),
        ("landmarks-covered", "shifted", 143),
    ],
)
@pytest.mark.parametrize("episodes", [EPISODES, pytest.param(20_000, marks=pytest.mark.slow)])
def test_uniform_actions_score_what_the_papers_random_data_scores(
    name: str, setting: str, mean: float, episodes: int
) -> None:
    assert within(returns(tasks.make(name), uniform(0), episodes, setting), mean)


def test_taking_every_other_vertex_scores_what_the_papers_expert_does() -> None:
    scores = returns(tasks.make("landmarks"), alternate, 1000)
    assert scores.mean() == pytest.approx(670, abs=8)
    assert scores.std() == pytest.approx(14, abs=4)


def test_a_policy_that_cannot_see_the_shift_scores_what_the_papers_experts_do() -> None:
    """DOM2's Table 7, shifted, expert: 393 +- 43 with one attempt, 488 +- 12 with the best of ten."""
    task = tasks.make("landmarks")
    triples = [list(permutations(triple)) for triple in ((0, 2, 4), (1, 3, 5))]
    one, other = (returns(task, partial(drive, landmarks=6, assignments=t), 2000, "shifted") for t in triples)
    assert one.mean() == pytest.approx(393, abs=43)
    assert torch.maximum(one, other).mean() == pytest.approx(488, abs=12)


def test_sparse_spread_pays_ten_for_a_covered_landmark_and_nothing_for_a_near_one() -> None:
    rules = spread_variants.SPARSE
    assert paid(rules, (0, 0), (1, 0), (0, 1), (0.09, 0), (1.11, 0), (5, 5)) == pytest.approx([10, 10, 10])
    assert paid(rules, (0, 0), (0.2, 0), (5, 5), (9, 9), (9, 9), (9, 9)) == [0, 0, 0]  # two collide, which is free


def test_long_spread_pays_as_spread_does_for_four_times_as_long() -> None:
    short, long = (returns(tasks.make(name), cover, 200) for name in ("spread", "spread-long"))
    settled = 30  # what three covered landmarks pay a step
    assert (long - short).mean() == pytest.approx(75 * settled, rel=0.06)
