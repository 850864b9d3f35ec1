"""The house rules that a machine can check."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src" / "quartet"
MODULES = sorted(SOURCE.rglob("*.py"))

FLOORS = [
    {"errors", "files", "names", "paths", "reading", "schema"},
    {"tasks", "nets", "diffusion", "data"},
    {"algorithms"},
    {"training", "evaluation", "toys", "augmentation"},
    {"artifacts", "config", "provenance", "plan", "estimates", "outlook", "report"},
    {"stages", "cli"},
]
FLOOR = {name: height for height, names in enumerate(FLOORS) for name in names}


def part(module: str) -> str | None:
    pieces = module.split(".")
    return pieces[1] if pieces[0] == "quartet" and len(pieces) > 1 else None


def imported(path: Path) -> set[str]:
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [f"quartet.{alias.name}" for alias in node.names] if node.module == "quartet" else [node.module]
    return {found for name in names if (found := part(name)) and found in FLOOR}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_import_runs_upwards(path: Path) -> None:
    own = path.relative_to(SOURCE).parts[0].removesuffix(".py")
    if own == "__init__":
        assert not imported(path)
    else:
        assert {name for name in imported(path) if FLOOR[name] > FLOOR[own]} == set()


def test_every_part_has_a_floor() -> None:
    parts = {path.relative_to(SOURCE).parts[0].removesuffix(".py") for path in MODULES} - {"__init__"}
    assert parts == set(FLOOR)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_modules_and_functions_stay_small(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= 500
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 60, node.name
