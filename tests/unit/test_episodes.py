"""Episodes files: what is written is read, and whatever is damaged or foreign is refused in one line."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from test_data import make

from quartet.data.episodes import Episodes, open_episodes, write_episodes
from quartet.errors import QuartetError


def discrete(lengths: list[int]) -> Episodes:
    """Episodes of two choices, in which every agent made the first; both were legal."""
    made = make(lengths)
    actions, legal = np.zeros_like(made.actions), np.ones(made.actions.shape, bool)
    actions[..., 0] = 1
    return replace(made, spec=replace(made.spec, choices=2), actions=actions, legal_actions=legal)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    written = discrete([3, 5, 2])
    write_episodes(tmp_path / "a.h5", written)
    read = open_episodes(tmp_path / "a.h5")
    assert (read.task, read.quality, read.behaviour, read.spec) == ("spread", "medium", "test", written.spec)
    assert read.arrays().keys() == written.arrays().keys()
    for name, array in written.arrays().items():
        assert np.array_equal(read.arrays()[name], array), name
        assert isinstance(read.arrays()[name], np.memmap), name


def test_the_number_of_choices_is_kept_and_continuous_tasks_say_nothing_of_it(tmp_path: Path) -> None:
    continuous = make([3])
    write_episodes(tmp_path / "a.h5", continuous)
    write_episodes(tmp_path / "b.h5", discrete([3]))
    with h5py.File(tmp_path / "a.h5") as file:
        assert "choices" not in file.attrs
    assert [open_episodes(tmp_path / name).spec.choices for name in ("a.h5", "b.h5")] == [0, 2]


@pytest.mark.parametrize(
    ("field", "index", "value", "message"),
    [
        ("legal_actions", (4, 1, 0), False, "'legal_actions' forbids a choice that was made"),
        ("actions", (4, 1, 1), 1, "'actions' is not one choice an agent"),
        ("actions", (4, 1, 0), 0, "'actions' is not one choice an agent"),
        ("actions", (4, 1, 1), 0.5, "'actions' is not one choice an agent"),
    ],
)
def test_a_choice_is_one_and_legal(
    field: str, index: tuple[int, ...], value: float, message: str, tmp_path: Path
) -> None:
    write_episodes(tmp_path / "a.h5", discrete([3, 5]))
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        file[field][index] = value
    with pytest.raises(QuartetError, match=message):
        open_episodes(tmp_path / "a.h5")


def test_there_is_a_legal_action_for_every_choice_and_none_where_there_are_no_choices(tmp_path: Path) -> None:
    for episodes, choices in ((make([3]), 2), (discrete([3]), 5)):
        with pytest.raises(QuartetError, match="'legal_actions' is bool"):
            write_episodes(tmp_path / "a.h5", replace(episodes, legal_actions=np.ones((3, 2, choices), bool)))


def test_equal_episodes_give_equal_bytes(tmp_path: Path) -> None:
    write_episodes(tmp_path / "a.h5", make([3, 5]))
    write_episodes(tmp_path / "b.h5", make([3, 5]))
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_changing_what_was_read_does_not_change_the_file(tmp_path: Path) -> None:
    write_episodes(tmp_path / "a.h5", make([3, 5]))
    open_episodes(tmp_path / "a.h5").rewards[:] = 7
    assert np.array_equal(open_episodes(tmp_path / "a.h5").rewards, make([3, 5]).rewards)


def _without(name: str) -> Callable[[h5py.File], None]:
    return lambda file: file.__delitem__(name)


def _instead(name: str, make_new: Callable[[h5py.File], None]) -> Callable[[h5py.File], None]:
    def damage(file: h5py.File) -> None:
        del file[name]
        make_new(file)

    return damage


def _value(name: str, index: int | tuple[int, ...], value: float) -> Callable[[h5py.File], None]:
    return lambda file: file[name].__setitem__(index, value)


def _attribute(name: str, value: object) -> Callable[[h5py.File], None]:
    return lambda file: file.attrs.__setitem__(name, value)


def _view_of_another_file() -> h5py.VirtualLayout:
    layout = h5py.VirtualLayout((2,), "f4")
    layout[:] = h5py.VirtualSource("other.h5", "returns", (2,))
    return layout


DAMAGES = {
    "missing field": (_without("rewards"), "'rewards' is missing"),
    "missing attribute": (lambda file: file.attrs.__delitem__("agents"), "'agents' is not a count"),
    "not ours": (_attribute("format", "something"), "'format' is not"),
    "another version": (_attribute("version", 2), "'version' is 2, this program reads 1"),
    "agents a text": (_attribute("agents", "two"), "'agents' is not a count"),
    "agents negative": (_attribute("agents", -2), "'agents' is not a count"),
    "agents many": (_attribute("agents", 2**40), "'observations' has shape"),
    "task a number": (_attribute("task", 3), "'task' is not a text"),
    "wrong type": (
        _instead("actions", lambda f: f.create_dataset("actions", data=np.zeros((8, 2, 2)))),
        "'actions' is float64, not float32",
    ),
    "wrong shape": (
        _instead("actions", lambda f: f.create_dataset("actions", data=np.zeros((8, 2, 3), "f4"))),
        r"'actions' has shape \(8, 2, 3\), not \(8, 2, 2\)",
    ),
    "scalar": (_instead("rewards", lambda f: f.create_dataset("rewards", data=np.float32(1))), "describes no episode"),
    "no shape": (
        _instead("actions", lambda f: f.create_dataset("actions", data=h5py.Empty("f4"))),
        "'actions' has shape None",
    ),
    "absurd shape": (
        _instead("rewards", lambda f: f.create_dataset("rewards", shape=(2**50, 2), dtype="f4")),
        "'observations' has shape",
    ),
    "absurd number of episodes": (
        _instead("offsets", lambda f: f.create_dataset("offsets", shape=(2**50,), dtype="i8")),
        "'offsets' is not stored contiguously",
    ),
    "no episode": (
        _instead("offsets", lambda f: f.create_dataset("offsets", data=np.zeros(1, "i8"))),
        "describes no episode",
    ),
    "compressed": (
        _instead("rewards", lambda f: f.create_dataset("rewards", data=np.zeros((8, 2), "f4"), compression="gzip")),
        "'rewards' is not stored contiguously",
    ),
    "group": (_instead("returns", lambda f: f.create_group("returns")), "'returns' is not an array"),
    "dangling link": (
        _instead("returns", lambda f: f.__setitem__("returns", h5py.SoftLink("/nowhere"))),
        "'returns' is a link to somewhere else",
    ),
    "link to another file": (
        _instead("returns", lambda f: f.__setitem__("returns", h5py.ExternalLink("other.h5", "returns"))),
        "'returns' is a link to somewhere else",
    ),
    "kept in another file": (
        _instead("returns", lambda f: f.create_dataset("returns", (2,), "f4", external=[("other.bin", 0, 8)])),
        "'returns' is not stored contiguously",
    ),
    "a view of another file": (
        _instead("returns", lambda f: f.create_virtual_dataset("returns", _view_of_another_file())),
        "'returns' is not stored contiguously",
    ),
    "a list for a count": (_attribute("agents", np.zeros(8000, "i8")), "'agents' is not a count"),
    "a text without end": (_attribute("task", np.bytes_(b"x" * 60_000)), "'task' is not a text"),
    "reward not a number": (_value("rewards", (1, 0), np.nan), "'rewards' holds numbers that are not finite"),
    "action infinite": (_value("actions", (1, 0, 0), np.inf), "'actions' holds numbers that are not finite"),
    "offsets fall": (_value("offsets", 1, 9), "'offsets' does not rise"),
    "offsets short": (_value("offsets", 2, 7), "'offsets' does not rise"),
    "empty episode": (_value("offsets", 1, 0), "'offsets' does not rise"),
    "returns of others": (_value("returns", 0, 99), "'returns' is not the sum of the rewards"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_file_is_one_line_naming_file_and_field(tmp_path: Path, name: str) -> None:
    damage, message = DAMAGES[name]
    path = tmp_path / "data.h5"
    write_episodes(path, make([3, 5]))
    with h5py.File(path, "r+") as file:
        damage(file)
    with pytest.raises(QuartetError, match=message) as caught:
        open_episodes(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_flags_that_are_neither_true_nor_false_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "data.h5"
    write_episodes(path, make([3, 5]))
    with h5py.File(path) as file:
        place = file["terminals"].id.get_offset()
    content = bytearray(path.read_bytes())
    content[place] = 7
    path.write_bytes(content)
    with pytest.raises(QuartetError, match="'terminals' holds bytes"):
        open_episodes(path)


def test_no_truncation_passes_and_none_is_a_traceback(tmp_path: Path) -> None:
    path = tmp_path / "data.h5"
    write_episodes(path, make([3, 5]))
    content = path.read_bytes()
    for length in [*range(0, 200), *range(200, len(content), 97)]:
        path.write_bytes(content[:length])
        with pytest.raises(QuartetError, match=r"data\.h5"):
            open_episodes(path)


def test_flipped_bytes_are_never_a_traceback(tmp_path: Path) -> None:
    path = tmp_path / "data.h5"
    write_episodes(path, make([3, 5]))
    content = path.read_bytes()
    random = np.random.default_rng(0)
    refused = 0
    for position in random.integers(0, len(content), 300):
        broken = bytearray(content)
        broken[position] ^= int(random.integers(1, 256))
        path.write_bytes(broken)
        try:
            open_episodes(path)
        except QuartetError:
            refused += 1
    assert refused > 10


@pytest.mark.parametrize("content", [b"", b"hello\n", b"\x89HDF\r\n\x1a\n" + bytes(500)])
def test_a_foreign_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "data.h5").write_bytes(content)
    with pytest.raises(QuartetError, match=r"data\.h5: not a whole HDF5 file"):
        open_episodes(tmp_path / "data.h5")


def test_an_absent_file_or_a_folder_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.h5", tmp_path):
        with pytest.raises(QuartetError, match="there is no such dataset"):
            open_episodes(path)


def test_what_could_not_be_read_is_not_written(tmp_path: Path) -> None:
    good = make([3, 5])
    for bad in (replace(good, rewards=good.rewards[:-1]), replace(good, actions=good.actions.astype(np.float64))):
        with pytest.raises(QuartetError, match="field"):
            write_episodes(tmp_path / "a.h5", bad)
    assert list(tmp_path.iterdir()) == []
