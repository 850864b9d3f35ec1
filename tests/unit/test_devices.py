"""Every algorithm and task runs on CUDA unchanged: without a GPU on a device made up, with one against the CPU."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from quartet import algorithms, config, tasks
from quartet.augmentation.model import Config, EpisodeModel, EpisodeSampler
from quartet.data.noise import noise_episodes
from quartet.evaluation.rollout import evaluate
from quartet.nets.lanes import LaneRandom
from quartet.tasks.spec import TaskSpec
from tests.elsewhere import Elsewhere

ROOT = Path(__file__).parents[2]
SEEDS = (0, 1)
TOLERANCE = {"atol": 1e-3, "rtol": 1e-3}
OF_CHOICES = ("bc-recurrent", "qmix", "qmix-cql", "qmix-bcq", "icq-recurrent", "madt")
CASES = [(name, "3m" if name in OF_CHOICES else "spread") for name in algorithms.NAMES]
CASES += [("dof", "3m"), ("madiff-d", "3m")]  # planners act by a classifier there
SIZES: dict[str, Any] = {"batch": 4, "updates": 2, "hidden": 8, "compile": False}
TRAINING = SIZES | {"noise_widths": [8, 8, 8]}
PLANNING = SIZES | {
    "width": 8, "multipliers": [1, 2], "steps": 2, "visited": 1.0, "average_start": 1, "average_every": 1,
    "episodes": 2, "history": 2, "horizon": 4,
}  # fmt: skip
PLANNERS = ("dof", "dof-vae", "madiff-d", "madiff-c", "independent-diffusion")


class Reproducible(LaneRandom):
    """The numbers of the CPU's streams on any device, so that two devices can be compared."""

    def __init__(self, seeds: Any, agents: int, device: str | torch.device = "cpu", **points: int) -> None:
        super().__init__(seeds, agents, "cpu", **points)
        self.home = torch.device(device)

    def normal(self, *shape: int) -> Tensor:
        return super().normal(*shape).to(self.home)

    def uniform(self, *shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
        return super().uniform(*shape, dtype=dtype).to(self.home)

    def keep(self, *shape: int, dropped: float) -> Tensor:
        return super().keep(*shape, dropped=dropped).to(self.home)


def short_task(name: str, device: str) -> Any:
    """A task whose episodes end after two steps."""
    task = tasks.make(name, device=device)
    task.spec = TaskSpec(**(vars(task.spec) | {"horizon": 2}))
    return task


def played_and_trained(name: str, place: str, device: str, random: type[LaneRandom]) -> dict[str, Tensor]:
    """The returns of a few short episodes of a fresh learner, and the losses of its first update.

    A second update must give losses, too; which ones hangs on rounding, which Adam magnifies.
    """
    task = short_task(place, device)
    sizes = PLANNING if name in PLANNERS else SIZES if name in OF_CHOICES else TRAINING
    hyperparameters = config.hyperparameters(ROOT, name, place, "medium", "default") | sizes
    learner = algorithms.make(name, task.spec, hyperparameters, SEEDS, device)
    episodes = noise_episodes(task.spec, (12, 9, 12))
    sampler, stream = learner.sampler(episodes, np.ones((1, len(episodes)))), random(SEEDS, task.spec.agents, device)
    returns = evaluate(task, learner, SEEDS, 2, "standard")["return"]
    first, second = (learner.update(sampler.sample(stream, 4), stream) for _ in range(2))
    assert all(loss.isfinite().all() for loss in second.values())
    return {key: value.cpu() for key, value in {**first, "returns": returns}.items()}


@pytest.mark.parametrize(("name", "place"), CASES)
def test_an_algorithm_makes_everything_on_its_device(name: str, place: str) -> None:
    here = played_and_trained(name, place, "cpu", LaneRandom)
    with Elsewhere():
        there = played_and_trained(name, place, "cuda", LaneRandom)
    for key, values in here.items():
        torch.testing.assert_close(there[key], values, **TOLERANCE)


def test_eaqs_model_makes_everything_on_its_device() -> None:
    values = torch.rand(len(SEEDS), 3, 8, 12, generator=torch.Generator().manual_seed(0))
    small = {"width": 8, "multipliers": [1, 2], "visited": 0.5, "average_start": 1, "average_decay": 0.9, "steps": 4}
    settings = Config.read({**small, "guidance": 0.5, "rate": 0.01, "schedule": "linear", "sampler": "ddpm"})

    def generated_and_trained(device: str) -> dict[str, Tensor]:
        model, random = EpisodeModel(values, settings, device), LaneRandom(SEEDS, 1, device)
        episodes = model.generate(2, LaneRandom(SEEDS, 1, device))
        losses = model.update(EpisodeSampler(values.to(device)).sample(random, 4), random)
        return {key: value.cpu() for key, value in {**losses, "episodes": episodes}.items()}

    here = generated_and_trained("cpu")
    with Elsewhere():
        there = generated_and_trained("cuda")
    for key, made in here.items():
        torch.testing.assert_close(there[key], made, **TOLERANCE)


@pytest.mark.parametrize("name", ["spread", "tag", "world", "landmarks", "drones-4", "3m", "2s3z", "cheetah"])
def test_a_task_makes_everything_on_its_device(name: str) -> None:
    def play(device: str) -> Tensor:
        task = tasks.make(name, device=device)
        seen = [task.reset(torch.arange(3))]
        for _ in range(2):
            step = task.step(torch.zeros(3, task.spec.agents, task.spec.action, device=device))
            seen += [step.observations, step.rewards, step.terminals.float()]
        assert all(part.device.type == device for part in seen)
        return torch.cat([part.flatten().cpu() for part in seen])

    here = play("cpu")
    with Elsewhere():
        there = play("cuda")
    torch.testing.assert_close(there, here)


def test_the_device_made_up_tells_tensors_of_two_sides_apart() -> None:
    with Elsewhere():
        there = torch.ones(3, device="cuda")
        here = torch.ones(3)
        assert there.is_cuda
        assert (there * 2).device == torch.device("cuda")
        assert (there * torch.tensor(2.0)).cpu().tolist() == here.add(1).tolist()
        assert torch.equal(here.to(there.device), there)
        with pytest.raises(AssertionError, match="shape"):
            there + here
        with pytest.raises(AssertionError, match="array"):
            there.numpy()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize(("name", "place"), CASES)
def test_cuda_and_the_cpu_agree(name: str, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """From equal random numbers, to what single precision leaves."""
    monkeypatch.setattr("quartet.evaluation.rollout.LaneRandom", Reproducible)
    here, there = (played_and_trained(name, place, device, Reproducible) for device in ("cpu", "cuda"))
    for key, values in here.items():
        torch.testing.assert_close(there[key], values, **TOLERANCE)
