# Evaluation: every seed's policy plays its own episodes, at every point of a sweep; the raw returns are kept.


rule evaluate:
    input:
        checkpoint=f"{BASE}/{paths.CHECKPOINT}",
        prey=prey_of,
    output:
        returns=f"{BASE}/{paths.EVALUATION}",
    log:
        f"{BASE}/logs/evaluate/{{task}}/{{dataset}}/{{algorithm}}/{{variant}}/{{setting}}.log",
    benchmark:
        f"{BASE}/benchmarks/evaluate/{{task}}/{{dataset}}/{{algorithm}}/{{variant}}/{{setting}}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=growing(1500),
        runtime=growing(30),
    params:
        options=OPTIONS,
        code=lambda wildcards: code_of(
            "quartet.evaluation.rollout",
            "quartet.training.sweeps",
            module_of(wildcards.task),
        ),
        settings=lambda wildcards: {
            "episodes": configuration.episodes(QUARTET, wildcards.task, wildcards.setting, wildcards.algorithm)
        },
    message:
        "evaluating {wildcards.algorithm} on {wildcards.task}/{wildcards.dataset}, {wildcards.setting} setting"
    shell:
        "quartet evaluate {wildcards.task}/{wildcards.dataset}/{wildcards.algorithm}/{wildcards.variant}/{wildcards.setting}"
        " {params.options} 2> {log}"
