"""QMIX online: rounds, the memory, exploration, and the teams that name a battle's qualities."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from quartet.data.episodes import open_episodes
from quartet.errors import QuartetError
from quartet.nets.lanes import LaneRandom
from quartet.nets.recurrent import RecurrentNet
from quartet.tasks.battle import Battle
from quartet.tasks.spec import chosen
from quartet.training.battles import RETURNS, build_battles, nearest, train_battle
from quartet.training.memory import Memory
from quartet.training.q_online import Online, learn
from quartet.training.rounds import Round, play_round, to_episodes
from quartet.training.snapshots import Judge, Snapshot
from quartet.training.teams import Exploring, FrozenTeam, load_team

SIZES = {"updates": 17, "environments": 4, "batch": 4, "hidden": 8, "evaluations": 1, "evaluation_episodes": 2}
SEEDED = SIZES | {"seed": 0, "replay": 150}


def team(task: Battle, share: float = 0.5) -> Exploring:
    net = RecurrentNet(task.spec.agents, task.spec.observation, 8, task.spec.choices)
    return Exploring(FrozenTeam(net, net.init(LaneRandom((0,), 1))), share, torch.Generator().manual_seed(0))


def a_round(lengths: list[int]) -> Round:
    """Episodes that say their number and step, without a task."""
    rows = torch.tensor([(episode, step) for episode, length in enumerate(lengths) for step in range(length)])
    ends = torch.tensor(lengths).cumsum(0) - 1
    terminals = torch.zeros(len(rows), dtype=torch.bool).index_fill(0, ends, True)
    seen = rows[:, None].expand(-1, 3, -1).repeat(1, 1, 15).float()
    choices = torch.ones(len(rows), 3, 9, dtype=torch.bool)
    states = torch.zeros(len(rows), 48)
    rewards = torch.ones(len(rows), 3)
    return Round(
        torch.tensor(lengths), seen[ends], seen, choices.byte(), choices, rewards, terminals, ~terminals, states
    )


def test_a_round_holds_whole_episodes_one_below_the_other_as_if_each_were_played_alone() -> None:
    task = Battle("3m")
    played = play_round(task, team(task, 0.0), torch.arange(5))
    assert played.lengths.sum() == len(played.rewards)
    first = played.lengths.cumsum(0) - played.lengths
    assert torch.equal(played.states[first], played.states[:1].expand(5, -1)), "all begin alike on 3m"
    ends = played.lengths.cumsum(0) - 1
    assert (played.terminals | played.truncations).nonzero().flatten().tolist() == ends.tolist()
    assert played.legal.gather(2, played.actions.argmax(2, keepdim=True)).all()
    alone = play_round(task, team(task, 0.0), torch.arange(3, 4))
    own = slice(int(first[3]), int(ends[3]) + 1)
    torch.testing.assert_close(played.observations[own], alone.observations)
    torch.testing.assert_close(played.returns[3:4], alone.returns)


def test_a_round_is_a_dataset() -> None:
    task = Battle("3m")
    rounds = [play_round(task, team(task), torch.arange(3) + 3 * number) for number in range(2)]
    episodes = to_episodes(rounds, task, "3m", "poor", "a test")
    assert len(episodes) == 6
    assert episodes.returns.tolist() == pytest.approx(torch.cat([part.returns for part in rounds]).tolist(), rel=1e-4)
    assert episodes.legal_actions is not None
    assert (episodes.actions * episodes.legal_actions).sum() == episodes.actions.sum() == 3 * episodes.transitions


def test_the_memory_forgets_the_oldest_episodes_whole() -> None:
    memory, task = Memory(Battle("3m").spec, 10), torch.Generator().manual_seed(0)
    memory.add(a_round([4, 3]))
    memory.add(a_round([2, 3]))  # 12 steps: the first episode's first two are overwritten
    assert memory.lengths.tolist() == [3, 2, 3]
    drawn = memory.sample(200, steps=4, period=1, generator=task)
    episode, step = drawn.observations[0, 0, :, 0, :2].long().unbind(1)
    assert set(zip(episode.tolist(), step.tolist(), strict=True)) == {
        *((1, 0), (1, 1), (1, 2)),  # of the first round
        *((0, 0), (0, 1)),
    }
    assert drawn.real.sum(1).max() == 3


def test_sequences_from_memory_begin_at_multiples_of_the_period_and_every_step_counts_alike() -> None:
    memory = Memory(Battle("3m").spec, 100)
    memory.add(a_round([7, 2]))
    drawn = memory.sample(9_000, steps=3, period=3, generator=torch.Generator().manual_seed(0))
    place = 10 * drawn.observations[0, 0, :, 0, 0] + drawn.observations[0, 0, :, 0, 1]
    found, counts = place.unique(return_counts=True)
    assert found.tolist() == [0, 3, 6, 10]
    assert counts.div(1_000).tolist() == pytest.approx([3, 3, 1, 2], rel=0.1)


def test_explorers_make_their_share_of_choices_at_random_and_all_of_them_legal() -> None:
    task = Battle("3m")
    observations, legal = task.reset(torch.arange(400)), task.legal()
    greedy, wild, some = (team(task, share) for share in (0.0, 1.0, 0.3))
    made: list[Tensor] = []
    for explorer in (greedy, wild, some):
        explorer.begin(400)
        made.append(chosen(explorer(observations), legal))
    share = (made[2] != made[0]).float().mean()
    options = int(legal[0, 0].sum())
    assert (made[0] == made[0][:1]).all(), "all starts are alike, and so is a greedy team's choice"
    assert torch.bincount(made[1].flatten(), minlength=9)[legal[0, 0]].min() > 1200 / options * 0.8
    assert float(share) == pytest.approx(0.3 * (1 - 1 / options), abs=0.05)


def test_the_share_of_random_choices_falls_and_stays() -> None:
    config = Online(**SIZES, seed=0, kept=10)
    assert config.share_at(0) == 1
    assert config.share_at(17 * 0.05) == pytest.approx(0.525)
    assert config.share_at(20) == pytest.approx(0.05)


def test_learning_again_gives_the_same_to_the_bit_and_the_replay_spans_the_whole_of_it() -> None:
    (first, replay), (second, _) = (
        learn(Battle("3m"), Battle("3m"), Online(**SIZES, seed=0, kept=150)) for _ in range(2)
    )
    assert [snapshot.update for snapshot in first] == [0, 17]
    for one, other in zip(first, second, strict=True):
        assert one.mean == other.mean
        assert torch.equal(one.team.parameters, other.team.parameters)
    assert not torch.equal(first[0].team.parameters, first[-1].team.parameters)
    assert len(replay) == 2


def test_a_quality_is_the_snapshot_whose_return_is_nearest() -> None:
    frozen = team(Battle("3m")).team
    snapshots = [Snapshot(update, 0, mean, 1.0, 0.0, frozen) for update, mean in enumerate([1.0, 6.0, 11.0, 9.0, 17.0])]
    kept = {quality: nearest(snapshots, mean).mean for quality, mean in RETURNS["3m"].items()}
    assert kept == {"good": 17.0, "medium": 9.0, "poor": 6.0}


def test_between_snapshots_on_either_side_of_a_wanted_return_one_near_it_is_sought(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A team that has learned so many updates returns 2 until update 37, then 3 more with every update, 20 at most."""
    frozen, judge = team(Battle("3m")).team, Judge(Battle("3m"), torch.arange(2), 0.0, {30, 50, 60}, (4.0, 10.0, 1.0))

    def played(self: Judge, update: float, transitions: int, one: FrozenTeam) -> Snapshot:
        mean = min(20.0, 2.0 + 3 * max(0, update - 37))
        self.snapshots.append(Snapshot(update, transitions, mean, 0.0, 0.0, one))
        return self.snapshots[-1]

    monkeypatch.setattr(Judge, "_judge", played)
    for update in range(61):
        judge.see(update, 10 * update, frozen)
    kept = {snapshot.update: snapshot.mean for snapshot in judge.snapshots}
    assert list(kept) == sorted(kept)
    assert {0, 30, 50, 60} <= set(kept)
    assert {nearest(judge.snapshots, goal).update for goal in (10.0, 4.0)} == {39.5, 37.5}, "amid a step"
    assert len(kept) <= 4 + 2 * 6, "each is found by halving"
    assert len({id(snapshot.team) for snapshot in judge.snapshots}) > 1


