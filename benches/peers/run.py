#!/usr/bin/env python3
"""Times `vaultdrill detect` beside other programs on the same records, and writes a dated record.

All take their turn in every round, on the same file and number of threads, and ratios are of runs of one
round. Nobody's time is printed unless all have counted the same. What is needed is built and installed under
`target/peers`; what cannot be is named in the record. RUSTFLAGS and CARGO_PROFILE_RELEASE_* hold for both
vaultdrill and the Rust peers.

    benches/peers/run.py                       # a million records, 1.2 GB, six rounds
    benches/peers/run.py --rounds 9 --threads 4
    benches/peers/run.py --corpus my-corpus    # a corpus in one file, events.ndjson
"""

import argparse
import datetime
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "common"))

import agreement  # noqa: E402
import contestants  # noqa: E402
import count  # noqa: E402
import pairs  # noqa: E402
import result  # noqa: E402
from pairs import note  # noqa: E402

EVENTS = 1_000_000


@dataclass(frozen=True)
class Corpus:
    """The records that all read."""

    # What `detect` is given, and the one file that the others are.
    given: Path
    events: Path
    size_bytes: int
    records: int
    # Where it came from.
    text: str


def main():
    options = arguments()
    contestants.WORK.mkdir(parents=True, exist_ok=True)
    try:
        compare(options)
    except pairs.Failed as failure:
        sys.exit(f"error: {failure}")


def compare(options):
    """Everything, from building to the record."""
    binary = options.vaultdrill or pairs.build_vaultdrill()
    given = options.corpus or generated(binary)
    events = given / "events.ndjson"
    if not events.is_file():
        raise pairs.Failed(f"expected {events}, a corpus in one file")
    note("counting in plain Python, which also brings the file into the page cache")
    counts = count.count_apart([events])
    size_bytes = events.stat().st_size
    origin = f"`vaultdrill generate --events {EVENTS}`" if not options.corpus else "A given corpus"
    text = f"{origin}: {counts.records:,} records, {size_bytes:,} bytes, {len(counts.by_identity):,} identities."
    corpus = Corpus(given, events, size_bytes, counts.records, text)
    peers, missing = contestants.peers()
    everybody = [*peers, contestants.detect(binary)]
    samples = rounds(everybody, corpus, counts, options)
    write(everybody, samples, corpus, counts, missing, options)


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpus", type=Path, help="directory with events.ndjson")
    parser.add_argument("--rounds", type=int, default=pairs.LEAST_ROUNDS)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--vaultdrill", type=Path, help="a binary, instead of building it")
    parser.add_argument("--date", default=str(datetime.date.today()), help="name of the record")
    parser.add_argument("--out", type=Path, default=contestants.HERE / "results")
    options = parser.parse_args()
    if options.rounds < 1 or options.threads < 1:
        parser.error("rounds and threads start at 1")
    return options


def generated(binary):
    """The default corpus; made once for each version."""
    corpus = contestants.WORK / f"corpus-{pairs.version_of(binary)}"
    if not (corpus / "manifest.json").exists():
        note(f"generating {EVENTS:,} events")
        command = [binary, "generate", "--events", EVENTS, "--out", corpus, "--quiet", "--force"]
        pairs.run(command)
    return corpus


def rounds(everybody, corpus, counts, options):
    """Samples of all by name; fails at the first count that is not the others'."""
    samples, told = {one.name: [] for one in everybody}, {}
    for one in everybody:
        note(f"warming up: {one.name} {one.version}")
        _, told[one.name] = contestants.take_turn(one, corpus, options.threads)
    refuse(agreement.disagreements(counts, told))
    for number, order in pairs.in_turn(everybody, options.rounds):
        note(f"round {number + 1} of {options.rounds}")
        for one in order:
            sample, its = contestants.take_turn(one, corpus, options.threads)
            if its != told[one.name]:
                refuse([f"{one.name} counts {its}, after {told[one.name]}"])
            samples[one.name].append(sample)
    return samples


def refuse(lines):
    if lines:
        raise pairs.Failed("no times, as counts do not agree: " + "; ".join(lines))


def write(everybody, samples, corpus, counts, missing, options):
    """Prints the record and keeps it."""
    rows = result.summary(everybody, samples, corpus)
    facts = {
        "date": options.date,
        "machine": pairs.machine(options.vaultdrill),
        "command": command_text(options),
        "rounds": options.rounds,
        "threads": options.threads,
        "corpus": corpus.text,
    }
    text = result.markdown(facts, rows, everybody, missing, counts)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / f"{options.date}.md").write_text(text)
    record = {**facts, "left_out": missing, "results": rows}
    (options.out / f"{options.date}.json").write_text(json.dumps(record, indent=1) + "\n")
    print(text.split("\n## ")[0])
    note(f"the whole record is {options.out / options.date}.md and .json")


def command_text(options):
    """The command that makes the record again, without places of this machine."""
    words = ["benches/peers/run.py", "--rounds", str(options.rounds)]
    words += ["--threads", str(options.threads)]
    words += ["--corpus", options.corpus.name] if options.corpus else []
    words += ["--vaultdrill", options.vaultdrill.name] if options.vaultdrill else []
    return " ".join(words)


if __name__ == "__main__":
    main()
