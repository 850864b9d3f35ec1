"""Tasks as the simulator has them: a few steps into an episode, and how its bodies came there (DOM2 Figures 1, 7)."""

from typing import cast

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from torch import Tensor

from quartet import tasks
from quartet.artifacts import style
from quartet.artifacts.output import Order
from quartet.artifacts.spec import Artifact, Row
from quartet.tasks import drawing, reference
from quartet.tasks.cheetah import Cheetah
from quartet.tasks.scenario import ParticleTask, Policy

SEED = 4  # of every episode: one in which no body lies under another
STEPS = 3  # of particles, driven by the fixed players of `tasks.reference`
STRIDES = 12  # of the cheetah, under uniform actions
HIDDEN = "hidden landmark"


def draw(order: Order) -> Figure:
    """One panel a row: a task in a setting."""
    rows, stamp = order.artifact.rows, order.stamp
    wide = min(3.6, 10.8 / len(rows))
    figure = Figure(figsize=(wide * len(rows), wide + 0.75), layout="constrained")
    roles: dict[str, None] = {}
    for axis, row, title in zip(
        figure.subplots(1, len(rows), squeeze=False)[0], rows, _titles(order.artifact), strict=True
    ):
        axis.set_title(title, loc="left", fontsize=9)
        axis.spines[["top", "right"]].set_visible(True)
        roles |= dict.fromkeys(_frame(axis, row))
    style.legend(figure, [_key(role) for role in roles])
    particles = f"particles after {STEPS} steps of a fixed player, paths drawn"
    cheetah = f" · HalfCheetah after {STRIDES} steps of uniform actions" if roles.keys() & drawing.LEGS.keys() else ""
    style.footer(figure, f"the simulator's own state, seed {SEED} · {particles}{cheetah} · commit {stamp.commit}", "")
    return figure


def _titles(artifact: Artifact) -> list[str]:
    """With their letters, the rows' titles, or the blocks' where each has one row."""
    single = len(artifact.blocks) == len(artifact.rows)
    return style.lettered([row.block if single else row.title for row in artifact.rows])


def _frame(axis: Axes, row: Row) -> list[str]:
    """Play, draw, and say what is to be seen."""
    prey = reference.uniform(SEED) if row.task in tasks.NEEDS_PREY else None
    task = tasks.make(row.task, prey=prey)
    observations = task.reset(torch.tensor([SEED]), row.where["setting"])
    if isinstance(task, ParticleTask):
        return _particles(axis, task, reference.oracle(row.task), observations)
    return _cheetah(axis, cast(Cheetah, task))


def _particles(axis: Axes, task: ParticleTask, player: Policy, observations: Tensor) -> list[str]:
    """The bodies where they are, each mover with the path it took."""
    world, bodies = task.scenario.world, task.scenario.rules.bodies
    places = [world.position[:, : world.movers, 0].clone()]
    for _ in range(STEPS):
        observations = task.step(player(observations)).observations
        places.append(world.position[:, : world.movers, 0].clone())
    drawing.draw(axis, task)
    across, up = torch.stack(places)[:, 0], torch.stack(places)[:, 1]
    for number, body in enumerate(bodies[: world.movers]):
        colour = drawing.COLOURS[body.role]
        axis.plot(across[:, number], up[:, number], color=colour, linewidth=1.0, marker=".", markersize=2, zorder=1.5)
    return [body.role for body in bodies] + [HIDDEN] * bool(world.hidden.any())


def _cheetah(axis: Axes, task: Cheetah) -> list[str]:
    generator = torch.Generator().manual_seed(SEED)
    for _ in range(STRIDES):
        task.step(2 * torch.rand(1, task.spec.agents, task.spec.action, generator=generator) - 1)
    drawing.draw_cheetah(axis, *task.simulation.data(0))
    return [*drawing.LEGS]


def _key(role: str) -> Line2D:
    """How a role looks, for the legend."""
    if role in ("landmark", HIDDEN):
        colour, marker = drawing.COLOURS["landmark"], "x" if role == "landmark" else "o"
        return Line2D([], [], linestyle="", marker=marker, color=colour, markerfacecolor="none", label=role)
    colour, disc = (drawing.COLOURS | drawing.LEGS)[role], "o" if role in drawing.COLOURS else "s"
    return Line2D(
        [], [], linestyle="", marker=disc, color=colour, markeredgecolor=drawing.EDGE, markersize=7, label=role
    )
