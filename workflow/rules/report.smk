# The report: a static site and two documents with everything rendered; and all of it from the committed evidence.


rule report:
    input:
        [path for artifact in ARTIFACTS for path in plan.outputs(QUARTET, artifact)],
        expand(f"{BASE}/{{paper}}/{{part}}.json", paper=QUARTET.papers, part=["audit", "claims"]),
    output:
        expand(f"{BASE}/report/{{file}}", file=layout.pages(QUARTET)),
    log:
        f"{BASE}/logs/artifacts/report.log",
    localrule: True
    conda:
        "../../environment.yml"
    params:
        options=OPTIONS,
        code=code_of("quartet.report.site"),
        forms=REPORT_FORMS,
    message:
        "writing the report"
    shell:
        "quartet report all {params.options} 2> {log}"


EVIDENCE = sorted(str(path.parent) for path in Path("results/reference").glob("*/evaluations"))


for scale in [Path(folder).name for folder in EVIDENCE]:

    rule:
        name:
            f"reference_{scale}"
        input:
            [path for data in PAPER_DATA.values() for path in data],
            sorted(str(path) for path in Path(f"results/reference/{scale}").rglob("*.csv")),
        output:
            f"{QUARTET.paths.results}/from-reference/{scale}/report/index.html",
        log:
            f"{QUARTET.paths.results}/from-reference/{scale}/render.log",
        localrule: True
        conda:
            "../../environment.yml"
        threads: 2
        params:
            scale=scale,
            results=QUARTET.paths.results,
            code=code_of("quartet.stages.reference"),
            forms=REPORT_FORMS,
        message:
            f"rendering everything from results/reference/{scale}, without training"
        shell:
            "quartet reference all --scale {params.scale} --results {params.results} 2> {log}"


rule reference:
    input:
        [f"{QUARTET.paths.results}/from-reference/{Path(folder).name}/report/index.html" for folder in EVIDENCE],
    localrule: True
