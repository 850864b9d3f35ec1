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
        mem_mb=growing(3000),
        runtime=growing(10),
    params:
        options=OPTIONS,
        settings=lambda wildcards: configuration.run_settings(
            QUARTET, "spread", "expert", wildcards.algorithm, "default"
        ),
        code=lambda wildcards: code_of(
            "quartet.evaluation.counting",
            f"quartet.algorithms.{wildcards.algorithm.replace('-', '_')}",
        ),
    message:
        "counting what {wildcards.algorithm} costs"
    shell:
        "quartet cost {wildcards.algorithm} {params.options} 2> {log}"


# What work takes on this machine, one process each: the tables that show it are not the same on every machine.
rule measure:
    output:
        measured=f"{BASE}/{paths.MEASUREMENT}",
    log:
        f"{BASE}/logs/measure/{{task}}/{{dataset}}/{{algorithm}}/{{variant}}/{{work}}.log",
    benchmark:
        f"{BASE}/benchmarks/measure/{{task}}/{{dataset}}/{{algorithm}}/{{variant}}/{{work}}.tsv"
    wildcard_constraints:
        variant="[a-z0-9.=-]+",  # a sweep's point, too
        work="decision|update",
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        options=OPTIONS,
        limits=QUARTET.scale["measuring"],
        settings=lambda wildcards: configuration.hyperparameters(
            QUARTET.root,
            wildcards.algorithm,
            wildcards.task,
            wildcards.dataset,
            wildcards.variant,
        ),
        sizes=lambda wildcards: configuration.sized(
            QUARTET.scale,
            configuration.sizes_of(QUARTET.root, wildcards.algorithm),
            wildcards.task,
        ),
        code=lambda wildcards: code_of(
            "quartet.evaluation.measuring",
            f"quartet.algorithms.{wildcards.algorithm.replace('-', '_')}",
        ),
    message:
        "measuring one {wildcards.work} of {wildcards.algorithm} ({wildcards.variant}) on {wildcards.task}"
    shell:
        "quartet measure {wildcards.task}/{wildcards.dataset}/{wildcards.algorithm}/{wildcards.variant}/{wildcards.work}"
        " {params.options} 2> {log}"
