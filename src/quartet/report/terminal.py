"""`quartet show`: an artifact in the terminal, from the evidence as it lies there now."""

import re
from importlib import import_module

from tabulate import tabulate

from quartet import plan
from quartet.artifacts import text
from quartet.artifacts.kinds import TABLES
from quartet.artifacts.output import Order
from quartet.artifacts.spec import Artifact
from quartet.errors import unknown
from quartet.report.sources import Sources


def show(sources: Sources, target: str) -> str:
    """A table as text; of a figure, where it lies."""
    known = {artifact.id: (paper, artifact) for paper in sources.papers for artifact in paper.artifacts}
    if target not in known:
        raise unknown("artifact", target, known)
    paper, artifact = known[target]
    if artifact.kind not in TABLES:
        return _figure(sources, artifact)
    module = import_module(f"quartet.artifacts.{TABLES[artifact.kind]}")
    view = module.view(Order(artifact, paper, sources.evidence, sources.stamp, sources.config.root))
    shown = from_markdown(text.render(f"{artifact.kind}.md.j2", **view))
    return shown.replace("n italics", "n parentheses").replace("Bold •:", "•:")


def _figure(sources: Sources, artifact: Artifact) -> str:
    drawn = plan.outputs(sources.config, artifact)
    there = [str(path) for path in drawn if path.exists()]
    where = ", ".join(there) if there else f"not drawn yet; try: quartet figure {artifact.id}"
    return f"{artifact.number}. {artifact.caption}\n{where}"


def from_markdown(markdown: str) -> str:
    """Markdown with its tables drawn for a terminal: a dot after the best, the paper's numbers in parentheses."""
    parts: list[str] = []
    for lines in re.split(r"\n{2,}", markdown.strip()):
        table = [line for line in lines.splitlines() if line.startswith("|")]
        parts.append(_table(table) if table else _plain(lines))
    return "\n\n".join(parts)


def _table(lines: list[str]) -> str:
    heading, _, *rows = [[_plain(cell.strip()) for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return tabulate(rows, heading, tablefmt="simple", disable_numparse=True)


def _plain(marked: str) -> str:
    """Without Markdown's marks; what they meant is kept."""
    plain = re.sub(r"\*\*(.+?)\*\*", r"\1 •" if "<br>" in marked or "±" in marked else r"\1", marked)
    plain = re.sub(r"(?<!\w)\*([^*\n]+)\*", r"(\1)", plain)
    return plain.replace("<br>", "\n").replace("\\|", "|").removeprefix("> ")
