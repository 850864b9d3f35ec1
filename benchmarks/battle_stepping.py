"""Environment steps per second of battles: a batch against one battle of ours, and SMAX where JaxMARL is installed.

    python benchmarks/battle_stepping.py --out battle_stepping.json

Each measurement is battles of 10 steps from their start, under choices drawn beforehand, on one thread by CPU time; the
sides take turns, so that a slow spell of the machine hits both, and the median over the turns is kept. JaxMARL wants
another gymnasium than this project, so its environment is its own: `--smax PYTHON` names that interpreter.
"""

import argparse
import json
import statistics
import subprocess
from collections.abc import Callable
from pathlib import Path

import torch
from tabulate import tabulate
from turns import speed

from quartet.files import write_text
from quartet.tasks.battle import Battle

STEPS = 10
Battles = Callable[[], int]  # plays, returns how many environment steps that was

SMAX = """
import sys, time, jax
from jaxmarl import make
from jaxmarl.environments.smax import map_name_to_scenario
env, batch = make("SMAX", scenario=map_name_to_scenario(sys.argv[1])), int(sys.argv[2])

def play(key):
    starts = jax.random.split(key, batch)
    _, state = jax.vmap(env.reset)(starts)
    def step(state, key):
        def one(state, key):
            keys = jax.random.split(key, env.num_agents + 1)
            actions = {a: env.action_space(a).sample(k) for a, k in zip(env.agents, keys)}
            return env.step(keys[-1], state, actions)[1]
        return jax.vmap(one)(state, jax.random.split(key, batch)), None
    return jax.lax.scan(step, state, jax.random.split(key, 10))[0]

play = jax.jit(play)
jax.block_until_ready(play(jax.random.PRNGKey(0)))
steps, start = 0, time.process_time()
while time.process_time() - start < float(sys.argv[3]):
    jax.block_until_ready(play(jax.random.PRNGKey(steps)))
    steps += 10 * batch
print(steps / (time.process_time() - start))
"""


def batched(name: str, batch: int) -> Battles:
    battle, seeds = Battle(name), torch.arange(batch)
    shape = (STEPS, batch, battle.spec.agents, battle.spec.choices)
    scores = torch.rand(shape, generator=torch.Generator().manual_seed(0))

    def play() -> int:
        battle.reset(seeds)
        for step in scores:
            battle.step(step)
        return STEPS * batch

    return play


def smax(python: str, name: str, batch: int, seconds: float) -> float:
    """The same of SMAX, in its own interpreter; compiling is not counted."""
    command = [python, "-c", SMAX, name, str(batch), str(seconds)]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return float(told.split()[-1])  # before it stand JaxMARL's own words


def measure(name: str, batches: list[int], repetitions: int, seconds: float) -> dict[str, float]:
    """Median environment steps per second by batch size."""
    contestants = {str(batch): batched(name, batch) for batch in batches}
    for play in contestants.values():
        play()
    turns = [{label: speed(play, seconds) for label, play in contestants.items()} for _ in range(repetitions)]
    return {label: statistics.median(turn[label] for turn in turns) for label in contestants}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="where the JSON goes")
    parser.add_argument("--maps", nargs="+", default=["3m", "8m", "2s3z", "2c_vs_64zg", "terran_10_vs_10"])
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 64, 256])
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.5, help="length of one measurement")
    parser.add_argument("--smax", help="the Python of an environment with jaxmarl")
    options = parser.parse_args()
    torch.set_num_threads(1)
    record = {name: measure(name, options.batches, options.repetitions, options.seconds) for name in options.maps}
    peer = {}
    if options.smax:
        peer = {b: smax(options.smax, "2s3z", b, options.seconds) for b in options.batches}
    speeds = {"steps_per_second": record, "smax_2s3z": peer, "torch": torch.__version__}
    write_text(options.out, json.dumps(speeds, indent=2) + "\n")
    rows = [
        {
            "map": name,
            "batch": batch,
            "steps a second": f"{found[str(batch)]:,.0f}",
            "over one battle": f"{found[str(batch)] / found['1']:.0f}x",
            "over SMAX": f"{found[str(batch)] / peer[batch]:.2f}x" if name == "2s3z" and peer else "",
        }
        for name, found in record.items()
        for batch in options.batches
    ]
    print(tabulate(rows, headers="keys", tablefmt="github"))


if __name__ == "__main__":
    main()
