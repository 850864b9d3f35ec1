"""MuJoCo's half cheetah, n of them side by side: one row of numbers each, stepped by one simulator per thread."""

import copy
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import repeat
from pathlib import Path
from typing import Any

import gymnasium
import mujoco
import numpy as np
from numpy.typing import NDArray

XML = Path(gymnasium.__file__).parent / "envs" / "mujoco" / "assets" / "half_cheetah.xml"  # gym's v2 has the same bytes
MASS = 14.0  # kg, whatever the torso's density: the file asks for it (settotalmass)
DENSITY = 1000.0  # kg/m^3, MuJoCo's default
FRAME_SKIP = 5  # simulator steps of .01 s in one step of the task
STEP_SECONDS = 0.05
WORTH_A_THREAD = 16  # episodes: with fewer, handing them over costs more than it saves

Array = NDArray[np.float64]
_KEPT = mujoco.mjtState
# What a step depends on. The solver's warm start belongs to it: without it the last bits differ, and soon all of them.
_STATE = int(
    _KEPT.mjSTATE_TIME | _KEPT.mjSTATE_QPOS | _KEPT.mjSTATE_QVEL | _KEPT.mjSTATE_WARMSTART | _KEPT.mjSTATE_CTRL
)


@cache
def model() -> Any:
    """The standard half cheetah (MjModel), shared: copy it before changing it."""
    spec = mujoco.MjSpec.from_file(str(XML))
    spec.compiler.settotalmass = -1  # MuJoCo 4 warns of it and writes a log file; the same is done below
    compiled = spec.compile()
    mujoco.mj_setTotalmass(compiled, MASS)
    mujoco.mj_setConst(compiled, mujoco.MjData(compiled))
    return compiled


def shift(changed: Any, power: float, density: float, friction: float) -> None:
    """Make `changed`, a copy of `model()`, the cheetah of this power, torso density and sliding friction.

    Power scales the gears, because the controls themselves are clipped. A contact takes the larger friction of its two
    geoms, so the floor gets it too. Density is what recompiling the file gives: torso and head become heavier, then all
    masses are scaled back to 14 kg.
    """
    standard, torso = model(), changed.body("torso").id
    changed.actuator_gear[:] = standard.actuator_gear * power
    changed.geom_friction[:, 0] = friction
    for part in ("body_mass", "body_inertia"):
        getattr(changed, part)[:] = getattr(standard, part)
        getattr(changed, part)[torso] *= density / DENSITY
    mujoco.mj_setTotalmass(changed, MASS)
    mujoco.mj_setConst(changed, mujoco.MjData(changed))


class Simulation:
    """n cheetahs. The rows of `positions` and `velocities` (n, 9) are theirs as they are now, in double precision."""

    def __init__(self, threads: int = 1) -> None:
        self._simulators = [mujoco.MjData(model()) for _ in range(threads)]
        self._workers = ThreadPoolExecutor(threads) if threads > 1 else None
        self._pool: list[Any] = []  # copies of the model for shifted episodes, made once
        self._states = np.zeros((0, mujoco.mj_stateSize(model(), _STATE)))
        self._models: list[Any] = []

    @property
    def positions(self) -> Array:
        """Joint positions (n, 9): root x, z, pitch; back thigh, shin, foot; front thigh, shin, foot."""
        return self._states[:, _columns(_KEPT.mjSTATE_QPOS)]

    @property
    def velocities(self) -> Array:
        """Joint velocities (n, 9), in the same order."""
        return self._states[:, _columns(_KEPT.mjSTATE_QVEL)]

    def place(self, positions: Array, velocities: Array, shifts: Sequence[tuple[float, float, float]] | None) -> None:
        """Start n cheetahs there, each with its own (power, density, friction); None: all are the standard one."""
        self._models = [model()] * len(positions) if shifts is None else self._shifted(shifts)
        self._states = np.zeros((len(positions), self._states.shape[1]))
        data = self._simulators[0]
        for chosen, state, position, velocity in zip(self._models, self._states, positions, velocities, strict=True):
            mujoco.mj_resetData(chosen, data)
            data.qpos[:], data.qvel[:] = position, velocity
            mujoco.mj_forward(chosen, data)
            mujoco.mj_getState(chosen, data, state, _STATE)

    def step(self, controls: Array) -> None:
        """Advance every cheetah by FRAME_SKIP simulator steps under its row of `controls` (n, 6)."""
        self._states[:, _columns(_KEPT.mjSTATE_CTRL)] = controls
        shares = min(len(self._simulators), len(controls) // WORTH_A_THREAD)
        if self._workers is None or shares < 2:
            self._advance(0, 1)
        else:
            list(self._workers.map(self._advance, range(shares), repeat(shares)))

    def data(self, episode: int) -> tuple[Any, Any]:
        """One cheetah as MuJoCo's own (MjModel, MjData), for drawing it."""
        chosen, data = self._models[episode], mujoco.MjData(self._models[episode])
        mujoco.mj_setState(chosen, data, self._states[episode], _STATE)
        mujoco.mj_forward(chosen, data)
        return chosen, data

    def _advance(self, share: int, shares: int) -> None:
        """One share of the rows, through a simulator of its own; MuJoCo lets go of Python's lock while it steps."""
        rows, data = slice(share, None, shares), self._simulators[share]
        for chosen, state in zip(self._models[rows], self._states[rows], strict=True):
            mujoco.mj_setState(chosen, data, state, _STATE)
            mujoco.mj_step(chosen, data, FRAME_SKIP)
            mujoco.mj_getState(chosen, data, state, _STATE)

    def _shifted(self, shifts: Sequence[tuple[float, float, float]]) -> list[Any]:
        self._pool += [copy.copy(model()) for _ in range(len(shifts) - len(self._pool))]
        for changed, (power, density, friction) in zip(self._pool, shifts, strict=False):  # the pool only grows
            shift(changed, power, density, friction)
        return self._pool[: len(shifts)]


@cache
def _columns(part: Any) -> slice:
    """Where one part of the state lies in a row: parts follow each other in the order of their bits."""
    start = mujoco.mj_stateSize(model(), _STATE & (int(part) - 1))
    return slice(start, start + mujoco.mj_stateSize(model(), int(part)))
