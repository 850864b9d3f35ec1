"""A real Slurm of one node: the one that answers here, else one that root brings up, from Debian's packages."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.tiny_workflow import environment as with_python

PACKAGES = ("slurm-wlm", "munge")
CONFIGURATION = """\
ClusterName=test
SlurmctldHost={host}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
StateSaveLocation={folder}
SlurmdSpoolDir={folder}
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
JobCompType=jobcomp/none
NodeName={host} CPUs=4 RealMemory=64000 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


@contextmanager
def slurm() -> Iterator[dict[str, str]]:
    """The environment in which Slurm's commands reach an idle node; the test is skipped where there can be none."""
    if _state({}) is not None:
        yield {}
        return
    _install()
    # not pytest's folder: a socket's path may not be long; what a job leaves late need not be waited for
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        yield from _brought_up(Path(folder))


def _brought_up(folder: Path) -> Iterator[dict[str, str]]:
    environment = {"SLURM_CONF": str(folder / "slurm.conf"), "PATH": f"{folder}{os.pathsep}{with_python()['PATH']}"}
    _srun(folder / "srun", environment["SLURM_CONF"])
    (folder / "slurm.conf").write_text(CONFIGURATION.format(host=os.uname().nodename.split(".")[0], folder=folder))
    started = [] if _answers("munge", "--no-input") else [_munge()]
    try:
        for daemon in ("slurmctld", "slurmd"):
            subprocess.run([daemon], check=True, env=os.environ | environment)
            started.append(folder / f"{daemon}.pid")
        _wait_until_idle(environment)
        yield environment
    finally:
        for file in reversed(started):
            _stop(int(file.read_text()))


def _srun(path: Path, configuration: str) -> None:
    """Slurm's srun where the configuration is: within a job the plugin for Snakemake drops SLURM_CONF."""
    path.write_text(f'#!/bin/sh\nSLURM_CONF={configuration} exec {shutil.which("srun")} "$@"\n')
    path.chmod(0o755)


def _stop(pid: int, seconds: float = 20.0) -> None:
    """End a daemon, and wait until it has written what it writes last."""
    os.kill(pid, signal.SIGTERM)
    ends = time.monotonic() + seconds
    while Path(f"/proc/{pid}").exists() and time.monotonic() < ends:
        time.sleep(0.1)


def _install() -> None:
    """Debian's packages, where they are not here and root may fetch them."""
    if os.geteuid() != 0:
        pytest.skip("no Slurm answers here, and only root could bring one up")
    if shutil.which("slurmctld") and shutil.which("munged"):
        return
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (("update",), ("install", "--yes", *PACKAGES)):
        if not _answers("apt-get", "--quiet", *arguments, environment=environment):
            pytest.skip("no Slurm answers here, and Debian's packages of it cannot be installed")


def _munge() -> Path:
    """The daemon by which Slurm's others know each other; the file that holds its process id."""
    Path("/run/munge").mkdir(exist_ok=True)
    shutil.chown("/run/munge", "munge", "munge")
    subprocess.run(["runuser", "-u", "munge", "--", "munged"], check=True)
    return Path("/run/munge/munged.pid")


def _wait_until_idle(environment: dict[str, str], seconds: float = 60.0) -> None:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if _state(environment) == "idle":
            return
        time.sleep(0.5)
    pytest.fail(f"the node of the test's Slurm did not become idle: {_state(environment)}")


def _state(environment: dict[str, str]) -> str | None:
    """What the first node does; nothing where no Slurm answers."""
    if shutil.which("sinfo") is None:
        return None
    command = ["sinfo", "--noheader", "--format", "%T"]
    asked = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True)
    return (asked.stdout.split() or [None])[0] if asked.returncode == 0 else None


def _answers(*command: str, environment: dict[str, str] | None = None) -> bool:
    return subprocess.run(command, env=environment, capture_output=True).returncode == 0
