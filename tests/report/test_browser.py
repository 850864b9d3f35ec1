"""The report in a real headless Chromium: quiet, sortable, switchable, accessible, readable on a phone."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from shutil import which

import pytest

from tests.conftest import ROOT
from tests.report.browser import CHROMIUM, Page, chromium

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")

PHONE, DESK = 390, 1280
LOOKED_AT = ("index", "paper-dom2", "paper-dof", "algorithm-dom2", "algorithms", "datasets", "arena", "audit", "costs")
COLUMN = "[...document.querySelectorAll('#dom2_table1 tbody')][0].querySelectorAll('tr:not(.group) th')"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with chromium(tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture
def page(browser: Page) -> Page:
    """The browser without a complaint and without what an earlier test chose."""
    browser.errors.clear()
    return browser


@pytest.fixture(scope="session")
def axe() -> str:
    """axe-core from npm, where it installs."""
    folder = ROOT / ".pytest_cache" / "axe"
    script = folder / "node_modules" / "axe-core" / "axe.min.js"
    if not script.exists():
        npm = which("npm")
        if npm is None:
            pytest.skip("no npm here")
        folder.mkdir(parents=True, exist_ok=True)
        command = [npm, "install", "--prefix", str(folder), "--no-audit", "--no-fund", "axe-core@4"]
        if subprocess.run(command, capture_output=True, check=False, timeout=120).returncode:
            pytest.skip("axe-core does not install here")
    return script.read_text()


def rows(page: Page) -> list[str]:
    """The row titles of Table 1's first block, from top to bottom."""
    shown: list[str] = page.run(f"[...{COLUMN}].map((title) => title.textContent)")
    return shown


def opened(page: Page, site: Path, name: str, width: int = DESK, theme: str = "light") -> Page:
    page.open(site / f"{name}.html", width=width, theme=theme)
    page.run("localStorage.clear()")
    return page


def test_no_page_complains_and_every_image_is_drawn(page: Page, site: Path) -> None:
    for file in sorted(site.glob("*.html")):
        page.open(file)
        empty = page.run("[...document.images].filter((image) => !image.naturalWidth).map((image) => image.src)")
        assert (file.name, empty, page.errors) == (file.name, [], [])


@pytest.mark.parametrize("name", LOOKED_AT)
def test_nothing_is_wider_than_a_phone(page: Page, site: Path, name: str) -> None:
    opened(page, site, name, PHONE)
    assert page.run("document.documentElement.scrollWidth") <= PHONE


def test_a_phone_shows_the_verdict_beside_its_claim(page: Page, site: Path) -> None:
    opened(page, site, "index", PHONE)
    verdict = "document.querySelector('.claims .pill').getBoundingClientRect()"
    assert 0 < page.run(f"{verdict}.left") < page.run(f"{verdict}.right") <= PHONE


def test_a_header_sorts_down_up_and_back_within_every_block(page: Page, site: Path) -> None:
    opened(page, site, "paper-dom2")
    declared = rows(page)
    page.run(
        "document.querySelectorAll('#dom2_table1 tbody tr:not(.group) td:nth-child(6)')"
        ".forEach((cell, place) => { cell.dataset.ours = [3, 1, 2, 6, 5, 4][place % 6]; })"
    )
    press = "document.querySelectorAll('#dom2_table1 thead button')[5].click()"
    orders = []
    for _ in range(3):
        page.run(press)
        orders.append(rows(page))
    ranks = [declared[place] for place in (3, 4, 5, 0, 2, 1)]
    assert orders == [ranks, ranks[::-1], declared]
    assert len(page.run("[...document.querySelectorAll('#dom2_table1 tr.group')].map((row) => row.rowIndex)")) == 3


def test_sorting_by_keyboard_is_announced(page: Page, site: Path) -> None:
    opened(page, site, "paper-dom2")
    page.run("document.querySelector('#dom2_table1 thead button').focus()")
    page.press("Enter")
    assert page.run("document.querySelector('#dom2_table1 thead th').getAttribute('aria-sort')") == "descending"


@pytest.mark.parametrize(
    ("choice", "shown"),
    [
        ("both", ["ours", "paper"]),
        ("ours", ["ours"]),
        ("paper", ["paper"]),
        ("difference", ["difference"]),
    ],
)
def test_the_switch_shows_what_it_says(page: Page, site: Path, choice: str, shown: list[str]) -> None:
    opened(page, site, "paper-dom2")
    page.run(f"document.querySelector('input[value={choice}]').click()")
    cell = "document.querySelector('#dom2_table1 td[data-difference]')"
    visible = page.run(f"[...{cell}.children].filter((part) => part.offsetParent).map((part) => part.className)")
    assert visible == shown
    page.open(site / "paper-dof.html")
    assert page.run("document.querySelector('input[name=show]:checked').value") == choice


def test_a_figure_enlarges_and_escape_leaves_it(page: Page, site: Path) -> None:
    opened(page, site, "paper-dom2")
    page.run("document.querySelector('a.enlarge').focus()")
    page.press("Enter")
    page.wait("document.querySelector('dialog[open] img')?.naturalWidth > 0")
    page.press("Escape")
    page.wait("!document.querySelector('dialog') && document.activeElement.className === 'enlarge'")


def test_the_first_tab_skips_to_the_content(page: Page, site: Path) -> None:
    opened(page, site, "index")
    page.press("Tab")
    assert page.run("document.activeElement.className") == "skip"
    page.press("Enter")
    page.wait("location.hash === '#content'")


def test_the_theme_follows_the_reader_and_its_button(page: Page, site: Path) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    light = opened(page, site, "index").run(ground)
    dark = opened(page, site, "index", theme="dark").run(ground)
    assert light != dark
    page.run("document.querySelector('[data-theme-switch]').click()")
    assert page.run(ground) == light
    page.open(site / "costs.html", theme="dark")
    assert page.run(ground) == light
    page.run("localStorage.clear()")


def test_print_leaves_out_what_cannot_be_pressed_on_paper(page: Page, site: Path) -> None:
    opened(page, site, "paper-dom2", theme="dark")
    page("Emulation.setEmulatedMedia", media="print")
    hidden = "['.top', '.switch', '.contents'].map((part) => document.querySelector(part).offsetHeight)"
    assert page.run(hidden) == [0, 0, 0]
    assert page.run("getComputedStyle(document.documentElement).colorScheme") == "light"
    page("Emulation.setEmulatedMedia", media="")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", LOOKED_AT)
def test_axe_finds_nothing_serious(page: Page, site: Path, axe: str, name: str, theme: str) -> None:
    opened(page, site, name, theme=theme)
    page.run(axe + "; 0")
    found = page.run(
        "axe.run({resultTypes: ['violations']}).then((told) => told.violations.map((one) => "
        "[one.impact, one.id, one.nodes[0].html.slice(0, 200)]))"
    )
    assert [one for one in found if one[0] in ("serious", "critical")] == []
