"""DoF as data: every printed number is the printed number, and what our source of the paper lost is marked as lost."""

import re
from itertools import product
from pathlib import Path

import pytest
from synthetic_results import write_cards, write_evaluation

from quartet import config, plan
from quartet.artifacts import printed
from quartet.artifacts.audit import audit, render_audit
from quartet.artifacts.claims import judge, load_claims, measured
from quartet.artifacts.measure import Stamp, measure
from quartet.artifacts.output import Order
from quartet.artifacts.published import Printed, read_published
from quartet.artifacts.spec import load_paper
from quartet.artifacts.stated import Stated, load_stated, recounted
from quartet.artifacts.table import render_table
from quartet.errors import QuartetError

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "config" / "papers" / "dof"
PAPER = load_paper(FOLDER, ROOT)
TEXT = ROOT.parent / "shared" / "papers" / "dof.txt"
needs_text = pytest.mark.skipif(not TEXT.exists(), reason="the paper's text is not beside the repository")
LOST = "not legible in our source"
LAPTOP = Stamp("laptop", "abc1234", 3, True)

MAPS = ("3m", "8m", "5m_vs_6m", "2s3z", "3s5z_vs_3s6z", "2c_vs_64zg")
QUALITIES = ("good", "medium", "poor")
BY_MAP = [f"{name}/{quality}" for name, quality in product(MAPS, QUALITIES)]
AGENTS = ("4", "8", "16", "32", "64")
SMAC = ("ma-bcq", "ma-cql", "ma-icq", "madt", "madiff-d", "dof")
TIMED = ("dof-ddpm", "dof-ddim", "dof-consistency", "ma-cql", "ma-bcq", "madiff-d")
# Tables that keep their columns in the text: the rows and columns of ours, in the paper's order.
GRIDS = {
    2: (BY_MAP, SMAC),
    10: (("terran_5_vs_5/replay", "zerg_5_vs_5/replay", "terran_10_vs_10/replay"), ("bc", *SMAC[:3], *SMAC[4:])),
    12: (BY_MAP, ("qmix", *SMAC)),
    19: (("3m/medium", "5m_vs_6m/medium", "8m/medium"), ("return", "return-and-history")),
    25: ([f"{name}/{q}" for name, q in product(("3s5z_vs_3s6z", "2s3z"), QUALITIES)], ("concat", "wconcat", "atten")),
}
LEGIBLE = {1: 14, 2: 108, 3: 30, 10: 18, 12: 126, 18: 4, 19: 6, 22: 30, 25: 18}
RECOVERED = {5: 21, 7: 10, 8: 7, 11: 84, 13: 15, 14: 6, 23: 9, 24: 6}
ABOVE = (2, 3, 19)  # whose captions stand below them
CELLS = {4: 21, 9: 3, 15: 12, 16: 16, 17: 16, 20: 24, 21: 10, 23: 30}  # of tables of which nothing is left
CELLS |= LEGIBLE | {1: 16, 5: 28, 7: 10, 8: 7, 11: 96, 13: 18, 14: 18, 24: 12}


def cells_of(number: int) -> dict[tuple[str, str], Printed]:
    return read_published(PAPER.artifact(f"dof_table{number}"), ROOT)


def paragraph_of(number: int) -> list[str]:
    """The lines of a table in the paper's text: the paragraph before its caption or, for most, after it."""
    paragraphs = TEXT.read_text(encoding="utf-8").split("\n\n")
    (caption,) = [place for place, found in enumerate(paragraphs) if f"Table {number}: " in found]
    around = paragraphs[caption - 1 :: -1] if number in ABOVE else paragraphs[caption + 1 :]
    return next(found.splitlines()[1:] for found in around if "\n" in found.strip())


def values_in(line: str) -> list[str]:
    """The values of one line: mean and deviation, or a number; what names the row and the columns stands before."""
    return re.findall(r"\d+\.\d+\s*(?:\\pm|±|\+)\s*\d+\.\d+|(?<![\w.])\d+(?:\.\d+)?(?=s?\t|s?$|\\)", line)


