# The report: one page with everything rendered.


rule report:
    input:
        [path for artifact in ARTIFACTS for path in plan.outputs(QUARTET, artifact)],
        expand(f"{BASE}/{{paper}}/{{part}}.json", paper=QUARTET.papers, part=["audit", "claims"]),
    output:
        expand(f"{BASE}/report/{{file}}", file=["index.html", "report.md"]),
    log:
        f"{BASE}/logs/artifacts/report.log",
    localrule: True
    conda:
        "../../environment.yml"
    params:
        options=OPTIONS,
        code=code_of("quartet.artifacts.report"),
    message:
        "writing the report"
    shell:
        "quartet report all {params.options} 2> {log}"
