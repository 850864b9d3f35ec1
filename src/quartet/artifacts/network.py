"""The noise network as a diagram, read off the model itself: its blocks, their sizes, what skips where."""

from itertools import pairwise
from math import log2, prod

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from quartet import tasks
from quartet.artifacts import boxes, style
from quartet.artifacts.output import Order
from quartet.config import hyperparameters
from quartet.nets.residual import ResidualNoise
from quartet.schema import load_yaml

SIZES = "paper"  # the scale whose widths are drawn
DOWN, ENTERS = style.COLOURS[0], style.COLOURS[2]
TINTS = {"down": DOWN, "bottom": style.REFERENCE, "up": style.COLOURS[3]}
LINE = 33.0  # where the chain of blocks runs


def draw(order: Order) -> Figure:
    """The noise network of an algorithm on a task, at the paper's widths."""
    where = order.artifact.where
    scale = load_yaml(order.root / "config" / "scales" / f"{SIZES}.yaml", "scale", order.root)
    given = hyperparameters(order.root, *(where[key] for key in ("algorithm", "task", "dataset", "variant")))
    spec, widths = tasks.make(where["task"]).spec, scale["training"]["noise_widths"]
    net = ResidualNoise(spec.observation, spec.action, tuple(widths), given["dropout"])
    figure = diagram(net)
    size = f"{sum(prod(shape) for shape in net.shapes.values()):,}".replace(",", " ")
    told = [
        f"widths {'-'.join(map(str, widths))} of scale {SIZES}",
        f"{where['task']}: o {spec.observation}, a {spec.action}",
    ]
    told += [f"{size} parameters an agent", f"commit {order.stamp.commit}"]
    style.footer(figure, " · ".join(told), "")
    return figure


def skips(net: ResidualNoise) -> dict[str, str]:
    """Which earlier block a later one takes besides its predecessor; the last to narrow is the first to be taken."""
    layers = {**net.blocks, "out": net.layers["out"]}
    takers = [name for before, name in pairwise(layers) if layers[name][0] > layers[before][1]]
    givers = list(net.blocks)[: list(layers).index(takers[0]) - 1]
    return dict(zip(takers, reversed(givers), strict=True))


def diagram(net: ResidualNoise) -> Figure:
    """The chain of blocks above, the embedding that enters all of them below, one block from inside beside it."""
    figure, axis = boxes.canvas(10.6, 5.0)
    layers, links = {**net.blocks, "out": net.layers["out"]}, skips(net)
    tops: dict[str, tuple[float, float]] = {}
    widest = max(net.widths)
    _ends(axis, net)
    for place, (name, (inputs, outputs)) in enumerate(layers.items()):
        x, height = 18.0 + 12.5 * place, 4.5 + 9 * max(0.0, 1 + log2(outputs / widest) / 3)
        colour = next((tint for start, tint in TINTS.items() if name.startswith(start)), style.INK)
        boxes.box(axis, (x, LINE), (7.5, height), f"{outputs}", colour, strong=True)
        beside = links.get(name)
        taken = f"{inputs - layers[beside][1]} + {layers[beside][1]}" if beside else f"{inputs}"
        boxes.note(axis, (x, LINE - height / 2 - 1.3), f"{name}: {taken} → {outputs}", size=7)
        boxes.arrow(axis, (x - 8.75 if place else 9.5, LINE), (x - 3.75, LINE))
        tops[name] = x, LINE + height / 2
        if name in net.blocks:
            boxes.arrow(axis, (x, 20.2), (x, LINE - height / 2 - 2.6), colour=ENTERS)
    for level, (name, source) in enumerate(links.items()):
        (x0, y0), (x1, y1), high = tops[source], tops[name], 41.8 + 2.4 * level
        boxes.arrow(axis, (x0, y0), (x0, high), (x1 - 1.5, high), (x1 - 1.5, y1), dashed=True)
    _embedding(axis, net, tops)
    _inside(axis, net)
    return figure


def _ends(axis: Axes, net: ResidualNoise) -> None:
    last = 18.0 + 12.5 * len(net.blocks)
    boxes.box(axis, (5.5, LINE), (8, 4.5), f"$a^\\tau$: {net.action}")
    boxes.arrow(axis, (last + 3.75, LINE), (last + 7.5, LINE))
    boxes.note(axis, (last + 8, LINE), "$\\epsilon_\\theta$", side="left", size=11)


def _embedding(axis: Axes, net: ResidualNoise, tops: dict[str, tuple[float, float]]) -> None:
    """Observation and time, embedded apart, joined, and on their way into every block."""
    observed, timed = net.layers["observation"][1], net.layers["time"]
    for y, said, inside in (
        (12.5, f"o: {net.observation}", f"{observed}\nMish"),
        (5.5, "$\\tau$", f"{timed[0]} Fourier\n→ {timed[1]}"),
    ):
        boxes.box(axis, (5.5, y), (8, 4.5), said)
        boxes.box(axis, (18, y), (9, 5), inside, ENTERS)
        boxes.arrow(axis, (9.5, y), (13.5, y))
        boxes.arrow(axis, (22.5, y), (25.5, y), (25.5, 9), (28, 9))
    first, second = net.layers["embedding1"], net.layers["embedding2"]
    boxes.box(axis, (32.5, 9), (9, 5), f"{first[0]} → {first[1]}\nMish", ENTERS)
    boxes.box(axis, (45, 9), (9, 5), f"{second[0]} → {second[1]}\nMish", ENTERS)
    boxes.arrow(axis, (37, 9), (40.5, 9))
    blocks = [tops[name][0] for name in net.blocks]
    axis.plot([45, 45], [11.5, 20.2], color=ENTERS, linewidth=1.1)
    axis.plot([min(blocks), max(blocks)], [20.2, 20.2], color=ENTERS, linewidth=1.1)
    boxes.note(axis, (46, 16.5), "embedding, into every block", side="left")


def _inside(axis: Axes, net: ResidualNoise) -> None:
    """One residual block: two layers, the embedding and the dropout between them, a skip around."""
    y, left = 6.0, 60.0
    steps = [("Linear\nMish", 8, DOWN), ("+", 3.4, ENTERS), (f"Dropout\n{net.dropped:g}", 8, style.REFERENCE)]
    steps += [("Linear\nMish", 8, DOWN), ("+", 3.4, style.INK)]
    x, centres = left, []
    for said, width, colour in steps:
        boxes.box(axis, (x + width / 2, y), (width, 4.6 if width > 4 else 3.4), said, colour)
        boxes.arrow(axis, (x - 3, y), (x, y))
        centres.append(x + width / 2)
        x += width + 3
    boxes.arrow(axis, (x - 3, y), (x, y))
    boxes.arrow(axis, (centres[1], 13.2), (centres[1], y + 1.7), colour=ENTERS)
    boxes.note(axis, (centres[1] + 1, 12.4), "Linear of the embedding", side="left")
    boxes.arrow(axis, (left - 2, y), (left - 2, 1.6), (centres[-1], 1.6), (centres[-1], y - 1.7), dashed=True)
    boxes.note(axis, ((left + centres[-1]) / 2, 2.6), "Linear, or the input itself where sizes agree")
    boxes.note(axis, (left - 3, 11.5), "A block from inside", side="left", size=8.5)