def printed_as(value: str) -> tuple[float, float | None]:
    mean, *around = re.findall(r"\d+\.?\d*", value)
    return float(mean), float(around[0]) if around else None


@needs_text
@pytest.mark.parametrize("number", GRIDS)
def test_every_cell_of_a_table_is_what_the_paper_prints(number: int) -> None:
    rows, columns = GRIDS[number]
    expected = {
        (row, column): printed_as(value)
        for row, line in zip(rows, paragraph_of(number), strict=True)
        for column, value in zip(columns, values_in(line), strict=True)
    }
    assert {key: (value.mean, value.spread) for key, value in cells_of(number).items()} == expected


@needs_text
def test_every_cell_of_the_tables_by_number_of_agents_is_what_the_paper_prints() -> None:
    quantities = [(name, algorithm) for name in ("memory", "time", "reward") for algorithm in ("dof", "madiff-d")]
    for number, lines in ((3, quantities), (22, [("time", column) for column in TIMED])):
        cells = cells_of(number)
        for (quantity, column), line in zip(lines, paragraph_of(number), strict=True):
            for agents, value in zip(AGENTS, line.split("\t")[2:], strict=True):
                cell = cells[f"{quantity}/{agents}", column]
                plain = re.sub(r"</?b>|(?<=\d)s$", "", value)
                assert plain == cell.text or float(plain) == cell.mean, (number, quantity, agents, column)


@needs_text
def test_table_18_and_the_numbers_of_the_prose_are_what_the_paper_prints() -> None:
    times, returns = zip(*(line.split("\t")[1:3] for line in paragraph_of(18)), strict=True)
    cells = cells_of(18)
    assert [f"{cells['3m/training-time', c].mean:.0f}h" for c in ("dof", "dof-vae")] == list(times)
    assert [f"{cells['3m/return', c].mean:.2f}" for c in ("dof", "dof-vae")] == list(returns)
    text = " ".join(TEXT.read_text(encoding="utf-8").split())
    for value in read_published(PAPER.artifact("dof_figure7"), ROOT).values():
        assert f"around {value.mean:g}" in text or f"approximately {value.mean:g}" in text or f"{value.mean:g} " in text
    for said in (
        "set to 0.0002",
        "$\\{1.2, 1.4, 1.6, 1.8\\}$",
        "$\\{100, 200, 300\\}$",
        "planning horizon is set to 20",
    ):
        assert said in text
    for said in ("history horizon is set to 8", "dropout is set to 0.25", "batch size is set to 32", "set to 0.99"):
        assert said in text
    for said in ("learning rate of $3e^{-4}$", "set to 0.005", "fixed value of 0.5", "$K = 10$", "evaluated 200 times"):
        assert said in text


@needs_text
def test_of_the_damaged_table_1_only_what_can_be_read_is_there() -> None:
    read = {" ".join(re.findall(r"-?\d+\.\d", line)) for line in TEXT.read_text(encoding="utf-8").splitlines()}
    assert {"0.0 0.9 0.0 -4.0 0.0 4.0 0.0", "18.0 17.9 14.0 2.0 13.9"} <= {line.removeprefix("1.0 ") for line in read}
    cells = {key: value.mean for key, value in cells_of(1).items() if key[1] == "payoff"}
    assert list(cells.values()) == [1.0, 0.0, 18.0, None, -4.0, 0.0, 14.0, 2.0]


