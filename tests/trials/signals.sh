#!/usr/bin/env bash
# SIGINT and SIGTERM at random moments of every long command: the exit code is 130 or 143, or 0 (or the
# command's own) if it had ended by then; nothing half-written lies about under its name.
. "$(dirname "$0")/common.sh"

rounds=${ROUNDS:-6}
"$vaultdrill" generate --events 300000 --out corpus --quiet >&2 || exit 2
"$vaultdrill" detect corpus --out run --quiet > /dev/null || exit 2

ends_well() { # signal, exit code, arguments...
    local signal=$1 code=$2
    shift 2
    # A job in the background would ignore SIGINT if the shell did not manage jobs.
    set -m
    "$vaultdrill" "$@" --quiet > /dev/null 2> stderr.txt &
    local process=$!
    set +m
    pause 300
    kill "-$signal" "$process" 2> /dev/null
    wait "$process" 2> /dev/null
    local found=$?
    # 4, 10, 20: the command had come to its verdict.
    case $found in "$code" | 0 | 4 | 10 | 20) ;; *) echo "exit code $found"; cat stderr.txt; return 1 ;; esac
    # A temporary file may be left by a command that ends at once; a result must be whole.
    local bad
    bad=$(find . -name '*.json' -size 0 -o -name '*.ndjson' -size 0 | head -1)
    [ -z "$bad" ] || { echo "empty result $bad"; return 1; }
}

for round in $(seq "$rounds"); do
    for pair in INT:130 TERM:143; do
        s=${pair%:*} c=${pair#*:}
        rm -rf out
        check "generate, $s, $round" ends_well "$s" "$c" generate --events 2000000 --out out
        rm -rf out
        check "detect, $s, $round" ends_well "$s" "$c" detect corpus --out out
        rm -rf out
        check "drill, $s, $round" ends_well "$s" "$c" drill --out out
        rm -rf out
        check "sweep, $s, $round" ends_well "$s" "$c" sweep --out out
        rm -f score.json
        check "score, $s, $round" ends_well "$s" "$c" score --truth corpus/truth.ndjson \
            --alerts run/alerts.ndjson --out score.json
    done
done
finish
