"""OMSD: the team's critic, and the score of the sequential factors mu_i(a_i | s, a_<i) of the behaviour (Eq. 13)."""

from quartet.algorithms.score_policy import Config, ScorePolicy

__all__ = ["OMSD", "Config"]


class OMSD(ScorePolicy):
    """Sequential score decomposition."""

    sees_before = True
