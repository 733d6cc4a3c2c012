#!/usr/bin/env bash
# Trial: no command opens a socket. Runs the commands under strace and fails where one asks the system for
# anything of the network. Needs strace and the program's path:
#   tests/trials/no_sockets.sh target/release/vaultdrill
set -euo pipefail

program=$(realpath "${1:?path of the program}")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

watch() {
    strace -f -qq -e trace=%network -e signal=none -o calls "$program" "$@" > out 2> err || {
        echo "FAIL vaultdrill $*: $(tail -n 1 err)"
        exit 1
    }
    if [ -s calls ]; then
        echo "FAIL vaultdrill $*: $(head -n 1 calls)"
        exit 1
    fi
    echo "ok   vaultdrill $*"
}

watch generate --estate small --days 10 --warmup-days 5 --events 20000 --out corpus
watch detect corpus --out run
watch score --truth corpus/truth.ndjson --alerts run/alerts.ndjson
watch rules test
watch scenarios list
watch doctor
watch drill ci --out drill
watch report drill
echo PASS
