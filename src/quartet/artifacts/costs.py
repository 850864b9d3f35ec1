"""What algorithms cost as the team grows, as a table: counts, each beside how many times the first column's it is."""

from typing import Any

from quartet import paths
from quartet.artifacts.output import Order, heading, laid_out
from quartet.artifacts.spec import Column, Row
from quartet.evaluation.cost import Cost, read_costs

LONG = ["artifact", "row", "column", "algorithm", "agents", "quantity", "value", "times", "scale", "commit"]

Costs = dict[str, dict[int, Cost]]  # by algorithm, by the size of the team


def costs_of(order: Order) -> Costs:
    """The counts that are there."""
    files = {name: order.results / paths.COST.format(algorithm=name) for name in order.artifact.counted}
    return {name: read_costs(file) for name, file in files.items() if file.exists()}


def value(costs: Costs, row: Row, column: Column) -> int | None:
    """One count: a row is a quantity and a number of agents, a column an algorithm."""
    found = costs.get(column.where["algorithm"], {}).get(int(row.where["agents"]))
    return None if found is None else int(getattr(found, row.where["quantity"]))


def view(order: Order) -> dict[str, Any]:
    """The table as plain data."""
    artifact, stamp, costs = order.artifact, order.stamp, costs_of(order)
    cells = {}
    for row in artifact.rows:
        first = value(costs, row, artifact.columns[0])
        for column in artifact.columns:
            count = value(costs, row, column)
            cells[row.id, column.id] = {
                "artifact": artifact.id,
                "row": row.id,
                "column": column.id,
                "algorithm": column.where["algorithm"],
                "agents": int(row.where["agents"]),
                "quantity": row.where["quantity"],
                "value": count,
                "times": count / first if count and first else None,
                "scale": stamp.scale,
                "commit": stamp.commit,
            }
    return {
        **heading(artifact, stamp),
        "banner": "",  # counted, not measured: true of the scale's sizes whatever the scale proves
        "header": told(order, costs),
        **laid_out(artifact, cells),
    }


def told(order: Order, costs: Costs) -> str:
    """Scale, commit and what is missing: one line."""
    absent = [column.title for column in order.artifact.columns if column.where["algorithm"] not in costs]
    missing = f"missing: {', '.join(absent)}" if absent else f"all {len(costs)} algorithms"
    return f"sizes of scale {order.stamp.scale} · commit {order.stamp.commit} · one seed · {missing}"
