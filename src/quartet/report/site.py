"""The report as a static site: flat, without a network, the same bytes from the same results."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from quartet import config
from quartet.artifacts import text
from quartet.files import atomic, write_text
from quartet.report import algorithms, arena, datasets, layout, ledger, lineage, markup, papers
from quartet.report.document import documents
from quartet.report.sources import Sources

PACKAGE = "quartet.report"


def write_report(sources: Sources, out: Path) -> list[Path]:
    """Write every page, the two documents, the figures and what the pages need; returns the files it is known by."""
    shown = [papers.view(paper, sources) for paper in sources.papers]
    described = [algorithms.view(name, sources) for name in config.algorithms(sources.config.root)]
    copy_figures(shown, out / "figures")
    texts = {**html_pages(sources, shown, described), **documents(sources.stamp, shown)}
    for asset in layout.ASSETS:
        write_text(out / asset, (layout.FOLDER / "assets" / asset).read_text(encoding="utf-8"))
    for name, content in texts.items():
        write_text(out / name, content)
    return [out / name for name in layout.pages(sources.config)]


def html_pages(sources: Sources, shown: list[dict[str, Any]], described: list[dict[str, Any]]) -> dict[str, str]:
    """Every page by the name of its file."""
    frame = {"stamp": sources.stamp, "papers": shown, "algorithms": described, "markdown_html": markup.html}
    frame |= {"inline": markup.inline, "seeds": len(sources.config.seeds), "purpose": sources.config.scale["purpose"]}

    def page(template: str, **names: Any) -> str:
        return text.render(f"{template}.html.j2", PACKAGE, **frame, **names)

    return {
        "index.html": page("index", sums=papers.sums(shown)),
        "algorithms.html": page("algorithms"),
        "datasets.html": page("datasets", tasks=datasets.view(sources), high=datasets.HIGH, wide=datasets.WIDE),
        "arena.html": page("arena", arena=arena.view(sources)),
        "audit.html": page("audit"),
        "costs.html": page("costs", ledger=ledger.view(sources)),
        "provenance.html": page("provenance", lineage=lineage.view(sources)),
        **{f"paper-{paper['id']}.html": page("paper", paper=paper) for paper in shown},
        **{f"algorithm-{entry['name']}.html": page("algorithm", algorithm=entry) for entry in described},
    }


def copy_figures(shown: Iterable[dict[str, Any]], folder: Path) -> None:
    """The figures of the pages travel with them."""
    for figure in (artifact["figure"] for paper in shown for artifact in paper["artifacts"] if artifact["figure"]):
        with atomic(folder / figure.name) as temporary:
            temporary.write_bytes(figure.read_bytes())
