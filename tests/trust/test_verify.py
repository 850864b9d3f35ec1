"""`quartet verify`: one table of every paper, made again from nothing, is the same to the byte."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from quartet import config, paths, plan
from quartet.cli import main
from quartet.stages.verifying import compared, rebuild
from tests.trust.stages import options

TABLES = {
    "dom2_table1": {
        "blocks": {"task": ["spread"]},
        "rows": {"dataset": ["medium"]},
        "columns": {"algorithm": ["dom2"]},
    },
    "dof_circle": {},
    "eaq_figure1b": {},
    "omsd_table1": {},
}


def smaller(project: config.Config, name: str, grid: dict[str, Any]) -> config.Config:
    """The project with one artifact of a paper, and of its grid a part."""
    paper = next(artifact.paper for artifact in plan.artifacts(project) if artifact.id == name)
    file = project.paper(paper) / "artifacts.yaml"
    data = yaml.safe_load(file.read_text())
    left_out = {"claims", "published", "reference"} if grid else {"claims"}
    table = {key: value for key, value in data["artifacts"][name].items() if key not in left_out}
    file.write_text(json.dumps(data | {"artifacts": {name: table | grid}}))
    scale = project.root / "config" / "scales" / "tiny.yaml"
    tiny = scale.read_text().replace("transitions: 500", "transitions: 1000")
    scale.write_text(tiny.replace("{seed: 0,", "{seed: 0, replay: 200,"))  # what battles need
    return config.load(project.root, scale="tiny", results=str(project.paths.results))


@pytest.mark.slow
@pytest.mark.parametrize("name", TABLES)
def test_a_table_made_again_from_nothing_is_the_same_to_the_byte(
    project: config.Config, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    settings = smaller(project, name, TABLES[name])
    rebuild(settings, plan.find(settings, name), "cpu")
    assert main(["verify", name, *options(project)]) == 0
    told = capsys.readouterr().out.splitlines()
    made = sum(line.startswith("same ") for line in told)
    assert made == len(told) - 1 > 4
    assert told[-1] == f"{name} at scale tiny, made again: {made} same"


@pytest.mark.slow
def test_a_number_that_was_changed_is_found(project: config.Config, capsys: pytest.CaptureFixture[str]) -> None:
    settings = smaller(project, "dof_circle", {})
    rebuild(settings, plan.find(settings, "dof_circle"), "cpu")
    table = project.paths.at(paths.TABLE, paper="dof", artifact="dof_circle").with_suffix(".csv")
    table.write_text(table.read_text().replace("1", "2", 1))
    assert main(["verify", "dof_circle", *options(project)]) == 2
    printed = capsys.readouterr()
    assert "different dof/tables/dof_circle.csv" in printed.out
    assert "dof_circle is not the same when it is made again" in printed.err


def test_what_is_not_there_and_what_holds_times_is_not_verified(
    project: config.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", "dof_circle", *options(project)]) == 2
    assert "there is no dof_circle to verify" in capsys.readouterr().err
    table = project.paths.at(paths.TABLE, paper="omsd", artifact="omsd_cost").with_suffix(".md")
    table.parent.mkdir(parents=True)
    table.touch()
    assert main(["verify", "omsd_cost", *options(project)]) == 2
    assert "omsd_cost holds times of this machine" in capsys.readouterr().err


def test_files_are_compared_in_the_order_they_were_made(tmp_path: Path) -> None:
    made, there = tmp_path / "made", tmp_path / "there"
    for folder in (made, there):
        folder.mkdir()
    contents = {"c": "11", "a": "12", "b": "1", "a.provenance.json": "12", ".x": "12"}  # made, and there
    for moment, (name, content) in enumerate(contents.items()):
        (made / name).write_text(content[0])
        os.utime(made / name, (moment, moment))
        if content[1:]:
            (there / name).write_text(content[1])
    assert list(compared(made, there).items()) == [
        (Path("c"), "same"),
        (Path("a"), "different"),
        (Path("b"), "absent"),
    ]
