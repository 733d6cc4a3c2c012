#!/usr/bin/env bash
# kill -9 at random moments of generate, detect and drill, over what an earlier run left. Whatever is then
# there under its name is whole and of one run: a corpus with a manifest has the sums that it states,
# results in a folder have one corpus id, and a drill with a score can be reported on.
. "$(dirname "$0")/common.sh"

rounds=${ROUNDS:-20}

killed() { # arguments...
    "$vaultdrill" "$@" --quiet > /dev/null 2>&1 &
    local process=$!
    pause 400
    kill -9 "$process" 2> /dev/null
    wait "$process" 2> /dev/null
    return 0
}

corpus_is_whole() { # folder
    [ -f "$1/manifest.json" ] || return 0
    python3 - "$1" << 'PY'
import hashlib, json, pathlib, sys
folder = pathlib.Path(sys.argv[1])
for name, stated in json.loads((folder / "manifest.json").read_text())["sha256"].items():
    found = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    if found != stated:
        sys.exit(f"{name}: {found}, stated {stated}")
PY
}

results_are_of_one_run() { # folder
    local ids
    ids=$(for file in alerts.ndjson evidence.ndjson run.json; do
        [ -f "$1/$file" ] && grep -om1 '"corpus_id": *"[0-9a-f]*"' "$1/$file" | tr -d ' '
    done | sort -u | wc -l)
    [ "$ids" -le 1 ] || return 1
    [ ! -f "$1/run.json" ] || { [ -f "$1/alerts.ndjson" ] && [ -f "$1/evidence.ndjson" ]; }
}

for round in $(seq "$rounds"); do
    "$vaultdrill" generate --events 30000 --seed 2 --force --out corpus --quiet > /dev/null 2>&1
    "$vaultdrill" detect corpus --out run --quiet > /dev/null || exit 2
    killed generate --events 400000 --seed 3 --force --out corpus
    check "generate, $round" corpus_is_whole corpus
    "$vaultdrill" generate --events 300000 --seed 3 --force --out other --quiet > /dev/null
    killed detect other --out run
    check "detect, $round" results_are_of_one_run run
    killed drill --out drilled --seed "$round"
    if [ -f drilled/score.json ]; then
        check "drill, $round" "$vaultdrill" report drilled --quiet
    else
        check "drill, $round" results_are_of_one_run drilled/run
    fi
done
finish
