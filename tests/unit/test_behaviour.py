"""Online behaviour: MATD3's targets, what it can learn, and the files it leaves."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from quartet import tasks
from quartet.data.episodes import open_episodes
from quartet.data.mixtures import MIXTURES
from quartet.errors import QuartetError
from quartet.tasks.spec import Step, TaskSpec
from quartet.training.actors import load_actor
from quartet.training.behaviour import BehaviourConfig, Snapshot, learn, medium_of, train_behaviour
from quartet.training.collect import build_dataset, collect
from quartet.training.matd3 import MATD3, Config, Minibatch, smoothed, target
from quartet.training.online import Buffer, play, uniform
from quartet.training.prey import load_prey, train_prey

SIZES = {
    "updates": 40,
    "environments": 8,
    "batch": 32,
    "hidden": 8,
    "prey_updates": 8,
    "prey_times": 1,
    "evaluations": 4,
    "evaluation_episodes": 16,
    "seed": 0,
}
DATA = {"transitions": 510, "seed": 0}


class Mark:
    """Two agents see a mark each and are paid, together, for acting near the other's mark: -(a - mark)^2, 2 steps."""

    spec = TaskSpec(agents=2, observation=2, action=2, horizon=2)
    settings = ("standard",)

    def reset(self, seeds: torch.Tensor, setting: str = "standard") -> torch.Tensor:
        assert setting == "standard"
        self.time, generator = 0, torch.Generator().manual_seed(int(seeds[0]))
        self.marks = 1.6 * torch.rand(len(seeds), 2, 2, generator=generator) - 0.8
        return self.marks

    def step(self, actions: torch.Tensor) -> Step:
        self.time += 1
        n = len(actions)
        rewards = -(actions - self.marks).square().sum(dim=(1, 2))[:, None].expand(-1, 2)
        return Step(self.marks, rewards, torch.zeros(n, dtype=torch.bool), torch.full((n,), self.time == 2))


def test_the_target_takes_the_smaller_twin() -> None:
    twins = torch.tensor([[[3.0, -1.0]], [[2.0, 5.0]]])  # (twins, agents, batch)
    assert target(torch.tensor([[1.0, 0.0]]), twins, 0.5).tolist() == [[2.0, -0.5]]


def test_target_actions_are_smoothed_within_both_bounds() -> None:
    actions, noise = torch.tensor([0.0, 0.0, 0.9, -0.9]), torch.tensor([0.3, -2.0, 0.4, -2.0])
    assert smoothed(actions, noise, 0.5).tolist() == pytest.approx([0.3, -0.5, 1.0, -1.0])


def _batch(agents: int = 2, rows: int = 5) -> Minibatch:
    generator = torch.Generator().manual_seed(1)
    draw = lambda *shape: torch.randn(agents, rows, *shape, generator=generator)  # noqa: E731
    return Minibatch(draw(3), draw(2).clamp(-1, 1), draw(), draw(3))


@pytest.mark.parametrize("centralised", [True, False])
def test_the_critics_loss_is_the_one_written_out_by_hand(centralised: bool) -> None:
    config = Config(centralised=centralised, smoothing=0.0, reward_scale=0.5)
    learner, batch = MATD3(2, 3, 2, 4, config, seed=0), _batch()
    chosen = [_actor(learner, i, batch.next_observations[i]) for i in range(2)]
    for agent in range(2):
        members = range(2) if centralised else [agent]
        then = torch.cat([torch.cat([batch.next_observations[i], chosen[i]], 1) for i in members], 1)
        now = torch.cat([torch.cat([batch.observations[i], batch.actions[i]], 1) for i in members], 1)
        smaller = torch.minimum(*(_critic(learner, twin * 2 + agent, then) for twin in range(2)))
        wanted = 0.5 * batch.rewards[agent] + 0.95 * smaller
        for twin in range(2):
            loss = (_critic(learner, twin * 2 + agent, now) - wanted).square().mean()
            given = learner._critic_losses(batch, torch.Generator())[twin * 2 + agent]
            assert given.item() == pytest.approx(loss.item(), rel=1e-5)


def test_an_actors_loss_moves_its_own_action_only() -> None:
    learner, batch = MATD3(2, 3, 2, 4, Config(), seed=0), _batch()
    for agent in range(2):
        actions = list(batch.actions)
        actions[agent] = _actor(learner, agent, batch.observations[agent])
        seen = torch.cat([torch.cat([batch.observations[i], actions[i]], 1) for i in range(2)], 1)
        loss = 1e-3 * actions[agent].square().mean() - _critic(learner, agent, seen).mean()
        assert learner._actor_losses(batch)[agent].item() == pytest.approx(loss.item(), rel=1e-5)


