"""Who is compared with `vaultdrill detect`, what each does, and what its form leaves out."""

import importlib
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from pairs import ROOT, Sample, note, run, version_of

HERE = Path(__file__).resolve().parent
# Outside this folder: what lies there is not the project's.
WORK = ROOT / "target" / "peers"
CRATE = WORK / "cargo" / "release" / "vaultdrill-peers"
PYTHON = WORK / "venv" / "bin" / "python"

SQL_LEAVES_OUT = (
    "windows that slide (a burst over the edge of two ten minutes is cut in two), arrival order, late "
    "records, duplicates (it counts them twice), what is usual for an identity, novelty, sequences, "
    "suppression, exceptions, versions of one object as one object, evidence, triage, and answers before "
    "the file has ended. It counts; it alerts on nothing."
)


@dataclass(frozen=True)
class Contestant:
    """One program."""

    name: str
    version: str
    # What is run, as far as it can be shown.
    program: str
    does: str
    leaves_out: str
    # Nothing but one thread can be used.
    is_single: bool
    # Whether it tells what the query alone took.
    tells_time: bool
    command: tuple


def rust(name, version, source, does, leaves_out, is_single=False):
    """A library behind this folder's crate; its process is timed as a whole."""

    def command(corpus, threads):
        return [CRATE, name, corpus.events, threads]

    program = (HERE / source).read_text()
    return Contestant(name, version, program, does, leaves_out, is_single, False, command)


def python(name, package, does):
    """A wheel; its query is timed within the process."""
    pinned = dict(line.split("==") for line in (HERE / "requirements.txt").read_text().split())
    module = importlib.import_module(f"peer_{package}")

    def command(corpus, threads):
        return [PYTHON, HERE / f"peer_{package}.py", corpus.events, threads]

    return Contestant(
        name, pinned[package], module.PROGRAM, does, SQL_LEAVES_OUT, False, True, command
    )


def detect(binary):
    """The project's own program, its start and its files included."""

    def command(corpus, threads):
        out = WORK / "run"
        return [binary, "detect", corpus.given, "--workers", threads, "--out", out, "--quiet"]

    return Contestant(
        "vaultdrill",
        version_of(binary),
        "vaultdrill detect CORPUS --workers THREADS --out RUN",
        "the whole default rule pack, and all that the others leave out; alerts, evidence and run.json "
        "are written",
        "",
        False,
        False,
        command,
    )


def peers():
    """Everybody else, and why some of them are left out."""
    found, missing = [], {}
    if install("the Rust libraries", build_crate, missing):
        bare = "everything but the JSON: no field is looked for, nothing is counted but records and nodes."
        found += [
            rust("simd-json", "0.19.0", "src/simd.rs", "fills a tape and visits each node once", bare),
            rust("sonic-rs", "0.5.10", "src/sonic.rs", "visits each node once, through serde", bare),
            rust(
                "rsigma",
                "0.23.0",
                "rules.yml",
                "three rules and two correlations over serde_json values, on one thread: its correlations "
                "take one event at a time, in order",
                "windows that slide are left out to agree with the others; records that come after their "
                "identity's next ten minutes have begun are lost by its tumbling window; duplicates, what "
                "is usual for an identity, novelty, exceptions, versions of one object as one object, "
                "evidence and triage are not done.",
                is_single=True,
            ),
        ]
    if install("DuckDB, Polars and chDB", make_venv, missing):
        one_scan = "one scan of the file with a schema of the fields needed, one aggregation"
        found += [python(*names, one_scan) for names in WHEELS if has(names[1], missing)]
    return found, missing


WHEELS = [("DuckDB", "duckdb"), ("Polars", "polars"), ("chDB", "chdb")]


def install(what, how, missing):
    """Whether `how` worked; if it did not, why stands in `missing`."""
    note(f"preparing {what}")
    try:
        how()
    except (OSError, subprocess.CalledProcessError) as error:
        missing[what] = str(error)
        return False
    return True


def build_crate():
    """Builds this folder's crate."""
    cargo = ["cargo", "build", "--release", "--locked", "--target-dir", WORK / "cargo"]
    subprocess.run(cargo, cwd=HERE, check=True, stdout=sys.stderr)


def make_venv():
    """Makes an environment; each wheel is installed apart, so that one that is missing costs only itself."""
    if not PYTHON.exists():
        subprocess.run([sys.executable, "-m", "venv", WORK / "venv"], check=True)


def has(package, missing):
    """Whether the pinned wheel is there, or could be installed now."""
    lines = (HERE / "requirements.txt").read_text().split()
    pinned = next(line for line in lines if line.startswith(package))
    pip = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", pinned]
    ended = subprocess.run(pip, capture_output=True, text=True)
    if ended.returncode != 0:
        missing[pinned] = (ended.stderr.strip().splitlines() or ["pip said nothing"])[-1]
    return ended.returncode == 0


def take_turn(contestant, corpus, threads):
    """One run: what it took, and what it counted."""
    shutil.rmtree(WORK / "run", ignore_errors=True)
    sample = run(contestant.command(corpus, threads))
    if contestant.name == "vaultdrill":
        return sample, counts_of_run(json.loads((WORK / "run" / "run.json").read_text()))
    counts = json.loads(sample.output)
    if contestant.tells_time:
        times = counts.pop("wall_seconds"), counts.pop("cpu_seconds")
        sample = Sample(*times, sample.peak_bytes, "")
    return sample, counts


def counts_of_run(report):
    """The same counts from run.json: some rule's query matches exactly what is counted."""
    rules = {rule["rule_id"]: rule for rule in report["rules"]}
    reveals = rules["bulk-extraction"]["matched"]
    vault_writes = rules["vault-modified"]["matched"] + rules["vault-modified"]["excepted"]
    return {
        "records": report["records"],
        "reveals": reveals,
        # Its first step is denied calls, its second what was revealed.
        "denied": rules["denied-then-success"]["matched"] - reveals,
        "vault_writes": vault_writes,
    }