def test_amid_a_step_the_team_is_halfway_between_its_two_ends() -> None:
    start, end = (replace(team(Battle("3m")).team, parameters=torch.full((1, 2), value)) for value in (1.0, 2.0))
    before, after = Snapshot(3, 30, 2.0, 0.0, 0.0, start), Snapshot(4, 40, 9.0, 0.0, 0.0, end)
    update, transitions, middle = Judge(Battle("3m"), torch.arange(2), 0.0, set(), ())._between(before, after)
    assert (update, transitions) == (3.5, 40)
    assert middle.parameters.tolist() == [[1.5, 1.5]]


def test_a_battles_behaviour_leaves_three_teams_its_replay_and_its_curve_and_datasets_follow(tmp_path: Path) -> None:
    train_battle("3m", SEEDED, tmp_path)
    curve = (tmp_path / "curve.csv").read_text().splitlines()
    assert curve[0] == "updates,transitions,mean,sd,wins"
    assert len(curve) == 3
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["wanted"]["medium"] == 9.96
    assert {"good", "medium", "poor", "last"} <= set(summary)
    for quality in ("poor", "replay"):
        build_battles(quality, "3m", tmp_path, SEEDED | {"transitions": 200}, tmp_path / f"{quality}.h5")
        episodes = open_episodes(tmp_path / f"{quality}.h5")
        assert episodes.quality == quality
        assert episodes.transitions >= (200 if quality == "poor" else 100)
        assert episodes.state is not None
    with pytest.raises(QuartetError, match="unknown dataset of 3m 'expert'"):
        build_battles("expert", "3m", tmp_path, SEEDED, tmp_path / "expert.h5")


def test_a_team_comes_back_from_its_file_and_a_foreign_file_is_one_clear_line(tmp_path: Path) -> None:
    task, path = Battle("3m"), tmp_path / "good.pt"
    own = team(task).team
    own.save(path)
    observations = task.reset(torch.arange(2))
    for one in (own, back := load_team(path)):
        one.begin(2)
    assert torch.equal(own(observations), back(observations))
    torch.save({"parameters": torch.zeros(3)}, path)
    with pytest.raises(QuartetError, match=r"good.pt: holds no trained team; delete it and train again"):
        load_team(path)
