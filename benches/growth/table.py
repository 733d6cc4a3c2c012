"""The table of `run.py` as Markdown."""

from pairs import machine_text, ratio_text

SAID = {
    "tenth": "a tenth of the events",
    "base": "the base",
    "identities-10": "ten times the identities",
    "identities-30": "thirty times",
}


def markdown(record):
    corpora = record["corpora"]
    base = corpora["base"]
    text = [
        f"# How `detect` grows, {record['date']}",
        "",
        machine_text(record["machine"]),
        "",
        f"`{record['command']}`: every size took its turn in each round. Ratios are medians of those of one "
        "round, with an interval that holds the true median in 95 % of cases at the least. Processor time is "
        "that of all threads, in the kernel too, with starting and writing results.",
        "",
        "| | events | identities | workers | processor time per event, µs | of the base | speed of one worker |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    text += [time_line(row, corpora[row["corpus"]]) for row in record["time"]]
    ceiling = 1 / max(base["hottest_identity"], base["hottest_vault"])
    text += [
        "",
        f"The hottest identity of the base has {base['hottest_identity']:.1%} of the events, the hottest vault "
        f"{base['hottest_vault']:.1%}. What is remembered of a key is judged by one worker at a time, so that "
        f"judging alone, which is a part of the work, gains nothing from more than {ceiling:.0f} workers.",
        "",
        "| identities | resident, MB | state, MB |",
        "|---:|---:|---:|",
    ]
    memory = record["memory"]
    for row in memory["rows"]:
        resident, state = row["resident_bytes"] / 1e6, row["state_bytes"] / 1e6
        text.append(f"| {row['identities']:,} | {resident:.0f} | {state:.1f} |")
    text += [
        "",
        f"For each more identity, with as many events for all together: {memory['resident_bytes_per_identity']:,.0f} "
        f"bytes resident, {memory['state_bytes_per_identity']:,.0f} of them state (slopes of straight lines).",
        "",
        "Bytes for each key at the end of the run: what half of the keys hold at most, and 99 %; with its share "
        "of the table.",
        "",
        "| rule | keys | half | 99 % | keys of thirty times the identities | half | 99 % |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for row in record["state"]:
        numbers = ["" if n is None else f"{n:,}" for n in [*row["base"], *row["many"]]]
        text.append(f"| {row['rule']} | " + " | ".join(numbers) + " |")
    return "\n".join(text) + "\n"


def time_line(row, corpus):
    is_base = row["corpus"] == "base" and row["workers"] == 1
    speed = row["corpus"] == "base" and not is_base
    cells = [
        SAID[row["corpus"]],
        f"{corpus['records']:,}",
        f"{corpus['identities']:,}",
        f"{row['workers']}",
        f"{row['cpu_nanoseconds_per_event'] / 1e3:.2f}",
        "1" if is_base else ratio_text(row["of_base"]),
        ratio_text(row["speed_of_base"]) if speed else "",
    ]
    return "| " + " | ".join(cells) + " |"
