"""The recurrent networks: the same as torch's own, step by step as at once, and lane by lane."""

import torch
from torch import Tensor, nn

from quartet.nets.gpt import GPT, start
from quartet.nets.lanes import LaneRandom
from quartet.nets.mixer import Mixer
from quartet.nets.parameters import pack, unpack
from quartet.nets.recurrent import RecurrentNet

AGENTS, INPUTS, HIDDEN, OUTPUTS = 3, 5, 8, 4
NET = RecurrentNet(AGENTS, INPUTS, HIDDEN, OUTPUTS)


def inputs(lanes: int, steps: int = 6, rows: int = 2) -> Tensor:
    return torch.randn(lanes, steps, rows, AGENTS, INPUTS, generator=torch.Generator().manual_seed(0))


def torchs(parameters: Tensor, lane: int, x: Tensor) -> Tensor:
    """The same network built of torch's layers, for one lane: x (T, B, N, inputs)."""
    part = {name: values[lane] for name, values in unpack(parameters, NET.shapes).items()}
    gru = nn.GRU(HIDDEN, HIDDEN)
    with torch.no_grad():
        gru.weight_ih_l0.copy_(part["input.weight"].mT)
        gru.weight_hh_l0.copy_(part["memory.weight"].mT)
        gru.bias_ih_l0.copy_(part["input.bias"][0])
        gru.bias_hh_l0.copy_(part["memory.bias"][0])
    numbered = torch.cat([torch.eye(AGENTS).expand(*x.shape[:2], AGENTS, AGENTS), x], dim=3)
    seen = torch.relu(numbered @ part["first.weight"] + part["first.bias"])
    remembered = gru(seen.flatten(1, 2))[0]
    return (torch.relu(remembered) @ part["last.weight"] + part["last.bias"]).view(*x.shape[:3], OUTPUTS)


def test_the_network_is_torchs_own_with_the_agents_number_before_the_observation() -> None:
    parameters, x = NET.init(LaneRandom((0, 1), 1)), inputs(2)
    for lane in range(2):
        torch.testing.assert_close(NET(parameters, x)[lane], torchs(parameters, lane, x[lane]))


def test_the_gradient_by_hand_is_the_numerical_one() -> None:
    parameters, x = NET.init(LaneRandom((0, 1), 1)).double().requires_grad_(), inputs(2, 3, 1).double()
    assert torch.autograd.gradcheck(lambda p: NET(p, x), (parameters,), atol=1e-6, fast_mode=True)


def test_acting_step_by_step_says_what_the_whole_sequence_says() -> None:
    parameters, x = NET.init(LaneRandom((0, 1), 1)), inputs(2)
    memory, outputs = NET.blank(2, x.shape[2]), []
    for step in range(x.shape[1]):
        output, memory = NET.step(parameters, x[:, step], memory)
        outputs.append(output)
    torch.testing.assert_close(torch.stack(outputs, dim=1), NET(parameters, x))


def mixer(lanes: int = 2) -> tuple[Mixer, Tensor]:
    net = Mixer(AGENTS, 7, embed=4, hyper=6)
    return net, net.init(LaneRandom(range(lanes), 1))


def test_the_teams_value_rises_with_every_agents() -> None:
    net, parameters = mixer()
    generator = torch.Generator().manual_seed(0)
    mixing = net(parameters, torch.randn(2, 50, 7, generator=generator))
    values = torch.randn(2, 50, 1, AGENTS, generator=generator, requires_grad=True)
    (slope,) = torch.autograd.grad(mixing(values).sum(), values)
    assert slope.min() >= 0
    assert slope.max() > 0


def test_joint_actions_are_mixed_as_if_each_were_alone() -> None:
    net, parameters = mixer()
    mixing, values = net(parameters, torch.randn(2, 5, 7)), torch.randn(2, 5, 3, AGENTS)
    alone = torch.cat([mixing(values[:, :, number : number + 1]) for number in range(3)], dim=2)
    torch.testing.assert_close(mixing(values), alone)


def test_the_mixing_network_is_qmixs_by_hand() -> None:
    net, parameters = mixer(1)
    part = {name: values[0] for name, values in unpack(parameters, net.shapes).items()}
    state, values = torch.randn(7), torch.randn(AGENTS)
    first, second, bias, value = (state @ part["first.weight"] + part["first.bias"][0]).split([6, 6, 4, 4])
    weight1 = (torch.relu(first) @ part["weight1.weight"] + part["weight1.bias"][0]).abs().view(AGENTS, 4)
    weight2 = (torch.relu(second) @ part["weight2.weight"] + part["weight2.bias"][0]).abs()
    offset = torch.relu(value) @ part["value.weight"] + part["value.bias"][0]
    by_hand = nn.functional.elu(values @ weight1 + bias) @ weight2 + offset
    mixing = net(parameters, state.view(1, 1, 7))
    torch.testing.assert_close(mixing(values.view(1, 1, 1, AGENTS)).flatten(), by_hand)
    credit = mixing.credit().flatten()
    torch.testing.assert_close(credit, weight1 @ weight2 / (weight1 @ weight2).sum())


def test_a_token_of_the_transformer_sees_itself_and_those_before_it_and_no_other_lane() -> None:
    gpt = GPT(width=8, heads=2, blocks=2)
    shapes = gpt.shapes
    parameters = 10 * pack(start(LaneRandom((0, 1), 1), shapes), shapes)
    generator = torch.Generator().manual_seed(0)
    tokens = torch.randn(2, 3, 5, 8, generator=generator)
    before = gpt(unpack(parameters, shapes), tokens)
    tokens[1, :, 3] += torch.randn(8, generator=generator)
    after = gpt(unpack(parameters, shapes), tokens)
    assert torch.equal(before[0], after[0])
    torch.testing.assert_close(before[1, :, :3], after[1, :, :3])
    assert (before[1, :, 3:] - after[1, :, 3:]).abs().amax(dim=(0, 2)).min() > 1e-3
