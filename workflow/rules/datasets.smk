# Datasets: six qualities per task; the two mixtures are made of whole episodes of the others. Those that the
# configuration imports are made from published folders instead.
import re


ruleorder: imported > dataset


rule dataset:
    input:
        parts=dataset_parts,
        prey=prey_of,
    output:
        episodes=f"{BASE}/{paths.DATASET}",
        card=f"{BASE}/{paths.CARD}",
    log:
        f"{BASE}/logs/dataset/{{task}}/{{dataset}}.log",
    benchmark:
        f"{BASE}/benchmarks/dataset/{{task}}/{{dataset}}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        options=OPTIONS,
        settings=sized("datasets"),
        code=lambda wildcards: code_of(collector_of(wildcards.task), "quartet.data.card"),
    message:
        "collecting the {wildcards.dataset} dataset of {wildcards.task}"
    shell:
        "quartet dataset {wildcards.task}/{wildcards.dataset} {params.options} 2> {log}"


rule imported:
    input:
        files=lambda wildcards: published_files(QUARTET.imports[wildcards.imported]),
    output:
        episodes=f"{BASE}/{paths.DATASET}".replace("{task}/{dataset}", "{imported}"),
        card=f"{BASE}/{paths.CARD}".replace("{task}/{dataset}", "{imported}"),
    log:
        f"{BASE}/logs/import/{{imported}}.log",
    benchmark:
        f"{BASE}/benchmarks/import/{{imported}}.tsv"
    wildcard_constraints:
        imported="|".join(map(re.escape, QUARTET.imports)) or "(?!)",  # matches nothing where nothing is imported
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        options=OPTIONS,
        folder=lambda wildcards: QUARTET.imports[wildcards.imported],
        code=code_of("quartet.data.omar", "quartet.data.vault", "quartet.data.card"),
    message:
        "importing {wildcards.imported} from {params.folder}"
    shell:
        "quartet import {params.folder:q} {wildcards.imported} {params.options} 2> {log}"
