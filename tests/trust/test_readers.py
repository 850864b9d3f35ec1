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
from quartet.data.episodes import Episodes, open_episodes, write_episodes
from quartet.errors import QuartetError
from tests.trust.readers import JSON, STATE, TENSORS, TEXTS, good

often = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
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


def tried(read: Callable[[Path], Any], path: Path) -> Any:
    """What is read, or None where the reader refuses in one line that names the file."""
    try:
        return read(path)
    except QuartetError as error:
        refused = str(error)
    assert path.name.removesuffix(".provenance.json") in refused
    assert "\n" not in refused
    return None


@pytest.mark.parametrize("name", TEXTS)
@often
@given(data=st.data())
def test_a_harmed_text_is_read_or_refused_in_one_line(name: str, data: st.DataObject, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.provenance.json"
    content = good(TEXTS[name], path)
    path.write_bytes(data.draw(harmed(content)))
    tried(TEXTS[name].read, path)


@pytest.mark.parametrize("name", JSON)
@often
@given(data=st.data())
def test_json_with_something_else_in_a_place_is_read_or_refused_in_one_line(
    name: str, data: st.DataObject, tmp_path: Path
) -> None:
    path = tmp_path / name
    kept = json.loads(good(JSON[name], path))
    inside = kept
    while isinstance(inside, dict | list) and inside:
        key = data.draw(st.sampled_from(sorted(inside) if isinstance(inside, dict) else range(len(inside))))
        if data.draw(st.booleans()) or not isinstance(inside[key], dict | list):
            inside[key] = data.draw(ANYTHING)
            break
        inside = inside[key]
    path.write_text(json.dumps(kept))
    tried(JSON[name].read, path)


@pytest.mark.parametrize("name", TENSORS)
@often
@given(data=st.data())
def test_a_harmed_file_of_tensors_is_refused_in_one_line_or_holds_what_was_saved(
    name: str, data: st.DataObject, tmp_path: Path
) -> None:
    path = tmp_path / name
    content = good(TENSORS[name], path)
    path.write_bytes(data.draw(harmed(content)))
    read = tried(TENSORS[name].read, path)
    if name == "checkpoint" and read is not None:
        assert torch.equal(read["networks"]["policy"], STATE["networks"]["policy"])
        assert (read["update"], read["log"]) == (STATE["update"], STATE["log"])


def test_every_flipped_bit_of_a_tensor_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    content = good(TENSORS["checkpoint"], path)
    start = content.index(torch.arange(6.0).numpy().tobytes())
    for place in range(start, start + 24):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        assert tried(TENSORS["checkpoint"].read, path) is None


@often
@given(data=st.data())
def test_a_harmed_dataset_is_refused_in_one_line_or_sound(
    data: st.DataObject, tmp_path: Path, random_spread: Episodes
) -> None:
    path = tmp_path / "random.h5"
    if not path.exists():
        write_episodes(path, random_spread)
        (tmp_path / "kept").write_bytes(path.read_bytes())
    path.unlink()
    path.write_bytes(data.draw(harmed((tmp_path / "kept").read_bytes())))
    read = tried(open_episodes, path)
    if read is not None:
        assert read.transitions == len(read.rewards)
        assert np.isfinite(read.observations).all()


@pytest.mark.parametrize("name", ["evaluation", "checkpoint"])
@often
@given(data=st.data())
def test_whatever_is_not_what_its_provenance_says_is_refused(name: str, data: st.DataObject, tmp_path: Path) -> None:
    path = tmp_path / name
    content = good((TEXTS | TENSORS)[name], path)
    provenance.paths.provenance_of(path).write_text(json.dumps({"sha256": provenance.file_digest(path)}))
    changed = data.draw(harmed(content))
    path.write_bytes(changed)
    read = tried(provenance.verified_digest, path)
    assert (read is None) == (changed != content)


@pytest.mark.parametrize("name", [*TEXTS, *TENSORS])
def test_a_file_that_is_not_there_a_folder_and_an_endless_one_are_one_line(name: str, tmp_path: Path) -> None:
    reader = (TEXTS | TENSORS)[name]
    optional = name in ("rendered", "provenance")  # nothing is made of what may be absent
    for path in (tmp_path / "none", tmp_path):
        assert optional or tried(reader.read, path) is None
    endless = tmp_path / "endless"
    with endless.open("wb") as handle:
        handle.truncate(1 << 40)  # a terabyte that takes no room
    assert name == "provenance" or tried(reader.read, endless) is None
