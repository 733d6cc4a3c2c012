#!/bin/sh
# Judges a change of the rules in any build system: exit code 0 lets it pass, any other stops it.
#
# It exists so that the commands a build needs are written down once and tested: the project's own tests
# run this file. Copy it beside your rules. What must be met stands in the [gate] table of the drill;
# `vaultdrill scenarios show ci` prints the one used here, to copy and change.
#
#   BASE_RULES   folder of the rules as they are (of the branch that the change goes into)
#   RULES        folder of the rules as they would be; by default `rules`
#   DRILL        drill, by name or file; by default `ci`
#   OUT          where gate.junit.xml, gate.md, gate.json and both runs are left; by default `gate`
#
# Arguments are handed on to `vaultdrill gate`, such as `--waivers FILE` or `--inconclusive pass`.
#
# Exit codes: 0 pass, 10 a quality requirement failed, 11 a performance requirement failed, 12 both,
# 20 the data cannot tell, 2 the configuration is faulty, 3 inputs are faulty.
set -eu

: "${BASE_RULES:?expected the folder of the rules to compare with}"
RULES=${RULES:-rules}
DRILL=${DRILL:-ci}
OUT=${OUT:-gate}

code=0
vaultdrill gate "$DRILL" --base-rules "$BASE_RULES" --rules "$RULES" --out "$OUT" --quiet "$@" ||
    code=$?

case $code in
    # Whatever becomes of the comparison, the verdict stands.
    10 | 11 | 12) vaultdrill compare "$OUT/base" "$OUT" || true ;;
    20) echo "Not enough data to tell. Give the drill more events or days, or state --inconclusive." ;;
esac
exit $code
