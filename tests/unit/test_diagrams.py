"""Diagrams: drawn from the model, the solver and the configuration, so that they cannot drift."""

from pathlib import Path
from xml.etree import ElementTree

import pytest
import torch
from synthetic_results import LAPTOP, PAPER, ROOT

from quartet import config
from quartet.artifacts import network, process
from quartet.artifacts.figure import render_figure
from quartet.diffusion import schedule
from quartet.nets.lanes import LaneRandom
from quartet.nets.residual import ResidualNoise


def words(svg: Path) -> str:
    return " ".join(" ".join(ElementTree.parse(svg).getroot().itertext()).split())


@pytest.mark.parametrize("name", ["dom2_figure3", "dom2_figure4", "dom2_figure8"])
def test_a_diagram_needs_no_results_and_is_byte_stable(tmp_path: Path, name: str) -> None:
    once, twice = (render_figure(name, PAPER, tmp_path, LAPTOP, tmp_path / run, ROOT) for run in "ab")
    assert [path.read_bytes() for path in once] == [path.read_bytes() for path in twice]
    assert "abc1234" in words(once[0])


def test_the_network_is_drawn_at_the_papers_widths_with_all_its_parameters(tmp_path: Path) -> None:
    text = words(render_figure("dom2_figure8", PAPER, tmp_path, LAPTOP, tmp_path, ROOT)[0])
    for said in ("down1: 2 → 512", "up1: 128 + 128 → 256", "out: 512 + 512 → 2", "64 → 128", "o: 18"):
        assert said in text
    net = ResidualNoise(18, 2, (512, 256, 128))
    parameters = net.init(LaneRandom([0], agents=1)).numel()
    assert f"{parameters:,}".replace(",", " ") in text


@pytest.mark.parametrize("widths", [(512, 256, 128), (64, 64, 32), (8, 8, 8)])
def test_the_skips_are_those_the_model_takes(widths: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    net = ResidualNoise(18, 2, widths)
    names, made, taken = list(net.blocks), [], {}

    def watched(xs: tuple[torch.Tensor, ...], *_: object) -> torch.Tensor:
        name = names[len(made)]
        taken[name] = [names[k] for x in xs for k, earlier in enumerate(made) if x is earlier]
        made.append(torch.zeros(1, 4, net.blocks[name][1]))
        return made[-1]

    monkeypatch.setattr("quartet.nets.residual.block", watched)
    part = net.unpack(net.init(LaneRandom([0], agents=1)))
    net(part, torch.zeros(1, 4, 2), torch.zeros(1, 4, widths[2]), None)
    beside = {name: earlier[1] for name, earlier in taken.items() if len(earlier) > 1}
    assert {name: source for name, source in network.skips(net).items() if name != "out"} == beside


def test_dom2_is_drawn_with_its_configured_values(tmp_path: Path) -> None:
    text = words(render_figure("dom2_figure4", PAPER, tmp_path, LAPTOP, tmp_path, ROOT)[0])
    given = config.hyperparameters(ROOT, "dom2", "spread", "expert", "default")
    for said in (f"η = {given['eta']:g}, N = {given['steps']}", f"{len(given['thresholds'])} thresholds reached"):
        assert said in text


def test_the_exact_noise_is_the_score_of_the_noised_density() -> None:
    actions = torch.linspace(-2, 2, 41, dtype=torch.float64, requires_grad=True)
    alpha, sigma = 0.8, 0.6
    (score,) = torch.autograd.grad(process.density(actions, alpha, sigma).log().sum(), actions)
    assert torch.allclose(process.exact_noise(actions, alpha, sigma), -sigma * score)


def test_many_solver_steps_bring_noise_into_the_two_modes() -> None:
    few, many = (process.denoised(schedule("continuous", n), torch.linspace(-2, 2, 101))[-1] for n in (1, 50))
    nearest = (many[:, None] - process.MEANS).abs().min(1).values
    assert (nearest < 3 * process.DEVIATION).float().mean() > 0.9
    assert ((few[:, None] - process.MEANS).abs().min(1).values < 3 * process.DEVIATION).float().mean() < 0.5
