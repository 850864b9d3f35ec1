"""BRPO-FAC: the team's critic, and a behaviour taken to be a product of the agents' (OMSD B.2)."""

from quartet.algorithms.score_policy import Config, ScorePolicy

__all__ = ["BRPOFac", "Config"]


class BRPOFac(ScorePolicy):
    """Central training under the assumption that the behaviour factorises."""

    team_behaviour = False
