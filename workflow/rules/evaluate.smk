# Evaluation: every seed's policy plays its own episodes; the raw returns are kept.


rule evaluate:
    input:
        checkpoint=f"{BASE}/{paths.CHECKPOINT}",
        prey=prey_of,
        sources=lambda wildcards: stage_sources("quartet.evaluation.rollout", f"quartet.tasks.{wildcards.task}"),
    output:
        returns=f"{BASE}/{paths.EVALUATION}",
    params:
        settings=QUARTET.scale["evaluation"],
    log:
        f"{BASE}/logs/evaluate/{{task}}/{{dataset}}/{{algorithm}}/{{variant}}/{{setting}}.log",
    benchmark:
        f"{BASE}/benchmarks/evaluate/{{task}}/{{dataset}}/{{algorithm}}/{{variant}}/{{setting}}.tsv"
    threads: 1
    resources:
        mem_mb=1500,
        runtime=30,
    message:
        "evaluating {wildcards.algorithm} on {wildcards.task}/{wildcards.dataset}, {wildcards.setting} setting"
    shell:
        "quartet evaluate {wildcards.task}/{wildcards.dataset}/{wildcards.algorithm}/{wildcards.variant}/{wildcards.setting}"
        " {OPTIONS} 2> {log}"
