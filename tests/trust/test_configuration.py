"""Configuration with something else in any place is one line, or says what runs: never a traceback."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quartet import config, plan
from quartet.errors import QuartetError
from quartet.schema import read_yaml
from tests.conftest import ROOT, TINY

ELSE: list[Any] = [
    *(None, True, -1, 0, 3, 1.5, "", "x", "../x", "default", "spread"),
    *([], [1], ["a", "a"], {}, {"a": 1}, {"by": {}}, {"task": ["spread"]}, [{"id": "a", "cell": {}}]),
]


def _scale(root: Path) -> config.Config:
    return config.load(root, scale="tiny")


def _run(root: Path) -> None:
    for task in ("spread", "3m"):
        config.run_settings(_scale(root), task, "expert", "dom2", "default")


def _paper(root: Path) -> None:
    review = config.load(root, scale="tiny", papers=["dom2-review"])
    chosen = plan.artifacts(review)
    plan.plan(review, chosen)
    for artifact in chosen:
        plan.inputs(review, artifact)


FILES: dict[str, tuple[Callable[[Path], Any], int]] = {
    "config.yaml": (_scale, 30),
    "scales/tiny.yaml": (_scale, 30),
    "algorithms/dom2.yaml": (_run, 30),
    "papers/dom2-review/artifacts.yaml": (_paper, 10),
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the configuration, with the scale of the tests."""
    folder = tmp_path_factory.mktemp("configured")
    for name in ("config", "workflow"):
        shutil.copytree(ROOT / name, folder / name)
    (folder / "config" / "scales" / "tiny.yaml").write_text(TINY)
    return folder


@st.composite
def altered(draw: st.DrawFn, data: dict[str, Any]) -> dict[str, Any]:
    """The data with one entry gone, or something else in its place."""
    inside: Any = data
    while True:
        key = draw(st.sampled_from(sorted(inside) if isinstance(inside, dict) else range(len(inside))))
        if not isinstance(inside[key], dict | list) or not inside[key] or draw(st.integers(0, 4)) == 0:
            break
        inside = inside[key]
    if isinstance(inside, dict) and draw(st.booleans()):
        del inside[key]
    else:
        inside[key] = draw(st.sampled_from(ELSE))
    return data


@pytest.mark.parametrize("name", FILES)
def test_altered_configuration_is_read_or_refused_in_one_line(root: Path, name: str) -> None:
    file, (read, times) = root / "config" / name, FILES[name]
    original = file.read_text()
    kept = json.dumps(read_yaml(file))

    @settings(max_examples=times, deadline=None, suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    def refused_or_read(data: st.DataObject) -> None:
        file.write_text(json.dumps(data.draw(altered(json.loads(kept)))))
        try:
            read(root)
        except QuartetError as error:
            refused = str(error)
        else:
            return
        assert "\n" not in refused

    try:
        refused_or_read()
    finally:
        file.write_text(original)
