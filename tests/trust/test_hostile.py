"""Files and names that mean harm: refused before anything in them runs, is unpacked, allocated or written elsewhere."""

import json
import os
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
import yaml

from quartet import config, plan, reading
from quartet.cli import main
from quartet.data import omar
from quartet.data.episodes import Episodes, open_episodes, write_episodes
from quartet.errors import QuartetError
from quartet.schema import read_yaml
from quartet.training import checkpoint
from tests.published_folder import SPREAD, publish
from tests.trust.readers import STATE


def packed(path: Path, change: Callable[[zipfile.ZipFile, str, bytes], None]) -> Path:
    """A checkpoint of ours whose archive is written anew, member by member."""
    checkpoint.save(path, STATE)
    with zipfile.ZipFile(path) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members:
            change(archive, name, content)
    return path


def refused(path: Path) -> str:
    """Why a checkpoint is refused; the user is only told that it is damaged or foreign."""
    with pytest.raises(QuartetError, match="damaged, or no checkpoint of ours") as caught:
        checkpoint.load(path)
    return str(caught.value.__cause__)


def test_a_checkpoint_that_unpacks_to_more_than_its_own_size_is_not_unpacked(tmp_path: Path) -> None:
    def deflated(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
        archive.writestr(name, content + bytes(1 << 22 if "/data/" in name else 0), zipfile.ZIP_DEFLATED)

    bomb = packed(tmp_path / "bomb.pt", deflated)
    assert bomb.stat().st_size < 1 << 16
    assert "more than its own size" in refused(bomb)


def test_a_pickle_that_asks_for_memory_is_not_run(tmp_path: Path) -> None:
    """What torch's own safe loader would allow: `bytearray(1 << 50)`."""
    asking = b"\x80\x02c__builtin__\nbytearray\n\x8a\x07\x00\x00\x00\x00\x00\x00\x04\x85R."

    def swapped(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
        archive.writestr(name, asking if name.endswith("data.pkl") else content)

    assert refused(packed(tmp_path / "asking.pt", swapped)) == "asks for __builtin__ bytearray"


@pytest.mark.parametrize("second", ["archive/data.pkl", "archive/DATA.PKL"])
def test_a_second_pickle_that_hides_behind_the_first_is_seen(tmp_path: Path, second: str) -> None:
    def doubled(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
        archive.writestr(name, content)
        if name.endswith("data.pkl"):
            archive.writestr(second, b"cos\nsystem\n(S'touch harmed'\ntR.")

    with pytest.warns(UserWarning, match="Duplicate name") if second.islower() else _nothing():
        path = packed(tmp_path / "hidden.pt", doubled)
    assert refused(path) == "asks for os system"


class _nothing:  # noqa: N801
    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


def test_a_tensor_larger_than_what_is_stored_of_it_is_refused(tmp_path: Path) -> None:
    def grown(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
        archive.writestr(name, content.replace(b"K\x06tq", b"M\xff\xfftq") if name.endswith("data.pkl") else content)

    path = packed(tmp_path / "grown.pt", grown)
    assert b"M\xff\xfftq" in path.read_bytes()
    refused(path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: " + "9" * 5000, "a value is none of its kind"),
        ("a: 2001-13-99", "a value is none of its kind"),
        ("a: !!int ''", "a value is none of its kind"),
        ("a: !!bool x", "a value is none of its kind"),
        ("a: !!timestamp x", "a value is none of its kind"),
        ("!!map [1]", "a value is none of its kind"),
        ("a: .nan", "numbers must be finite"),
        ("a: 1.0e+999", "numbers must be finite"),
        ("a: &a [*a]", "aliases"),
        ("? [a]\n: 1", "unhashable key"),
    ],
)
def test_yaml_that_would_break_its_own_parser_is_one_line(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(text)
    with pytest.raises(QuartetError, match=expected) as caught:
        read_yaml(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["[" * 100_000, "9" * 5000, '{"a":' * 100_000])
def test_json_that_would_break_its_own_parser_is_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(QuartetError, match=r"x\.json: not JSON"):
        reading.data(path, "not JSON")


def test_a_pipe_or_a_device_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(QuartetError, match="no plain file"):
            reading.text(path)
        with pytest.raises(QuartetError, match="no such checkpoint"):
            checkpoint.load(path)
        with pytest.raises(QuartetError, match="no such dataset"):
            open_episodes(path)


def test_a_dataset_that_points_into_other_files_is_refused_though_they_fit(
    tmp_path: Path, random_spread: Episodes
) -> None:
    path, other = tmp_path / "data.h5", tmp_path / "other.h5"
    write_episodes(path, random_spread)
    shutil.copy(path, other)
    with h5py.File(path, "r+") as file:
        del file["rewards"]
        file["rewards"] = h5py.ExternalLink(str(other), "rewards")
    with pytest.raises(QuartetError, match="'rewards' is a link to somewhere else"):
        open_episodes(path)


def test_an_array_said_to_be_a_petabyte_is_refused_unallocated(tmp_path: Path) -> None:
    folder = publish(tmp_path / "seed_0_data", SPREAD)
    header = {"descr": "<f8", "fortran_order": False, "shape": (1 << 47,)}
    with (folder / "rews_0.npy").open("wb") as handle:
        np.lib.format.write_array_header_2_0(handle, header)
    with pytest.raises(QuartetError, match=r"rews_0\.npy: is not a whole \.npy file"):
        omar.read_folder(folder, "spread", "expert", SPREAD)


TARGETS = [
    ("train", "spread/random/../default"),
    ("train", "spread/random/bc/../../../x"),
    ("train", "../../etc/random/bc/default"),
    ("train", f"spread/random/{'x' * 5000}/default"),
    ("train", "spread/random/b\nc/default"),
    ("train", "spread/random/bc\0/default"),
    ("evaluate", "spread/random/bc/default/../../x"),
    ("trajectories", "spread/../bc/default"),
    ("measure", "spread/../bc/default/update"),
    ("measure", "spread/random/bc/default/.."),
    ("dataset", "spread/.."),
    ("augment", "3m/../medium-few/default"),
    ("augment", "3m/medium-few/../default"),
    ("density", "cheetah/../../x"),
    ("examine", "3m/.."),
    ("behaviour", "../spread"),
    ("prey", "tag/.."),
    ("toy", "bandit/../../x"),
    ("cost", "../bc"),
    ("table", "../../dom2_table1"),
    ("figure", "/etc/passwd"),
    ("audit", ".."),
    ("claims", "."),
    ("report", "../all"),
    ("publish", "../.."),
    ("verify", "../dom2_table1"),
    ("plan", "../dom2"),
    ("show", "../../config"),
    ("compare", "--output=harmed"),
]


@pytest.mark.parametrize(("command", "target"), TARGETS)
def test_a_name_that_is_a_path_is_one_line_and_writes_nothing(
    project: config.Config, capsys: pytest.CaptureFixture[str], command: str, target: str
) -> None:
    before = sorted(project.root.rglob("*"))
    options = ["--root", str(project.root), "--scale", "tiny", "--results", str(project.paths.results)]
    assert main([command, *options, "--", target]) == 2
    printed = capsys.readouterr().err
    assert printed.startswith("quartet: error: ")
    assert printed.count("\n") == 1
    assert sorted(project.root.rglob("*")) == before


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"scale": "../scales/quick"}, "unknown scale"),
        ({"scale": "."}, "unknown scale"),
        ({"papers": [".."]}, "unknown paper '..'"),
        ({"papers": ["../papers/dom2"]}, "unknown paper"),
        ({"results": "out; touch harmed"}, "results: 'out; touch harmed' does not match"),
        ({"results": "$(touch harmed)"}, "does not match"),
        ({"results": "{scale}"}, "does not match"),
        ({"results": "-rf"}, "does not match"),
        ({"results": "two words"}, "does not match"),
        ({"imports": {"../x": "folder"}}, "unknown imported task '..'"),
        ({"imports": {"spread/../../x": "folder"}}, "does not match"),
    ],
)
def test_what_config_is_told_cannot_leave_its_place_or_reach_a_shell(
    project: config.Config, overrides: dict[str, object], message: str
) -> None:
    with pytest.raises(QuartetError, match=re.escape(message)):
        config.load(project.root, **overrides)


