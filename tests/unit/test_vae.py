"""The autoencoder of DoF+VAE: its loss by hand, that it learns, and that the planner diffuses what it makes."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from test_data import make

from quartet import algorithms, config
from quartet.algorithms.dof_vae import DoFVAE
from quartet.nets.lanes import LaneRandom
from quartet.nets.parameters import Adam, Terms, terms_and_gradient
from quartet.nets.vae import VAE

ROOT = Path(__file__).parents[2]
EPISODES = make([12] * 20, agents=3)
SIZES = {"width": 8, "multipliers": [1, 2], "hidden": 16, "visited": 0.1, "average_start": 1, "average_every": 1}


def test_the_loss_is_reconstruction_and_divergence_by_hand() -> None:
    vae = VAE(observation=1, latent=1, hidden=1)
    numbers = {"encode1": (1.0, 0.0), "decode1": (1.0, 0.0), "decode2": (3.0, 0.5)}
    part = {f"{name}.weight": torch.tensor([[[weight]]]) for name, (weight, _) in numbers.items()}
    part |= {f"{name}.bias": torch.tensor([[[bias]]]) for name, (_, bias) in numbers.items()}
    part |= {"encode2.weight": torch.tensor([[[2.0, 0.0]]]), "encode2.bias": torch.tensor([[[0.0, math.log(4)]]])}
    terms = vae.terms(part, torch.tensor([[[1.0]]]), torch.tensor([[[0.5]]]), weight=0.1)
    z = 2 + 2 * 0.5  # mean 2, deviation 2
    assert float(terms["reconstruction"]) == pytest.approx((3 * z + 0.5 - 1) ** 2)
    assert float(terms["kl"]) == pytest.approx(0.1 * (4 + 4 - math.log(4) - 1) / 2)


def test_latents_of_half_the_size_tell_observations_on_a_plane_apart() -> None:
    vae, random = VAE(observation=4, latent=2, hidden=32), LaneRandom([0], 1)
    parameters = vae.init(random)
    adam, plane = Adam(parameters, 3e-3), random.normal(2, 4)[0]

    def loss(parameters: torch.Tensor, x: torch.Tensor, noise: torch.Tensor) -> Terms:
        return vae.terms(vae.unpack(parameters), x, noise, 1e-3)

    for _ in range(400):
        x = random.normal(64, 2) @ plane
        values, gradient = terms_and_gradient(loss, parameters, x, random.normal(64, 2))
        adam.step(gradient)
    assert float(values["reconstruction"]) < 0.1 * float(x.square().mean())


def test_dof_with_an_autoencoder_diffuses_latents_and_acts_on_observations() -> None:
    settings = config.hyperparameters(ROOT, "dof-vae", "spread", "medium", "default")
    changes = {"history": 2, "horizon": 6, "identity": False}
    learner = algorithms.make("dof-vae", EPISODES.spec, settings | SIZES | changes, (0, 1))
    assert isinstance(learner, DoFVAE)
    random = LaneRandom((0, 1), 3)
    sampler = learner.sampler(EPISODES, np.ones((1, len(EPISODES))))
    metrics = learner.update(sampler.sample(random, 4), random)
    assert {name: value.shape for name, value in metrics.items()} == dict.fromkeys(
        ("reconstruction", "kl", "diffusion", "inverse"), (6,)
    )
    assert learner.act(torch.randn(6, 5, 3), random).shape == (6, 5, 2)
    assert learner.seen.shape == (2, 5, 3, 3, 2)  # of three numbers two are left
    assert learner.decode(learner.seen).shape == (2, 5, 3, 3, 3)
