#!/usr/bin/env python3
"""How `vaultdrill detect` grows: with events, with identities, with workers; and what it remembers of each.

All sizes take their turn in every round, so that ratios are of runs of one round. Corpora are generated once,
under `target/growth`: `midsize` at a tenth and at all of the events, and as many events from about ten and
thirty times the identities (the estate files beside this one). None has attacks, as each corpus would hold
as many, whatever its events.

    benches/growth/run.py                      # 300,000 events: 1.1 GB of corpora, made once
    benches/growth/run.py --events 150000 --rounds 2
"""

import argparse
import datetime
import hashlib
import json
import shutil
import statistics
import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "common"))

import count  # noqa: E402
import pairs  # noqa: E402
import table  # noqa: E402
from pairs import note  # noqa: E402

HERE = Path(__file__).resolve().parent
WORK = pairs.ROOT / "target" / "growth"
EVENTS = 300_000
# A tenth of them has to hold the look-alikes.
LEAST_EVENTS = 150_000
# The corpora: estate, and how many times fewer events than asked for.
CORPORA = {
    "tenth": ("midsize", 10),
    "base": ("midsize", 1),
    "identities-10": (HERE / "identities-10.toml", 1),
    "identities-30": (HERE / "identities-30.toml", 1),
}
WORKERS = [1, 2, 4]


@dataclass(frozen=True)
class Size:
    """One thing that is timed."""

    corpus: str
    workers: int

    @property
    def name(self):
        return f"{self.corpus}, {self.workers} workers"


SIZES = [Size(corpus, 1) for corpus in CORPORA] + [Size("base", workers) for workers in WORKERS[1:]]


def main():
    options = arguments()
    try:
        text, record = measured(options)
    except pairs.Failed as failure:
        sys.exit(f"error: {failure}")
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / f"{options.date}.md").write_text(text)
    (options.out / f"{options.date}.json").write_text(json.dumps(record, indent=1) + "\n")
    print(text)


def measured(options):
    """The table and the record behind it."""
    binary = options.vaultdrill or pairs.build_vaultdrill()
    folders = {name: folder(binary, name, options.events) for name in CORPORA}
    facts = {name: prepared(binary, name, options.events, folders[name]) for name in CORPORA}
    samples, runs = {size.name: [] for size in SIZES}, {}
    for number, order in pairs.in_turn(SIZES, options.rounds):
        note(f"round {number + 1} of {options.rounds}")
        for size in order:
            sample, runs[size] = detect(binary, size, folders[size.corpus])
            samples[size.name].append(sample)
    record = {
        "date": options.date,
        "machine": pairs.machine(options.vaultdrill),
        "command": command_text(options),
        "rounds": options.rounds,
        "corpora": facts,
        "time": times(samples, facts),
        "memory": memory(samples, runs, facts),
        "state": state(runs[Size("base", 1)], runs[Size("identities-30", 1)]),
        "samples": {name: pairs.seconds(its) for name, its in samples.items()},
    }
    return table.markdown(record), record


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--rounds", type=int, default=pairs.LEAST_ROUNDS)
    parser.add_argument("--vaultdrill", type=Path, help="a binary, instead of building it")
    parser.add_argument("--date", default=str(datetime.date.today()), help="name of the record")
    parser.add_argument("--out", type=Path, default=HERE / "results")
    options = parser.parse_args()
    if options.rounds < 1 or options.events < LEAST_EVENTS:
        parser.error(f"expected at least one round and {LEAST_EVENTS} events")
    return options


def command_text(options):
    """The command that makes the record again, without places of this machine."""
    words = ["benches/growth/run.py", "--events", str(options.events), "--rounds", str(options.rounds)]
    words += ["--vaultdrill", options.vaultdrill.name] if options.vaultdrill else []
    return " ".join(words)


