# Costs: what the algorithms of the review's second question need for growing teams, counted without training anything.


rule cost:
    output:
        counts=f"{BASE}/{paths.COST}",
    log:
        f"{BASE}/logs/cost/{{algorithm}}.log",
    benchmark:
        f"{BASE}/benchmarks/cost/{{algorithm}}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=3000,
        runtime=10,
    params:
        options=OPTIONS,
        settings=lambda wildcards: configuration.run_settings(
            QUARTET, "spread", "expert", wildcards.algorithm, "default"
        ),
        code=lambda wildcards: code_of(
            "quartet.evaluation.counting", f"quartet.algorithms.{wildcards.algorithm.replace('-', '_')}"
        ),
    message:
        "counting what {wildcards.algorithm} costs"
    shell:
        "quartet cost {wildcards.algorithm} {params.options} 2> {log}"
