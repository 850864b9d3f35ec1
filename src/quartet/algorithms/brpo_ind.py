"""BRPO-Ind: every agent follows its own critic and the score of its own behaviour (OMSD Eq. 7)."""

from quartet.algorithms.score_policy import Config, ScorePolicy

__all__ = ["BRPOInd", "Config"]


class BRPOInd(ScorePolicy):
    """Independent learning."""

    team_critic = False
