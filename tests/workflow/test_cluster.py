"""The profiles: what they name exists, and jobs sent elsewhere give what jobs here give."""

import importlib.util
import os
import re
import subprocess
import time
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT
from tests.slurm import slurm
from tests.tiny_workflow import build, command, environment, rendered

PROFILES = sorted(path.parent.name for path in (ROOT / "profiles").glob("*/config.yaml"))
PLUGINS = {"slurm": "snakemake_executor_plugin_slurm", "kubernetes": "snakemake_executor_plugin_cluster_generic"}
KUBERNETES = ROOT / "profiles" / "kubernetes"
CLAIM = {"QUARTET_IMAGE": "quartet:1", "QUARTET_CLAIM": "work"}


def profile(name: str) -> dict[str, object]:
    settings: dict[str, object] = yaml.safe_load((ROOT / "profiles" / name / "config.yaml").read_text())
    return settings


def needed(name: str) -> None:
    """Skip where the plugin of a profile is not installed: it is an extra."""
    if name in PLUGINS and importlib.util.find_spec(PLUGINS[name]) is None:
        pytest.skip(f"{PLUGINS[name]} is not installed")


@pytest.mark.parametrize("name", PROFILES)
def test_every_setting_of_a_profile_is_an_option_of_snakemake(name: str) -> None:
    needed(name)
    from snakemake.cli import get_argument_parser

    assert [key for key in profile(name) if f"--{key}" not in get_argument_parser()._option_string_actions] == []


@pytest.mark.parametrize("name", PROFILES)
def test_every_rule_that_a_profile_names_exists(name: str) -> None:
    rules = set(re.findall(r"^(?:use )?rule (?:\w+ as )?(\w+)", _all_rules(), re.MULTILINE))
    settings = profile(name)
    arrays = str(settings.get("slurm-array-jobs", "train")).split(", ")
    assert {*settings.get("groups", {}), *settings.get("set-resources", {}), *arrays} <= rules


def test_every_job_of_the_cluster_says_what_it_needs_and_gets_more_when_it_fails() -> None:
    sent = re.findall(r"resources:\n\s+mem_mb=(.*),\n\s+runtime=(.*),", _all_rules())
    assert len(sent) == _all_rules().count("threads: 1\n")
    assert all(amount.startswith("growing(") for pair in sent for amount in pair)


def _all_rules() -> str:
    return "\n".join(path.read_text() for path in sorted((ROOT / "workflow" / "rules").glob("*.smk")))


