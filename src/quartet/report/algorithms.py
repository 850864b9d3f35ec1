"""A page for every algorithm: what it is, its equations, its values with their sources, where it ran."""

import ast
from pathlib import Path
from typing import Any

from quartet import config
from quartet.artifacts.spec import Paper
from quartet.report.datasets import title
from quartet.report.markup import rows_about, sections
from quartet.report.sources import Sources, read

SOURCES = "src/quartet/algorithms"
OWN = "our choice"  # how the source of a value begins that no paper and no code gives


def view(name: str, sources: Sources) -> dict[str, Any]:
    """Everything an algorithm's page shows, as plain data."""
    root = sources.config.root
    described = config.algorithm(root, name)
    module = f"{name.replace('-', '_')}.py"
    return {
        "name": name,
        "title": described["title"],
        "paper": described["paper"],
        "is": ast.get_docstring(ast.parse(read(root / SOURCES / module) or "")) or "",
        "equations": _documented(root / "docs", module, _builds_on(root / SOURCES / module)),
        "module": f"{SOURCES}/{module}",
        "hyperparameters": [_hyperparameter(key, entry) for key, entry in described["hyperparameters"].items()],
        "variants": {key: changes for key, changes in described["variants"].items() if changes},
        "sweeps": described.get("sweeps", {}),
        "deviations": [row for paper in sources.papers for row in _deviations(paper, described["title"], sources)],
        "ran": _ran(name, sources),
        "artifacts": _shown(name, sources),
    }


def _builds_on(source: Path) -> list[str]:
    """The modules of algorithms that a module imports: what several algorithms share is documented under those."""
    package, names = "quartet.algorithms", list[str]()
    for node in ast.walk(ast.parse(read(source) or "")):
        if isinstance(node, ast.ImportFrom) and node.module == package:
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(f"{package}."):
            names.append(node.module.removeprefix(f"{package}."))
    return [f"{name}.py" for name in dict.fromkeys(names)]


def _documented(docs: Path, own: str, shared: list[str]) -> list[dict[str, str]]:
    """The sections of the documents whose headings name its module, then those that name a module it builds on."""
    pages = [page.read_text(encoding="utf-8") for page in sorted(docs.glob("*.md"))]
    found: dict[str, str] = {}
    for module in (own, *shared):
        for heading, body in (each for page in pages for each in sections(page, f"`{module}`")):
            found.setdefault(heading, body)
    return [{"heading": heading, "body": body} for heading, body in found.items()]


def _hyperparameter(name: str, entry: dict[str, Any]) -> dict[str, Any]:
    told = {key: entry[key] for key in ("value", "source", "doc")}
    return {"name": name, **told, "by": entry.get("by", {}), "own": OWN in entry["source"]}


def _deviations(paper: Paper, name: str, sources: Sources) -> list[dict[str, Any]]:
    document = read(sources.config.paper(paper.id) / "deviations.md") or ""
    return [{"paper": paper.id, "cells": row} for row in rows_about(document, name)]


def _ran(name: str, sources: Sources) -> list[dict[str, Any]]:
    """The evaluations that are there, a row a dataset."""
    found: dict[tuple[str, str], list[str]] = {}
    for file in sorted(sources.evidence.glob(f"evaluations/*/*/{name}/*/*.csv")):
        task, dataset, _, variant, setting = file.relative_to(sources.evidence / "evaluations").with_suffix("").parts
        found.setdefault((task, dataset), []).append(setting if variant == "default" else f"{variant}, {setting}")
    return [
        {"task": title(sources, task), "dataset": title(sources, dataset), "settings": settings}
        for (task, dataset), settings in found.items()
    ]


def _shown(name: str, sources: Sources) -> list[dict[str, str]]:
    """The artifacts with a cell of this algorithm, or a count of its cost."""
    return [
        {"paper": paper.id, "id": artifact.id, "number": artifact.number}
        for paper in sources.papers
        for artifact in paper.artifacts
        if name in artifact.counted or any(cell.algorithm == name for cell in artifact.cells)
    ]
