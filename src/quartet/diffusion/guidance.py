"""Classifier-free guidance (Ho & Salimans): conditions dropped in training, weighed against none when sampling."""

from collections.abc import Sequence

from torch import Tensor


def drop(uniform: Tensor, probability: float) -> Tensor:
    """Which conditions stay: 0 with `probability`, else 1, from uniform numbers in [0, 1)."""
    return (uniform >= probability).to(uniform)


def guided(conditional: Tensor, unconditional: Tensor, weight: float) -> Tensor:
    """eps_u + w (eps_c - eps_u): w = 1 is the conditional model, w > 1 goes beyond it."""
    return composed([conditional], unconditional, weight)


def composed(conditionals: Sequence[Tensor], unconditional: Tensor, weight: float) -> Tensor:
    """Several conditions at once: eps_u + w sum_i (eps_i - eps_u) (Decision Diffuser, Appendix D)."""
    total = unconditional
    for conditional in conditionals:
        total = total + weight * (conditional - unconditional)
    return total