def _parts(parameters: torch.Tensor, inputs: int, outputs: int) -> list[torch.Tensor]:
    shapes = [(inputs,), (inputs,), (inputs, 4), (4,), (4, 4), (4,), (4, outputs), (outputs,)]
    sizes = [int(np.prod(shape)) for shape in shapes]
    return [part.view(shape) for part, shape in zip(parameters.split(sizes), shapes, strict=True)]


def _forward(parameters: torch.Tensor, x: torch.Tensor, outputs: int) -> torch.Tensor:
    scale, shift, w1, b1, w2, b2, w3, b3 = _parts(parameters.detach(), x.shape[1], outputs)
    hidden = torch.relu((x / (1 + 1e-5) ** 0.5 * scale + shift) @ w1 + b1)
    return torch.relu(hidden @ w2 + b2) @ w3 + b3


def _actor(learner: MATD3, agent: int, observations: torch.Tensor) -> torch.Tensor:
    return torch.tanh(_forward(learner.actor[agent], observations, 2))


def _critic(learner: MATD3, lane: int, seen: torch.Tensor) -> torch.Tensor:
    return _forward(learner.critic[lane], seen, 1)[:, 0]


def test_actors_and_targets_wait_for_every_second_critic_update() -> None:
    learner, batch, generator = MATD3(2, 3, 2, 4, Config(delay=2), seed=0), _batch(), torch.Generator().manual_seed(0)
    before = [learner.actor.clone(), learner.critic_target.clone(), learner.critic.clone()]
    learner.update(batch, generator)
    now = [learner.actor, learner.critic_target, learner.critic]
    assert [torch.equal(a, b) for a, b in zip(before, now, strict=True)] == [True, True, False]
    learner.update(batch, generator)
    assert not any(torch.equal(a, b) for a, b in zip(before, now, strict=True))
    moved = before[1] + 0.01 * (learner.critic - before[1])
    assert torch.allclose(learner.critic_target, moved, atol=1e-6)


@pytest.mark.parametrize("centralised", [True, False])
def test_it_learns_to_hit_a_mark(centralised: bool) -> None:
    config = BehaviourConfig(
        updates=400, environments=16, batch=64, hidden=32, evaluations=3, evaluation_episodes=64, seed=0
    )
    config = replace(config, learner=replace(Config(), centralised=centralised, reward_scale=1.0))
    _, snapshots = learn(Mark(), Mark(), config)
    random = float(play(Mark(), uniform(torch.Generator().manual_seed(0)), torch.arange(64)).mean())
    assert random < -2
    assert snapshots[-1].mean > -0.4


def test_the_buffer_gives_back_what_happened() -> None:
    task, buffer = tasks.make("spread"), Buffer(tasks.make("spread").spec, environments=3, steps=50)
    for first in (0, 3):
        play(task, uniform(torch.Generator().manual_seed(first)), torch.arange(first, first + 3), buffer)
    episodes = buffer.episodes(5, "spread", "random", "test")
    assert (len(episodes), episodes.transitions, buffer.transitions) == (5, 125, 150)
    batch = buffer.sample(64, torch.Generator().manual_seed(0))
    following = np.concatenate([episodes.observations[1:], episodes.observations[:1]])
    following[episodes.offsets[1:] - 1] = episodes.final_observations
    known = 0
    for row in range(64):
        at = np.flatnonzero((episodes.observations == batch.observations[:, row].numpy()).all((1, 2)))
        if len(at):
            known += 1
            assert np.array_equal(episodes.actions[at[0]], batch.actions[:, row])
            assert np.array_equal(episodes.rewards[at[0]], batch.rewards[:, row])
            assert np.array_equal(following[at[0]], batch.next_observations[:, row])
    assert 40 < known < 64  # one episode of the six was left out of the file


def test_medium_is_the_first_snapshot_at_its_share_of_the_way_to_the_expert() -> None:
    actor = MATD3(1, 2, 2, 4, Config(), seed=0).frozen()
    snapshots = [Snapshot(i, i, mean, 0.0, actor) for i, mean in enumerate((5.0, 14.9, 15.0, 12.0, 20.0))]
    assert medium_of(snapshots, random=10.0, share=0.5).update == 2
    assert medium_of(snapshots[:1], random=10.0, share=0.5).update == 0


def test_evaluations_are_densest_at_the_start_and_end_with_the_expert() -> None:
    schedule = BehaviourConfig.of(SIZES | {"updates": 1000, "evaluations": 10}, "tag").schedule()
    assert schedule == [10, 40, 90, 160, 250, 360, 490, 640, 810, 1000]


