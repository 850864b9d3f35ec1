"""What an algorithm costs as the team grows, as a file."""

import csv
import io
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from quartet import reading
from quartet.errors import QuartetError

TEAMS = (2, 4, 8, 16, 32)


@dataclass(frozen=True)
class Cost:
    """One algorithm and team, one seed. Operations are those of matrix products; multiplying and adding counts two."""

    agents: int
    parameters: int  # that are trained, of the whole team
    memory: int  # bytes of all that training keeps: parameters, targets, statistics, moments
    update: int  # operations of one update of the whole team
    action: int  # operations of one action of one agent


COLUMNS = [field.name for field in fields(Cost)]


def costs_csv(costs: Iterable[Cost]) -> str:
    """The counts of one algorithm, a line a team."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(astuple(cost) for cost in costs)
    return out.getvalue()


def read_costs(path: Path) -> dict[int, Cost]:
    """The counts of one algorithm by the size of the team."""
    text = reading.text(path)
    try:
        rows = list(csv.reader(io.StringIO(text)))
        if rows[0] != COLUMNS:
            raise ValueError
        costs = [Cost(*map(int, row)) for row in rows[1:]]
    except (ValueError, IndexError, TypeError, csv.Error) as error:
        raise QuartetError("damaged counts", where=str(path), mend="delete it and count again") from error
    return {cost.agents: cost for cost in costs}
