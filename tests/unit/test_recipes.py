"""EAQ's datasets: what each holds, in which order, and that interrupted models end in the same bytes."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_augmentation import SMALL, fights, steps_of

from quartet.augmentation import recipes
from quartet.augmentation.subsets import LEAST, few, subsets
from quartet.data.episodes import Episodes, open_episodes, write_episodes
from quartet.names import AUGMENTED, GENERATED

VALUES = {
    **{"share": 3, "upsampling": 5, "gamma": 1.0, "guidance": 0.1, "steps": 20, "schedule": "linear"},
    **{"sampler": "ddpm", "rate": 0.01, "average_decay": 0.9, "low": 0.8, "high": 1.2, "kept": 50},
}
GUIDANCES = {"default": 0.1, "strong": 0.5, "weak": 0.01, "no-q": 0.0}
SIZES = {**SMALL, "subsets": 3, "updates": 4, "batch": 4}
ORIGINAL = few(fights([3 + number % 7 for number in range(50)]), "medium-few", 3, 3, seed=0)
MADE = [name for name, source in AUGMENTED.items() if source == "medium-few"]


def settings(variant: str, **sizes: int) -> dict[str, Any]:
    return {"seed": 0, "sizes": SIZES | sizes, "values": VALUES | {"guidance": GUIDANCES[variant]}}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the models of every variant."""
    folder = tmp_path_factory.mktemp("models")
    for variant in GUIDANCES:
        resume = folder / f"{variant}-resume.pt"
        recipes.fit(ORIGINAL, settings(variant), folder / f"{variant}.pt", resume, "cpu")
    return folder


def made(quality: str, models: Path) -> Episodes:
    variant = GENERATED.get(quality)
    trained = None if variant is None else models / f"{variant}.pt"
    return recipes.make(quality, ORIGINAL, settings(variant or "default"), trained)


@pytest.mark.parametrize("quality", [name for name in MADE if name != "medium-few-best"])
def test_every_subset_is_followed_by_five_times_as_many(quality: str, models: Path, tmp_path: Path) -> None:
    write_episodes(tmp_path / "made.h5", made(quality, models))
    read = open_episodes(tmp_path / "made.h5")
    for original, enlarged in zip(subsets(ORIGINAL), subsets(read), strict=True):
        assert len(original) == LEAST
        assert len(enlarged) == 6 * LEAST
        assert steps_of(enlarged)[:LEAST] == steps_of(original)
        assert np.array_equal(enlarged.actions[: original.transitions], original.actions)
    assert (read.quality, read.state) == (quality, None)


def test_copies_are_copies_and_scaled_ones_are_five_different_ones(models: Path) -> None:
    copied, scaled = (subsets(made(f"medium-{name}", models))[0] for name in ("few-x5", "rad-m"))
    assert steps_of(copied) == 6 * steps_of(copied)[:LEAST]
    assert len(set(steps_of(scaled))) == 6 * LEAST
    assert np.array_equal(scaled.rewards, copied.rewards)


def test_the_better_half_is_the_better_half(models: Path) -> None:
    kept = made("medium-few-best", models)
    for original, best in zip(subsets(ORIGINAL), subsets(kept), strict=True):
        assert sorted(best.returns) == sorted(original.returns)[LEAST // 2 :]
    plain, chosen = (made(f"medium-eaq-no-q{name}", models) for name in ("", "-best"))
    assert chosen.returns.mean() > plain.returns.mean()
    assert len(chosen) == len(plain)


def test_generated_episodes_say_what_is_still_to_come_and_real_ones_are_right(models: Path) -> None:
    enlarged = subsets(made("medium-eaq", models))[1]
    assert enlarged.returns_to_go is not None
    stated = enlarged.returns_to_go[enlarged.offsets[:-1]]
    assert stated[:LEAST] == pytest.approx(enlarged.returns[:LEAST], abs=1e-5)
    assert not np.allclose(stated[LEAST:], enlarged.returns[LEAST:], atol=0.1)


def test_all_weights_of_the_guidance_make_other_episodes_of_the_same_noise(models: Path) -> None:
    returns = {name: made(f"medium-eaq{name}", models).returns for name in ("", "-strong", "-weak", "-no-q")}
    assert len({values.tobytes() for values in returns.values()}) == 4
    again = made("medium-eaq", models)
    assert np.array_equal(again.returns, returns[""])


def test_an_interrupted_training_ends_in_the_same_bytes(models: Path, tmp_path: Path) -> None:
    for updates in (2, 4):  # the end of the first is where the second goes on
        wanted = settings("default", updates=updates)
        recipes.fit(ORIGINAL, wanted, tmp_path / "models.pt", tmp_path / "resume.pt", "cpu")
    assert (tmp_path / "models.pt").read_bytes() == (models / "default.pt").read_bytes()
