"""DOM2 at a glance, its numbers read from the configuration: how an agent trains, and how it acts."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from quartet import tasks
from quartet.artifacts import boxes, style
from quartet.artifacts.output import Order
from quartet.config import hyperparameters
from quartet.diffusion import schedule

DATA, CRITIC, POLICY = style.COLOURS[0], style.COLOURS[2], style.COLOURS[3]


def draw(order: Order) -> Figure:
    """Training above, acting below, both of one agent."""
    where = order.artifact.where
    given = hyperparameters(order.root, *(where[key] for key in ("algorithm", "task", "dataset", "variant")))
    agents = tasks.make(where["task"]).spec.agents
    figure, axis = boxes.canvas(10.6, 4.7)
    _training(axis, given)
    _acting(axis, given)
    boxes.note(axis, (1, 45), f"Training, each of {agents} agents by itself", side="left", size=9.5)
    boxes.note(axis, (1, 17.5), f"Acting, each of {agents} agents by itself", side="left", size=9.5)
    told = f"{where['task']}/{where['dataset']} · values of config/algorithms/{where['algorithm']}.yaml"
    style.footer(figure, f"{told} · commit {order.stamp.commit}", "")
    return figure


def _training(axis: Axes, given: dict[str, Any]) -> None:
    """From the dataset through the augmentation to a batch, the critics and the policy (Algorithm 2)."""
    thresholds = given["thresholds"] or []
    boxes.box(axis, (9, 33), (15, 9), "Dataset $D$\nepisodes of $(o, a, r, o')$", DATA)
    boxes.box(
        axis, (31, 33), (17, 9), f"Augmentation\na copy more for each of\n{len(thresholds)} thresholds reached", DATA
    )
    boxes.box(axis, (51, 33), (13, 9), "Batch\nof its own\n$(o_j, a_j, r_j, o'_j)$", DATA)
    boxes.arrow(axis, (16.5, 33), (22.5, 33))
    boxes.arrow(axis, (39.5, 33), (44.5, 33))
    critics = (
        "Critics $Q_{\\phi^1}, Q_{\\phi^2}$",
        "TD + ζ conservative (Eq. 1)",
        f"ζ = {given['zeta']:g}, γ = {given['gamma']:g}",
    )
    policy = (
        "Noise network $\\epsilon_\\theta$",
        "$L_{bc}$ (Eq. 3) − η̃ E $Q$ (Eq. 5)",
        f"η = {given['eta']:g}, N = {given['steps']}",
    )
    for at, said, colour in (((76, 38.5), critics, CRITIC), ((76, 26), policy, POLICY)):
        boxes.box(axis, at, (23, 9), "\n".join(said), colour)
    for y in (38.5, 26):
        boxes.arrow(axis, (57.5, 33), (61, 33), (61, y), (64.5, y))
    boxes.arrow(axis, (73, 34), (73, 30.5), colour=CRITIC)
    boxes.note(axis, (72, 32.3), "value", side="right")
    boxes.arrow(axis, (79, 30.5), (79, 34), colour=POLICY)
    boxes.note(axis, (80, 32.3), "next actions", side="left")
    boxes.box(axis, (98, 32.3), (9.5, 13), f"Target\nnetworks\nρ = {given['rho']:g}", style.REFERENCE)
    for y in (38.5, 26):
        boxes.arrow(axis, (87.5, y), (93.2, y), dashed=True)


def _acting(axis: Axes, given: dict[str, Any]) -> None:
    """From noise to an action in N steps of the solver, the observation known to each (Eq. 4)."""
    levels = schedule(given["schedule"], given["steps"])
    boxes.box(axis, (8, 8), (12, 5.5), "$a^N$ ~ $N(0, I)$")
    shown = [levels.steps, levels.steps - 1, None, 1] if levels.steps > 3 else [*range(levels.steps, 0, -1)]
    x = 14.0
    for index in shown:
        if index is None:
            boxes.note(axis, (x + 5, 8), "· · ·", size=11)
            x += 10
            continue
        boxes.arrow(axis, (x, 8), (x + 4, 8))
        alphas = f"α {levels.alphas[index]:.2f} → {levels.alphas[index - 1]:.2f}"
        boxes.box(axis, (x + 11, 8), (14, 5.5), f"solver step {index}\n{alphas}", POLICY)
        boxes.arrow(axis, (x + 11, 14), (x + 11, 10.75), colour=DATA)
        x += 18
    boxes.arrow(axis, (x, 8), (x + 4, 8))
    boxes.box(axis, (x + 10, 8), (12, 5.5), "$a_j$, clipped\nto [−1, 1]")
    first, last = 14.0 + 11, x - 7
    axis.plot([first, last], [14, 14], color=DATA, linewidth=1.1)
    boxes.note(axis, (last + 1, 14), "observation $o_j$", side="left")
    boxes.arrow(axis, (x + 16, 8), (x + 20, 8))
    boxes.note(axis, (x + 20.6, 8), "task", side="left", size=8.5)
