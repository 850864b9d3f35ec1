"""Whatever happens to a file: its reader says so in one line, or what it reads is right. Never a traceback."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quartet import provenance
from quartet.errors import QuartetError
from tests.trust.readers import JSON, READERS, STATE, TENSORS, TEXTS, described, good

often = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
FOREIGN = st.one_of(st.binary(max_size=60), st.text(max_size=60).map(str.encode))
ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=5), inside, max_size=3),
    max_leaves=5,
)


@st.composite
def harmed(draw: st.DrawFn, content: bytes) -> bytes:
    """The file cut off, overwritten at one place, with something pushed in or lost, or another file altogether."""
    place = draw(st.integers(0, len(content) - 1))
    some = draw(FOREIGN)
    flipped = bytes([content[place] ^ draw(st.integers(1, 255))])
    return draw(
        st.sampled_from(
            [
                content[:place],
                content[:place] + flipped + content[place + 1 :],
                content[:place] + some + content[place:],
                content[:place] + some + content[place + len(some) :],
                some,
            ]
        )
    )


def tried(name: str, path: Path, content: bytes) -> Any:
    """What a reader makes of this content, or None where it refuses it in one line that names the file."""
    path.unlink(missing_ok=True)  # what was read before may still be mapped
    path.write_bytes(content)
    return read_or_refused(READERS[name].read, path)


def read_or_refused(read: Callable[[Path], Any], path: Path) -> Any:
    try:
        return read(path)
    except QuartetError as error:
        refused = str(error)
    assert path.name in refused
    assert "\n" not in refused
    return None


@pytest.mark.parametrize("name", TEXTS)
@often
@given(data=st.data())
def test_a_harmed_text_is_read_or_refused_in_one_line(name: str, data: st.DataObject, tmp_path: Path) -> None:
    tried(name, tmp_path / name, data.draw(harmed(good(name))))


@pytest.mark.parametrize("name", JSON)
@often
@given(data=st.data())
def test_json_with_something_else_in_a_place_is_read_or_refused_in_one_line(
    name: str, data: st.DataObject, tmp_path: Path
) -> None:
    kept = inside = json.loads(good(name))
    while isinstance(inside, dict | list) and inside:
        key = data.draw(st.sampled_from(sorted(inside) if isinstance(inside, dict) else range(len(inside))))
        if data.draw(st.booleans()) or not isinstance(inside[key], dict | list):
            inside[key] = data.draw(ANYTHING)
            break
        inside = inside[key]
    tried(name, tmp_path / name, json.dumps(kept).encode())


@pytest.mark.parametrize("name", TENSORS)
@often
@given(data=st.data())
def test_a_harmed_file_of_tensors_is_refused_in_one_line_or_holds_what_was_saved(
    name: str, data: st.DataObject, tmp_path: Path
) -> None:
    read = tried(name, tmp_path / name, data.draw(harmed(good(name))))
    if name == "checkpoint" and read is not None:
        assert torch.equal(read["networks"]["policy"], STATE["networks"]["policy"])
        assert (read["update"], read["log"]) == (STATE["update"], STATE["log"])


def test_every_flipped_bit_of_a_tensor_is_noticed(tmp_path: Path) -> None:
    content = good("checkpoint")
    start = content.index(torch.arange(6.0).numpy().tobytes())
    for place in range(start, start + 24):
        changed = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
        assert tried("checkpoint", tmp_path / "checkpoint.pt", changed) is None


@often
@given(data=st.data())
def test_a_harmed_dataset_is_refused_in_one_line_or_sound(data: st.DataObject, tmp_path: Path) -> None:
    read = tried("dataset", tmp_path / "random.h5", data.draw(harmed(good("dataset"))))
    if read is not None:
        assert read.transitions == len(read.rewards)
        assert np.isfinite(read.observations).all()


@pytest.mark.parametrize("name", ["evaluation", "checkpoint"])
@often
@given(data=st.data())
def test_whatever_is_not_what_its_provenance_says_is_refused(name: str, data: st.DataObject, tmp_path: Path) -> None:
    path = tmp_path / name
    if not path.exists():
        described(path, good(name))
    changed = data.draw(harmed(good(name)))
    path.write_bytes(changed)
    assert (read_or_refused(provenance.verified_digest, path) is None) == (changed != good(name))


@pytest.mark.parametrize("name", READERS)
def test_a_file_that_is_not_there_a_folder_and_an_endless_one_are_one_line(name: str, tmp_path: Path) -> None:
    read, endless = READERS[name].read, tmp_path / "endless"
    with endless.open("wb") as handle:
        handle.truncate(1 << 40)  # a terabyte that takes no room
    for path in (tmp_path / "none", tmp_path, endless):
        assert read_or_refused(read, path) is None