@pytest.fixture(scope="module")
def tag(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Prey, behaviour and all datasets of tag, made twice."""
    folders = [tmp_path_factory.mktemp("tag") for _ in range(2)]
    for folder in folders:
        train_prey("tag", SIZES, folder / "prey.pt")
        prey = load_prey(folder / "prey.pt")
        train_behaviour("tag", prey, SIZES, folder)
        for quality in ("random", "medium", "expert", "medium-replay", "random-medium", "medium-expert"):
            mixture = MIXTURES.get(quality)
            parts = [folder / f"{part}.h5" for part in (mixture.most, mixture.rest)] if mixture else []
            build_dataset(quality, "tag", prey, folder, parts, DATA, folder / f"{quality}.h5")
    return folders


def test_the_same_seed_gives_the_same_bytes(tag: list[Path]) -> None:
    names = sorted(path.name for path in tag[0].iterdir())
    assert len(names) == 12
    for name in names:
        assert (tag[0] / name).read_bytes() == (tag[1] / name).read_bytes(), name


def test_datasets_are_whole_episodes_of_their_quality(tag: list[Path]) -> None:
    for quality in ("random", "medium", "expert", "random-medium", "medium-expert"):
        episodes = open_episodes(tag[0] / f"{quality}.h5")
        assert (len(episodes), episodes.task, episodes.quality) == (21, "tag", quality)
        assert set(episodes.lengths.tolist()) == {25}
        assert episodes.truncations.sum() == 21
        assert not episodes.terminals.any()
        assert np.abs(episodes.actions).max() <= 1
    assert np.array_equal(
        open_episodes(tag[0] / "medium-replay.h5").rewards, open_episodes(tag[0] / "replay.h5").rewards
    )


def test_the_replay_ends_with_the_last_whole_episode_before_medium(tag: list[Path]) -> None:
    summary = json.loads((tag[0] / "summary.json").read_text())
    rounds = summary["medium"]["transitions"] // (25 * SIZES["environments"])
    assert len(open_episodes(tag[0] / "replay.h5")) == rounds * SIZES["environments"]


def test_the_curve_has_a_row_for_every_snapshot(tag: list[Path]) -> None:
    header, *rows = (tag[0] / "curve.csv").read_text().splitlines()
    assert header == "updates,transitions,mean,sd"
    assert [row.split(",")[:2] for row in rows] == [["2", "416"], ["10", "480"], ["22", "576"], ["40", "720"]]


def test_a_policy_behaves_the_same_from_its_file(tag: list[Path]) -> None:
    task = tasks.make("tag", prey=load_prey(tag[0] / "prey.pt"))
    summary = json.loads((tag[0] / "summary.json").read_text())
    returns = play(task, load_actor(tag[0] / "expert.pt"), (1 << 36) + torch.arange(16))
    assert float(returns.mean()) == pytest.approx(summary["expert"]["mean"], abs=1e-4)


def test_noise_is_what_makes_collected_actions_differ_from_the_policys(tag: list[Path]) -> None:
    task, actor = tasks.make("tag"), load_actor(tag[0] / "expert.pt")
    silent = collect(task, "tag", "expert", actor, 50, seed=0, noise=0.0)
    noisy = collect(task, "tag", "expert", actor, 2500, seed=0, noise=0.1)
    chosen = actor(torch.from_numpy(silent.observations)).numpy()
    assert np.allclose(silent.actions, chosen, atol=1e-6)
    gap = noisy.actions - actor(torch.from_numpy(noisy.observations)).numpy()
    assert gap[np.abs(noisy.actions) < 1].std() == pytest.approx(0.1, rel=0.1)


def test_other_seeds_give_other_data() -> None:
    one, two = (collect(tasks.make("spread"), "spread", "random", None, 100, seed, 0.0) for seed in (0, 1))
    assert not np.array_equal(one.observations, two.observations)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"hello"])
def test_a_damaged_prey_is_one_clear_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "prey.pt").write_bytes(content)
    with pytest.raises(QuartetError, match=r"prey\.pt: "):
        load_prey(tmp_path / "prey.pt")


def test_a_checkpoint_of_something_else_is_no_actor(tmp_path: Path) -> None:
    torch.save({"inputs": 3, "hidden": 4, "outputs": 2, "parameters": torch.zeros(2, 7)}, tmp_path / "a.pt")
    with pytest.raises(QuartetError, match=r"a\.pt: holds no trained actor"):
        load_actor(tmp_path / "a.pt")


def test_an_unknown_quality_suggests_the_right_one(tmp_path: Path) -> None:
    with pytest.raises(QuartetError, match="unknown dataset 'medium-reply'; did you mean 'medium-replay'"):
        build_dataset("medium-reply", "spread", None, tmp_path, [], DATA, tmp_path / "a.h5")
