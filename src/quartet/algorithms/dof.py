"""DoF-Trajectory: one noise process per agent, trained together through f and executed apart (DoF 4.3, Algorithm 3)."""

from quartet.algorithms import planner


class Config(planner.Config):
    """Hyperparameters of DoF-Trajectory."""


class DoF(planner.Planner):
    """Every agent plans from its own history and return alone, unless f or h needs all agents' values."""
