"""The state of one simulated world as a picture, in the colours DOM2 describes (Appendix C.1)."""

from matplotlib.axes import Axes
from matplotlib.patches import Circle

from quartet.errors import QuartetError
from quartet.tasks.scenario import ParticleTask, Scenario
from quartet.tasks.spec import Task

COLOURS = {
    "agent": "tab:red",
    "predator": "tab:red",
    "prey": "tab:blue",
    "landmark": "tab:blue",
    "obstacle": "tab:gray",
    "food": "gold",
    "forest": "tab:green",
}
ARENA = 1.1  # the view reaches this far, or as far as the outermost body


def draw(axes: Axes, task: Task | Scenario, episode: int = 0) -> None:
    """Draw every body of one running episode as a disc at its place, small ones on top; landmarks are crosses."""
    scenario = task.scenario if isinstance(task, ParticleTask) else task
    if not isinstance(scenario, Scenario):
        raise QuartetError("only particle tasks can be drawn", mend="pass spread, tag or world")
    if not 0 <= episode < scenario.episodes:
        mend = f"the episodes are 0 to {scenario.episodes - 1}" if scenario.episodes else "call reset first"
        raise QuartetError(f"there is no episode {episode}", mend=mend)
    places = scenario.world.position[:, :, episode].t().tolist()
    reach = ARENA
    for body, (x, y) in zip(scenario.rules.bodies, places, strict=True):
        colour, depth = COLOURS[body.role], 3 - body.radius
        if body.role == "landmark":
            axes.plot(x, y, marker="x", color=colour, zorder=depth)
        axes.add_patch(
            Circle(
                (x, y),
                body.radius,
                facecolor="none" if body.role == "landmark" else colour,
                edgecolor=colour,
                alpha=0.4 if body.role == "forest" else 1.0,
                zorder=depth,
            )
        )
        reach = max(reach, abs(x) + body.radius, abs(y) + body.radius)
    axes.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", xticks=[], yticks=[])
