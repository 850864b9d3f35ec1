"""`quartet compare`: what changed between two sets of results, and which cells moved beyond their intervals."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tabulate import tabulate

from quartet import reading
from quartet.artifacts import text
from quartet.errors import QuartetError
from quartet.report.sources import read_json

Key = tuple[str, str, str]  # artifact, row, column
MEASURED = {**dict.fromkeys(("artifact", "row", "column"), str), "mean": float}
JUDGED = {"id": str, "verdict": str}
SHOWN = 40  # moved cells that are listed


@dataclass(frozen=True)
class Cell:
    """A cell's mean and its interval, as its table has them."""

    mean: float
    low: float | None
    high: float | None

    def beyond(self, other: "Cell") -> bool:
        """Whether the two intervals lie apart; a mean without one is its own interval."""
        low, high = (self.mean, self.mean) if self.low is None or self.high is None else (self.low, self.high)
        before = (other.mean, other.mean) if other.low is None or other.high is None else (other.low, other.high)
        return low > before[1] or high < before[0]


@dataclass(frozen=True)
class Results:
    """What a folder of rendered results says."""

    cells: dict[Key, Cell]
    verdicts: dict[tuple[str, str], str]  # by paper and claim


def results_of(folder: Path) -> Results:
    """Every measured cell and every verdict under the folder of one scale."""
    tables = [read_json(file) for file in sorted(folder.glob("*/tables/*.json")) if "provenance" not in file.name]
    judged = [read_json(file) for file in sorted(folder.glob("*/claims.json"))]
    if not tables and not judged:
        raise QuartetError("no rendered tables", where=str(folder), mend="render them, or name another folder")
    cells = [cell for table in tables for cell in table.get("cells", ()) if reading.fits(cell, MEASURED)]
    claims = [(paper, claim) for paper in judged for claim in paper.get("claims", ()) if reading.fits(claim, JUDGED)]
    return Results(
        {_key(cell): _cell(cell) for cell in cells},
        {(paper["paper"], claim["id"]): claim["verdict"] for paper, claim in claims},
    )


def _key(cell: dict[str, Any]) -> Key:
    return cell["artifact"], cell["row"], cell["column"]


def _cell(cell: dict[str, Any]) -> Cell:
    return Cell(cell["mean"], cell.get("low"), cell.get("high"))


def compare(before: Results, after: Results) -> str:
    """New, gone, changed and moved cells, and the verdicts that are others now."""
    both = before.cells.keys() & after.cells.keys()
    changed = {key for key in both if before.cells[key] != after.cells[key]}
    moved = sorted(key for key in changed if after.cells[key].beyond(before.cells[key]))
    counts = {
        "the same": len(both) - len(changed),
        "changed within their intervals": len(changed) - len(moved),
        "moved beyond their intervals": len(moved),
        "new": len(after.cells.keys() - both),
        "gone": len(before.cells.keys() - both),
    }
    parts = [tabulate([(count, words) for words, count in counts.items()], ("cells", ""), tablefmt="simple")]
    if moved:
        rows = [(*key, _shown(before.cells[key]), _shown(after.cells[key])) for key in moved[:SHOWN]]
        heading = ("artifact", "row", "column", "before", "after")
        parts.append(tabulate(rows, heading, tablefmt="simple", disable_numparse=True))
    if len(moved) > SHOWN:
        parts.append(f"and {len(moved) - SHOWN} more")
    told = before.verdicts | after.verdicts
    others = [key for key in told if before.verdicts.get(key) != after.verdicts.get(key)]
    turned = [(*key, before.verdicts.get(key, text.DASH), after.verdicts.get(key, text.DASH)) for key in sorted(others)]
    if turned:
        parts.append(tabulate(turned, ("paper", "claim", "before", "after"), tablefmt="simple"))
    return "\n\n".join(parts)


def _shown(cell: Cell) -> str:
    return f"{text.number(cell.mean)} {text.span(cell.low, cell.high)}".strip()
