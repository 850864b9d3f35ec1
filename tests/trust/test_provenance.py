"""No stage works on a file that is not what its own stage wrote, and the committed evidence is what was run."""

import json
from pathlib import Path

import pytest

from quartet import config, paths, provenance
from quartet.cli import main
from tests.conftest import ROOT
from tests.trust.stages import options

RUN = {"task": "spread", "dataset": "random", "algorithm": "bc", "variant": "default"}
# Beside this one lies the provenance of the prey that it replaced. The data were collected against this one.
CHOSEN = {"laptop/behaviour/world/prey.pt"}


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_a_changed_dataset_checkpoint_evaluation_or_table_stops_the_next_stage(
    project: config.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    table = project.paths.at(paths.TABLE, paper="dom2", artifact="dom2_table1").with_suffix(".md")
    chain = [
        (("dataset", "spread/random"), None),
        (("train", "spread/random/bc/default"), project.paths.at(paths.DATASET, task="spread", dataset="random")),
        (("evaluate", "spread/random/bc/default/standard"), project.paths.at(paths.CHECKPOINT, **RUN)),
        (("table", "dom2_table1"), project.paths.at(paths.EVALUATION, setting="standard", **RUN)),
        (("report", "all"), table),
    ]
    assert main(["behaviour", "spread", *options(project)]) == 0
    for stage, read in chain:
        if read is not None:
            flip(read)
            capsys.readouterr()
            assert main([*stage, *options(project)]) == 2
            assert f"{read}: is not what its stage wrote" in capsys.readouterr().err
            flip(read)
        if stage[0] != "report":
            assert main([*stage, *options(project)]) == 0


def test_what_was_changed_on_purpose_may_be_used_once_its_provenance_is_gone(project: config.Config) -> None:
    assert main(["train", "spread/random/bc/default", *options(project)]) == 0
    log = project.paths.at(paths.TRAINING_LOG, **RUN)
    log.write_text(log.read_text() + "\n")
    with pytest.raises(provenance.QuartetError, match=r"delete log\.csv\.provenance\.json"):
        provenance.verified_digest(log)
    paths.provenance_of(log).unlink()
    assert provenance.verified_digest(log) == provenance.file_digest(log)


def test_the_committed_evidence_is_what_its_provenance_says() -> None:
    reference = ROOT / "results" / "reference"
    others = set()
    for described in reference.rglob("*.provenance.json"):
        artefact = described.with_name(described.name.removesuffix(".provenance.json"))
        if artefact.exists() and json.loads(described.read_text())["sha256"] != provenance.file_digest(artefact):
            others.add(str(artefact.relative_to(reference)))
    assert others == CHOSEN
