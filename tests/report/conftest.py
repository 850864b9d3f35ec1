"""One report of made-up results for all tests: some artifacts whole, most missing."""

from pathlib import Path

import pytest

from quartet import config
from quartet.artifacts.measure import Stamp
from quartet.report.site import write_report
from quartet.report.sources import Sources
from quartet.stages import render
from tests.conftest import ROOT
from tests.unit.synthetic_results import write_cards, write_evaluations

STAMP = Stamp("laptop", "abc1234", 3, True)


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Sources:
    """DOM2's Table 1, its chart, the datasets and the verdicts, rendered from evaluations that the tests made up."""
    settings = config.load(ROOT, scale="laptop", results=str(tmp_path_factory.mktemp("results")))
    results = settings.paths.base
    write_evaluations(results, "dom2_table1")
    write_cards(results)
    for name in ("dom2_table1", "dom2_table6", "datasets"):
        render.table(settings, name)
    for name in ("dom2_table1_chart", "datasets_portrait"):
        render.figure(settings, name)
    render.audit(settings, "dom2")
    render.claims(settings, "dom2")
    return Sources(settings, results, STAMP)


@pytest.fixture(scope="session")
def site(sources: Sources) -> Path:
    """The folder of the report."""
    folder = sources.rendered / "report"
    write_report(sources, folder)
    return folder
