"""The diffusion process: the runs' own schedule and solver, on a behaviour policy whose noise is known exactly."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.special import ndtri
from torch import Tensor

from quartet.artifacts import style
from quartet.artifacts.output import Order
from quartet.config import hyperparameters
from quartet.diffusion import Schedule, schedule, step

# A behaviour policy with two ways to act: the means, the shares, and the deviation around each.
MEANS, SHARES, DEVIATION = torch.tensor([-0.6, 0.55]), torch.tensor([0.4, 0.6]), 0.09
FINE = 200  # times at which the noised densities are drawn
PATHS, SAMPLES = 12, 6000
Values = npt.NDArray[np.float64]


def exact_noise(actions: Tensor, alpha: float, sigma: float) -> Tensor:
    """What a perfect noise network predicts: -sigma times the score of the noised two-mode density."""
    apart = actions[..., None] - alpha * MEANS
    variance = (alpha * DEVIATION) ** 2 + sigma**2
    shares = torch.softmax(torch.log(SHARES) - apart**2 / (2 * variance), dim=-1)
    return sigma * (shares * apart).sum(-1) / variance


def density(actions: Tensor, alpha: float, sigma: float) -> Tensor:
    """The two-mode density after noising to alpha, sigma."""
    variance = (alpha * DEVIATION) ** 2 + sigma**2
    each = torch.exp(-((actions[..., None] - alpha * MEANS) ** 2) / (2 * variance)) / (2 * np.pi * variance) ** 0.5
    noised: Tensor = (each * SHARES).sum(-1)
    return noised


def denoised(levels: Schedule, start: Tensor) -> list[Tensor]:
    """The solver's way from noise to actions: where it stands after 0..N steps."""
    ways = [start]
    for index in range(levels.steps, 0, -1):
        noise = exact_noise(ways[-1], levels.alphas[index], levels.sigmas[index])
        ways.append(step(noise, ways[-1], levels, index))
    return ways


def draw(order: Order) -> Figure:
    """Noising, denoising in the configured N steps, and how close the actions of N steps come to the data."""
    where = order.artifact.where
    given = hyperparameters(order.root, *(where[key] for key in ("algorithm", "task", "dataset", "variant")))
    name, steps = given["schedule"], given["steps"]
    titles = [
        "Noising the actions of the dataset",
        f"Denoising in N = {steps} steps",
        "Actions of N steps, beside the data",
    ]
    figure, (forward, backward, compared) = style.panels(style.lettered(titles), height=3.3)
    _densities(forward, schedule(name, FINE))
    _densities(backward, schedule(name, FINE))
    _levels(forward, schedule(name, steps))
    backward.invert_xaxis()
    times = np.arange(steps, -1, -1) / steps
    for way in torch.stack(denoised(schedule(name, steps), _starts(PATHS))).T:
        backward.plot(times, way, color=style.COLOURS[3], marker="o", markersize=2.6, linewidth=0.9)
    _compared(compared, name, (steps, 2 * steps, 4 * steps))
    noise, data, made = (
        r"noise, $N(0, I)$",
        r"dataset, $b \sim \pi_\beta(\cdot|o)$",
        r"actions, $a \sim \pi_\theta(\cdot|o)$",
    )
    for axis, left, right in ((forward, data, noise), (backward, noise, made)):
        axis.set(xlabel="τ", ylabel="action", ylim=(-2.4, 2.8))
        for place, side, said in ((0.02, "left", left), (0.98, "right", right)):
            axis.text(place, 0.03, said, transform=axis.transAxes, ha=side, size=8)
    told = [f"schedule {name}", f"N {steps}", "noise predicted exactly", f"commit {order.stamp.commit}"]
    style.footer(figure, " · ".join(told), "")
    return figure


def _starts(count: int) -> Tensor:
    """Standard normal noise without chance: its quantiles."""
    return torch.from_numpy(ndtri((np.arange(count) + 0.5) / count)).float()


def _densities(axis: Axes, levels: Schedule) -> None:
    """The density of the noised actions at every time, as shades."""
    actions = torch.linspace(-2.4, 2.4, 200)
    each = [density(actions, *level) for level in zip(levels.alphas, levels.sigmas, strict=True)]
    shades = torch.stack([heights / heights.max() for heights in each], 1)
    times = np.arange(levels.steps + 1) / levels.steps
    axis.contourf(times, actions, shades, levels=np.linspace(0.05, 1, 12), cmap="Blues", alpha=0.5)
    axis.set_xticks([0, 0.2, 0.4, 0.6, 0.8, 1])


def _levels(axis: Axes, levels: Schedule) -> None:
    """What is left of an action at the solver's times: the two modes, shrunk by alpha."""
    times = np.arange(levels.steps + 1) / levels.steps
    for mode in MEANS.tolist():
        axis.plot(times, [alpha * mode for alpha in levels.alphas], "o--", color=style.INK, markersize=3, linewidth=0.9)
    for time, alpha in zip(times, levels.alphas, strict=True):
        axis.text(time, 2.12, f"{alpha:.2f}", ha="left" if time == 0 else "right" if time == 1 else "center", size=7)
    axis.text(0, 2.5, "α at the solver's times", size=7)


def _compared(axis: Axes, name: str, counts: Sequence[int]) -> None:
    """The density of what N steps make of noise, beside that of the data."""
    actions = torch.linspace(-1.4, 1.4, 400)
    axis.fill_between(
        actions, density(actions, 1.0, 0.0), color=style.REFERENCE, alpha=0.3, label="dataset", linewidth=0
    )
    for rank, count in enumerate(counts):
        made = denoised(schedule(name, count), _starts(SAMPLES))[-1]
        heights, edges = np.histogram(made, bins=np.linspace(-1.4, 1.4, 71), density=True)
        middle = (edges[1:] + edges[:-1]) / 2
        axis.plot(
            middle,
            heights,
            color=style.COLOURS[rank],
            linestyle=style.DASHES[rank],
            label=f"N = {count}",
            linewidth=1.4,
        )
    axis.set(xlabel="action", ylabel="density", ylim=(0, 5.2))
    axis.legend(fontsize=8, loc="upper left")
