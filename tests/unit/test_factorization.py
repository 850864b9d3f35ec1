"""DoF's factorisation functions: what they compute, which agents they couple, and what an agent can do alone."""

import pytest
import torch
from torch import Tensor

from quartet.algorithms.factorization import FACTORIZATIONS, Atten, Factorization, factorization
from quartet.errors import QuartetError
from quartet.nets.parameters import initial_random, pack, size

AGENTS, SIZE, ROWS, CONTEXT = 3, 4, 5, 2
DECENTRAL = ("concat", "wconcat", "normalised-wconcat")
CENTRAL = ("atten", "qmix")


def make(name: str, seeds: tuple[int, ...] = (0, 1)) -> tuple[Factorization, Tensor]:
    function = factorization("noise_factorization", name, AGENTS, SIZE, CONTEXT)
    return function, function.init(initial_random(seeds, 1))


def draw(lanes: int = 2) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    values = torch.randn(lanes, ROWS, AGENTS, SIZE, generator=generator)
    return values, torch.randn(lanes, ROWS, CONTEXT, generator=generator)


@pytest.mark.parametrize("name", FACTORIZATIONS)
def test_parameters_are_as_many_as_the_parts_and_values_keep_their_shape(name: str) -> None:
    function, parameters = make(name)
    values, context = draw()
    assert parameters.shape == (2, size(function.shapes))
    mixed = function(function.unpack(parameters), values, context)
    assert mixed.shape == values.shape
    assert mixed.isfinite().all()


def test_concat_and_wconcat_start_as_the_identity_and_the_normalised_one_as_a_third_of_it() -> None:
    values, _ = draw()
    for name, factor in (("concat", 1.0), ("wconcat", 1.0), ("normalised-wconcat", 1 / 3)):
        function, parameters = make(name)
        torch.testing.assert_close(function(function.unpack(parameters), values), factor * values)


def test_wconcat_weighs_every_agent_by_its_own_number() -> None:
    function, _ = make("wconcat")
    part = function.unpack(torch.tensor([[2.0, -1.0, 0.5]]))
    mixed = function(part, torch.ones(1, 1, AGENTS, SIZE))
    assert mixed[0, 0, :, 0].tolist() == [2.0, -1.0, 0.5]
    normalised, _ = make("normalised-wconcat")
    assert normalised(part, torch.ones(1, 1, AGENTS, SIZE))[0, 0, 2, 0].item() == pytest.approx(0.5 / 1.5)


def test_attention_by_hand() -> None:
    """One dimension, every projection 1: the logits are 16 x_i x_j / 4 in every head."""
    function = factorization("noise_factorization", "atten", 2, 1)
    zeros = {name: torch.zeros(1, *shape) for name, shape in function.shapes.items()}
    part = function.unpack(pack(zeros | {name: zeros[name] + 1 for name in ("query", "key")}, function.shapes))
    first, second = 0.5, 0.25
    mixed = function(part, torch.tensor([first, second]).view(1, 1, 2, 1)).flatten()
    for own, result in ((first, mixed[0]), (second, mixed[1])):
        weight = torch.sigmoid(torch.tensor(4 * own * (first - second)))
        torch.testing.assert_close(result, weight * first + (1 - weight) * second)


def test_attentions_weights_sum_to_one_and_start_on_oneself() -> None:
    function, parameters = make("atten")
    assert isinstance(function, Atten)
    weights = function.weights(function.unpack(parameters), draw()[0])
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, ROWS, AGENTS))
    assert weights.diagonal(dim1=2, dim2=3).mean() > 0.7


def test_qmix_by_hand() -> None:
    """W1 = -1 and W2 = -2 count as 1 and 2: both agents get 2 * 32 elu(x_1 + x_2) + 3."""
    function = factorization("noise_factorization", "qmix", 2, 1)
    zeros = {name: torch.zeros(1, *shape) for name, shape in function.shapes.items()}
    changes = {"weight1.bias": -1.0, "weight2.bias": -2.0, "bias2.bias": 3.0}
    part = function.unpack(pack(zeros | {n: zeros[n] + v for n, v in changes.items()}, function.shapes))
    mixed = function(part, torch.tensor([[1.0, 2.0], [-1.0, -2.0]]).view(1, 2, 2, 1))[0, :, :, 0]
    low = 64 * torch.expm1(torch.tensor(-3.0)).item() + 3
    torch.testing.assert_close(mixed, torch.tensor([[195.0, 195.0], [low, low]]))


def test_qmix_grows_with_every_agents_value_and_depends_on_its_context() -> None:
    function, parameters = make("qmix")
    part, (values, context) = function.unpack(parameters), draw()
    before = function(part, values, context)
    for agent in range(AGENTS):
        more = values.clone()
        more[:, :, agent] += 0.1
        assert (function(part, more, context) > before).all()
    assert not torch.allclose(before, function(part, values, context + 1))


@pytest.mark.parametrize("name", DECENTRAL)
def test_decentral_functions_are_executed_alone_to_the_bit(name: str) -> None:
    function, parameters = make(name)
    part, (values, context) = function.unpack(parameters * 1.3), draw()
    assert function.decentral
    assert torch.equal(function.execute(part, values, context), function(part, values, context))
    changed = values.clone()
    changed[:, :, 1:] = 0
    assert torch.equal(function(part, changed, context)[:, :, 0], function(part, values, context)[:, :, 0])


@pytest.mark.parametrize("name", CENTRAL)
def test_central_functions_couple_the_agents_and_cannot_be_executed_alone(name: str) -> None:
    function, parameters = make(name)
    part, (values, context) = function.unpack(parameters), draw()
    assert torch.equal(function.execute(part, values, context), function(part, values, context))
    changed = values.clone()
    changed[:, :, 1:] = 0
    assert not torch.allclose(function(part, changed, context)[:, :, 0], function(part, values, context)[:, :, 0])
    with pytest.raises(QuartetError, match="cannot be executed by one agent alone; use concat"):
        function.alone(part, values[:, :, 0], 0)


def test_dec_atten_trains_as_atten_and_acts_without_the_others() -> None:
    function, parameters = make("dec-atten")
    atten, same = make("atten")
    part, (values, _) = function.unpack(parameters), draw()
    assert torch.equal(parameters, same)
    assert torch.equal(function(part, values), atten(part, values))
    assert function.decentral
    assert torch.equal(function.execute(part, values), values)


@pytest.mark.parametrize("name", FACTORIZATIONS)
def test_lanes_never_touch(name: str) -> None:
    function, parameters = make(name)
    values, context = draw()
    together = function(function.unpack(parameters), values, context)
    for lane, seed in enumerate((0, 1)):
        own, alone = make(name, (seed,))
        assert torch.equal(alone, parameters[lane : lane + 1])
        apart = own(own.unpack(alone), values[lane : lane + 1], context[lane : lane + 1])
        torch.testing.assert_close(apart, together[lane : lane + 1])


def test_a_misspelt_name_is_one_line() -> None:
    with pytest.raises(QuartetError, match="unknown noise_factorization 'wconcatt'; did you mean 'wconcat'"):
        factorization("noise_factorization", "wconcatt", 2, 1)
