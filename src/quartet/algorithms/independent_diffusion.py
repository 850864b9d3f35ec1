"""Independent diffusion (ID): DoF's agent without factorisation, every agent with a process of its own (DoF 5.1)."""

from quartet.algorithms import planner


class Config(planner.Config):
    """Hyperparameters of independent diffusion."""


class IndependentDiffusion(planner.Planner):
    """Nothing ties the agents: no sharing, f and h Concat; its configuration says so."""