def test_the_containers_are_set_up_by_the_readmes_command() -> None:
    docker = re.findall(r"^RUN (.*)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    post = (ROOT / "apptainer.def").read_text().split("%post\n")[1].split("%environment")[0]
    steps = [line.strip() for line in post.splitlines() if line.strip()]
    assert docker == [step for step in steps if not step.startswith("cd ")]
    assert docker[-1] == "make clean .venv/ready"
    assert "results: $(READY)" in (ROOT / "Makefile").read_text()


@pytest.fixture
def kubectl(tmp_path: Path) -> Path:
    """A stand-in for kubectl: it keeps what it is given, runs the pod's command, and says what became of it."""
    script = tmp_path / "bin" / "kubectl"
    script.parent.mkdir()
    script.write_text(f"""#!/bin/sh
cd {tmp_path}
echo "$@" >> calls
case $1 in
    create)
        name=job-$(ls | grep -c '^job-')
        cat > $name
        script=$(sed -n 's/.*command: .sh, "\\(.*\\)".*/\\1/p' $name)
        folder=$(sed -n 's/.*workingDir: "\\(.*\\)"/\\1/p' $name)
        (cd "$folder" && sh "$script" > {tmp_path}/$name.log 2>&1; echo $? > {tmp_path}/$name.rc) > /dev/null 2>&1 &
        echo job.batch/$name ;;
    get)
        name=${{2#job.batch/}}
        [ -e $name ] || exit 0
        case $(cat $name.rc 2> /dev/null) in
            '') printf 'counted /' ;;
            0) printf 'counted 1/' ;;
            *) printf 'counted /1' ;;
        esac ;;
esac
""")
    script.chmod(0o755)
    return script


def asked(kubectl: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """One of the profile's commands, as Snakemake calls it."""
    path = f"{kubectl.parent}{os.pathsep}{os.environ['PATH']}"
    given = [str(KUBERNETES / arguments[0]), *arguments[1:]]
    return subprocess.run(given, env=os.environ | CLAIM | {"PATH": path}, capture_output=True, text=True)


def until_done(kubectl: Path, job: str) -> str:
    """What became of a job."""
    while (state := asked(kubectl, "status", job).stdout.strip()) == "running":
        time.sleep(0.05)
    return state


@pytest.mark.parametrize(("text", "state"), [("exit 0", "success"), ("exit 3", "failed")])
def test_kubernetes_is_given_a_job_and_asked_what_became_of_it(
    kubectl: Path, tmp_path: Path, text: str, state: str
) -> None:
    (tmp_path / "script.sh").write_text(text)
    name = asked(kubectl, "submit", "1", "2500", "240", str(tmp_path / "script.sh")).stdout.strip()
    assert name == "job.batch/job-0"
    job = yaml.safe_load((tmp_path / "job-0").read_text())
    assert (job["apiVersion"], job["kind"]) == ("batch/v1", "Job")
    assert job["spec"]["backoffLimit"] == 0
    assert job["spec"]["activeDeadlineSeconds"] == 240 * 60
    pod = job["spec"]["template"]["spec"]
    assert pod["volumes"] == [{"name": "shared", "persistentVolumeClaim": {"claimName": "work"}}]
    (container,) = pod["containers"]
    assert container["image"] == "quartet:1"
    assert container["resources"] == {"requests": {"cpu": "1", "memory": "2500M"}, "limits": {"memory": "2500M"}}
    assert container["volumeMounts"] == [{"name": "shared", "mountPath": container["workingDir"]}]
    assert until_done(kubectl, name) == state


def test_a_job_that_kubernetes_forgot_has_failed_and_one_it_cannot_tell_of_may_run(kubectl: Path) -> None:
    assert asked(kubectl, "status", "job.batch/forgotten").stdout == "failed\n"
    kubectl.write_text("#!/bin/sh\nexit 1\n")
    assert asked(kubectl, "status", "job.batch/job-0").stdout == "running\n"


def test_jobs_of_kubernetes_are_cancelled_by_name(kubectl: Path, tmp_path: Path) -> None:
    assert asked(kubectl, "cancel", "job.batch/a", "job.batch/b").returncode == 0
    assert (tmp_path / "calls").read_text() == "delete --wait=false job.batch/a job.batch/b\n"


@pytest.mark.slow
def test_a_profile_that_is_not_there_stops_the_workflow(tmp_path: Path) -> None:
    build(tmp_path, ["random"])
    given = command("--dry-run", "--cores", "1", "--workflow-profile", "profiles/slrum")
    stopped = subprocess.run(given, cwd=tmp_path, env=environment(), capture_output=True, text=True)
    assert stopped.returncode != 0
    assert "unknown profile 'profiles/slrum'; did you mean 'profiles/slurm'?" in stopped.stdout + stopped.stderr


@pytest.mark.slow
def test_a_job_sent_to_kubernetes_leaves_its_output(kubectl: Path, tmp_path: Path) -> None:
    needed("kubernetes")
    folder = build(tmp_path / "work", ["random"])
    path = f"{kubectl.parent}{os.pathsep}{environment()['PATH']}"
    wanted = "results/tiny/costs/bc.csv"
    given = command("--workflow-profile", "profiles/kubernetes", target=wanted)
    subprocess.run(given, cwd=folder, env=environment() | CLAIM | {"PATH": path}, check=True)
    assert (folder / wanted).stat().st_size > 0
    assert '"3000M"' in (tmp_path / "job-0").read_text()


@pytest.mark.slow
def test_a_table_built_on_slurm_is_the_one_built_here_though_a_job_is_cancelled(tmp_path: Path) -> None:
    """Arrays, groups, and a job that is cancelled as it runs and begins again with twice the memory."""
    needed("slurm")
    here, there = build(tmp_path / "here", ["random"]), build(tmp_path / "there", ["random"])
    subprocess.run(command("--cores", "2"), cwd=here, env=environment(), check=True)
    with slurm() as reached:
        told = tmp_path / "told"
        with told.open("w") as log:
            options = ["--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "2"]
            given = command("--workflow-profile", "profiles/slurm", "--slurm-no-account", *options)
            running = subprocess.Popen(
                given, cwd=there, env=environment() | reached, stdout=log, stderr=subprocess.STDOUT
            )
            seen = watched(running, environment() | reached)
        assert running.returncode == 0, told.read_text()
    assert rendered(there) == rendered(here)
    assert "Trying to restart job" in told.read_text()
    assert list(seen.values())[:2] == ["4000M", "8000M"]
    assert any("_" in job for job in seen), "no job array"
    assert re.search(r"group_short|Submitting group|group job", told.read_text())


def watched(running: subprocess.Popen[bytes], reached: dict[str, str]) -> dict[str, str]:
    """Cancel the first job that runs; every job that was seen until the workflow's end, and its memory."""
    seen: dict[str, str] = {}
    cancelled = False
    queue = ["squeue", "--noheader", "--array", "--format", "%i %T %m"]
    while running.poll() is None:
        lines = subprocess.run(queue, env=reached, capture_output=True, text=True).stdout.splitlines()
        for job, state, memory in (line.split() for line in lines):
            seen.setdefault(job, memory)
            if state == "RUNNING" and not cancelled:
                cancelled = subprocess.run(["scancel", job], env=reached).returncode == 0
        time.sleep(1)
    return seen
