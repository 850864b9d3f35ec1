"""The datasets page: every card there is, by task, with the shape of its returns."""

from typing import Any

from quartet import paths, plan
from quartet.evaluation.scores import read_card
from quartet.names import QUALITIES, SOURCES
from quartet.report.sources import Sources

HIGH, WIDE = 28, 120  # of the little histogram, in pixels


def view(sources: Sources) -> list[dict[str, Any]]:
    """The cards by task, and the artifacts that ask for them."""
    wanted = _wanted(sources)
    tasks = sorted({task for task, _ in wanted}, key=SOURCES.index)
    return [
        {
            "task": task,
            "title": title(sources, task),
            "rows": [
                _row(sources, task, quality, wanted[task, quality])
                for quality in sorted((q for t, q in wanted if t == task), key=QUALITIES.index)
            ],
        }
        for task in tasks
    ]


def title(sources: Sources, name: str) -> str:
    """How the papers print a name; the first of them decides."""
    return next((paper.titles[name] for paper in sources.papers if name in paper.titles), name)


def _wanted(sources: Sources) -> dict[tuple[str, str], list[str]]:
    """Every dataset that an artifact needs, with the artifacts that do."""
    wanted: dict[tuple[str, str], list[str]] = {}
    for paper in sources.papers:
        for artifact in paper.artifacts:
            for job in plan.plan(sources.config, [artifact]).stage("dataset"):
                task, _, quality = job.name.partition("/")
                wanted.setdefault((task, quality), []).append(artifact.id)
    return wanted


def _row(sources: Sources, task: str, quality: str, artifacts: list[str]) -> dict[str, Any]:
    file = sources.evidence / paths.CARD.format(task=task, dataset=quality)
    card = read_card(file) if file.exists() else None
    bars = histogram(card["histogram"]["counts"]) if card else []
    return {"quality": quality, "title": title(sources, quality), "card": card, "bars": bars, "artifacts": artifacts}


def histogram(counts: list[int]) -> list[tuple[float, float, float, float]]:
    """The bars of a histogram as rectangles: x, y, width, height."""
    width, most = WIDE / len(counts), max(counts) or 1
    return [
        (round(place * width, 2), round(HIGH * (1 - count / most), 2), round(width, 2), round(HIGH * count / most, 2))
        for place, count in enumerate(counts)
    ]
