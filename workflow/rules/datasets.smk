# Datasets: six qualities per task; the two mixtures are made of whole episodes of the others.


def dataset_parts(wildcards):
    """A mixture is made of two datasets, every other quality of the behaviour's files."""
    if wildcards.dataset in MIXTURES:
        return [f"{BASE}/datasets/{wildcards.task}/{part}.h5" for part in MIXTURES[wildcards.dataset]]
    return [f"{BASE}/behaviour/{wildcards.task}/{file}" for file in paths.BEHAVIOUR_FILES]


rule dataset:
    input:
        parts=dataset_parts,
        prey=prey_of,
        sources=stage_sources("quartet.data.build"),
    output:
        episodes=f"{BASE}/{paths.DATASET}",
        card=f"{BASE}/{paths.CARD}",
    params:
        settings=QUARTET.scale["datasets"],
    log:
        f"{BASE}/logs/dataset/{{task}}/{{dataset}}.log",
    benchmark:
        f"{BASE}/benchmarks/dataset/{{task}}/{{dataset}}.tsv"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    message:
        "collecting the {wildcards.dataset} dataset of {wildcards.task}"
    shell:
        "quartet dataset {wildcards.task}/{wildcards.dataset} {OPTIONS} 2> {log}"
