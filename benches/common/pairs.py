"""Programs run in turn, and ratios of what they took: what the benches written in Python share.

Machines that others use as well drift by more than what is to be measured. So all programs take their turn
in every round, and only what they took in the same round is compared.
"""

import math
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Of how many intervals one may miss the true median.
MISSED = 0.05
# With one less even the lowest and the highest ratio miss it more often: 2 of 2^5 times.
LEAST_ROUNDS = 6


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
    """The median of the ratios of samples of the same round, with an interval that holds the true one.

    Its ends are two of the ratios. However they are distributed, each is on either side of the true median
    as a coin falls, so that the coin tells how far inward the ends may be for 95 % at the least.
    """
    ratios = sorted(one / other for one, other in zip(ones, others, strict=True))
    median, rounds = statistics.median(ratios), len(ratios)
    if rounds < LEAST_ROUNDS:
        return {"value": median, "n": rounds, "lo": None, "hi": None}
    inward, missed = 0, 2 / 2**rounds
    while missed + 2 * math.comb(rounds, inward + 1) / 2**rounds <= MISSED:
        inward += 1
        missed += 2 * math.comb(rounds, inward) / 2**rounds
    return {"value": median, "n": rounds, "lo": ratios[inward], "hi": ratios[-1 - inward]}


def ratio_text(given):
    """Three digits, and the interval in brackets where there are rounds enough for one."""
    text = f"{given['value']:.3g}"
    if given["lo"] is None:
        return f"{text} (n = {given['n']}, no interval)"
    return f"{text} [{given['lo']:.3g}, {given['hi']:.3g}]"


def machine(given=None):
    """What a figure depends on, and a reader of it must know; `given` is a binary that was not built here."""
    model = "unknown"
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        named = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
        model = named[0] if named else model
    # Without what whoever built it has added.
    release = re.match(r"[0-9.]*[0-9]", platform.release())
    # They change what compilers make of the same source.
    build = {
        name: value
        for name, value in sorted(os.environ.items())
        if name == "RUSTFLAGS" or name.startswith("CARGO_PROFILE_RELEASE_")
    }
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "memory_bytes": memory,
        "system": f"{platform.system()} {release.group() if release else 'unknown'}",
        "rustc": said(["rustc", "--version"]),
        "python": platform.python_version(),
        # The commit of this tree says nothing of a binary that came from elsewhere.
        "commit": None if given else said(["git", "-C", ROOT, "describe", "--always", "--dirty"]),
        "build": None if given else build,
    }


def machine_text(facts):
    """The same as a sentence of Markdown."""
    gigabytes = facts["memory_bytes"] / 1e9
    built = "binary given: commit and profile unknown"
    if facts["commit"] is not None:
        build = ", ".join(f"`{name}={value}`" for name, value in facts["build"].items())
        profile = f"with {build}" if build else "as in Cargo.toml"
        built = f"commit {facts['commit']}; release profile {profile}"
    return (
        f"{facts['cores']} x {facts['cpu']}, {gigabytes:.0f} GB, {facts['system']}; {facts['rustc']}; "
        f"Python {facts['python']}; {built}."
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


def version_of(binary):
    """What a binary says it is; corpora of another one may differ."""
    return run([binary, "--version"]).output.split()[-1]


def note(text):
    """Tells whoever waits."""
    print(text, file=sys.stderr, flush=True)
