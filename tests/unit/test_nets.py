"""Stacked networks against plain torch modules, one lane at a time."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from quartet.nets.block import block
from quartet.nets.hidden import hidden
from quartet.nets.lanes import LaneRandom
from quartet.nets.layers import batch_statistics, initial_statistics, linear, mish, standardise, track
from quartet.nets.mlp import MLP
from quartet.nets.noise_mlp import MLPNoise
from quartet.nets.parameters import Adam, clip, initial_random, pack, soft_update, terms_and_gradient, unpack
from quartet.nets.residual import ResidualNoise, time_features

LANES, ROWS = 4, 12


def normal(*shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape)), dtype=dtype)


def test_mish_is_torchs_mish_and_its_derivative() -> None:
    x = torch.linspace(-40, 40, 2001, dtype=torch.float64, requires_grad=True)
    torch.testing.assert_close(mish(x), F.mish(x), atol=1e-12, rtol=1e-12)
    (own,) = torch.autograd.grad(mish(x).sum(), x)
    (torchs,) = torch.autograd.grad(F.mish(x).sum(), x)
    torch.testing.assert_close(own, torchs, atol=1e-12, rtol=1e-12)


@pytest.mark.parametrize("activation", ["mish", "relu"])
def test_a_hidden_layer_is_an_activated_linear_map(activation: str) -> None:
    for rows in (1, 4):
        shapes = ((LANES, 8, 5), (LANES, 5, 3), (LANES, rows, 3))
        x, weight, bias = (normal(*shape, dtype=torch.float64).requires_grad_() for shape in shapes)
        expected = getattr(F, activation)(x @ weight + bias.repeat(1, 8 // rows, 1))
        torch.testing.assert_close(hidden(x, weight, bias, activation), expected)
        assert torch.autograd.gradcheck(lambda *given: hidden(*given, activation), (x, weight, bias))


@pytest.mark.parametrize("skips", [True, False])
@pytest.mark.parametrize("cached", [1, 2**20])  # lane by lane, and all lanes at once
def test_a_residual_block_is_what_its_formula_says(skips: bool, cached: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quartet.nets.hidden.CACHED", cached)
    outputs = 3 if skips else 5
    shapes = ((8, 3), (8, 2), (8, 3), (5, outputs), (1, outputs), (3, outputs), (1, outputs), (outputs, outputs))
    shapes += ((1, outputs), *(((5, outputs), (1, outputs)) if skips else ()))
    given = [normal(LANES, *shape, dtype=torch.float64).requires_grad_() for shape in shapes]
    keep = (normal(LANES, 8, outputs) > -1).double() / 0.9

    def by_hand(*given: torch.Tensor) -> torch.Tensor:
        a, b, embedding, w1, b1, v, c, w2, b2, *skip = given
        return block((a, b), embedding, keep, (w1, b1), (v, c), (w2, b2), (skip[0], skip[1]) if skips else None)

    a, b, embedding, w1, b1, v, c, w2, b2, *skip = given
    x = torch.cat([a, b], dim=2)
    inner = (F.mish(x @ w1 + b1) + embedding @ v + c) * keep
    expected = F.mish(inner @ w2 + b2) + (x @ skip[0] + skip[1] if skips else x)
    torch.testing.assert_close(by_hand(*given), expected)
    assert torch.autograd.gradcheck(by_hand, given)


def test_a_narrow_linear_map_is_the_same_map() -> None:
    x, weight, bias = normal(LANES, ROWS, 6), normal(LANES, 6, 2), normal(LANES, 1, 2)
    torch.testing.assert_close(linear(x, weight, bias), x @ weight + bias)
    given = tuple(tensor.double().requires_grad_() for tensor in (x, weight, bias))
    assert torch.autograd.gradcheck(linear, given)


def test_an_mlp_lane_is_torchs_batch_norm_and_linear_layers() -> None:
    net = MLP(5, 8, 2, activation="mish", squash=True)
    parameters = net.init(initial_random((0, 1), 2))
    part = unpack(parameters, net.shapes)
    part["scale"], part["shift"] = normal(LANES, 1, 5), normal(LANES, 1, 5)
    parameters, x = pack(part, net.shapes), normal(LANES, ROWS, 5)
    statistics = initial_statistics(LANES, 5)
    track(statistics, x)
    trained, evaluated = net(parameters, x), net(parameters, x, statistics)
    for lane in range(LANES):
        norm = nn.BatchNorm1d(5)
        norm.weight.data, norm.bias.data = part["scale"][lane, 0], part["shift"][lane, 0]
        for outputs, training in ((trained, True), (evaluated, False)):
            y = norm.train(training)(x[lane])
            for index in (1, 2):
                y = F.mish(y @ part[f"weight{index}"][lane] + part[f"bias{index}"][lane])
            expected = torch.tanh(y @ part["weight3"][lane] + part["bias3"][lane])
            torch.testing.assert_close(outputs[lane], expected, atol=1e-4, rtol=1e-4)


def test_last_bound_bounds_the_last_layer() -> None:
    net = MLP(5, 8, 2, last_bound=3e-3)
    part = unpack(net.init(initial_random((0,), 3)), net.shapes)
    assert part["weight3"].abs().max() <= 3e-3 < part["weight2"].abs().max()


def test_standardise_has_mean_zero_and_variance_one_per_lane_and_feature() -> None:
    x = normal(LANES, 500, 3) ** 2
    x = 3 + 2 * standardise(x, batch_statistics(x))
    torch.testing.assert_close(x.mean(1), torch.full((LANES, 3), 3.0))
    torch.testing.assert_close(x.std(1, correction=0), torch.full((LANES, 3), 2.0), atol=1e-3, rtol=0)


def test_adam_is_torchs_adam() -> None:
    own = normal(LANES, 7)
    torchs = nn.Parameter(own.clone())
    optimiser, reference = Adam(own, 0.01), torch.optim.Adam([torchs], lr=0.01)
    for step in range(10):
        torchs.grad = normal(LANES, 7 + step)[:, :7]
        optimiser.step(torchs.grad.clone())
        reference.step()
    torch.testing.assert_close(own, torchs.detach())


def test_clip_shortens_long_gradients_only_and_each_lane_by_itself() -> None:
    gradients = torch.tensor([[3.0, 4.0], [0.03, 0.04]])
    torch.testing.assert_close(clip(gradients.clone(), 0.5), torch.tensor([[0.3, 0.4], [0.03, 0.04]]))


def test_soft_update_moves_the_target_by_rho() -> None:
    target = torch.zeros(1, 3)
    soft_update(target, torch.ones(1, 3), 0.01)
    torch.testing.assert_close(target, torch.full((1, 3), 0.01))


def test_a_gradient_reaches_the_named_parameters_alone() -> None:
    own, other = torch.ones(2, 3), torch.ones(2, 3, requires_grad=True)
    terms, gradient = terms_and_gradient(lambda p, q: {"a": (p * q).sum(1), "b": p.sum(1)}, own, other)
    torch.testing.assert_close(gradient, torch.full((2, 3), 2.0))
    assert terms["a"].tolist() == [3.0, 3.0]
    assert other.grad is None
    assert not own.requires_grad


def test_dropout_masks_keep_nine_tenths_and_the_mean() -> None:
    mask = LaneRandom((0, 1), 2).keep(1000, 30, dropped=0.1)
    assert mask.shape == (4, 1000, 30)
    torch.testing.assert_close(mask.unique(), torch.tensor([0.0, 1 / 0.9]))
    torch.testing.assert_close(mask.mean((1, 2)), torch.ones(4), atol=0.01, rtol=0)


def test_a_lanes_start_depends_on_its_own_seed_alone() -> None:
    net = ResidualNoise(4, 2, (16, 8, 4))
    both, alone = net.init(initial_random((3, 5), 2)), net.init(initial_random((5,), 2))
    assert torch.equal(both[2:], alone)
    assert not torch.equal(both[2:], net.init(initial_random((5,), 2, network=1)))


def test_the_noise_network_is_its_blocks_written_out() -> None:
    net = ResidualNoise(4, 2, (16, 8, 4), dropped=0.1)
    part = net.unpack(net.init(initial_random((0,), 2)))
    observations, actions, times = normal(2, 5, 4), normal(2, 5, 2), time_features(torch.tensor([0.0, 0.5, 1.0]))
    keep = LaneRandom((0,), 2).keep(5, net.units, dropped=0.1)
    embedded = net.condition(part, observations) + net.times(part, times)[:, 1:2]
    predicted = net(part, actions, embedded, keep)

    def layer(name: str, x: torch.Tensor) -> torch.Tensor:
        return x @ part[f"{name}.weight"] + part[f"{name}.bias"]

    time = layer("time", times[1].expand(2, 5, -1))
    first = F.mish(layer("embedding1", torch.cat([F.mish(layer("observation", observations)), time], 2)))
    entering = layer("embedding3", F.mish(layer("embedding2", first))).split([16, 8, 4, 4, 8, 16], 2)
    keeps = keep.split([16, 8, 4, 4, 8, 16], 2)

    def block(index: int, name: str, x: torch.Tensor) -> torch.Tensor:
        inner = (F.mish(layer(f"{name}.first", x)) + entering[index]) * keeps[index]
        skip = layer(f"{name}.skip", x) if f"{name}.skip.weight" in part else x
        return F.mish(layer(f"{name}.second", inner)) + skip

    down1 = block(0, "down1", actions)
    down2 = block(1, "down2", down1)
    down3 = block(2, "down3", down2)
    up1 = block(4, "up1", torch.cat([block(3, "bottom", down3), down3], 2))
    up2 = block(5, "up2", torch.cat([up1, down2], 2))
    torch.testing.assert_close(predicted, layer("out", torch.cat([up2, down1], 2)), atol=1e-4, rtol=1e-4)


def test_the_plain_noise_network_is_an_mlp_over_action_observation_and_time() -> None:
    net = MLPNoise(observation=4, action=2, width=8)
    part = net.unpack(net.init(initial_random((0,), 2)))
    observations, actions, times = normal(2, 5, 4), normal(2, 5, 2), time_features(torch.tensor([0.0, 0.5, 1.0]))
    embedded = net.condition(part, observations) + net.times(part, times)[:, 1:2]

    def layer(name: str, x: torch.Tensor) -> torch.Tensor:
        return x @ part[f"{name}.weight"] + part[f"{name}.bias"]

    time = layer("time2", F.mish(layer("time1", times[1].expand(2, 5, -1))))
    x = torch.cat([actions, observations, time], 2)
    for name in ("first", "second", "third"):
        x = F.mish(layer(name, x))
    torch.testing.assert_close(net(part, actions, embedded, None), layer("out", x), atol=1e-4, rtol=1e-4)


def test_the_papers_noise_network_has_the_papers_widths() -> None:
    layers = ResidualNoise(18, 2, (512, 256, 128)).layers
    assert layers["down3.first"] == (256, 128)
    assert layers["up1.first"] == (256, 256)
    assert layers["up2.first"] == (512, 512)
    assert layers["out"] == (1024, 2)
