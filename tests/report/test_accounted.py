"""Nothing of a paper is passed over: its text is held against our lists of its tables, figures and claims.

The papers' texts lie beside the repository, not in it; without them these tests are skipped.
"""

import re
from pathlib import Path

import pytest

from quartet.artifacts.spec import Paper, load_paper
from quartet.schema import read_yaml
from tests.conftest import ROOT

TEXTS = ROOT.parent / "shared" / "papers"
FOLDERS = [
    folder
    for folder in sorted((ROOT / "config" / "papers").iterdir())
    if (TEXTS / f"{folder.name}.txt").exists() and not folder.name.endswith("-review")
]
pytestmark = pytest.mark.skipif(not FOLDERS, reason="the papers' texts are not here")
papers = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)

_LIST = re.compile(r"(Table|Figure)s? ((?:\d+(?: \([a-z]\)(?:(?:-| to )\([a-z]\))?)?(?:, | and )?)+)")
_GREEK = {"η": "eta", "ζ": "zeta", "×": "times", "β": "beta", "α": "alpha"}


def text(folder: Path) -> str:
    return (TEXTS / f"{folder.name}.txt").read_text()


def numbered(words: str) -> set[str]:
    """`Tables 4, 14 and 19` is three tables."""
    return {f"{kind} {number}" for kind, numbers in _LIST.findall(words) for number in re.findall(r"\d+", numbers)}


def shown(paper: Paper) -> set[str]:
    return set().union(*(numbered(artifact.number) for artifact in paper.artifacts))


def mentioned(words: str) -> set[str]:
    """Every table and figure that a paper's text names, its captions among them."""
    found = re.findall(r"\b(Table|Figure|Fig\.)[~\s]*(\d+)\b(?!\.\d)", words)
    return {f"{kind.replace('Fig.', 'Figure')} {number}" for kind, number in found}


def letters(words: str) -> str:
    """Letters and figures alone, citations and formulas' marks left out."""
    words = re.sub(r"\[\\?\(.*?\)\]\(#[^)]*\)", "", words)
    for sign, name in _GREEK.items():
        words = words.replace(sign, name)
    return re.sub(r"[^a-z0-9]", "", words.lower().replace("10x", "10times").replace("20x", "20times"))


@papers
def test_every_table_and_figure_is_shown_or_listed_with_the_reason(folder: Path) -> None:
    paper = load_paper(folder, ROOT)
    absent = {number.partition(" (")[0] for number in paper.absent}
    assert mentioned(text(folder)) - shown(paper) - absent == set()


@papers
def test_nothing_is_both_shown_and_listed_as_absent(folder: Path) -> None:
    paper = load_paper(folder, ROOT)
    assert {number for number in paper.absent if " (" not in number} & shown(paper) == set()


@papers
def test_the_abstract_is_among_the_claims(folder: Path) -> None:
    claims = read_yaml(folder / "claims.yaml")
    listed = [*claims["claims"].values(), *claims.get("stated", {}).values(), *claims.get("left_out", [])]
    assert [entry["says"] for entry in listed if "bstract" in entry["evidence"]]


@papers
def test_every_quoted_phrase_stands_in_the_paper(folder: Path) -> None:
    claims, told = read_yaml(folder / "claims.yaml"), letters(text(folder))
    listed = [*claims["claims"].values(), *claims.get("stated", {}).values(), *claims.get("left_out", [])]
    quotes = [quote for entry in listed for quote in re.findall(r"(?<!\w)'(.{12,}?)'(?!\w)", entry["evidence"])]
    parts = [part for quote in quotes for part in re.split(r"\[?\.\.\.\]?", quote) if len(letters(part)) > 4]
    assert parts
    assert [part for part in parts if letters(part) not in told] == []
