#!/usr/bin/env bash
# A disk that is full, for real: a small file system in memory. Needs the right to mount one; without it
# there is nothing to try, and the trial says so.
. "$(dirname "$0")/common.sh"

mkdir small
if ! mount -t tmpfs -o size=2m tmpfs small 2> /dev/null; then
    echo "skipped: no right to mount a file system"
    exit 0
fi
trap 'umount "$work/small"; rm -rf "$work"' EXIT

"$vaultdrill" generate --events 200000 --out corpus --quiet > /dev/null || exit 2
gzip -c1 corpus/events.ndjson > events.ndjson.gz

fails_whole() { # what must not be there, arguments...
    local absent=$1
    shift
    "$vaultdrill" "$@" --quiet > /dev/null 2> stderr.txt
    local code=$?
    [ "$code" = 1 ] || { echo "exit code $code"; cat stderr.txt; return 1; }
    grep -q '^error: ' stderr.txt || { cat stderr.txt; return 1; }
    [ ! -e "$absent" ] || { echo "$absent is there"; return 1; }
}

check "generate" fails_whole small/c/manifest.json generate --events 200000 --out small/c
rm -rf small/*
check "detect" fails_whole small/run/run.json detect corpus --out small/run
rm -rf small/*
check "unpacking" fails_whole small/run/run.json detect events.ndjson.gz --out small/run
check "nothing is left" [ -z "$(find small -type f)" ]
finish
