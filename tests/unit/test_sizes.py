"""Sizes that a scale gives by task."""

from pathlib import Path

import pytest

from quartet import config
from quartet.errors import QuartetError

ROOT = Path(__file__).resolve().parents[2]


def test_a_task_has_the_sections_sizes_but_for_its_own() -> None:
    scale = {"behaviour": {"updates": 5, "batch": 7, "by": {"cheetah": {"updates": 9}}}}
    assert config.sized(scale, "behaviour", "cheetah") == {"updates": 9, "batch": 7}
    assert config.sized(scale, "behaviour", "tag") == {"updates": 5, "batch": 7}
    assert scale["behaviour"]["by"] == {"cheetah": {"updates": 9}}


def test_the_tasks_of_a_group_share_its_sizes_but_for_their_own() -> None:
    scale = {"datasets": {"transitions": 5, "by": {"battles": {"transitions": 9}, "8m": {"transitions": 7}}}}
    assert [config.sized(scale, "datasets", task)["transitions"] for task in ("3m", "8m", "tag")] == [9, 7, 5]


@pytest.mark.parametrize("scale", ["quick", "laptop", "paper"])
def test_a_run_of_the_cheetah_knows_no_other_task(scale: str) -> None:
    settings = config.load(ROOT, scale=scale)
    run = config.run_settings(settings, "cheetah", "medium", "dom2", "default")
    assert "by" not in run["training"]
    assert settings.scale["evaluation"]["by"]["cheetah"]["episodes"] < settings.scale["evaluation"]["episodes"]


def test_a_size_that_a_variant_names_is_the_variants() -> None:
    settings = config.load(ROOT, scale="laptop")
    plain, released = (
        config.run_settings(settings, "spread", "expert", "dof", variant) for variant in ("default", "released")
    )
    assert plain["training"]["horizon"] == 8
    assert "horizon" not in released["training"]
    assert released["points"]["released"]["horizon"] == 24


@pytest.mark.parametrize(
    ("by", "message"),
    [
        ("{cheeta: {transitions: 3}}", "unknown task 'cheeta'; did you mean 'cheetah'"),
        ("{cheetah: {transition: 3}}", "by.cheetah: unknown key 'transition'; did you mean 'transitions'"),
        ("{cheetah: {transitions: 0}}", "by.cheetah.transitions"),
    ],
)
def test_a_wrong_size_by_task_is_one_clear_line(project: config.Config, by: str, message: str) -> None:
    path = project.root / "config" / "scales" / "tiny.yaml"
    path.write_text(path.read_text().replace("{transitions: 500}", f"{{transitions: 500, by: {by}}}"))
    with pytest.raises(QuartetError, match=message):
        config.load(project.root, scale="tiny")