def folder(binary, name, events):
    """Where a corpus is kept: neither another version nor another estate file makes the same."""
    estate, _ = CORPORA[name]
    made_by = pairs.version_of(binary)
    if isinstance(estate, Path):
        made_by += "-" + hashlib.sha256(estate.read_bytes()).hexdigest()[:8]
    return WORK / f"{name}-{events}-{made_by}"


def prepared(binary, name, events, corpus):
    """Generates a corpus unless it is there, and says what is in it."""
    estate, fewer = CORPORA[name]
    facts = corpus / "counted.json"
    if not facts.exists():
        note(f"generating {corpus.name}")
        # As many attacks in fewer events would be a larger share of them.
        command = [binary, "generate", "--estate", estate, "--attacks", "none"]
        command += ["--events", events // fewer, "--out", corpus, "--quiet", "--force"]
        pairs.run(command)
        counts = count.count_apart([corpus / "events.ndjson"])
        # Records without an identity have no key that could be hot.
        del counts.by_identity[None], counts.by_vault[None]
        told = {
            "records": counts.records,
            "identities": len(counts.by_identity),
            "hottest_identity": max(counts.by_identity.values()) / counts.records,
            "hottest_vault": max(counts.by_vault.values()) / counts.records,
        }
        facts.write_text(json.dumps(told))
    return json.loads(facts.read_text())


def detect(binary, size, corpus):
    """One run; its sample and its run.json."""
    out = WORK / "run"
    shutil.rmtree(out, ignore_errors=True)
    command = [binary, "detect", corpus, "--workers", size.workers, "--out", out, "--quiet"]
    sample = pairs.run(command)
    return sample, json.loads((out / "run.json").read_text())


def times(samples, facts):
    """Processor time for each event, and its ratio to that of the base; wall time for the workers."""
    base = samples[Size("base", 1).name]
    base_each = [sample.cpu_seconds / facts["base"]["records"] for sample in base]
    rows = []
    for size in SIZES:
        own, records = samples[size.name], facts[size.corpus]["records"]
        each = [sample.cpu_seconds / records for sample in own]
        wall = [sample.wall_seconds / records for sample in own]
        base_wall = [sample.wall_seconds / facts["base"]["records"] for sample in base]
        rows.append(
            {
                "corpus": size.corpus,
                "workers": size.workers,
                "cpu_nanoseconds_per_event": statistics.median(each) * 1e9,
                "of_base": pairs.ratio(each, base_each),
                "speed_of_base": pairs.ratio(base_wall, wall),
            }
        )
    return rows


def memory(samples, runs, facts):
    """Resident memory and state against identities, on one worker, and bytes for each more identity."""
    rows = []
    for corpus in ("base", "identities-10", "identities-30"):
        report = runs[Size(corpus, 1)]
        held = sum(rule["state"]["bytes"] for rule in report["rules"]) + report["profiles"]["bytes"]
        resident = statistics.median(s.peak_bytes for s in samples[Size(corpus, 1).name])
        identities = facts[corpus]["identities"]
        rows.append({"identities": identities, "resident_bytes": resident, "state_bytes": held})
    identities = [row["identities"] for row in rows]
    return {
        "rows": rows,
        "resident_bytes_per_identity": slope(identities, [row["resident_bytes"] for row in rows]),
        "state_bytes_per_identity": slope(identities, [row["state_bytes"] for row in rows]),
    }


def slope(xs, ys):
    return statistics.linear_regression(xs, ys).slope


def state(base, many):
    """What each rule remembers of a key, with few and with many identities."""
    few, more = by_rule(base), by_rule(many)
    return [{"rule": rule, "base": few[rule], "many": more[rule]} for rule in few]


def by_rule(report):
    """Keys, and bytes of each at the median and the 99th percentile; of the profiles as well."""
    states = {rule["rule_id"]: rule["state"] for rule in report["rules"]}
    states["profiles"] = report["profiles"]
    figures = ("keys", "bytes_per_key_p50", "bytes_per_key_p99")
    return {name: [state.get(figure) for figure in figures] for name, state in states.items()}


if __name__ == "__main__":
    main()
