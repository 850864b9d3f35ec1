# Densities: the joint actions of a dataset, counted.


rule density:
    input:
        episodes=f"{BASE}/{paths.DATASET}",
    output:
        density=f"{BASE}/{paths.DENSITY}",
    log:
        f"{BASE}/logs/density/{{task}}/{{dataset}}.log",
    benchmark:
        f"{BASE}/benchmarks/density/{{task}}/{{dataset}}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=growing(1500),
        runtime=growing(10),
    params:
        options=OPTIONS,
        code=code_of("quartet.evaluation.density"),
    message:
        "looking at the joint actions of {wildcards.task}/{wildcards.dataset}"
    shell:
        "quartet density {wildcards.task}/{wildcards.dataset} {params.options} 2> {log}"
