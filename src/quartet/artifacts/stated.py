"""Numbers that a paper's text states, recounted from the cells that its tables print."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from quartet.artifacts.published import read_published
from quartet.artifacts.spec import Paper
from quartet.errors import QuartetError, unknown
from quartet.schema import load_yaml

Place = tuple[str, str, str]  # artifact, row, column; `*/3m-*` is the mean of all rows that it fits


@dataclass(frozen=True)
class Stated:
    """One number: a printed cell, how many times another it is, its change from another, or its gain over it."""

    id: str
    says: str
    evidence: str
    of: Place
    measure: str  # value | times | change | gain
    to: Place | None = None
    whole: float | None = None  # gain: of what the difference is a share
    number: float | None = None  # as the text has it; None where the text only speaks of growth or savings
    reading: str = ""

    @property
    def unit(self) -> float:
        """One unit of the stated number's last digit: how far apart two roundings of a number may lie."""
        return float(10.0 ** -len(str(self.number).partition(".")[2]))


def load_stated(paper_dir: Path, root: Path = Path(".")) -> tuple[Stated, ...]:
    """The numbers that `<paper_dir>/claims.yaml` lists beside its claims."""
    given = load_yaml(paper_dir / "claims.yaml", "claims", root).get("stated", {})
    return tuple(Stated(name, **_placed(entry)) for name, entry in given.items())


def _placed(given: dict[str, Any]) -> dict[str, Any]:
    return {**given, **{key: tuple(given[key]) for key in ("of", "to") if key in given}}


def recounted(stated: Sequence[Stated], paper: Paper, root: Path = Path(".")) -> list[dict[str, Any]]:
    """Every stated number beside the one that the printed cells give, and whether they agree."""
    found = []
    for entry in stated:
        value = _recount(entry, paper, root)
        agrees = None if entry.number is None else abs(value - entry.number) <= entry.unit * (1 + 1e-9)
        place = [paper.artifact(entry.of[0]), *([paper.artifact(entry.to[0])] if entry.to else [])]
        numbers = ", ".join(dict.fromkeys(artifact.number for artifact in place))
        shown = {"claimed": shown_as(entry.measure, entry.number), "found": shown_as(entry.measure, value)}
        found.append({**vars(entry), "where": numbers, "recounted": value, "agrees": agrees, **shown})
    return found


def shown_as(measure: str, value: float | None) -> str:
    """A number as the audit prints it."""
    if value is None:
        return ""
    rounded = f"{round(value, 2):g}"
    return {"value": rounded, "times": f"× {rounded}", "change": f"{rounded} %", "gain": f"{rounded} points"}[measure]


def _recount(entry: Stated, paper: Paper, root: Path) -> float:
    value = _printed(entry.of, paper, root, entry.id)
    if entry.to is None:
        return value
    other = _printed(entry.to, paper, root, entry.id)
    if entry.whole is not None:
        return 100 * (value - other) / entry.whole
    return value / other if entry.measure == "times" else 100 * (value / other - 1)


def _printed(place: Place, paper: Paper, root: Path, name: str) -> float:
    artifact, row, column = place
    cells = read_published(paper.artifact(artifact), root)
    fitting = [cell.mean for key, cell in cells.items() if key[1] == column and fnmatchcase(key[0], row)]
    if not fitting:
        raise unknown("cell", f"{row} {column}", (" ".join(key) for key in cells), where=f"stated.{name}")
    means = [mean for mean in fitting if mean is not None]
    if len(means) < len(fitting):
        raise QuartetError(f"{artifact} {row} {column} has no number", where=f"claims.yaml: stated.{name}")
    return sum(means) / len(means)
