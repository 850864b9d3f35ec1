"""Quartet: four papers on diffusion in offline multi-agent reinforcement learning, regenerated from nothing."""

__version__ = "0.1.0"
