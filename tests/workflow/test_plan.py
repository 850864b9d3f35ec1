"""The plan: from an artifact to the jobs it needs, without Snakemake."""

import shutil
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from quartet import config, outlook, plan, tasks
from quartet.artifacts.spec import Cell, Column
from quartet.data.mixtures import MIXTURES
from quartet.errors import QuartetError
from quartet.estimates import Estimate, benchmark_of, clock, committed
from quartet.names import BATTLES, NEED_PREY, TASKS, parts_of
from quartet.names import MIXTURES as PARTS
from quartet.tasks import drones

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def settings(tmp_path: Path) -> config.Config:
    return config.load(ROOT, scale="quick", results=str(tmp_path))


def test_table_1_needs_ninety_runs_each_once(settings: config.Config) -> None:
    chosen = plan.plan(settings, plan.find(settings, "dom2_table1"))
    assert len(chosen.stage("train")) == 3 * 6 * 5
    assert len(chosen.stage("evaluate")) == 90
    assert {job.name for job in chosen.stage("behaviour")} == {"tag", "world", "spread"}


def test_two_tables_share_their_runs_but_not_their_evaluations(settings: config.Config) -> None:
    both = plan.plan(settings, [*plan.find(settings, "dom2_table1"), *plan.find(settings, "dom2_table2")])
    assert len(both.stage("train")) == 90
    assert len(both.stage("evaluate")) == 180


def test_what_exists_is_not_missing(settings: config.Config) -> None:
    chosen = plan.plan(settings, plan.find(settings, "dom2_table1"))
    done = chosen.stage("dataset")[0]
    done.output.parent.mkdir(parents=True)
    done.output.touch()
    assert done not in chosen.missing
    assert len(chosen.missing) == len(chosen.jobs) - 1


def test_an_unknown_target_suggests_the_nearest(settings: config.Config) -> None:
    with pytest.raises(QuartetError, match="unknown target 'dom2_tabel1'; did you mean 'dom2_table1'"):
        plan.find(settings, "dom2_tabel1")


def test_the_estimate_comes_from_recorded_benchmarks(settings: config.Config) -> None:
    chosen = plan.plan(settings, plan.find(settings, "dom2_table1"))
    first, *others = [job for job in chosen.stage("train") if "/dom2/" in job.name]
    for job, seconds in ((first, 30), (others[0], 50)):
        path = benchmark_of(settings, job)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"s\th:m:s\n{seconds}\t0:00:{seconds}\n")
    assert clock(settings).estimate(others) == Estimate(40.0 * len(others), None, 0)
    datasets = chosen.stage("dataset")
    committed_times = committed(settings)
    expected = sum(committed_times[f"dataset on {job.name.partition('/')[0]}"].seconds for job in datasets)
    assert clock(settings).estimate(datasets).seconds == pytest.approx(expected)
    nowhere = replace(settings, root=settings.paths.results)
    assert clock(nowhere).estimate(datasets) == Estimate(0.0, None, len(datasets))


def test_the_plan_says_what_is_missing_and_for_how_long(settings: config.Config) -> None:
    text = outlook.describe(settings, "dom2_table1")
    assert "train           90       90" in text
    assert "minutes on one core" in text
    assert "missing: behaviour spread" in text


def test_names_agree_with_the_modules_they_name() -> None:
    assert set(TASKS) == {*tasks.NAMES, "cheetah", *drones.SIZES, *BATTLES}
    assert set(NEED_PREY) == tasks.NEEDS_PREY
    assert {name: (mixture.most, mixture.rest) for name, mixture in MIXTURES.items()} == PARTS


def test_figure_4_of_omsd_wants_the_behaviour_of_three_seeds_each_its_own(settings: config.Config) -> None:
    sources = ("cheetah", "cheetah-seed1", "cheetah-seed2")
    wanted = plan.plan(settings, plan.find(settings, "omsd_figure4"))
    assert [job.name for job in wanted.stage("behaviour")] == list(sources)
    seeds = [config.sized(settings.scale, "behaviour", source)["seed"] for source in sources]
    assert seeds == [seeds[0], seeds[0] + 1, seeds[0] + 2]
    others = [config.sized(settings.scale, "behaviour", source) | {"seed": 0} for source in sources]
    assert others == [others[0]] * 3
    assert parts_of("cheetah-seeds", "medium") == tuple((source, "medium") for source in sources)
    assert {f"{source}/{quality}" for source, quality in parts_of("cheetah-seeds", "medium")} <= {
        job.name for job in wanted.stage("dataset")
    }


def test_a_scale_of_shorter_trainings_may_have_faster_rates_and_changes_nothing_else(settings: config.Config) -> None:
    run = ("cheetah", "medium", "omsd", "beta")
    training = settings.scale["training"] | {"by": {"cheetah": {"rates": 5}}}
    faster = config.run_settings(replace(settings, scale=settings.scale | {"training": training}), *run)["points"]
    for point, own in config.run_settings(settings, *run)["points"].items():
        rates = {name for name in own if name.endswith("rate")}
        assert rates == {"critic_rate", "behaviour_rate", "policy_rate"}
        assert faster[point] == own | {name: 5 * own[name] for name in rates}


