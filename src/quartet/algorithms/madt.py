"""MADT (Meng et al. 2021): one decision transformer for all agents, asked for the choices that lead to a return."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from quartet.algorithms.learner import Learner, Settings
from quartet.algorithms.sequence_learner import discrete, log_policy, mean_of, of_choices
from quartet.algorithms.teams import to_lanes, to_teams
from quartet.data.episodes import Episodes
from quartet.data.sequences import Sequences, SequenceSampler
from quartet.errors import QuartetError
from quartet.nets.adamw import AdamW
from quartet.nets.gpt import GPT, start
from quartet.nets.lanes import LaneRandom
from quartet.nets.layers import linear
from quartet.nets.parameters import Terms, initial_random, linear_shapes, pack, unpack
from quartet.tasks.spec import TaskSpec

STEPS = 20  # of a sequence of the other algorithms: an update learns from as many steps as theirs do


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Hyperparameters of MADT."""

    SAMPLER: ClassVar[str] = "sequences"

    width: int  # of a token
    heads: int  # of attention
    blocks: int  # of the transformer
    sequence: int  # steps that are seen at a time, the present among them
    rate: float  # AdamW's learning rate
    decay: float  # and its weight decay, of matrices alone
    clip: float  # largest gradient norm
    target: float  # the return that acting asks for
    return_scale: float  # what returns are divided by


@dataclass(frozen=True)
class Seen:
    """What the transformer is told of T steps; rows are the agents of whole teams."""

    returns: Tensor  # (S, R, T, 1) still to go, over the scale
    observations: Tensor  # (S, R, T, o)
    times: Tensor  # (S, R, T) steps since the episode began

    def after(self, before: "Seen", steps: int) -> "Seen":
        """This, one step, after what was seen before; so many steps of it."""
        joined = {name: torch.cat([old, getattr(self, name)], dim=2) for name, old in vars(before).items()}
        return Seen(**{name: values[:, :, -steps:] for name, values in joined.items()})


class MADT(Learner):
    """One lane per seed; tokens are return and observation, step by step; acts by its likeliest choice.

    A decision transformer is told its past choices, too; with one step at a time, as published, there are none.
    """

    config: Config

    def __init__(self, spec: TaskSpec, config: Config, seeds: tuple[int, ...], device: torch.device) -> None:
        super().__init__(config, device)
        self.config, self.seeds, self.spec = config, seeds, discrete(spec, "MADT")
        self.gpt = GPT(config.width, config.heads, config.blocks)
        width, places = config.width, {"agent": spec.agents, "time": spec.horizon}
        layers = {"return": (1, width), "observation": (spec.observation, width), "act": (width, spec.choices)}
        tables = {name: (places_of, width) for name, places_of in places.items()}
        self.shapes = self.gpt.shapes | linear_shapes(layers) | tables
        self.add("policy", pack(start(initial_random(seeds, 1), self.shapes), self.shapes))
        matrices = {f"{name}.weight" for name in layers | self.gpt.layers}
        decays = {
            name: torch.full((1, *shape), config.decay * (name in matrices)) for name, shape in self.shapes.items()
        }
        decay = pack(decays, self.shapes).to(device)
        self.optimisers["policy"] = AdamW(self.networks["policy"], config.rate, decay)
        self.begin(0)

    def sampler(self, episodes: Episodes, weights: NDArray[np.float64]) -> SequenceSampler:
        """What this algorithm is trained with."""
        steps = self.config.sequence
        each = max(1, STEPS // steps)
        return SequenceSampler(episodes, weights, steps=steps, period=1, each=each, returns=True, device=self.device)

    def update(self, batch: Sequences, random: LaneRandom) -> dict[str, Tensor]:  # noqa: ARG002
        """One gradient step."""
        metrics = self.descend("policy", self.losses, batch, norm=self.config.clip)
        return {name: values.repeat_interleave(self.spec.agents) for name, values in metrics.items()}

    def losses(self, parameters: Tensor, batch: Sequences) -> Terms:
        """- log pi(a | what was seen), the mean over agents and steps."""
        if batch.returns is None:
            raise QuartetError("sequences for MADT need their returns", mend="draw them with its own sampler")
        team = batch.choices[:, :-1].shape

        def rows(values: Tensor) -> Tensor:
            """(S, T + 1, B, N, ...) -> (S, B N, T, ...)."""
            return values[:, :-1].flatten(2, 3).transpose(1, 2)

        def shared(values: Tensor) -> Tensor:
            return rows(values.unsqueeze(3).expand(-1, -1, -1, self.spec.agents))

        returns = shared(batch.returns).unsqueeze(3) / self.config.return_scale
        logits = self.logits(parameters, Seen(returns, rows(batch.observations), shared(batch.times)))
        logs = log_policy(logits.transpose(1, 2).reshape(*team, -1), batch.legal[:, :-1])
        return {"imitation": -mean_of(of_choices(logs, batch.choices[:, :-1]).mean(3), batch.real)}

    def logits(self, parameters: Tensor, seen: Seen) -> Tensor:
        """The choices' logits at every step, (S, R, T, choices)."""
        part = unpack(parameters, self.shapes)

        def embedded(name: str, values: Tensor) -> Tensor:
            flat = linear(values.flatten(1, 2), part[f"{name}.weight"], part[f"{name}.bias"])
            return flat.view(*values.shape[:3], -1)

        lanes, rows, _ = seen.times.shape
        lane = torch.arange(lanes, device=seen.times.device)[:, None, None]
        times = part["time"][lane, seen.times.clamp(max=self.spec.horizon - 1)]
        where = times + part["agent"].repeat(1, rows // self.spec.agents, 1).unsqueeze(2)
        told = (embedded("return", seen.returns), embedded("observation", seen.observations))
        tokens = torch.stack([what + where for what in told], dim=3).flatten(2, 3)  # (S, R, 2 T, width)
        return embedded("act", self.gpt(part, tokens)[:, :, 1::2])

    def begin(self, episodes: int) -> None:
        """New episodes: nothing has been seen, and the whole return is to go."""
        rows = (len(self.seeds), episodes * self.spec.agents)
        blank = torch.zeros(*rows, 0, max(1, self.spec.observation), device=self.device)
        self.seen = Seen(blank[..., :1], blank, blank[..., 0].long())
        self.wanted = torch.full(rows, self.config.target / self.config.return_scale, device=self.device)
        self.time = 0

    def reward(self, rewards: Tensor) -> None:
        """What was paid, rewards (L, E), is no longer to go."""
        paid = to_teams(rewards, self.spec.agents).mean(2, keepdim=True).expand(-1, -1, self.spec.agents)
        self.wanted = self.wanted - paid.flatten(1) / self.config.return_scale

    @torch.no_grad()
    def act(self, observations: Tensor, random: LaneRandom) -> Tensor:  # noqa: ARG002
        """The present's logits as the choices' scores, (L, E, choices)."""
        if self.wanted.shape[1] != observations.shape[1] * self.spec.agents:
            self.begin(observations.shape[1])
        seen = to_teams(observations, self.spec.agents)
        times = torch.full((*self.wanted.shape, 1), self.time, device=self.device)
        present = Seen(self.wanted[..., None, None], seen.flatten(1, 2).unsqueeze(2), times)
        self.seen, self.time = present.after(self.seen, self.config.sequence), self.time + 1
        scores = self.logits(self.networks["policy"], self.seen)[:, :, -1]
        return to_lanes(scores.view(*seen.shape[:3], -1))
