# Tables and figures: one target per artifact, named as config/papers/*/artifacts.yaml names it.


for artifact in ARTIFACTS:

    rule:
        name:
            artifact.id
        input:
            plan.inputs(QUARTET, artifact),
        output:
            shown_in_report(artifact),
        log:
            f"{BASE}/logs/artifacts/{artifact.id}.log",
        localrule: True
        conda:
            "../../environment.yml"
        params:
            options=OPTIONS,
            command=f"{plan.stage_of(artifact)} {artifact.id}",
            seeds=list(QUARTET.seeds),
            number=artifact.number,
            caption=artifact.caption,
            scale=QUARTET.scale["name"],
            warning=WARNING,
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
            judged_in_report(paper, "audit", "recounted from its own tables"),
        log:
            f"{BASE}/logs/artifacts/{paper}_audit.log",
        localrule: True
        conda:
            "../../environment.yml"
        params:
            options=OPTIONS,
            paper=paper,
            told="recounted from its own tables",
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
            judged_in_report(paper, "claims", "judged by our runs"),
        log:
            f"{BASE}/logs/artifacts/{paper}_claims.log",
        localrule: True
        conda:
            "../../environment.yml"
        params:
            options=OPTIONS,
            paper=paper,
            told="judged by our runs",
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
