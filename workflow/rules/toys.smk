# Toys: a method on a game whose truth is known, all seeds in one job of seconds to minutes.


rule toy:
    output:
        result=f"{BASE}/{paths.TOY}",
    log:
        f"{BASE}/logs/toy/{{toy}}/{{method}}.log",
    benchmark:
        f"{BASE}/benchmarks/toy/{{toy}}/{{method}}.tsv"
    wildcard_constraints:
        toy="|".join(TOYS),
        method="[a-z0-9-]+",
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=growing(1500),
        runtime=growing(60),
    params:
        options=OPTIONS,
        sizes=lambda wildcards: configuration.sized(QUARTET.scale, "toys", wildcards.toy),
        code=lambda wildcards: code_of(toys.module_of(wildcards.toy)),
    message:
        "playing {wildcards.toy} with {wildcards.method}"
    shell:
        "quartet toy {wildcards.toy}/{wildcards.method} {params.options} 2> {log}"
