"""Our two-agent cheetah against gymnasium's HalfCheetah (the same engine) and gymnasium-robotics' factorisation."""

import copy
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gymnasium
import mujoco
import numpy as np
import pytest
import torch

from quartet.tasks.cheetah import Cheetah
from quartet.tasks.cheetah_body import XML, Simulation, model, shift

STEPS = 1000


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """MuJoCo 4 warns of gymnasium's file on screen and into MUJOCO_LOG.TXT, where it runs."""
    monkeypatch.chdir(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def actions(n: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(-1, 1, (STEPS, n, 2, 3)).astype(np.float32)


def start_like(env: Any, cheetah: Cheetah, episode: int) -> None:
    env.reset(seed=0)
    mujoco.mj_resetData(env.model, env.data)
    env.set_state(cheetah.simulation.positions[episode].copy(), cheetah.simulation.velocities[episode].copy())


@pytest.mark.parametrize(("threads", "episodes"), [(1, 3), (2, 32)])
def test_a_thousand_steps_are_gymnasiums(threads: int, episodes: int) -> None:
    cheetah, env = Cheetah(), gymnasium.make("HalfCheetah-v5").unwrapped
    cheetah.simulation = Simulation(threads)
    cheetah.reset(torch.arange(episodes))
    start_like(env, cheetah, episode=1)
    for action in actions(episodes):
        step = cheetah.step(torch.from_numpy(action))
        observation, reward, *_ = env.step(action[1].reshape(6))
        ours = np.concatenate([cheetah.simulation.positions[1, 1:], cheetah.simulation.velocities[1]])
        assert np.abs(ours - observation).max() <= 1e-9
        assert np.allclose(cheetah.state()[1], observation, rtol=1e-6, atol=0)
        assert step.rewards[1].tolist() == pytest.approx([reward] * 2, abs=1e-6)  # rewards are single precision
    assert step.truncations.all()


def test_agents_see_and_do_what_they_do_in_multi_agent_mujoco() -> None:
    mamujoco = pytest.importorskip("gymnasium_robotics").mamujoco_v1
    team = mamujoco.parallel_env("HalfCheetah", "2x3", agent_obsk=0, global_categories=())
    team.reset(seed=0)
    cheetah, names = Cheetah(), team.possible_agents
    cheetah.reset(torch.arange(1))
    start_like(team.unwrapped.single_agent_env.unwrapped, cheetah, episode=0)
    for action in actions(1):
        step = cheetah.step(torch.from_numpy(action))
        seen, paid, *_ = team.step(dict(zip(names, action[0], strict=True)))
        assert np.allclose(step.observations[0], np.stack([seen[name] for name in names]), rtol=1e-6, atol=1e-9)
        assert step.rewards[0].tolist() == pytest.approx([paid[name] for name in names], abs=1e-6)


def test_the_standard_model_is_the_files() -> None:
    theirs = mujoco.MjModel.from_xml_path(str(XML))
    for name in ("body_mass", "body_inertia", "body_invweight0", "dof_invweight0", "geom_friction", "actuator_gear"):
        assert np.array_equal(getattr(model(), name), getattr(theirs, name)), name


@pytest.mark.parametrize(("density", "torso"), [(500, 4.023), (750, 5.277), (1250, 7.028), (1500, 7.664)])
def test_a_density_is_what_writing_it_into_the_file_gives(density: float, torso: float) -> None:
    spec = mujoco.MjSpec.from_file(str(XML))
    for geom in spec.body("torso").geoms:
        geom.density = density
    theirs, ours = spec.compile(), copy.copy(model())
    shift(ours, power=1.0, density=density, friction=0.4)
    assert ours.body("torso").mass[0] == pytest.approx(torso, abs=1e-3)
    for name in ("body_mass", "body_inertia", "body_invweight0", "dof_invweight0", "dof_M0"):
        assert np.allclose(getattr(ours, name), getattr(theirs, name), rtol=1e-12), name
