"""BRPO-JAL: the team's critic and the score of the joint behaviour, joint-action learning (OMSD Eq. 10)."""

from quartet.algorithms.score_policy import Config, ScorePolicy

__all__ = ["BRPOJal", "Config"]


class BRPOJal(ScorePolicy):
    """One model of all agents' actions."""

    team_behaviour = True
