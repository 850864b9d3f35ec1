"""One environment, told three times (pyproject.toml, requirements.lock, environment.yml): the three agree."""

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]


def lock() -> dict[str, str]:
    lines = [
        line for line in (ROOT / "requirements.lock").read_text().splitlines() if line and not line.startswith("#")
    ]
    return {name.lower().replace("_", "-"): version for name, version in (line.split("==") for line in lines)}


def declared() -> dict[str, str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["dev"]
    return {name.lower().replace("_", "-"): version for name, version in (line.split("==") for line in wanted)}


def test_the_lock_pins_every_declared_package_at_the_declared_version() -> None:
    pinned = lock()
    assert {name: pinned.get(name) for name in declared()} == declared()


def test_the_lock_holds_exact_versions_and_no_address() -> None:
    text = (ROOT / "requirements.lock").read_text()
    assert "://" not in text
    assert all(re.fullmatch(r"[a-z0-9.-]+", name) and re.fullmatch(r"[0-9a-z.]+", v) for name, v in lock().items())


def test_the_conda_environment_names_the_same_packages() -> None:
    described = yaml.safe_load((ROOT / "environment.yml").read_text())
    pip = next(entry["pip"] for entry in described["dependencies"] if isinstance(entry, dict))
    assert {
        name.lower().replace("_", "-"): version for name, version in (line.split("==") for line in pip)
    } == declared()


def test_the_makefile_installs_the_same_torch_first() -> None:
    assert f"install --quiet torch=={declared()['torch']}" in (ROOT / "Makefile").read_text()
