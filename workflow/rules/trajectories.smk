# Trajectories: the teams of a run try again and again from one start, and where they go is kept.


rule trajectories:
    input:
        checkpoint=f"{BASE}/{paths.CHECKPOINT}",
        prey=prey_of,
    output:
        places=f"{BASE}/{paths.TRAJECTORIES}",
    log:
        f"{BASE}/logs/trajectories/{{task}}/{{dataset}}/{{algorithm}}/{{variant}}.log",
    benchmark:
        f"{BASE}/benchmarks/trajectories/{{task}}/{{dataset}}/{{algorithm}}/{{variant}}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=growing(1500),
        runtime=growing(30),
    params:
        options=OPTIONS,
        code=lambda wildcards: code_of(
            "quartet.evaluation.trajectories", "quartet.training.sweeps", module_of(wildcards.task)
        ),
    message:
        "watching {wildcards.algorithm} on {wildcards.task}/{wildcards.dataset}"
    shell:
        "quartet trajectories {wildcards.task}/{wildcards.dataset}/{wildcards.algorithm}/{wildcards.variant}"
        " {params.options} 2> {log}"
