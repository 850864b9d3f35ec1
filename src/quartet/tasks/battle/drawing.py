"""One running battle as a picture, and a whole one as an animation: who stands where, how well, and shoots whom.

`python -m quartet.tasks.battle.drawing 2s3z battle.png battle.gif` draws one.
"""

import argparse
from io import BytesIO
from pathlib import Path

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Rectangle, Wedge
from PIL import Image

from quartet.errors import QuartetError
from quartet.files import atomic
from quartet.names import BATTLES
from quartet.tasks.battle.players import PLAYERS
from quartet.tasks.battle.task import Battle
from quartet.tasks.drawing import COLOURS, EDGE

SIDES = (COLOURS["predator"], COLOURS["prey"])  # the team, then its opponents
SHIELD = "#7b3fa0"
EDGE_OF_VIEW = 1.5  # around the outermost unit of a picture
MILLISECONDS, COLOURS_OF_A_FRAME = 150, 64
LETTERS = {"marauder": "R"}  # elsewhere a type's first


def draw_battle(axes: Axes, battle: Battle, episode: int = 0) -> None:
    """Every living unit as a disc, as full as its health, ringed by its shield, with a line to whom it goes for."""
    fight = getattr(battle, "fight", None)
    if fight is None or not 0 <= episode < fight.x.shape[1]:
        mend = "call reset first" if fight is None else f"the episodes are 0 to {fight.x.shape[1] - 1}"
        raise QuartetError(f"there is no episode {episode}", mend=mend)
    roster, agents = fight.roster, battle.spec.agents
    types, radii = (part.expand_as(fight.x)[:, episode].tolist() for part in (roster.types, roster.radius))
    health, shield = (fight.health / roster.health)[:, episode], (fight.shield / roster.shield.clamp(min=1))[:, episode]
    places = list(zip(fight.x[:, episode].tolist(), fight.y[:, episode].tolist(), strict=True))
    aims = battle.aim[:, episode].tolist()
    for west, south, east, north in battle.map.cliffs:
        axes.add_patch(Rectangle((west, south), east - west, north - south, color="#c8c0b4", linewidth=0, zorder=0))
    for unit, (place, radius) in enumerate(zip(places, radii, strict=True)):
        if not health[unit] > 0:
            continue
        colour, turn = SIDES[unit >= agents], 90 + 360 * float(health[unit])
        axes.add_patch(Circle(place, radius, facecolor="white", edgecolor=EDGE, linewidth=0.6, zorder=2))
        axes.add_patch(Wedge(place, radius, 90, turn, facecolor=colour, linewidth=0, zorder=3))
        if shield[unit] > 0:
            around = 90 + 360 * float(shield[unit])
            axes.add_patch(Wedge(place, radius + 0.2, 90, around, width=0.12, color=SHIELD, linewidth=0, zorder=3))
        name = battle.map.names[types[unit]]
        axes.annotate(LETTERS.get(name, name[0].upper()), place, ha="center", va="center", fontsize=6, zorder=4)
        if aims[unit] != unit and health[aims[unit]] > 0:
            ends = zip(place, places[aims[unit]], strict=True)
            axes.plot(*ends, color=colour, linewidth=0.7, alpha=0.6, zorder=1)
    axes.set(xlim=(0, battle.map.size), ylim=(0, battle.map.size), aspect="equal", xticks=[], yticks=[])


def animate(battle: Battle, player: str, seed: int, path: Path) -> None:
    """One battle of a fixed team from start to end as a GIF, a frame a step."""
    battle.reset(torch.tensor([seed]))
    frames = [_frame(battle)]
    while battle.time < battle.spec.horizon and not battle.over.all():
        battle.step(PLAYERS[player](battle))
        frames.append(_frame(battle))
    with atomic(path) as target:
        frames[0].save(target, format="GIF", save_all=True, append_images=frames[1:], duration=MILLISECONDS, loop=0)


def _frame(battle: Battle) -> Image.Image:
    figure, buffer = Figure(figsize=(4, 4), layout="tight"), BytesIO()
    axes = figure.subplots()
    draw_battle(axes, battle)
    axes.set_title(f"{battle.name}, step {battle.time}", fontsize=8)
    figure.savefig(buffer, format="png", dpi=100)
    return Image.open(buffer).quantize(COLOURS_OF_A_FRAME)


def _approach(axes: Axes, battle: Battle) -> None:
    """Show the part of the arena where units live."""
    alive = battle.fight.alive[:, 0]
    spans = [(float(place[alive].min()), float(place[alive].max())) for place in (battle.fight.x, battle.fight.y)]
    half = max(high - low for low, high in spans) / 2 + EDGE_OF_VIEW
    limits = [((low + high) / 2 - half, (low + high) / 2 + half) for low, high in spans]
    axes.set(xlim=limits[0], ylim=limits[1])


def main() -> None:
    """Draw the moment when a battle has gone on for some steps, and all of it."""
    parser = argparse.ArgumentParser(description="A picture and an animation of a battle.")
    parser.add_argument("map", choices=BATTLES)
    parser.add_argument("picture", type=Path)
    parser.add_argument("animation", type=Path)
    parser.add_argument("--player", choices=PLAYERS, default="focused")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=12, help="before the picture")
    options = parser.parse_args()
    battle = Battle(options.map)
    battle.reset(torch.tensor([options.seed]))
    for _ in range(options.steps):
        battle.step(PLAYERS[options.player](battle))
    figure = Figure(figsize=(5, 5), layout="tight")
    axes = figure.subplots()
    draw_battle(axes, battle)
    _approach(axes, battle)
    with atomic(options.picture) as target:
        figure.savefig(target, format=options.picture.suffix[1:], dpi=120)
    animate(battle, options.player, options.seed, options.animation)


if __name__ == "__main__":
    main()
