"""MADIFF-C: one joint noise process with attention among agents, conditioned on all agents' histories (MADIFF)."""

from quartet.algorithms import planner


class Config(planner.Config):
    """Hyperparameters of MADIFF-C."""


class MADIFFC(planner.Planner):
    """Planned centrally: every agent's noise depends on what all agents have seen."""

    attention = True
