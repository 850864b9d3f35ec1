"""The state of one simulated episode as a picture, in the colours DOM2 describes (Appendix C.1)."""

import math
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import Circle, Polygon

from quartet.errors import QuartetError
from quartet.tasks.scenario import ParticleTask, Scenario
from quartet.tasks.spec import Task

# DOM2's colours, some lighter than others, so that no two roles look alike in grey.
COLOURS = {
    "agent": "#c0262c",
    "predator": "#c0262c",
    "prey": "#6fb3ee",
    "landmark": "#2166ac",
    "obstacle": "#8c8c8c",
    "food": "#ffd92f",
    "forest": "#66b96a",
}
LEGS = {"back leg": "#5f6368", "front leg": "#e8eaed", "torso": "#a8b0b8"}  # DOM2: one agent's joints grey, one's white
EDGE = "#303030"  # of everything that is filled; seen on white pages and on dark ones
ARENA = 1.0  # the view reaches this far, or as far as the outermost body,
MARGIN = 1.08  # and a little farther
_ROUND = [math.pi * (number / 12 - 0.5) for number in range(13)]  # angles along the end of a capsule


def draw(axes: Axes, task: Task | Scenario, episode: int = 0) -> None:
    """Draw every body of one running episode as a disc at its place, small ones on top.

    Landmarks are rings with a cross; those that the episode hides are broken rings without.
    """
    scenario = task.scenario if isinstance(task, ParticleTask) else task
    if not isinstance(scenario, Scenario):
        raise QuartetError("only particle tasks can be drawn", mend="pass spread, tag or world")
    if not 0 <= episode < scenario.episodes:
        mend = f"the episodes are 0 to {scenario.episodes - 1}" if scenario.episodes else "call reset first"
        raise QuartetError(f"there is no episode {episode}", mend=mend)
    world = scenario.world
    hidden = [False] * world.movers + world.hidden[:, episode].tolist()
    reach = ARENA
    places = world.position[:, :, episode].t().tolist()
    for body, (x, y), gone in zip(scenario.rules.bodies, places, hidden, strict=True):
        colour, depth, ring = COLOURS[body.role], 3 - body.radius, body.role == "landmark"
        if ring and not gone:
            axes.plot(x, y, marker="x", color=colour, zorder=depth)
        axes.add_patch(
            Circle(
                (x, y),
                body.radius,
                facecolor="none" if ring else colour,
                edgecolor=colour if ring else EDGE,
                linestyle=(0, (2, 2)) if gone else "-",
                linewidth=1.0 if ring else 0.6,
                alpha=0.5 if body.role == "forest" else 1.0,
                zorder=depth,
            )
        )
        reach = max(reach, abs(x) + body.radius, abs(y) + body.radius)
    reach *= MARGIN
    axes.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", xticks=[], yticks=[])


def draw_cheetah(axes: Axes, model: Any, data: Any) -> None:
    """Draw a half cheetah from the side, every geom a capsule, from MuJoCo's own MjModel and MjData."""
    for geom in range(model.ngeom):
        radius, half_length, _ = model.geom_size[geom]
        part = model.body(model.geom_bodyid[geom]).name
        if part == "world":
            continue  # the floor
        colour = LEGS["torso" if part == "torso" else "back leg" if part[0] == "b" else "front leg"]
        (x, _, z), turn = data.geom_xpos[geom], data.geom_xmat[geom].reshape(3, 3)[:, 2]  # a capsule lies along its z
        outline = capsule((x, z), math.atan2(turn[2], turn[0]), half_length, radius)
        axes.add_patch(Polygon(outline, facecolor=colour, edgecolor=EDGE, linewidth=0.6, zorder=2 - radius))
    root = data.qpos[0]
    axes.axhline(0, color=EDGE, linewidth=0.8, zorder=1)
    axes.set(xlim=(root - ARENA, root + ARENA), ylim=(-0.3, 2 * ARENA - 0.3), aspect="equal", xticks=[], yticks=[])


def capsule(centre: tuple[float, float], angle: float, half_length: float, radius: float) -> list[tuple[float, float]]:
    """The outline of a capsule in the plane whose axis points along `angle`."""
    points = []
    for facing in (angle, angle + math.pi):  # one end and the other
        x, z = centre[0] + half_length * math.cos(facing), centre[1] + half_length * math.sin(facing)
        points += [(x + radius * math.cos(facing + bend), z + radius * math.sin(facing + bend)) for bend in _ROUND]
    return points
