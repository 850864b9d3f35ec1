"""Noise schedules and samplers."""

from quartet.diffusion import ancestral
from quartet.diffusion.schedules import SCHEDULES, Schedule, schedule
from quartet.diffusion.solver import solve, step

__all__ = ["SCHEDULES", "Schedule", "ancestral", "schedule", "solve", "step"]
