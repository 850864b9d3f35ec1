"""What `quartet plan` and `quartet status` say: the jobs of a target, what is left, and how long it will take."""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from quartet import plan
from quartet.config import Config
from quartet.estimates import Clock, Estimate, clock, rough_clock
from quartet.plan import Job, Plan

SHOWN = 12  # missing jobs that `quartet plan` names
QUIET = 60.0  # seconds for which any job may say nothing


@dataclass(frozen=True)
class Line:
    """One stage of a plan."""

    stage: str
    jobs: int
    missing: int
    left: Estimate


def lines(chosen: Plan, by: Clock) -> list[Line]:
    """The stages in their order, and the sum of them."""
    stages = list(dict.fromkeys(job.stage for job in chosen.jobs))
    missing = {stage: [job for job in chosen.missing if job.stage == stage] for stage in stages}
    told = [Line(stage, len(chosen.stage(stage)), len(missing[stage]), by.estimate(missing[stage])) for stage in stages]
    return [*told, Line("all", len(chosen.jobs), len(chosen.missing), by.estimate(chosen.missing))]


def best_clock(config: Config) -> Clock:
    """Recorded times where this scale has any, else the reference's by the sizes of both."""
    own = clock(config)
    return own if any(own.times) else rough_clock(config)


def describe(config: Config, target: str, *, markdown: bool = False) -> str:
    """Cells, jobs by stage, what is missing, the time and the memory it will take."""
    chosen, by = plan.plan(config, plan.find(config, target)), best_clock(config)
    told = lines(chosen, by)
    counted = f"{len(chosen.artifacts)} artifacts, {len(chosen.cells)} cells, {len(config.seeds)} seeds"
    heading = f"{target} at scale {config.scale['name']}: {config.scale['purpose']}"
    table = _markdown if markdown else _columns
    missing = [f"{job.stage} {job.name}" for job in chosen.missing[:SHOWN]]
    missing += [f"and {len(chosen.missing) - SHOWN} more"] if len(chosen.missing) > SHOWN else []
    listed = [f"- [ ] {name}" for name in missing] if markdown else [f"missing: {name}" for name in missing]
    parts = [f"**{heading}**" if markdown else heading, counted, "", *table(told), "", _expected(told[-1], by), *listed]
    return "\n".join(line.rstrip() for line in parts)


def _columns(told: Sequence[Line]) -> list[str]:
    heading = f"{'stage':<12} {'jobs':>5} {'missing':>8} {'core-minutes left':>18} {'MB':>6}"
    return [heading, *(_row(line) for line in told)]


def _row(line: Line) -> str:
    note = f"  ({line.left.unknown} never timed)" if line.left.unknown else ""
    size = f"{line.left.megabytes:.0f}" if line.left.megabytes else ""
    return f"{line.stage:<12} {line.jobs:>5} {line.missing:>8} {line.left.seconds / 60:>18.1f} {size:>6}{note}"


def _markdown(told: Sequence[Line]) -> list[str]:
    rows = ["| stage | jobs | missing | core-hours left | MB | never timed |", "|:---|---:|---:|---:|---:|---:|"]
    for line in told:
        size = f"{line.left.megabytes:.0f}" if line.left.megabytes else "–"
        hours = f"{line.left.seconds / 3600:.2f}"
        rows.append(f"| {line.stage} | {line.jobs} | {line.missing} | {hours} | {size} | {line.left.unknown or ''} |")
    return rows


def _expected(everything: Line, by: Clock) -> str:
    """How long, in one line; a GPU's time is only told where it was measured, and it never was."""
    seconds = everything.left.seconds
    if not everything.missing:
        return "nothing is missing"
    if not seconds:
        return "no time recorded yet at this scale"
    told = f"about {_long(seconds)} on one core, {_long(seconds / 2)} on two; one GPU: never timed"
    return told if by.base is None else f"{told} (from scale {by.base.scale['name']}, by the sizes of both: rough)"


def _long(seconds: float) -> str:
    """Minutes, or hours where there are many."""
    return f"{seconds / 60:.0f} minutes" if seconds < 2 * 3600 else f"{seconds / 3600:.1f} hours"


def announce(config: Config, targets: Sequence[str], cores: int, now: float | None = None) -> str:
    """What a run of the workflow says before it begins; how long is not told where files are asked for."""
    known = {"all", *config.papers, *(artifact.id for artifact in plan.artifacts(config))}
    wanted = [target for target in targets if target in known]
    if len(wanted) < len(targets):
        return f"no time is told but of artifacts; to follow all: quartet status all --scale {config.scale['name']}"
    wanted = wanted or ["all"]
    chosen = plan.plan(config, [artifact for target in wanted for artifact in plan.find(config, target)])
    left = best_clock(config).estimate(chosen.missing)
    follow = f"to follow it: quartet status {wanted[0]} --scale {config.scale['name']}"
    if not chosen.missing:
        return f"nothing left to compute, only to render; {follow}"
    cores = min(cores, len(chosen.missing))
    ends = datetime.fromtimestamp(time.time() if now is None else now) + timedelta(seconds=left.seconds / cores)
    never = f" ({left.unknown} of them never timed)" if left.unknown else ""
    return f"{len(chosen.missing)} jobs to compute{never}, until about {ends:%H:%M on %d %B} on {cores} cores; {follow}"


def status(config: Config, target: str, now: float | None = None) -> str:
    """What is done, what runs, what is left, and when it may end with as many jobs at a time as run now."""
    chosen, by = plan.plan(config, plan.find(config, target)), best_clock(config)
    moment = time.time() if now is None else now
    logs = {job: log for job in chosen.missing if (log := log_of(config, job)).exists()}
    running = {job: log for job, log in logs.items() if moment - log.stat().st_mtime < _patience(by, job)}
    done = len(chosen.jobs) - len(chosen.missing)
    parts = [f"{target} at scale {config.scale['name']}: {done} of {len(chosen.jobs)} jobs done"]
    parts += [f"running: {job.stage} {job.name}{_progress(log)}" for job, log in running.items()]
    parts += [f"stopped: {job.stage} {job.name}, see {log}" for job, log in logs.items() if job not in running]
    if not chosen.missing:
        return "\n".join([*parts, "nothing is left"])
    left = by.estimate(chosen.missing)
    never = f", {left.unknown} of them never timed" if left.unknown else ""
    parts.append(f"left: {len(chosen.missing)} jobs{never}, {_long(left.seconds)} on one core")
    if running:
        ends = datetime.fromtimestamp(moment) + timedelta(seconds=left.seconds / len(running))
        parts.append(f"expected end: {ends:%H:%M on %d %B}, {len(running)} at a time")
    return "\n".join(parts)


def log_of(config: Config, job: Job) -> Path:
    """Where the workflow writes how a job gets on, and what it complains about."""
    return config.paths.base / "logs" / job.stage / f"{job.name}.log"


def _progress(log: Path) -> str:
    """How far a job says it is, where it says so."""
    told = re.findall(r"(\d+)%\|", log.read_text(encoding="utf-8", errors="replace"))
    return f", {told[-1]} %" if told else ""


def _patience(by: Clock, job: Job) -> float:
    """For how long a job may say nothing and still be running: as long as its kind takes, and a little."""
    took = by.expected(job)
    return QUIET + (took.seconds if took else 0.0)
