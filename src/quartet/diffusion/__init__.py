"""Noise schedules, samplers, guidance and consistency models."""

from quartet.diffusion import ancestral
from quartet.diffusion.samplers import SAMPLERS, Sampler, strided
from quartet.diffusion.schedules import SCHEDULES, Schedule, schedule
from quartet.diffusion.solver import solve, step

__all__ = ["SAMPLERS", "SCHEDULES", "Sampler", "Schedule", "ancestral", "schedule", "solve", "step", "strided"]
