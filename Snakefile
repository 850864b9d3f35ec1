# Quartet: every table and figure of four papers, from nothing. `snakemake --list-target-rules` names the targets.
from snakemake.utils import min_version

min_version("9.0")


configfile: "config/config.yaml"


report: "workflow/report/workflow.rst"


onstart:
    files.sweep(QUARTET.paths.base)
    limits = workflow.resource_settings  # of a cluster's jobs the nodes, of one machine's the cores
    print(outlook.announce(QUARTET, sorted(workflow.dag_settings.targets), limits.nodes or limits.cores or 1))


onsuccess:
    print(f"done; what was rendered lies in {BASE}, the report is {BASE}/report/index.html")


onerror:
    print(f"stopped; what failed says why under {BASE}/logs, the same command goes on from here")


include: "workflow/rules/common.smk"


wildcard_constraints:
    task="|".join(SOURCES),
    dataset="|".join(QUALITIES),
    algorithm="|".join(configuration.algorithms(QUARTET.root)),
    variant="[a-z0-9-]+",
    setting=f"({'|'.join(SETTINGS)})(@[0-9]+)?",


rule all:
    input:
        f"{BASE}/report/index.html",
    localrule: True


include: "workflow/rules/behaviour.smk"
include: "workflow/rules/datasets.smk"
include: "workflow/rules/augmentation.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/trajectories.smk"
include: "workflow/rules/cost.smk"
include: "workflow/rules/toys.smk"
include: "workflow/rules/densities.smk"
include: "workflow/rules/artifacts.smk"
include: "workflow/rules/report.smk"