def test_a_scale_that_lacks_a_size_is_one_line(project: config.Config, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--root", str(project.root), "--scale", "tiny", "--results", str(project.paths.results)]
    assert main(["behaviour", "3m", *options]) == 2
    assert "the scale gives no size 'replay'; add it to its file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda all_, table: all_.__setitem__("../../x", table), "artifacts: '../../x' does not match"),
        (lambda _, table: table.__setitem__("published", "../../../../etc/passwd"), "does not match"),
        (lambda _, table: table.__setitem__("cell", {"task": "../x"}), "does not match"),
    ],
)
def test_an_artifact_cannot_name_files_outside_its_paper(
    project: config.Config, change: Callable[[dict[str, object], dict[str, object]], None], message: str
) -> None:
    file = project.root / "config" / "papers" / "dom2" / "artifacts.yaml"
    data = yaml.safe_load(file.read_text())
    table = json.loads(json.dumps(data["artifacts"]["dom2_table1"]))
    data["artifacts"] = {"dom2_table1": table}
    change(data["artifacts"], table)
    file.write_text(json.dumps(data))
    with pytest.raises(QuartetError, match=re.escape(message)):
        plan.artifacts(project)


@pytest.mark.parametrize("kind", [torch.float64, torch.bfloat16, torch.int64, torch.uint8, torch.bool])
def test_tensors_of_any_kind_are_what_a_checkpoint_may_hold(tmp_path: Path, kind: torch.dtype) -> None:
    checkpoint.save(tmp_path / "a.pt", {"x": torch.ones(2, dtype=kind)})
    assert checkpoint.load(tmp_path / "a.pt")["x"].dtype == kind
