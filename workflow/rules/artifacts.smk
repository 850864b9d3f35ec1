# Tables and figures: one target per artifact, named as config/papers/*/artifacts.yaml names it.


for artifact in ARTIFACTS:

    rule:
        name:
            artifact.id
        input:
            plan.inputs(QUARTET, artifact),
        output:
            plan.outputs(QUARTET, artifact),
        log:
            f"{BASE}/logs/artifacts/{artifact.id}.log",
        localrule: True
        conda:
            "../../environment.yml"
        params:
            options=OPTIONS,
            command=f"{plan.stage_of(artifact)} {artifact.id}",
            seeds=list(QUARTET.seeds),
            code=code_of(f"quartet.artifacts.{plan.stage_of(artifact)}", plan.module_of(artifact)),
        message:
            f"rendering {artifact.id}: {artifact.number}"
        shell:
            "quartet {params.command} {params.options} 2> {log}"


for paper in QUARTET.papers:

    rule:
        name:
            f"{paper}_audit"
        input:
            PAPER_DATA[paper],
        output:
            expand(f"{BASE}/{paper}/audit.{{format}}", format=["md", "json"]),
        log:
            f"{BASE}/logs/artifacts/{paper}_audit.log",
        localrule: True
        conda:
            "../../environment.yml"
        params:
            options=OPTIONS,
            paper=paper,
            code=code_of("quartet.artifacts.audit"),
        message:
            f"recounting what {paper} claims from what it prints"
        shell:
            "quartet audit {params.paper} {params.options} 2> {log}"

    rule:
        name:
            f"{paper}_claims"
        input:
            PAPER_DATA[paper],
            [
                path
                for artifact in ARTIFACTS
                if artifact.claims and artifact.paper == paper
                for path in plan.inputs(QUARTET, artifact)
            ],
        output:
            expand(f"{BASE}/{paper}/claims.{{format}}", format=["md", "json"]),
        log:
            f"{BASE}/logs/artifacts/{paper}_claims.log",
        localrule: True
        conda:
            "../../environment.yml"
        params:
            options=OPTIONS,
            paper=paper,
            code=code_of("quartet.artifacts.claims"),
        message:
            f"judging the claims of {paper}"
        shell:
            "quartet claims {params.paper} {params.options} 2> {log}"

    rule:
        name:
            paper
        input:
            [path for artifact in ARTIFACTS if artifact.paper == paper for path in plan.outputs(QUARTET, artifact)],
            expand(f"{BASE}/{paper}/{{part}}.md", part=["audit", "claims"]),
        localrule: True
