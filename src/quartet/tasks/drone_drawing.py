"""One running fight as a picture: where every drone is, where it faces, how well it is, and what it could shoot."""

import math

from matplotlib.axes import Axes
from matplotlib.patches import RegularPolygon, Wedge

from quartet.errors import QuartetError
from quartet.tasks.combat import HEALTH, REACH
from quartet.tasks.drawing import COLOURS, EDGE
from quartet.tasks.drones import Drones

SIDES = (COLOURS["predator"], COLOURS["prey"])  # the team, then its opponents
SIZE = 0.42  # of a drone, in cells


def draw_drones(axes: Axes, task: Drones, episode: int = 0) -> None:
    """Draw every drone that flies as a triangle pointing ahead, the fuller the healthier, before it what it reaches."""
    combat = task.combat
    if not 0 <= episode < len(combat.cell):
        episodes = len(combat.cell)
        mend = f"the episodes are 0 to {episodes - 1}" if episodes else "call reset first"
        raise QuartetError(f"there is no episode {episode}", mend=mend)
    x, y = (place[episode].tolist() for place in combat.places)
    health, heading = combat.health[episode].tolist(), combat.heading[episode].tolist()
    for drone, left in enumerate(health):
        if not left:
            continue
        place, colour, quarter = (x[drone], y[drone]), SIDES[drone >= combat.drones], 90 * heading[drone]
        axes.add_patch(Wedge(place, REACH, quarter - 60, quarter + 60, color=colour, alpha=0.12, linewidth=0, zorder=1))
        turn = math.radians(quarter - 90)  # a polygon of matplotlib points up
        look = {"facecolor": colour, "edgecolor": EDGE, "alpha": left / HEALTH, "linewidth": 0.6, "zorder": 2}
        axes.add_patch(RegularPolygon(place, 3, radius=SIZE, orientation=turn, **look))
    edges = (-0.5, combat.side - 0.5)
    axes.set(xlim=edges, ylim=edges, aspect="equal", xticks=[], yticks=[])
