# Training: one job trains all seeds and agents of a run, and all points of a sweep, as lanes. Killed, it goes on from
# its last checkpoint.


rule train:
    input:
        episodes=f"{BASE}/{paths.DATASET}",
    output:
        checkpoint=f"{BASE}/{paths.CHECKPOINT}",
        log=f"{BASE}/{paths.TRAINING_LOG}",
    log:
        f"{BASE}/logs/train/{{task}}/{{dataset}}/{{algorithm}}/{{variant}}.log",
    benchmark:
        f"{BASE}/benchmarks/train/{{task}}/{{dataset}}/{{algorithm}}/{{variant}}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=growing(2500),
        runtime=growing(240),
    params:
        options=OPTIONS,
        settings=run_settings,
        code=lambda wildcards: code_of(
            "quartet.training.loop",
            "quartet.training.sweeps",
            "quartet.data.weights",
            f"quartet.algorithms.{wildcards.algorithm.replace('-', '_')}",
        ),
    message:
        "training {wildcards.algorithm} ({wildcards.variant}) on {wildcards.task}/{wildcards.dataset}"
    shell:
        "quartet train {wildcards.task}/{wildcards.dataset}/{wildcards.algorithm}/{wildcards.variant} {params.options} 2> {log}"