@pytest.mark.parametrize("number", CELLS)
def test_every_cell_of_a_table_is_there_with_its_value_or_the_word_lost(number: int) -> None:
    artifact, cells = PAPER.artifact(f"dof_table{number}"), cells_of(number)
    columns = [column for column in artifact.columns if not column.reference]
    assert set(cells) == {(row.id, column.id) for row in artifact.rows for column in columns}
    assert len(cells) == CELLS[number]
    assert sum(value.legible for value in cells.values()) == LEGIBLE.get(number, 0)
    assert sum(value.recovered for value in cells.values()) == RECOVERED.get(number, 0)
    assert all(LOST in value.note for value in cells.values() if value.mean is None and not value.text)


def test_the_two_tables_of_f_and_h_take_the_default_from_table_2_and_nothing_else() -> None:
    table = cells_of(2)
    for number in (14, 24):
        for (row, column), value in cells_of(number).items():
            whole = table[row, "dof"] if column == "wconcat" else None
            assert (value.mean, value.spread) == ((whole.mean, whole.spread) if whole else (None, None))


def test_what_madiff_reports_says_so_and_dof_stays_empty() -> None:
    for number in (11, 13):
        for (_, column), value in cells_of(number).items():
            assert (value.mean is None) == (column == "dof")
            assert ("MADIFF's README" in value.note) == (column != "dof")
    assert {"a normalised score" in value.note for value in cells_of(11).values() if value.mean} == {True}


FOUND = audit(PAPER, load_claims(FOLDER, PAPER, ROOT), load_stated(FOLDER, ROOT), ROOT)
CLAIMS = {claim["id"]: claim for claim in FOUND["claims"]}
NUMBERS = {entry["id"]: entry for entry in FOUND["stated"]}


def test_48_to_39_hours_is_18_75_per_cent_and_not_27() -> None:
    entry = NUMBERS["vae_training_time"]
    assert entry["recounted"] == pytest.approx(-18.75)
    assert (entry["number"], entry["agrees"]) == (-27, False)
    assert NUMBERS["vae_return"]["agrees"] is True


def test_dof_is_best_in_15_of_18_cells_of_table_2_and_level_in_one() -> None:
    rows = {row: {column: cells_of(2)[row, column].mean or 0 for column in SMAC} for row in BY_MAP}
    best = [row for row, cells in rows.items() if all(cells["dof"] > cells[c] for c in SMAC[:-1])]
    level = [row for row, cells in rows.items() if row not in best and cells["dof"] == max(cells.values())]
    assert (len(best), level) == (CLAIMS["best_smac"]["won"], ["8m/good"]) == (15, ["8m/good"])


def test_beside_what_madiffs_authors_report_dof_is_best_in_4_of_12_rows_and_level_in_one() -> None:
    beside = read_published(PAPER.artifact("dof_readme"), ROOT)
    own = {row: value.mean for (row, column), value in beside.items() if column == "dof"}
    assert own == {row: cells_of(2)[row, "dof"].mean for row in own}
    assert all(value.recovered for value in beside.values())
    claim = CLAIMS["best_smac_readme"]
    assert (claim["won"], claim["agrees"]) == (4, False)
    best = {row: max(beside[row, other].mean or 0 for other in ("qmix", *SMAC[1:-1])) for row in own}
    assert [row for row, mean in own.items() if mean == best[row]] == ["8m/good"]


def test_win_rates_are_best_in_9_of_12_rows_and_not_on_all_of_the_hard_maps() -> None:
    assert (CLAIMS["best_win_rate"]["won"], CLAIMS["best_win_rate"]["agrees"]) == (9, True)
    assert (CLAIMS["best_win_rate_hard"]["won"], CLAIMS["best_win_rate_hard"]["agrees"]) == (5, False)
    assert CLAIMS["best_smacv2"]["won"] == 3


def test_memory_grows_half_as_fast_as_madiffs_and_the_first_reward_is_madiffs() -> None:
    assert NUMBERS["memory_growth_dof"]["recounted"] == pytest.approx(5924 / 1691)
    assert NUMBERS["memory_growth_madiff"]["recounted"] == pytest.approx(21862 / 3121)
    assert NUMBERS["memory_growth_dof"]["agrees"] is None
    assert (CLAIMS["less_memory"]["won"], CLAIMS["reward_drones"]["won"]) == (5, 2)
    assert [lost["row"] for lost in CLAIMS["reward_drones"]["lost"]] == ["reward/4"]
    assert CLAIMS["reward_drones_32"]["won"] == 1


