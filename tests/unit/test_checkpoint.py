"""Checkpoints: same state, same bytes; anything damaged or foreign is one line."""

import pickle
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quartet.errors import QuartetError
from quartet.training import checkpoint

STATE = {"update": 3, "networks": {"policy": torch.arange(6.0).reshape(2, 3)}, "log": [(1, "td", [0.5, 0.25])]}


def test_a_state_survives_the_round_trip_and_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one.pt", "two.pt"):
        checkpoint.save(tmp_path / name, STATE)
    loaded = checkpoint.load(tmp_path / "one.pt")
    assert loaded["update"] == 3
    assert loaded["log"] == STATE["log"]
    assert torch.equal(loaded["networks"]["policy"], torch.arange(6.0).reshape(2, 3))
    assert (tmp_path / "one.pt").read_bytes() == (tmp_path / "two.pt").read_bytes()


class Harm:
    """A pickle that runs code when it is loaded."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return (Path.touch, (self.target,))


def test_a_pickle_disguised_as_a_checkpoint_is_refused_without_running(tmp_path: Path) -> None:
    path, harmed = tmp_path / "evil.pt", tmp_path / "harmed"
    path.write_bytes(pickle.dumps({"update": Harm(harmed)}))
    with pytest.raises(QuartetError, match=r"evil\.pt: damaged, or no checkpoint of ours"):
        checkpoint.load(path)
    torch.save({"update": Harm(harmed)}, path)
    with pytest.raises(QuartetError, match=r"evil\.pt: damaged, or no checkpoint of ours"):
        checkpoint.load(path)
    assert not harmed.exists()


def test_every_truncation_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cut.pt"
    checkpoint.save(path, STATE)
    whole = path.read_bytes()
    for length in range(0, len(whole), 37):
        path.write_bytes(whole[:length])
        with pytest.raises(QuartetError, match=r"cut\.pt: "):
            checkpoint.load(path)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200))
def test_any_foreign_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "foreign.pt"
    path.write_bytes(content)
    with pytest.raises(QuartetError, match=r"foreign\.pt: "):
        checkpoint.load(path)
