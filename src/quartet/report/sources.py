"""What the report is made from: the configuration, the evidence of one scale, and what was rendered of it."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from quartet import reading
from quartet.artifacts.measure import Stamp
from quartet.artifacts.spec import Paper, load_paper
from quartet.config import Config
from quartet.errors import QuartetError


@dataclass(frozen=True)
class Sources:
    """Evidence lies in the configuration's results folder; tables and figures may have been rendered elsewhere."""

    config: Config
    rendered: Path  # the folder of one scale that holds <paper>/tables, <paper>/figures, claims and audits
    stamp: Stamp

    @property
    def evidence(self) -> Path:
        """The folder of one scale that holds evaluations, cards and their provenance."""
        return self.config.paths.base

    @cached_property
    def papers(self) -> tuple[Paper, ...]:
        """The configured papers."""
        return tuple(load_paper(self.config.paper(name), self.config.root) for name in self.config.papers)


def read(path: Path) -> str | None:
    """A file's text; none where there is no such file."""
    return reading.text(path) if path.exists() else None


def read_json(path: Path) -> Any:
    """What a stage wrote as JSON; none where there is no such file."""
    if not path.exists():
        return None
    what, mend = "not what a stage wrote", "delete it and make it again"
    found = reading.data(path, what, mend)
    if not isinstance(found, dict):
        raise QuartetError(what, where=str(path), mend=mend)
    return found
