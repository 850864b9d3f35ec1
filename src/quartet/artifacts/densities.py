"""Joint actions of datasets: a row of panels a row, a panel a column, with its number of modes (OMSD Figures 1, 4)."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from quartet import paths
from quartet.artifacts import style
from quartet.artifacts.output import Order
from quartet.artifacts.spec import named
from quartet.evaluation.density import Density, read_density

SIDE = 1.9  # of a panel, in inches


def draw(order: Order) -> Figure:
    """Darker is denser; the darkest bin of every panel is equally dark."""
    artifact = order.artifact
    shape = len(artifact.rows), len(artifact.columns)
    figure = Figure(figsize=(SIDE * shape[1] + 0.4, SIDE * shape[0] + 0.6), layout="constrained")
    missing = 0
    for row, axes in zip(artifact.rows, figure.subplots(*shape, squeeze=False), strict=True):
        for column, axis in zip(artifact.columns, axes, strict=True):
            axis.set(xlim=(-1, 1), ylim=(-1, 1), aspect="equal", xticks=[-1, 0, 1], yticks=[-1, 0, 1])
            where = named({**artifact.where, **row.where, **column.where})
            file = order.results / paths.DENSITY.format(task=where["task"], dataset=where["dataset"])
            missing += not file.exists()
            _panel(axis, column.title, read_density(file) if file.exists() else None)
        axes[0].set_ylabel(row.title)
    stamp = order.stamp
    told = f"{missing} of {shape[0] * shape[1]} datasets missing" if missing else "all datasets"
    axes = "across the first agent, up the second,\neach along the line on which its actions vary most"
    style.footer(figure, f"scale {stamp.scale} · commit {stamp.commit} · {told} · {axes}", stamp.banner)
    return figure


def _panel(axis: Axes, title: str, found: Density | None) -> None:
    if found is None:
        axis.set_title(title, size=8)
        style.missing(axis)
        return
    shares = np.array(found.histogram)
    axis.imshow(np.sqrt(shares.T), origin="lower", extent=(-1, 1, -1, 1), cmap="Blues", interpolation="nearest")
    modes = "1 mode" if found.modes == 1 else f"{found.modes} modes"
    axis.set_title(f"{title}\n{modes}, dependence {found.dependence:.2f}", size=8)
