"""The benchmarks' page: a part for every benchmark, each written anew without touching the others."""

from pathlib import Path

import pytest

from benchmarks import __main__ as page

ROOT = Path(__file__).resolve().parents[2]


def test_every_benchmark_has_a_script_and_every_part_of_the_page_a_benchmark() -> None:
    titles = [title for title, _, _ in page.BENCHMARKS.values()]
    parts = page.sections((ROOT / "benchmarks" / "README.md").read_text())
    assert list(parts) == [title for title in titles if title in parts]
    assert all("|---" in part.replace(" ", "") for part in parts.values()), "a part has no table"
    for name in page.BENCHMARKS:
        assert (ROOT / "benchmarks" / f"{name.removesuffix('_wide')}.py").exists(), name


def test_one_benchmark_leaves_the_others_parts_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "README.md").write_text((ROOT / "benchmarks" / "README.md").read_text())
    before = page.sections((tmp_path / "README.md").read_text())
    monkeypatch.setattr(page, "HERE", tmp_path)
    monkeypatch.setattr(page, "run", lambda name, smax: f"measured {name} beside {smax}")
    page.main(["sampling", "--smax", "python"])
    after = page.sections((tmp_path / "README.md").read_text())
    assert after == before | {page.BENCHMARKS["sampling"][0]: "measured sampling beside python"}
