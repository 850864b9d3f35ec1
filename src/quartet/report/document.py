"""The report as one Markdown and one LaTeX document: the same content, for those who read or write papers."""

from typing import Any

from quartet.artifacts import text
from quartet.artifacts.measure import Stamp

PACKAGE = "quartet.report"


def documents(stamp: Stamp, shown: list[dict[str, Any]]) -> dict[str, str]:
    """`report.md` and `report.tex` by their names; figures are beside them under figures/."""
    frame = {"stamp": stamp, "papers": shown}
    return {name: text.render(f"{name}.j2", PACKAGE, **frame) for name in ("report.md", "report.tex")}
