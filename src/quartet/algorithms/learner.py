"""What the algorithms share: reading hyperparameters, saving, and one gradient step of a stack of networks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from quartet.algorithms.base import Sampler
from quartet.data.episodes import Episodes
from quartet.data.sampler import TeamSampler, TransitionSampler
from quartet.errors import QuartetError, unknown
from quartet.nets.parameters import Adam, Terms, clip, restore, terms_and_gradients

# Named in a run's settings but read elsewhere: by the sampler and by the training loop.
READ_ELSEWHERE = {
    "fraction",
    "thresholds",
    "threshold_reading",
    "batch",
    "updates",
    "trained",
    "rates",
    "hidden",
    "noise_widths",
    "compile",
    "episodes",
}

SAMPLERS = {"transitions": TransitionSampler, "teams": TeamSampler}


@dataclass(frozen=True)
class Settings:
    """Base of every algorithm's `Config`."""

    LANEABLE: ClassVar[frozenset[str]] = frozenset({"fraction"})  # the sampler's: every algorithm has it
    SAMPLER: ClassVar[str] = "transitions"  # what it is trained with: one of SAMPLERS, or "windows" (planners)

    compile: bool = False  # compile the losses with torch.compile; pays for long runs only

    @classmethod
    def read(cls, hyperparameters: Mapping[str, Any]) -> Self:
        """Pick this algorithm's values out of a run's flat settings; a missing or unknown name is an error."""
        known = {field.name for field in fields(cls)}
        for name in hyperparameters:
            if name not in known | READ_ELSEWHERE:
                raise unknown("hyperparameter", name, known)
        for field in fields(cls):
            if field.name not in hyperparameters and field.default is MISSING:
                raise QuartetError(f"hyperparameter '{field.name}' is missing", mend="give it a value")
        values: dict[str, Any] = {name: value for name, value in hyperparameters.items() if name in known}
        as_tuples: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}
        return cls(**as_tuples)


def per_lane(value: float | tuple[float, ...], lanes: int, device: torch.device) -> float | Tensor:
    """A hyperparameter as the losses take it: one number, or one for each lane, (L,), point of the sweep by point."""
    if not isinstance(value, tuple):
        return value
    return torch.tensor(value, device=device).repeat_interleave(lanes // len(value))


class Learner:
    """Networks and optimisers by name; an algorithm adds its losses, `update` and `act`."""

    def __init__(self, settings: Settings, device: torch.device) -> None:
        self.settings, self.device = settings, device
        self.networks: dict[str, Tensor] = {}  # parameters, targets and running statistics, lanes first
        self.optimisers: dict[str, Adam] = {}

    def add(self, name: str, parameters: Tensor, rate: float | None = None) -> None:
        """Keep a network (or running statistics); with a learning rate it is trained by Adam."""
        self.networks[name] = parameters.to(self.device)
        if rate is not None:
            self.optimisers[name] = Adam(self.networks[name], rate)

    def compiled(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function through torch.compile where the settings ask for it, else as it is."""
        return torch.compile(function, fullgraph=True, dynamic=False) if self.settings.compile else function

    def descend(self, name: str, terms: Callable[..., Terms], *inputs: object, norm: float) -> Terms:
        """One clipped Adam step of network `name` on the sum of the terms; returns the terms."""
        return self.descend_all([name], terms, *inputs, norm=norm)

    def descend_all(self, names: Sequence[str], terms: Callable[..., Terms], *inputs: object, norm: float) -> Terms:
        """The same for a loss of several networks, its first arguments; every lane of each is clipped by itself."""
        values, gradients = terms_and_gradients(terms, [self.networks[name] for name in names], *inputs)
        for name, gradient in zip(names, gradients, strict=True):
            self.optimisers[name].step(clip(gradient, norm))
        return values

    def sampler(self, episodes: Episodes, weights: NDArray[np.float64]) -> Sampler:
        """What this algorithm is trained with."""
        return SAMPLERS[self.settings.SAMPLER](episodes, weights, self.device)

    def begin(self, episodes: int) -> None:
        """Most algorithms remember nothing while they act."""

    def reward(self, rewards: Tensor) -> None:
        """Most algorithms do not mind what a step paid."""

    def state_dict(self) -> dict[str, Any]:
        """Parameters, targets, running statistics and optimiser moments."""
        return {
            "networks": {name: tensor.clone() for name, tensor in self.networks.items()},
            "optimisers": {name: optimiser.state_dict() for name, optimiser in self.optimisers.items()},
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from `state_dict`; a state of another algorithm or shape is a QuartetError."""
        _same_names(state.get("networks", {}), self.networks)
        _same_names(state.get("optimisers", {}), self.optimisers)
        for name, tensor in self.networks.items():
            restore(tensor, state["networks"][name], name)
        for name, optimiser in self.optimisers.items():
            optimiser.load_state_dict(state["optimisers"][name])


def _same_names(saved: Mapping[str, object], own: Mapping[str, object]) -> None:
    if set(saved) != set(own):
        raise QuartetError(
            f"saved state holds {', '.join(sorted(saved)) or 'nothing'}; this algorithm needs {', '.join(sorted(own))}",
            where="checkpoint",
            mend="resume with the algorithm it was saved by",
        )
