#!/usr/bin/env bash
# Inputs of hostile sizes: each run ends, with every record accounted for (records = events + malformed +
# foreign + duplicates) and with memory of its own that does not grow with the input. Prints the seconds, the
# most memory of its own, and the peak with the pages of the file: a record's pages stay mapped while it is
# read, for the system to take back when it needs them.
# MIB is the size of the large inputs, MOST_MIB what a run may take of its own.
. "$(dirname "$0")/common.sh"

mib=${MIB:-1024}
most_mib=${MOST_MIB:-320}
elements=${ELEMENTS:-1000000}
levels=${LEVELS:-100000}

bytes() { head -c "$((mib << 20))" /dev/zero; }

field() { grep -o "\"$1\": *[0-9]*" run.json | head -n 1 | grep -o '[0-9]*$'; }

# A number within an object of that name.
total() { tr -d ' \n' < run.json | grep -o "\"$1\":{\"total\":[0-9]*" | grep -o '[0-9]*$'; }

# Runs over `log`, and notes the most memory of its own, in KiB, looking every fiftieth of a second.
runs() {
    "$vaultdrill" detect log --quiet --format json --workers 2 > run.json 2> stderr.txt &
    local id=$! now
    own=0
    while kill -0 $id 2> /dev/null; do
        now=$(awk '$1 == "RssAnon:" { print $2 }' "/proc/$id/status" 2> /dev/null)
        [ "${now:-0}" -gt "$own" ] && own=$now
        sleep 0.02
    done
    wait $id
}

# Reads `log`, which is to have so many records and events.
accounts() { # records, events
    local began=$SECONDS
    runs || { echo "exit code $?"; cat stderr.txt; return 1; }
    local records events malformed foreign duplicates
    records=$(field records) events=$(field events) malformed=$(total malformed)
    foreign=$(field foreign) duplicates=$(field duplicates)
    local mib=$((own >> 10)) peak=$(($(field peak_memory_bytes) >> 20))
    echo "      $((SECONDS - began)) s, $mib MiB, with the file's pages $peak; $records records, $events events"
    [ "$records" = "$((events + malformed + foreign + duplicates))" ] || { echo "records are lost"; return 1; }
    [ "$records $events" = "$1 $2" ] || { echo "expected $1 records, $2 events"; return 1; }
    [ "$mib" -le "$most_mib" ] || { echo "expected at most $most_mib MiB"; return 1; }
}

truncate -s "${mib}M" log
check "a line of $mib MiB of NULs" accounts 1 0

bytes | tr '\0' x > log
check "a line of $mib MiB of text" accounts 1 0

bytes | tr '\0' '\n' > log
check "$mib MiB of blank lines" accounts 0 0

bytes | tr '\0' '[' > log
check "$mib MiB of opening brackets" accounts 1 0

{ printf '{"records":["'; bytes | tr '\0' x; } > log
check "a container whose string of $mib MiB is not closed" accounts 1 0

# The same records again and again: all but the first repeat it, and what follows the last is missing.
record='{"time":"2026-03-02T01:00:00Z","category":"AuditEvent","operationName":"SecretGet","correlationId":"c","properties":{"httpStatusCode":200},"resourceId":"/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/V"}'
repeats=$(((mib << 20) / (${#record} + 1)))
{ printf '{"records":['; yes "$record," | head -n "$repeats" | tr -d '\n'; } > log
check "a container of $mib MiB that is not closed" accounts "$((repeats + 1))" 1

{
    printf '{"records":['
    for ((n = 1; n < elements; n++)); do printf '%s,' "${record/\"c\"/\"$n\"}"; done
    printf '%s]}' "$record"
} > log
check "a container of $elements records" accounts "$elements" "$elements"

{
    printf '{"deep":'
    yes '[' | head -n "$levels" | tr -d '\n'
    yes ']' | head -n "$levels" | tr -d '\n'
    printf '}\n%s\n' "$record"
} > log
check "$levels levels of nesting" accounts 2 1

finish
