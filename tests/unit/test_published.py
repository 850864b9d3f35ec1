"""The paper as data: what is declared, and that every printed number is the printed number."""

import re
import shutil
from pathlib import Path

import pytest
from synthetic_results import PAPER, ROOT, artifact

from quartet.artifacts.claims import load_claims
from quartet.artifacts.published import printed_beside, read_published
from quartet.artifacts.spec import Cell, load_paper
from quartet.errors import QuartetError

TEXT = ROOT.parent / "shared" / "papers" / "dom2.txt"
BLOCKS = {
    "Predator Prey": "tag",
    "World": "world",
    "Cooperative Navigation": "spread",
    "HalfCheetah-v2": "cheetah",
    "HalfCheetah-v2-R": "R",
    "HalfCheetah-v2-E": "E",
    "Standard- $K = 1$": "standard",
    "Shifted- $K = 1$": "shifted",
    "Shifted- $K = 10$": "shifted-10",
    "Dataset": "good",
}
COLUMNS = ("ma-cql", "omar", "ma-sfbc", "dom2")
CELLS = {1: 72, 2: 72, 3: 24, 4: 48, 7: 72, 8: 24}  # printed in the tables of cells
needs_text = pytest.mark.skipif(not TEXT.exists(), reason="the paper's text is not beside the repository")


def printed_in_text(number: int) -> dict[tuple[str, str], tuple[float, float]]:
    """A table of cells parsed again from the paper's text."""
    text = TEXT.read_text(encoding="utf-8").split(f"Table {number}:", 1)[1].replace("<b>", "").replace("</b>", "")
    cells: dict[tuple[str, str], tuple[float, float]] = {}
    block = ""
    for line in text.splitlines():
        name, *values = line.split("\t")
        if name in BLOCKS:
            block = BLOCKS[name]
        elif len(values) == 4 and all("±" in value for value in values):
            for column, value in zip(COLUMNS, values, strict=True):
                mean, around = re.split(r"\s*±\s*", value.strip())
                cells[f"{block}/{name.lower().replace(' ', '-')}", column] = float(mean), float(around)
        if len(cells) == CELLS[number]:
            break
    return cells


def settings_in_text(number: int, columns: tuple[str, ...]) -> dict[tuple[str, str], str]:
    """Table 5 or 6, tables of settings, parsed again from the paper's text."""
    block, found = "cheetah", {}
    for line in TEXT.read_text(encoding="utf-8").split(f"Table {number}: ", 1)[1].splitlines():
        name, *values = line.split("\t")
        if number == 6 and name in BLOCKS:
            block = BLOCKS[name]
        elif len(values) == len(columns) and name:
            for column, value in zip(columns, values, strict=True):
                found[f"{block}/{name.lower().replace(' ', '-')}", column] = value.strip()
        elif found and not values and line.strip():
            break
    return found


@needs_text
@pytest.mark.parametrize("number", CELLS)
def test_every_published_cell_is_what_the_paper_prints(number: int) -> None:
    ours = {key: (v.mean, v.spread) for key, v in read_published(artifact(f"dom2_table{number}"), ROOT).items()}
    assert ours == printed_in_text(number)


@needs_text
@pytest.mark.parametrize(
    ("number", "columns"), [(5, ("standard", "random", "extreme")), (6, ("eta", "thresholds"))], ids=["5", "6"]
)
def test_every_published_setting_is_what_the_paper_prints(number: int, columns: tuple[str, ...]) -> None:
    ours = {key: value.text for key, value in read_published(artifact(f"dom2_table{number}"), ROOT).items()}
    assert ours == settings_in_text(number, columns)


def test_all_312_printed_cells_are_there() -> None:
    published = {number: read_published(artifact(f"dom2_table{number}"), ROOT) for number in CELLS}
    assert {number: len(cells) for number, cells in published.items()} == CELLS
    assert sum(len(cells) for cells in published.values()) == 312
    assert all(None not in (v.mean, v.spread) for cells in published.values() for v in cells.values())


@pytest.mark.parametrize("number", CELLS)
def test_a_table_has_a_cell_of_ours_for_every_printed_one_and_bc_beside(number: int) -> None:
    declared = artifact(f"dom2_table{number}")
    assert len(set(declared.cells)) == CELLS[number] // 4 * 5
    assert [column.id for column in declared.columns if column.reference] == ["bc"]


def test_a_cell_takes_its_coordinates_from_artifact_block_row_and_column() -> None:
    assert artifact("dom2_table2").cells[-1] == Cell("spread", "expert", "dom2", "default", "shifted", "return")
    file = artifact("dom2_table1").cells[0].file(Path("results/quick"))
    assert file == Path("results/quick/evaluations/tag/random/bc/default/standard.csv")


def test_figures_take_the_grid_of_the_table_they_draw() -> None:
    assert artifact("dom2_table1_chart").cells == artifact("dom2_table1").cells
    assert artifact("datasets_portrait").datasets == artifact("datasets").datasets
    assert len(artifact("datasets").datasets) == 30


def test_a_figure_of_two_tables_takes_the_blocks_it_shows() -> None:
    figure = artifact("dom2_figure2")
    assert [title for title, _ in figure.blocks] == ["Standard, K = 1", "Shifted, K = 10", "Good policies"]
    assert figure.cells[-1] == Cell("landmarks", "expert", "dom2", "default", "standard", "good")
    assert len(read_published(figure, ROOT)) == 3 * 24


def test_printed_values_stand_beside_the_same_run_under_another_name() -> None:
    beside = printed_beside(artifact("dom2_figure11"), ROOT)
    table = read_published(artifact("dom2_table1"), ROOT)
    assert beside["expert/world", "dom2@eta=0.5"] == table["world/expert", "dom2"]  # Table 6: 0.5 on World, expert
    assert set(beside) == {
        (f"{dataset}/world", f"dom2@eta={eta}")
        for dataset, eta in {
            "random": "5",
            "random-medium": "25",
            "medium-replay": "2.5",
            "medium": "0.5",
            "medium-expert": "0.5",
            "expert": "0.5",
        }.items()
    }
    whole = printed_beside(artifact("dom2_figure5"), ROOT)
    assert {column.partition("@")[2] for _, column in whole} == {"fraction=100"}


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
        ("panels: [standard,", "panels: [standrad,", "unknown block 'standrad'; did you mean 'standard'?"),
        ("beside: dom2_table1", "beside: dom2_tabel1", "unknown table 'dom2_tabel1'; did you mean 'dom2_table1'?"),
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
        ("artifact: dom2_table1", "artifact: dom2_table9", "unknown artifact 'dom2_table9'"),
        ("column: dom2@eta=0.5", "column: dom2@eta=0.6", "unknown column 'dom2@eta=0.6'; did you mean 'dom2@eta=0.5'?"),
        ("  best_standard:", "  best_standart:", "unknown claim 'best_standard'; did you mean 'best_standart'?"),
        ("compare: mean", "compare: maen", "unknown value 'maen'; did you mean 'mean'?"),
    ],
)
def test_a_mistake_in_claims_yaml_is_one_line(copy: Path, old: str, new: str, expected: str) -> None:
    change(copy / "claims.yaml", old, new)
    with pytest.raises(QuartetError, match=re.escape(expected)):
        load_claims(copy, load_paper(copy, ROOT), ROOT)
