"""The record of a comparison: as JSON with every sample, as Markdown with the medians and ratios."""

import statistics

from agreement import KINDS, expected, kinds
from pairs import machine_text, ratio, ratio_text, seconds

OURS = "vaultdrill"


def summary(contestants, samples, corpus):
    """Medians of each, and how many times `detect` is faster, in the same round."""
    rows = []
    for one in contestants:
        own, ours = samples[one.name], samples[OURS]
        wall, cpu = seconds(own).values()
        our_wall, our_cpu = seconds(ours).values()
        is_compared = one.name != OURS
        rows.append(
            {
                "name": one.name,
                "version": one.version,
                "wall_seconds": statistics.median(wall),
                "cpu_seconds": statistics.median(cpu),
                "megabytes_per_second": corpus.size_bytes / 1e6 / statistics.median(wall),
                "cpu_nanoseconds_per_record": statistics.median(cpu) * 1e9 / corpus.records,
                "peak_bytes": statistics.median(sample.peak_bytes for sample in own),
                # With fewer threads than the others, wall times say nothing.
                "detect_times_faster": (
                    ratio(wall, our_wall) if is_compared and not one.is_single else None
                ),
                "detect_times_faster_per_core": ratio(cpu, our_cpu) if is_compared else None,
                "samples": seconds(own),
            }
        )
    return rows


def markdown(facts, rows, contestants, missing, counts):
    """The whole record."""
    text = [
        f"# `detect` beside its peers, {facts['date']}",
        "",
        machine_text(facts["machine"]),
        "",
        f"`{facts['command']}`: {facts['rounds']} rounds, in each of which all took their turn, on "
        f"{facts['threads']} threads, with the file in the page cache. {facts['corpus']}",
        "",
        "Times are medians. *Faster* is how many times the speed of the peer `detect` has: the median of the "
        "ratios of runs of the same round, with an interval that holds the true median in 95 % of cases at "
        "the least; *per core* the same for processor time, in the kernel too. Starting Python and loading a "
        "library are not counted, starting `vaultdrill` and writing its results are.",
        "",
        "| | wall, s | MB/s | processor, s | per record, µs | peak, MB | `detect` faster | per core |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    text += [table_line(row) for row in rows]
    text += ["", "Counted by all alike, or there would be no times here:", ""]
    text += ["| | " + " | ".join(kind.replace("_", " ") for kind in KINDS) + " |"]
    text += ["|---|" + "---:|" * len(KINDS)]
    lines = {"a count in plain Python": "", "rsigma": "rsigma", "vaultdrill": "vaultdrill"}
    for title, name in lines.items():
        due = expected(counts, name)
        told = [due[kind] if kind in kinds(name) else None for kind in KINDS]
        text += [f"| {title} | " + " | ".join("" if n is None else f"{n:,}" for n in told) + " |"]
    repeated = counts.repeated["records"]
    text += [
        "",
        "Cells are identities and ten minutes with 20 distinct objects read, or 5 calls denied. DuckDB, "
        f"Polars and chDB count what Python counts. {repeated:,} records are repeated; `vaultdrill` counts "
        "them once. rsigma's window loses what comes late, and is held to a count that loses the same. The "
        "bare parsers agree on the number of records and on a sum over all nodes.",
    ]
    for what, why in missing.items():
        text += ["", f"Left out: {what} ({one_line(why)})."]
    for one in contestants:
        text += ["", f"## {one.name} {one.version}", ""]
        text += [f"Does: {one.does}."]
        if one.leaves_out:
            text += ["", f"Leaves out: {one.leaves_out}"]
        text += ["", "```", one.program.strip(), "```"]
    return "\n".join(text) + "\n"


def table_line(row):
    faster, per_core = row["detect_times_faster"], row["detect_times_faster_per_core"]
    cells = [
        f"{row['name']} {row['version']}",
        f"{row['wall_seconds']:.2f}",
        f"{row['megabytes_per_second']:.0f}",
        f"{row['cpu_seconds']:.2f}",
        f"{row['cpu_nanoseconds_per_record'] / 1e3:.2f}",
        f"{row['peak_bytes'] / 1e6:.0f}",
        ratio_text(faster) if faster else "",
        ratio_text(per_core) if per_core else "",
    ]
    return "| " + " | ".join(cells) + " |"


def one_line(text):
    return " ".join(str(text).split())[:200]
