"""Which files the report is made of; light enough for the workflow to ask at every start."""

from pathlib import Path

from quartet import config
from quartet.config import Config

FOLDER = Path(__file__).parent
ASSETS = ("style.css", "report.js")
PAGES = ("index", "algorithms", "datasets", "arena", "audit", "costs", "provenance")
DOCUMENTS = ("report.md", "report.tex")


def pages(settings: Config) -> list[str]:
    """The names of the files that the report is known by."""
    found = [*PAGES, *(f"paper-{name}" for name in settings.papers)]
    found += [f"algorithm-{name}" for name in config.algorithms(settings.root)]
    return [*(f"{name}.html" for name in found), *DOCUMENTS]


def forms() -> list[Path]:
    """The templates, and what the pages need beside them: files that decide the report and are no modules."""
    return sorted(path for folder in ("templates", "assets") for path in (FOLDER / folder).iterdir())
