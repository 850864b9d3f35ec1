"""The README says nothing that the repository does not hold."""

import re
from pathlib import Path

import pytest

from quartet.stages.publish import README_TABLE, SHOWN, readme_with_table
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text()
REFERENCE = ROOT / "results" / "reference" / "laptop"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_the_readmes_table_is_the_reference_table() -> None:
    assert readme_with_table(README, (REFERENCE / SHOWN).read_text()) == README


def test_the_table_of_a_reference_is_put_between_its_markers() -> None:
    start, end = README_TABLE
    assert readme_with_table(f"a\n{start}old\n{end}\nb\n", "new\n\n") == f"a\n{start}new\n{end}\nb\n"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_within_the_repository_resolves(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)", page.read_text())
    assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []


def test_the_reference_holds_evidence_with_its_provenance() -> None:
    evaluations = sorted((REFERENCE / "evaluations").rglob("*.csv"))
    assert evaluations
    assert all(path.with_name(f"{path.name}.provenance.json").exists() for path in evaluations)
    assert "proves nothing" not in (REFERENCE / SHOWN).read_text()