def test_a_hyperparameter_is_resolved_by_dataset_then_by_variant() -> None:
    assert config.hyperparameters(ROOT, "dom2", "tag", "medium", "default")["eta"] == 2.5
    assert config.hyperparameters(ROOT, "dom2", "spread", "random", "default")["eta"] == 10000.0
    assert config.hyperparameters(ROOT, "dom2", "tag", "medium", "paper-thresholds")["threshold_reading"] == "paper"


@pytest.mark.parametrize(
    ("algorithm", "variant", "message"),
    [
        ("dom3", "default", "unknown algorithm 'dom3'; did you mean 'dom2'"),
        ("dom2", "defualt", "unknown variant of dom2 'defualt'; did you mean 'default'"),
    ],
)
def test_a_wrong_name_in_a_run_is_one_line(algorithm: str, variant: str, message: str) -> None:
    with pytest.raises(QuartetError, match=message):
        config.hyperparameters(ROOT, algorithm, "tag", "medium", variant)


def cell(**changes: str) -> Cell:
    names = {"task": "world", "dataset": "medium", "algorithm": "dom2", "variant": "eta=0.5"}
    return Cell(**{**names, "setting": "standard", "metric": "return", **changes})


def asking(settings: config.Config, *cells: Cell) -> plan.Plan:
    """The plan of an artifact with one row and these cells."""
    first = plan.find(settings, "dom2_table1")[0]
    columns = tuple(Column(str(n), str(n), asdict(cell), reference=False) for n, cell in enumerate(cells))
    return plan.plan(settings, [replace(first, rows=first.rows[:1], columns=columns)])


def test_all_points_of_a_sweep_are_one_training_and_one_evaluation(settings: config.Config) -> None:
    chosen = asking(settings, cell(), cell(variant="eta=100"), cell(variant="eta=100", setting="shifted@10"))
    (train,) = chosen.stage("train")
    assert (train.name, train.points) == ("world/medium/dom2/eta", 7)
    assert [job.name for job in chosen.stage("evaluate")] == [f"{train.name}/shifted@10", f"{train.name}/standard"]
    assert chosen.cells[0].file(Path("r")) == Path("r/evaluations/world/medium/dom2/eta/standard.csv")


def test_stops_along_a_training_cost_one_training(settings: config.Config) -> None:
    chosen = asking(settings, cell(algorithm="omar", variant="trained=50"))
    assert [job.points for job in chosen.jobs if job.stage in ("train", "evaluate")] == [1, 5]


def test_a_sweep_that_was_never_timed_takes_the_plain_runs_time_for_each_point(settings: config.Config) -> None:
    path = settings.paths.base / "benchmarks" / "train" / "tag" / "medium" / "dom2" / "default.tsv"
    path.parent.mkdir(parents=True)
    path.write_text("s\th:m:s\n10\t0:00:10\n")
    assert clock(settings).estimate(asking(settings, cell()).stage("train")) == Estimate(70.0, None, 0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"variant": "eta=0.6"}, "unknown variant of dom2 'eta=0.6'; did you mean 'eta=0.5'"),
        ({"variant": "eta"}, "unknown variant of dom2 'eta'"),
        ({"setting": "shfted@10"}, "unknown setting 'shfted'; did you mean 'shifted'"),
        ({"setting": "extreme"}, "unknown setting 'extreme'; known: shifted, standard"),
        ({"setting": "shifted@ten"}, "'shifted@ten' does not say how many attempts; write shifted@10"),
        ({"metric": "bst"}, "unknown metric 'bst'; did you mean 'best'"),
        ({"metric": "best"}, "metric 'best' in setting 'standard' is the best of one; use standard@10"),
    ],
)
def test_a_wrong_name_in_a_cell_is_one_line(settings: config.Config, changes: dict[str, str], message: str) -> None:
    with pytest.raises(QuartetError, match=message):
        asking(settings, cell(**changes))


def test_a_misspelt_key_and_a_wrong_type_name_file_and_key(tmp_path: Path) -> None:
    for folder in ("config", "workflow"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    scale = tmp_path / "config" / "scales" / "quick.yaml"
    good = scale.read_text()
    scale.write_text(good.replace("evaluation: {episodes:", "evaluation: {episods:"))
    with pytest.raises(QuartetError, match=r"quick\.yaml: evaluation: unknown key 'episods'; did you mean 'episodes'"):
        config.load(tmp_path)
    scale.write_text(good.replace("updates: 30, batch: 64", "updates: 30, batch: many"))
    with pytest.raises(QuartetError, match=r"quick\.yaml: training\.batch: expected an integer, found the text 'many'"):
        config.load(tmp_path)


def test_what_shows_the_configuration_is_rendered_again_when_it_changes(settings: config.Config) -> None:
    for name in ("dom2_table6", "dom2_figure3", "dom2_figure4", "dom2_figure8"):
        (artifact,) = plan.find(settings, name)
        assert ROOT / "config" / "algorithms" / "dom2.yaml" in plan.inputs(settings, artifact)
    assert ROOT / "config" / "scales" / "paper.yaml" in plan.inputs(settings, artifact)
