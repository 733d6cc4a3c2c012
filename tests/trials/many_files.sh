#!/usr/bin/env bash
# More files than the system allows maps (65530 unless told otherwise), with few descriptors to open at
# once: all are read, in bounded memory.
. "$(dirname "$0")/common.sh"

count=${COUNT:-90000}
"$vaultdrill" generate --events "$count" --out corpus --quiet > /dev/null || exit 2
mkdir logs
split -l 1 -a 5 -d --additional-suffix=.json corpus/events.ndjson logs/
found=$(find logs -type f | wc -l)
ulimit -n 256

reads_all() {
    "$vaultdrill" detect logs --quiet --format json > run.json 2> stderr.txt || { cat stderr.txt; return 1; }
    grep -q "\"records\": $found," run.json || { grep '"records"' run.json; return 1; }
}

check "$found files" reads_all
finish
