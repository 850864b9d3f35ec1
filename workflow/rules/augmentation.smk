# EAQ: few episodes of a dataset, several times over; models of them; the datasets made of both; what is measured of those.


ruleorder: imported > enlarged > dataset


rule enlarged:
    input:
        parts=enlarged_parts,
    output:
        episodes=f"{BASE}/{paths.DATASET}".replace("{dataset}", "{enlarged}"),
        card=f"{BASE}/{paths.CARD}".replace("{dataset}", "{enlarged}"),
    log:
        f"{BASE}/logs/dataset/{{task}}/{{enlarged}}.log",
    benchmark:
        f"{BASE}/benchmarks/dataset/{{task}}/{{enlarged}}.tsv"
    wildcard_constraints:
        enlarged="|".join(AUGMENTED),
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=growing(3000),
        runtime=growing(120),
    params:
        options=OPTIONS,
        settings=augmentation,
        code=code_of("quartet.augmentation.recipes", "quartet.data.card"),
    message:
        "making the {wildcards.enlarged} dataset of {wildcards.task}"
    shell:
        "quartet dataset {wildcards.task}/{wildcards.enlarged} {params.options} 2> {log}"


rule augment:
    input:
        episodes=f"{BASE}/{paths.DATASET}",
    output:
        models=f"{BASE}/{paths.AUGMENTATION}",
        log=f"{BASE}/{paths.AUGMENTATION_LOG}",
    log:
        f"{BASE}/logs/augment/{{task}}/{{dataset}}/{{variant}}.log",
    benchmark:
        f"{BASE}/benchmarks/augment/{{task}}/{{dataset}}/{{variant}}.tsv"
    wildcard_constraints:
        dataset="|".join(FEW),
        variant="|".join(dict.fromkeys(GENERATED.values())),
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(240),
    params:
        options=OPTIONS,
        settings=augmentation,
        code=code_of("quartet.augmentation.recipes"),
    message:
        "training EAQ's models ({wildcards.variant}) of {wildcards.task}/{wildcards.dataset}"
    shell:
        "quartet augment {wildcards.task}/{wildcards.dataset}/{wildcards.variant} {params.options} 2> {log}"


rule examine:
    input:
        parts=examined_parts,
    output:
        examination=f"{BASE}/{paths.EXAMINATION}".replace("{dataset}", "{enlarged}"),
    log:
        f"{BASE}/logs/examine/{{task}}/{{enlarged}}.log",
    benchmark:
        f"{BASE}/benchmarks/examine/{{task}}/{{enlarged}}.tsv"
    wildcard_constraints:
        enlarged="|".join(AUGMENTED),
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        options=OPTIONS,
        code=code_of("quartet.augmentation.examination"),
    message:
        "measuring the {wildcards.enlarged} dataset of {wildcards.task}"
    shell:
        "quartet examine {wildcards.task}/{wildcards.enlarged} {params.options} 2> {log}"
