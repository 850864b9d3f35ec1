"""QMIX+CQL (OG-MARL; the papers' MA-CQL in battles): QMIX that prefers the data's joint choices to random ones."""

from dataclasses import dataclass

import torch
from torch import Tensor

from quartet.algorithms import qmix
from quartet.algorithms.qmix import QMIX, Valued
from quartet.algorithms.sequence_learner import mean_of
from quartet.data.sequences import Sequences
from quartet.nets.lanes import LaneRandom
from quartet.nets.parameters import Terms


@dataclass(frozen=True, kw_only=True)
class Config(qmix.Config):
    """Hyperparameters of QMIX+CQL."""

    cql_weight: float  # weight of the conservative term
    random_actions: int  # random joint choices of every step


def conservative_loss(valued: Valued, batch: Sequences, uniform: Tensor) -> Tensor:
    """E log sum exp Q_tot over random joint choices and the data's, minus Q_tot of the data's, (S,).

    `uniform` (S, N, K, T, B) decides among all choices, legal or not, as in the released code.
    """
    choices = valued.values.shape[4]
    drawn = (uniform.permute(0, 3, 4, 1, 2) * choices).long().clamp(max=choices - 1)  # (S, T, B, N, K)
    values = valued.values[:, :-1].gather(4, drawn).mT.flatten(1, 2)  # (S, T B, K, N)
    of_data = valued.total.flatten(1, 2).unsqueeze(2)
    spread = torch.cat([valued.mixing(values), of_data], dim=2).logsumexp(2, keepdim=True)
    return mean_of((spread - of_data).view(batch.real.shape), batch.real)


class QMIXCQL(QMIX):
    """Differs from QMIX in a term of the loss."""

    config: Config

    def losses(self, values: Tensor, mixer: Tensor, batch: Sequences, random: LaneRandom) -> Terms:
        """QMIX's and the conservative one."""
        _, steps, rows = batch.rewards.shape
        uniform = random.uniform(self.config.random_actions, steps, rows)
        valued = self.value(values, mixer, batch)
        conservative = conservative_loss(valued, batch, uniform.view(len(batch.real), -1, *uniform.shape[1:]))
        return {"td": self.td_loss(valued, batch), "cql": self.config.cql_weight * conservative}
