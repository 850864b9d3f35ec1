"""What we build on: every locked package has a licence that is listed, and what is installed fits together."""

import re
import subprocess
import sys
from functools import cache
from importlib import metadata

import pytest

from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "supply-chain.md").read_text()
WORDS = {
    "MIT": r"\bMIT\b",
    "BSD": r"\b0?BSD\b|Redistribution and use in source and binary forms",
    "Apache": r"\bApache\b",
    "MPL": r"\bMPL\b|Mozilla Public License",
    "PSF": r"\bPSF\b|Python Software Foundation",
    "LGPL": r"\bLGPL|Lesser General Public License",
    "GPL": r"\bGPL|GNU General Public License",
}


def locked() -> list[str]:
    return [line.split("==")[0] for line in (ROOT / "requirements.lock").read_text().splitlines()]


def listed() -> dict[str, set[str]]:
    """The page's table: a package's licences."""
    rows = re.findall(r"^\| ([A-Za-z, ]+) \| \d+ \| (.+) \|$", PAGE, re.MULTILINE)
    return {name: set(licences.split(", ")) for licences, names in rows for name in names.split(", ")}


@cache
def told(name: str) -> frozenset[str]:
    """The licences that an installed package's metadata name; where they name none, its licence file."""
    described = metadata.metadata(name)
    fields = [described["License-Expression"], described["License"], *(described.get_all("Classifier") or [])]
    said = " ".join(f for f in fields if f and (not f.count("::") or f.startswith("License")))
    if not _found(said):
        files = [f for f in metadata.files(name) or [] if re.search("licen[cs]e", f.name, re.IGNORECASE)]
        said = " ".join(f.read_text() for f in files)
    return _found(said)


def _found(text: str) -> frozenset[str]:
    return frozenset(licence for licence, words in WORDS.items() if re.search(words, text))


def test_every_locked_package_is_listed_and_none_else() -> None:
    assert sorted(listed()) == sorted(locked())


@pytest.mark.parametrize("name", locked())
def test_a_package_is_under_no_licence_but_those_listed(name: str) -> None:
    try:
        found = told(name)
    except metadata.PackageNotFoundError:
        pytest.skip(f"{name} is not installed")
    assert found
    assert found <= listed()[name]


def test_the_counts_of_the_table_are_its_packages() -> None:
    rows = re.findall(r"^\| [A-Za-z, ]+ \| (\d+) \| (.+) \|$", PAGE, re.MULTILINE)
    assert [int(count) for count, _ in rows] == [len(names.split(", ")) for _, names in rows]


def test_what_is_installed_fits_together() -> None:
    checked = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True)
    if "No module named pip" in checked.stderr:
        pytest.skip("pip is not installed here")
    assert checked.returncode == 0, checked.stdout