def test_one_map_and_dataset_has_two_returns() -> None:
    assert NUMBERS["same_dof_3m_good"]["agrees"] is False
    assert all(NUMBERS[f"same_dof_{name}_medium"]["agrees"] for name in ("3m", "5m_vs_6m", "8m"))


def test_what_is_lost_is_not_recounted() -> None:
    lost = {claim["id"] for claim in FOUND["drawn"] if claim["lost"]}
    assert {"best_particles", "first_medium_cheetah", "h_over_concat", "qmix_poor"} <= lost
    assert not lost & set(CLAIMS)
    tables = {table["artifact"]: (table["printed"], table["recovered"]) for table in FOUND["tables"]}
    assert tables["dof_table11"] == (0, 84)
    assert tables["dof_table3"] == (30, 0)


def test_the_rendered_audit_says_which_numbers_disagree(tmp_path: Path) -> None:
    text = render_audit(FOLDER, tmp_path, ROOT)[0].read_text()
    assert "| -27 % | -18.75 % | **disagrees** |" in text
    assert "8m/good ties with ma-icq" in text
    assert "0 of 18 values are legible in our source; 6 are recovered from elsewhere" in text


def test_a_table_of_printed_values_shows_them_with_their_notes(tmp_path: Path) -> None:
    files = render_table("dof_table5", FOLDER, tmp_path, LAPTOP, tmp_path / "out", ROOT)
    texts = {file.suffix: file.read_text() for file in files}
    assert "| DoF (f = Concat) |" in texts[".md"]
    assert "(1)" in texts[".md"]
    assert "0 of 28 values legible, 21 recovered" in texts[".md"]
    assert "nothing of ours" in texts[".tex"]
    view = printed.view(Order(PAPER.artifact("dof_table7"), PAPER, tmp_path, LAPTOP, ROOT))
    assert view["blocks"][0]["rows"][0]["cells"][-1]["shown"] == "0.0002"


def test_nothing_of_ours_is_judged_by_what_the_paper_prints(tmp_path: Path) -> None:
    claims = {claim.id: claim for claim in load_claims(FOLDER, PAPER, ROOT)}
    claim = claims["best_smac"]
    judgement = judge(claim, measured([claim], PAPER, tmp_path, ROOT), LAPTOP)
    assert (judgement.verdict, judgement.won) == ("not judged", None)
    assert judgement.why == "cells missing or with fewer than two seeds: 108"


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        (("dof_table18", "3m/retrun", "dof"), "unknown cell '3m/retrun dof'; did you mean '3m/return dof'?"),
        (("dof_table3", "time/64", "madiff-d"), "dof_table3 time/64 madiff-d has no number"),
    ],
)
def test_a_stated_number_of_no_cell_is_one_line(of: tuple[str, str, str], expected: str) -> None:
    with pytest.raises(QuartetError, match=re.escape(expected)):
        recounted([Stated("wrong", "a number", "nowhere", of, "value", number=1.0)], PAPER, ROOT)


def test_two_roundings_of_a_number_agree_and_two_numbers_do_not() -> None:
    place = ("dof_table19", "3m/medium", "return-and-history")  # 18.58

    def agrees(number: float) -> bool:
        [entry] = recounted([Stated("n", "a number", "nowhere", place, "value", number=number)], PAPER, ROOT)
        return bool(entry["agrees"])

    assert [agrees(number) for number in (18.6, 18.5, 18, 18.4, 20)] == [True, True, True, False, False]


