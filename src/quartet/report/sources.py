"""What the report is made from: the configuration, the evidence of one scale, and what was rendered of it."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

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
    return path.read_text(encoding="utf-8") if path.exists() else None


def read_json(path: Path) -> Any:
    """A file's data; none where there is no such file."""
    found = read(path)
    try:
        return None if found is None else json.loads(found)
    except ValueError as error:
        raise QuartetError("not JSON", where=str(path), mend="delete it and make it again") from error
