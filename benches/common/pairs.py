"""Programs run in turn, and ratios of what they took: what the benches written in Python share.

Machines that others use as well drift by more than what is to be measured. So all programs take their turn
in every round, and only what they took in the same round is compared.
"""

import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Enough that an end of an interval does not depend on the seed.
RESAMPLES = 4000
SEED = 1
# With fewer, the lowest and the highest ratio hold the true median less often than nine times in ten.
LEAST_ROUNDS = 5


class Failed(Exception):
    """A program ended with an error, or results do not agree."""


@dataclass(frozen=True)
class Sample:
    """One run."""

    wall_seconds: float
    # Of all threads, in the program and in the kernel for it.
    cpu_seconds: float
    # Mapped pages of files included; no less than the Python that started it, some 30 MB.
    peak_bytes: int
    output: str


def run(command, environment=None):
    """Runs a program to its end and says what that took."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
        start = time.perf_counter()
        child = subprocess.Popen(
            [str(word) for word in command],
            stdout=out,
            stderr=errors,
            env={**os.environ, **(environment or {})},
        )
        # Unlike subprocess' own wait, it tells what this one child used.
        _, status, usage = os.wait4(child.pid, 0)
        wall_seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        errors.seek(0)
        if child.returncode != 0:
            last = errors.read().strip().splitlines()[-1:] or ["it said nothing"]
            raise Failed(f"{command[0]} ended with {child.returncode}: {last[0]}")
        cpu_seconds = usage.ru_utime + usage.ru_stime
        return Sample(wall_seconds, cpu_seconds, usage.ru_maxrss * 1024, out.read())


def seconds(samples):
    """What samples took, for a record."""
    return {
        "wall_seconds": [sample.wall_seconds for sample in samples],
        "cpu_seconds": [sample.cpu_seconds for sample in samples],
    }


def in_turn(names, rounds):
    """The order of the runs: every name once a round, each round beginning with another."""
    for number in range(rounds):
        first = number % len(names)
        yield number, names[first:] + names[:first]


def ratio(ones, others):
    """The median of the ratios of samples of the same round, with a bootstrap interval over rounds."""
    ratios = [one / other for one, other in zip(ones, others, strict=True)]
    median = statistics.median(ratios)
    if len(ratios) < LEAST_ROUNDS:
        return {"value": median, "n": len(ratios), "lo": None, "hi": None}
    draw = random.Random(SEED)
    drawn = sorted(
        statistics.median(draw.choices(ratios, k=len(ratios))) for _ in range(RESAMPLES)
    )
    outside = RESAMPLES // 40
    return {
        "value": median,
        "n": len(ratios),
        "lo": drawn[outside],
        "hi": drawn[RESAMPLES - 1 - outside],
    }


def ratio_text(given):
    """Three digits, and the interval in brackets where there are rounds enough for one."""
    text = f"{given['value']:.3g}"
    if given["lo"] is None:
        return f"{text} (no interval from {given['n']} rounds)"
    return f"{text} [{given['lo']:.3g}, {given['hi']:.3g}]"


def machine():
    """What a figure depends on, and a reader of it must know."""
    model = "unknown"
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        named = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
        model = named[0] if named else model
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "memory_bytes": memory,
        "system": f"{platform.system()} {platform.release()}",
        "rustc": said(["rustc", "--version"]),
        "python": platform.python_version(),
        "commit": said(["git", "-C", ROOT, "describe", "--always", "--dirty"]),
        # They change what compilers make of the same source.
        "build": {
            name: value
            for name, value in sorted(os.environ.items())
            if name == "RUSTFLAGS" or name.startswith("CARGO_PROFILE_RELEASE_")
        },
    }


def machine_text(facts):
    """The same as a sentence of Markdown."""
    gigabytes = facts["memory_bytes"] / 1e9
    build = ", ".join(f"`{name}={value}`" for name, value in facts["build"].items())
    return (
        f"{facts['cores']} x {facts['cpu']}, {gigabytes:.0f} GB, {facts['system']}; {facts['rustc']}; "
        f"Python {facts['python']}; commit {facts['commit']}; "
        f"release profile {'with ' + build if build else 'as in Cargo.toml'}."
    )


def said(command):
    """The first line that a program prints, or that there is none."""
    try:
        return run(command).output.strip().splitlines()[0]
    except (OSError, Failed, IndexError):
        return "unknown"


def build_vaultdrill():
    """Builds the program with the profile that a user gets, and gives its path."""
    note("building vaultdrill")
    cargo = ["cargo", "build", "--release", "--locked", "--bin", "vaultdrill"]
    if subprocess.run(cargo, cwd=ROOT, stdout=sys.stderr).returncode != 0:
        raise Failed("vaultdrill could not be built")
    return Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release" / "vaultdrill"


def note(text):
    """Tells whoever waits."""
    print(text, file=sys.stderr, flush=True)
