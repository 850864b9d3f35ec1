"""The paper as data: what is declared, and that every printed number is the printed number."""

import re
import shutil
from pathlib import Path

import pytest
from synthetic_results import PAPER, ROOT, artifact

from quartet.artifacts.claims import load_claims
from quartet.artifacts.published import read_published
from quartet.artifacts.spec import Cell, load_paper
from quartet.errors import QuartetError

TEXT = ROOT.parent / "shared" / "papers" / "dom2.txt"
TASKS = {"Predator Prey": "tag", "World": "world", "Cooperative Navigation": "spread"}
COLUMNS = ("ma-cql", "omar", "ma-sfbc", "dom2")


def printed_in_text(number: int) -> dict[tuple[str, str], tuple[float, float]]:
    """Table 1 or 2 parsed again from the paper's text."""
    text = TEXT.read_text(encoding="utf-8").split(f"Table {number}:", 1)[1].replace("<b>", "").replace("</b>", "")
    cells: dict[tuple[str, str], tuple[float, float]] = {}
    task = ""
    for line in text.splitlines():
        name, *values = line.split("\t")
        if name in TASKS:
            task = TASKS[name]
        elif len(values) == 4 and all("±" in value for value in values):
            for column, value in zip(COLUMNS, values, strict=True):
                mean, around = re.split(r"\s*±\s*", value.strip())
                cells[f"{task}/{name.lower().replace(' ', '-')}", column] = float(mean), float(around)
        if len(cells) == 72:
            break
    return cells


@pytest.mark.skipif(not TEXT.exists(), reason="the paper's text is not beside the repository")
@pytest.mark.parametrize("number", [1, 2])
def test_every_published_cell_is_what_the_paper_prints(number: int) -> None:
    ours = {key: (v.mean, v.spread) for key, v in read_published(artifact(f"dom2_table{number}"), ROOT).items()}
    assert ours == printed_in_text(number)


@pytest.mark.parametrize("table", ["dom2_table1", "dom2_table2"])
def test_a_table_has_72_printed_cells_and_90_cells_of_ours(table: str) -> None:
    declared = artifact(table)
    assert len(read_published(declared, ROOT)) == 72
    assert len(set(declared.cells)) == 90
    assert [column.id for column in declared.columns if column.reference] == ["bc"]


def test_a_cell_takes_its_coordinates_from_artifact_block_row_and_column() -> None:
    assert artifact("dom2_table2").cells[-1] == Cell("spread", "expert", "dom2", "default", "shifted", "return")
    file = artifact("dom2_table1").cells[0].file(Path("results/quick"))
    assert file == Path("results/quick/evaluations/tag/random/bc/default/standard.csv")


def test_figures_take_the_grid_of_the_table_they_draw() -> None:
    assert artifact("dom2_table1_chart").cells == artifact("dom2_table1").cells
    assert artifact("datasets_portrait").datasets == artifact("datasets").datasets
    assert len(artifact("datasets").datasets) == 18


def test_oddities_of_the_printed_tables_are_noted() -> None:
    notes = {key: value.note for key, value in read_published(artifact("dom2_table2"), ROOT).items() if value.note}
    assert "251.0±36.8" in notes["spread/random", "omar"]
    assert "251.0±36.8" in notes["spread/random-medium", "ma-cql"]
    assert "410.6" in notes["spread/expert", "omar"]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PAPER, tmp_path / "dom2"))


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("    caption:", "    captoin:", "unknown key 'captoin'; did you mean 'caption'?"),
        ("kind: table", "kind: tabel", "unknown value 'tabel'; did you mean 'table'?"),
        ("    reference: [bc]", "    reference: [bd]", "unknown column 'bd'; did you mean 'bc'?"),
        ("setting: standard, ", "", "row 'tag/random' leaves setting open"),
        ("of: [dom2_table1]", "of: [dom2_tabel1]", "unknown table 'dom2_tabel1'; did you mean 'dom2_table1'?"),
        ("algorithm: [bc, ", "algorithm: [bc, bc, ", "non-unique"),
        ("    columns: {algorithm: [bc, ma-cql, omar, ma-sfbc, dom2]}\n", "", "missing key 'columns'"),
        ("{task: [tag, world, spread]}", "{tsak: [tag]}", "unknown key 'tsak'; did you mean 'task'?"),
    ],
)
def test_a_mistake_in_artifacts_yaml_is_one_line(copy: Path, old: str, new: str, expected: str) -> None:
    change(copy / "artifacts.yaml", old, new)
    with pytest.raises(QuartetError, match=re.escape(expected)) as caught:
        load_paper(copy, ROOT)
    assert "artifacts.yaml" in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("tag/random,omar", "tag/randon,omar", "table1.csv:3: unknown row 'tag/randon'; did you mean 'tag/random'?"),
        ("tag/random,omar", "tag/random,omra", "table1.csv:3: unknown column 'omra'; did you mean 'omar'?"),
        ("tag/random,omar", "tag/random,ma-cql", "cell tag/random / ma-cql is given twice"),
        ("14.3", "14,3", "expected 6 fields"),
        ("14.3", "x", "not a number"),
        ("dom2_table1,tag/random,omar", "dom2_table2,tag/random,omar", "belongs to 'dom2_table2'"),
        ("mean,spread", "value,spread", "columns must be artifact,row,column,mean,spread,note"),
    ],
)
def test_a_mistake_in_published_values_is_one_line(copy: Path, old: str, new: str, expected: str) -> None:
    change(copy / "published" / "table1.csv", old, new)
    with pytest.raises(QuartetError, match=re.escape(expected)):
        read_published(load_paper(copy, ROOT).artifact("dom2_table1"), ROOT)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("of: 18", "of: 17", "the table has 18 comparisons"),
        ("column: dom2", "column: dom", "unknown column 'dom'; did you mean 'dom2'?"),
        ("artifact: dom2_table1", "artifact: dom2_table7", "unknown artifact 'dom2_table7'"),
        ("  best_standard:", "  best_standart:", "unknown claim 'best_standard'; did you mean 'best_standart'?"),
        ("compare: mean", "compare: maen", "unknown value 'maen'; did you mean 'mean'?"),
    ],
)
def test_a_mistake_in_claims_yaml_is_one_line(copy: Path, old: str, new: str, expected: str) -> None:
    change(copy / "claims.yaml", old, new)
    with pytest.raises(QuartetError, match=re.escape(expected)):
        load_claims(copy, load_paper(copy, ROOT), ROOT)
