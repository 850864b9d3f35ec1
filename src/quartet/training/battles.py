"""Behaviour and datasets of battles: QMIX learned online, and the teams on its way that play as published ones did."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from quartet.data.episodes import open_episodes, write_episodes
from quartet.errors import unknown
from quartet.files import write_text
from quartet.names import BATTLE_QUALITIES
from quartet.tasks.battle import Battle
from quartet.training.online import DATASET_STREAM, starts
from quartet.training.q_online import Online, learn
from quartet.training.rounds import Round, play_round, to_episodes
from quartet.training.snapshots import Snapshot
from quartet.training.teams import Exploring, load_team

# Mean returns of OG-MARL's datasets; of the other maps none are published: about the means of these (ours).
RETURNS = {
    "3m": {"good": 16.49, "medium": 9.96, "poor": 4.69},
    "8m": {"good": 16.86, "medium": 10.14, "poor": 5.28},
    "5m_vs_6m": {"good": 16.58, "medium": 12.62, "poor": 7.45},
    "2s3z": {"good": 18.32, "medium": 12.57, "poor": 6.88},
    "3s5z_vs_3s6z": {"good": 16.56, "medium": 10.69, "poor": 5.90},
}
OTHERWISE = {"good": 17.0, "medium": 11.0, "poor": 6.0}
_AT_ONCE = 128  # episodes side by side


def train_battle(map_name: str, sizes: Mapping[str, int], out: Path, device: str = "cpu") -> None:
    """Train online and leave a good, a medium and a poor team, the replay, the curve and a summary in `out`."""
    names = ("updates", "environments", "batch", "hidden", "evaluations", "evaluation_episodes", "seed")
    wanted = RETURNS.get(map_name, OTHERWISE)
    config = Online(**{name: sizes[name] for name in names}, kept=sizes["replay"], wanted=tuple(wanted.values()))
    task, aside = (Battle(map_name, device) for _ in range(2))
    snapshots, replay = learn(task, aside, config, device)
    chosen = {quality: nearest(snapshots, mean) for quality, mean in wanted.items()}
    for quality, snapshot in chosen.items():
        snapshot.team.save(out / f"{quality}.pt")
    words = "rounds from all of QMIX's training, its share of random choices falling from 1 to .05"
    write_episodes(out / "replay.h5", to_episodes(replay, task, map_name, "replay", words))
    lines = [f"{s.update},{s.transitions},{s.mean:.4f},{s.sd:.4f},{s.wins:.4f}\n" for s in snapshots]
    write_text(out / "curve.csv", "updates,transitions,mean,sd,wins\n" + "".join(lines))
    summary: dict[str, Any] = {"task": map_name, "algorithm": "QMIX", "config": asdict(config), "wanted": wanted}
    summary |= {quality: _told(snapshot) for quality, snapshot in chosen.items()} | {"last": _told(snapshots[-1])}
    write_text(out / "summary.json", json.dumps(summary, indent=2) + "\n")


def nearest(snapshots: Sequence[Snapshot], mean: float) -> Snapshot:
    """The snapshot whose mean return is nearest to this one, the earliest of equals."""
    return min(snapshots, key=lambda snapshot: abs(snapshot.mean - mean))


def build_battles(
    quality: str, map_name: str, behaviour: Path, sizes: Mapping[str, int], out: Path, device: str = "cpu"
) -> None:
    """Write one dataset: fought by one of the teams in `behaviour`, or the replay kept there."""
    if quality not in BATTLE_QUALITIES:
        raise unknown(f"dataset of {map_name}", quality, BATTLE_QUALITIES)
    if quality == "replay":
        write_episodes(out, open_episodes(behaviour / "replay.h5"))
        return
    stream = DATASET_STREAM + BATTLE_QUALITIES.index(quality)
    generator = torch.Generator(device).manual_seed((sizes["seed"] << 8) + stream)
    team = Exploring(load_team(behaviour / f"{quality}.pt", device), Online.last_share, generator)
    task, rounds = Battle(map_name, device), list[Round]()
    while sum(len(part.rewards) for part in rounds) < sizes["transitions"]:
        rounds.append(play_round(task, team, starts(stream, sizes["seed"], len(rounds) * _AT_ONCE, _AT_ONCE)))
    words = f"the {quality} team of QMIX's training, {Online.last_share:.0%} of its choices at random"
    write_episodes(out, to_episodes(rounds, task, map_name, quality, words))


def _told(snapshot: Snapshot) -> dict[str, float]:
    return {name: getattr(snapshot, name) for name in ("update", "transitions", "mean", "sd", "wins")}
