"""The temporal U-Net: its layers are torch's, its lanes and rows are apart, its conditions arrive or are dropped."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from quartet.nets.lanes import LaneRandom
from quartet.nets.parameters import size
from quartet.nets.temporal import convolve, double, normalise
from quartet.nets.unet import TemporalUNet

NET = TemporalUNet(channels=3, width=8, multipliers=(1, 2, 4))
SEEING = TemporalUNet(channels=3, width=8, multipliers=(1, 2, 4), attention=True)
ROWS, FRAMES, AGENTS = 6, 8, 3


@pytest.mark.parametrize("stride", [1, 2])
def test_a_convolution_is_torchs_lane_by_lane(stride: int) -> None:
    x, weight, bias = torch.randn(2, 4, FRAMES, 3), torch.randn(2, 5 * 3, 7), torch.randn(2, 1, 7)
    found = convolve(x, weight, bias, stride)
    for lane in range(2):
        kernel = weight[lane].view(5, 3, 7).permute(2, 1, 0)
        expected = F.conv1d(x[lane].mT, kernel, bias[lane, 0], stride=stride, padding=2).mT
        torch.testing.assert_close(found[lane], expected, atol=1e-4, rtol=1e-4)


def test_doubling_is_torchs_transposed_convolution() -> None:
    x, weight, bias = torch.randn(1, 4, FRAMES, 3), torch.randn(1, 4 * 3, 7), torch.randn(1, 1, 7)
    kernel = weight[0].view(4, 3, 7)[[3, 1, 2, 0]].permute(1, 2, 0)  # even: previous, own; odd: own, next
    expected = F.conv_transpose1d(x[0].mT, kernel, bias[0, 0], stride=2, padding=1).mT
    torch.testing.assert_close(double(x, weight, bias)[0], expected, atol=1e-4, rtol=1e-4)


def test_normalisation_is_torchs_group_norm() -> None:
    x, scale, shift = torch.randn(1, 4, FRAMES, 16), torch.randn(1, 1, 16), torch.randn(1, 1, 16)
    expected = F.group_norm(x[0].mT, 8, scale[0, 0], shift[0, 0]).mT
    torch.testing.assert_close(normalise(x, scale, shift)[0], expected, atol=1e-4, rtol=1e-4)


def test_the_papers_sizes_are_those_of_the_released_networks() -> None:
    plain, seeing = (size(TemporalUNet(18, 128, (1, 4, 8), attention).shapes) for attention in (False, True))
    assert plain == pytest.approx(59.7e6, rel=2e-3)
    assert seeing - plain == pytest.approx(4.6e6, rel=0.03)


def noise(
    net: TemporalUNet,
    x: Tensor,
    *,
    seeds: tuple[int, ...] = (0,),
    returns: float = 0.5,
    keep: float = 1.0,
    gamma: float = 0.0,
) -> Tensor:
    part = net.unpack(net.init(LaneRandom(seeds, 1)))
    for place in net.attentions:
        part[f"{place}.gamma"] = torch.full_like(part[f"{place}.gamma"], gamma)
    full = torch.ones(x.shape[:2])
    return net(part, x, net.embed(part, 7 * full, returns * full, keep * full), AGENTS)


def test_a_dropped_return_has_no_say_at_all() -> None:
    x = torch.randn(1, ROWS, FRAMES, 3)
    assert torch.equal(noise(NET, x, returns=0.1, keep=0.0), noise(NET, x, returns=0.9, keep=0.0))
    assert not torch.allclose(noise(NET, x, returns=0.1), noise(NET, x, returns=0.9))


def test_lanes_are_what_each_would_be_alone() -> None:
    x = torch.randn(2, ROWS, FRAMES, 3)
    together = noise(SEEING, x, seeds=(4, 5), gamma=0.7)
    for lane, seed in enumerate((4, 5)):
        alone = noise(SEEING, x[lane : lane + 1], seeds=(seed,), gamma=0.7)
        torch.testing.assert_close(together[lane : lane + 1], alone, atol=1e-4, rtol=1e-4)


def others_changed(x: Tensor) -> Tensor:
    changed = x.clone()
    changed[:, 1] += 1  # a team-mate of row 0
    return changed


def test_agents_see_each_other_by_attention_alone_and_at_first_not_at_all() -> None:
    x = torch.randn(1, ROWS, FRAMES, 3)
    for net, gamma, sees in ((NET, 0.0, False), (SEEING, 0.0, False), (SEEING, 0.7, True)):
        before, after = noise(net, x, gamma=gamma), noise(net, others_changed(x), gamma=gamma)
        assert torch.equal(before[:, 0], after[:, 0]) is not sees
        assert torch.equal(before[:, AGENTS:], after[:, AGENTS:]), "another team has changed"
