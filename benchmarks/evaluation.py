"""Playing DOM2's policies: all seeds and episodes at once against one environment and one agent at a time.

The peer is written the way published code usually is: one mpe2 environment, one `nn.Module` an agent, one observation
at a time. Both sides play cooperative navigation with networks of the same widths and five solver steps, on one thread.

    python benchmarks/evaluation.py --out evaluation.json
"""

import argparse
import json
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from dom2_update import SPEC, Agent, hyperparameters
from tabulate import tabulate
from turns import in_turns

from quartet import algorithms, tasks
from quartet.evaluation.rollout import evaluate
from quartet.files import write_text

WIDTH = 64


def one_by_one() -> Callable[[], object]:
    """One episode of mpe2's environment."""
    from mpe2 import simple_spread_v3

    env = simple_spread_v3.parallel_env(continuous_actions=True, max_cycles=SPEC.horizon)
    agents = [Agent(WIDTH, (2 * WIDTH, WIDTH, WIDTH // 2)) for _ in range(SPEC.agents)]

    @torch.no_grad()
    def episode() -> None:
        seen, _ = env.reset(seed=0)
        for _ in range(SPEC.horizon):
            actions = {}
            for agent, (name, observation) in zip(agents, seen.items(), strict=True):
                push = agent.sample(agent.target_policy, torch.as_tensor(observation)[None].float())[0].numpy()
                halves = np.stack([np.maximum(-push, 0), np.maximum(push, 0)], axis=1).ravel()
                actions[name] = np.concatenate([[0], halves]).astype(np.float32)
            seen, *_ = env.step(actions)

    return episode


def batched(seeds: int, episodes: int) -> Callable[[], object]:
    """So many episodes of every seed."""
    names = tuple(range(seeds))
    learner = algorithms.make("dom2", SPEC, hyperparameters(WIDTH, compiled=False), names)
    task = tasks.make("spread")
    return lambda: evaluate(task, learner, names, episodes, "standard")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--episodes", type=int, nargs="+", default=[1, 20, 200])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path("evaluation.json"))
    given = parser.parse_args()
    if find_spec("mpe2") is None:
        sys.exit("mpe2 is not installed; run: pip install -e '.[dev]'")
    torch.set_num_threads(1)
    peer = "one mpe2 environment, one agent at a time"
    played = {peer: 1} | {f"quartet, {given.seeds} seeds x {count}": given.seeds * count for count in given.episodes}
    sides = {peer: one_by_one()}
    sides |= dict(zip(list(played)[1:], (batched(given.seeds, count) for count in given.episodes), strict=True))
    found = in_turns(sides, given.repetitions)
    each = {side: seconds / played[side] for side, seconds in found.items()}
    rows = [[side, f"{seconds:.5f}", f"{each[peer] / seconds:.1f}x"] for side, seconds in each.items()]
    write_text(given.out, json.dumps({"torch": torch.__version__, "seconds_an_episode": each}, indent=1) + "\n")
    print(tabulate(rows, headers=["side", "an episode, s", "times faster"], tablefmt="github"))


if __name__ == "__main__":
    main()
