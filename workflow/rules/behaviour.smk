# Behaviour policies: the prey first, then the policies that collect the data, trained online against it.


rule prey:
    output:
        prey=f"{BASE}/{paths.PREY}",
    log:
        f"{BASE}/logs/prey/{{task}}.log",
    benchmark:
        f"{BASE}/benchmarks/prey/{{task}}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=growing(1500),
        runtime=growing(30),
    params:
        options=OPTIONS,
        settings=sized("behaviour"),
        code=code_of("quartet.training.prey"),
    message:
        "training the prey of {wildcards.task}"
    shell:
        "quartet prey {wildcards.task} {params.options} 2> {log}"


rule behaviour:
    input:
        prey=prey_of,
    output:
        expand(f"{BASE}/{paths.BEHAVIOUR}/{{file}}", file=paths.BEHAVIOUR_FILES, allow_missing=True),
    log:
        f"{BASE}/logs/behaviour/{{task}}.log",
    benchmark:
        f"{BASE}/benchmarks/behaviour/{{task}}.tsv"
    wildcard_constraints:
        task="|".join(source for source in SOURCES if source not in BATTLES),
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(120),
    params:
        options=OPTIONS,
        settings=sized("behaviour"),
        code=lambda wildcards: code_of(behaviour_of(wildcards.task)),
    message:
        "training the behaviour policies of {wildcards.task} online"
    shell:
        "quartet behaviour {wildcards.task} {params.options} 2> {log}"


# Battles leave a good, a medium and a poor team instead of an expert and a medium one.
use rule behaviour as battle_behaviour with:
    output:
        expand(f"{BASE}/{paths.BEHAVIOUR}/{{file}}", file=paths.BATTLE_FILES, allow_missing=True),
    wildcard_constraints:
        task="|".join(BATTLES),
