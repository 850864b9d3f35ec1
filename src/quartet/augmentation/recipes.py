"""What each of EAQ's datasets is made of: the subsets alone, or with copies, scaled copies or generated episodes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from quartet.augmentation import copies
from quartet.augmentation.model import Config, EpisodeModel, EpisodeSampler
from quartet.augmentation.subsets import few, subsets
from quartet.augmentation.tensor import EpisodeTensor, Legal, decoded
from quartet.data.episodes import Episodes
from quartet.data.windows import returns_to_go
from quartet.names import AUGMENTED
from quartet.nets.lanes import LaneRandom
from quartet.training import checkpoint, loop

AT_ONCE = 32  # episodes of every subset that are generated side by side
SCALINGS = {"rad-s": copies.one_number, "rad-m": copies.one_each}


def fit(original: Episodes, settings: Mapping[str, Any], out: Path, resume: Path, device: str) -> list[loop.LogRow]:
    """Train EAQ's models of all subsets, and keep them; goes on from `resume`."""
    tensors = _tensors(original, settings)
    sizes = settings["sizes"]
    learner = _model(tensors, settings, device)
    sampler = EpisodeSampler(torch.stack([tensor.values for tensor in tensors]).to(device))
    random = LaneRandom(_seeds(settings, 0), 1, device)
    log = loop.train(learner, sampler, random, updates=sizes["updates"], batch=sizes["batch"], resume=resume)
    checkpoint.save(out, learner.state_dict())
    return log


def make(
    quality: str,
    source: Episodes,
    settings: Mapping[str, Any],
    trained: Path | None = None,
    legal: Legal | None = None,
    device: str = "cpu",
) -> Episodes:
    """One dataset from what it is made of: the whole dataset for `<whole>-few`, that one for every other.

    Generated episodes need the models that `fit` trained, and take what their observations allow from `legal`.
    """
    values = settings["values"]
    if quality.endswith("-few"):
        return few(source, quality, values["share"], settings["sizes"]["subsets"], settings["seed"])
    original = [replace(part, subset=None) for part in subsets(source)]
    if trained is not None:
        more = _generated(quality, source, settings, trained, legal, device)
        parts = [[_valued(part, values["gamma"]), made] for part, made in zip(original, more, strict=True)]
    else:
        parts = [_copied(quality, part, number, settings) for number, part in enumerate(original)]
    numbers = np.repeat(np.arange(len(parts)), [sum(map(len, own)) for own in parts])
    united = copies.united([part for own in parts for part in own], quality, f"{quality} of {source.behaviour}")
    return replace(united, subset=numbers)


def _copied(quality: str, part: Episodes, number: int, settings: Mapping[str, Any]) -> list[Episodes]:
    """One subset and its copies, or the best of it alone."""
    values, made = settings["values"], _made(quality)
    if made == "few-best":
        return [copies.best(part, max(1, len(part) * values["kept"] // 100))]
    more = [part] * values["upsampling"]
    if made in SCALINGS:
        draw = SCALINGS[made](np.random.default_rng([settings["seed"], 92, number]), values["low"], values["high"])
        more = [copies.scaled(copy, draw) for copy in more]
    return [part, *more]


def _generated(
    quality: str, source: Episodes, settings: Mapping[str, Any], trained: Path, legal: Legal | None, device: str
) -> list[Episodes]:
    """The synthetic episodes of every subset: S for each real one (Algorithm 1); where only the best stay, of more."""
    values = settings["values"]
    tensors = _tensors(source, settings)
    model = _model(tensors, settings, device)
    state = checkpoint.load(trained, device)
    with checkpoint.fitting(trained, "holds no models of these subsets", "delete it and augment again"):
        model.load_state_dict(state)
    wanted = values["upsampling"] * len(tensors[0].values)
    rows = wanted * 100 // values["kept"] if quality.endswith("-best") else wanted
    random = LaneRandom(_seeds(settings, 1), 1, device)
    pieces = [model.generate(min(AT_ONCE, rows - done), random) for done in range(0, rows, AT_ONCE)]
    found = [
        decoded(part, tensor, replace(source, quality=quality), legal)
        for part, tensor in zip(torch.cat(pieces, dim=1).cpu(), tensors, strict=True)
    ]
    return [copies.best(part, wanted) for part in found]


def _made(quality: str) -> str:
    """What was made of the subsets: `rad-s` of medium-rad-s."""
    return quality.removeprefix(AUGMENTED[quality].removesuffix("few"))


def _tensors(original: Episodes, settings: Mapping[str, Any]) -> list[EpisodeTensor]:
    """The tensor of every subset, all as long as the longest episode of them."""
    gamma = settings["values"]["gamma"]
    divisor = 2 ** (len(settings["sizes"]["multipliers"]) - 1)  # the network halves the length of time so often
    longest = int(original.lengths.max())
    return [EpisodeTensor.of(part, longest, gamma, divisor) for part in subsets(original)]


def _model(tensors: Sequence[EpisodeTensor], settings: Mapping[str, Any], device: str) -> EpisodeModel:
    config = Config.read({**settings["values"], **settings["sizes"]})
    return EpisodeModel(torch.stack([tensor.values for tensor in tensors]), config, device)


def _seeds(settings: Mapping[str, Any], use: int) -> list[int]:
    """The subsets' streams: training's (use 0) and generation's (1)."""
    return [(settings["seed"] << 8) + 2 * number + use for number in range(settings["sizes"]["subsets"])]


def _valued(part: Episodes, gamma: float) -> Episodes:
    """Real episodes with the return-to-go that is theirs, beside generated ones, which state one."""
    return replace(part, returns_to_go=returns_to_go(part, gamma).mean(1))