def test_every_cell_that_is_run_here_names_what_exists() -> None:
    settings = config.load(ROOT, scale="quick", papers=["dof"])
    planned = plan.plan(settings, plan.find(settings, "dof"))
    assert {cell.algorithm for cell in planned.cells} >= {"dof", "dof-policy", "madiff-d", "ma-icq", "ma-td3bc", "omar"}
    assert {cell.task for cell in planned.cells} >= {"spread", "tag", "world", "cheetah"}
    assert plan.plan(settings, [PAPER.artifact("dof_table7")]).jobs == ()  # printed alone: nothing is trained for it


def test_what_the_tables_of_battles_share_is_trained_once() -> None:
    settings = config.load(ROOT, scale="quick", papers=["dof"])

    def trained(*numbers: int) -> set[str]:
        planned = plan.plan(settings, [PAPER.artifact(f"dof_table{number}") for number in numbers])
        return {job.name for job in planned.stage("train")}

    maps_and_qualities, algorithms = 6 * 3, 7  # the paper's six and BC
    assert len(trained(2)) == maps_and_qualities * algorithms
    assert {name.split("/")[2] for name in trained(2, 12) - trained(2)} == {"qmix"}
    for number in (4, 14, 15, 19, 24, 25):
        assert {name for name in trained(number) if name.endswith("/dof/default")} <= trained(2)


def test_shares_of_battles_won_are_printed_to_the_per_cent(tmp_path: Path) -> None:
    table = PAPER.artifact("dof_table12")
    (column,) = [column for column in table.columns if column.id == "dof"]
    evaluation = table.cell(table.rows[0], column).file(tmp_path)
    evaluation.parent.mkdir(parents=True)
    wins = "".join(f"{seed},{e},20.0,{int(e < 19 - seed)}\n" for seed in (0, 1) for e in range(20))
    evaluation.write_text(f"seed,episode,return,won\n{wins}")
    files = render_table("dof_table12", FOLDER, tmp_path, LAPTOP, tmp_path / "out", ROOT)
    texts = {file.suffix: file.read_text() for file in files}
    assert "0.93 ± 0.04<br>[0.90, 0.95]<br>*0.96*" in texts[".md"]
    assert "*0.92* |" in texts[".md"]  # the paper's, where ours is missing
    assert "[0.90, 0.95]" in texts[".tex"]


def test_planners_look_back_on_battles_as_far_as_their_released_codes_do() -> None:
    paper, laptop = (config.load(ROOT, scale=scale) for scale in ("paper", "laptop"))
    for algorithm, task, window in (("dof", "3m", (4, 20)), ("madiff-d", "8m", (4, 20)), ("madiff-d", "2s3z", (20, 8))):
        own = config.run_settings(paper, task, "poor", algorithm, "default")["points"]["default"]
        assert (own["horizon"], own["history"], own["target"]) == (*window, 1.0)
    assert own["return_scale"] == 8.0  # MADIFF's for poor data of 2s3z
    sweep = config.run_settings(laptop, "3m", "medium", "dof", "history")
    assert "history" not in sweep["training"]  # a history that a point names is the point's, not the scale's
    assert [point["history"] for point in sweep["points"].values()] == [0, 8, 24, 36]


def test_a_score_is_every_seeds_return_between_our_own_random_and_expert(tmp_path: Path) -> None:
    write_cards(tmp_path, {"random": 100.0, "expert": 300.0})
    table = PAPER.artifact("dof_table11")
    row, column = table.rows[0], table.columns[-1]
    write_evaluation(table.cell(row, column).file(tmp_path), [100.0, 200.0, 300.0])
    cell = measure(table, PAPER, tmp_path, ROOT).cells[row.id, column.id]
    assert cell.seeds.tolist() == [0.0, 50.0, 100.0]
    assert cell.deviation == pytest.approx(50.0)
    (tmp_path / "datasets" / "spread" / "expert.card.json").unlink()
    assert measure(table, PAPER, tmp_path, ROOT).cells[row.id, column.id].seeds.size == 0
