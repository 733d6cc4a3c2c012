#!/usr/bin/env python3
"""Whether `vaultdrill detect --max-memory` keeps its word: the most memory that was resident, against the budget.

A corpus of the estate with the most identities is generated once, under `target/memory`; then `detect` reads it
without a budget and with each of the budgets in turn. A budget is kept if the process never had more than a
tenth more resident, as the kernel tells when it has ended. What a budget cost stands beside it: things forgotten,
and alerts gained and lost.

    benches/memory/run.py                      # 1,000,000 events: 1.2 GB
    benches/memory/run.py --events 200000 --budgets 176 256
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "target" / "memory"
MIB = 1 << 20


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vaultdrill", type=Path, default=ROOT / "target" / "release" / "vaultdrill")
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--estate", default="enterprise")
    parser.add_argument("--corpus", type=Path, help="one that is there, in place of a generated one")
    parser.add_argument("--budgets", type=int, nargs="+", default=[176, 256, 512, 1024], help="in MiB")
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    corpus = args.corpus or generated(args)
    free = detect(args, corpus, None)
    alerts = ids(free)
    print("budget MiB  resident MiB  kept  forgotten  alerts  gained  lost")
    kept = True
    for budget in [None, *args.budgets]:
        run = free if budget is None else detect(args, corpus, budget)
        resident, report = run["resident"] / MIB, run["report"]
        is_kept = budget is None or resident <= 1.1 * budget
        kept = kept and is_kept
        forgotten = sum(rule["state"]["evictions"] for rule in report["rules"])
        forgotten += report["profiles"]["evictions"] + report["duplicates_forgotten"]
        own = ids(run)
        word = "" if budget is None else "yes" if is_kept else "NO"
        print(
            f"{budget or 'none':>10}  {resident:12.0f}  {word:>4}  {forgotten:9}  {len(own):6}"
            f"  {len(own - alerts):6}  {len(alerts - own):4}"
        )
    sys.exit(0 if kept else 1)


def generated(args):
    corpus = WORK / f"{args.estate}-{args.events}"
    if not (corpus / "manifest.json").exists():
        command = ["generate", "--estate", args.estate, "--events", str(args.events), "--out", str(corpus)]
        subprocess.run([args.vaultdrill, *command, "--force", "--quiet"], check=True)
    return corpus


def detect(args, corpus, budget):
    out = WORK / f"run-{budget}"
    command = [args.vaultdrill, "detect", str(corpus), "--out", str(out), "--workers", str(args.workers)]
    if budget is not None:
        command += ["--max-memory", f"{budget}MiB"]
    process = subprocess.Popen([*command, "--quiet"], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{' '.join(map(str, command))}: status {status}")
    return {"resident": usage.ru_maxrss * 1024, "report": json.loads((out / "run.json").read_text()), "out": out}


def ids(run):
    with open(run["out"] / "alerts.ndjson", encoding="utf-8") as lines:
        next(lines)
        return {json.loads(line)["alert_id"] for line in lines}


if __name__ == "__main__":
    main()
