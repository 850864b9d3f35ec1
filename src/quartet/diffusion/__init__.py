"""Noise schedules and solvers."""

from quartet.diffusion.schedules import SCHEDULES, Schedule, schedule
from quartet.diffusion.solver import solve, step

__all__ = ["SCHEDULES", "Schedule", "schedule", "solve", "step"]
