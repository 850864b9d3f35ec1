# Datasets: six qualities per task; the two mixtures are made of whole episodes of the others.


rule dataset:
    input:
        parts=dataset_parts,
        prey=prey_of,
        sources=stage_sources("quartet.training.collect", "quartet.data.card"),
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
        mem_mb=2000,
        runtime=30,
    params:
        options=OPTIONS,
        settings=QUARTET.scale["datasets"],
    message:
        "collecting the {wildcards.dataset} dataset of {wildcards.task}"
    shell:
        "quartet dataset {wildcards.task}/{wildcards.dataset} {params.options} 2> {log}"
