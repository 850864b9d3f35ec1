"""SMAC's battles without StarCraft II, batched."""

from quartet.tasks.battle.task import Battle

__all__ = ["Battle"]
