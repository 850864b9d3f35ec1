"""Copy the evidence of a scale into results/reference/: small files only, in the layout they were made in."""

import csv
import io
import shutil
from pathlib import Path

from quartet import estimates, files
from quartet.config import Config
from quartet.errors import QuartetError

# Everything a table or figure is rendered from, and what was rendered; datasets and checkpoints are rebuilt, not kept.
KEPT = (
    "evaluations/**/*.csv",
    "costs/**/*.csv",
    "measurements/**/*.json",
    "trajectories/**/*.json",
    "toys/**/*.json",
    "examinations/**/*.json",
    "densities/**/*.json",
    "augmentations/**/*.csv",
    "datasets/**/*.card.json",
    "behaviour/*/curve.csv",
    "behaviour/*/summary.json",
    "behaviour/*/prey.pt",
    "*/tables/*",
    "*/figures/*",
    "*/audit.*",
    "*/claims.*",
    "**/*.provenance.json",
)
SHOWN = Path("dom2/tables/dom2_table1.md")  # the table on the README's first screen
README_TABLE = (f"<!-- table: results/reference/laptop/{SHOWN} -->\n", "<!-- end of table -->")


def publish(settings: Config, target: str) -> None:
    """Copy a scale's evidence to `results/reference/<scale>/`, with the time each kind of job took.

    Of a scale that proves nothing only the times are kept, for `quartet plan`.
    """
    if target != "all":
        raise QuartetError(f"cannot publish '{target}' alone", mend="quartet publish all")
    source = settings.paths.base
    reference = settings.root / "results" / "reference" / settings.scale["name"]
    kept = KEPT if settings.scale["evidence"] else ()
    found = sorted({path for pattern in kept for path in source.glob(pattern) if path.is_file()})
    if not source.exists():
        raise QuartetError("nothing to publish", where=str(source), mend="run the workflow at this scale first")
    for path in found:
        with files.atomic(reference / path.relative_to(source)) as temporary:
            shutil.copyfile(path, temporary)
    files.write_text(reference / "timings.csv", _timings(settings))
    if (reference / SHOWN).exists() and settings.scale["name"] == "laptop":
        update_readme(settings.root)


def _timings(settings: Config) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["kind", "seconds", "megabytes"])
    times = estimates.committed(settings) | estimates.recorded(settings)
    writer.writerows(
        [kind, f"{took.seconds:.1f}", "" if took.megabytes is None else f"{took.megabytes:.0f}"]
        for kind, took in sorted(times.items())
    )
    return out.getvalue()


def readme_with_table(readme: str, table: str) -> str:
    """The README with the reference table between its markers."""
    start, end = README_TABLE
    head, rest = readme.split(start)
    return head + start + table.rstrip() + "\n" + end + rest.split(end, 1)[1]


def update_readme(root: Path) -> None:
    """Put the reference table into the README."""
    readme, table = root / "README.md", root / "results" / "reference" / "laptop" / SHOWN
    files.write_text(readme, readme_with_table(readme.read_text(), table.read_text()))
