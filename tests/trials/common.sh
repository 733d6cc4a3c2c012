# Shared by the trials: the program, a working folder that goes away, and pass or fail.
# A trial is run by hand or in a build, from anywhere: `tests/trials/signals.sh`. VAULTDRILL names the
# program, by default the release build. It prints a line per check and exits with 1 if any failed.
set -u
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
vaultdrill=${VAULTDRILL:-$root/target/release/vaultdrill}
[ -x "$vaultdrill" ] || { echo "no program at $vaultdrill: build it, or name it in VAULTDRILL"; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2
failures=0
# Seeded, so that a failure can be repeated.
RANDOM=${SEED:-1}

check() { # what, command...
    local what=$1
    shift
    if "$@"; then echo "pass  $what"; else echo "FAIL  $what"; failures=$((failures + 1)); fi
}

finish() {
    [ "$failures" = 0 ] && echo "all passed" || echo "$failures failed"
    exit $((failures > 0))
}

# A random moment of up to so many hundredths of a second.
pause() { sleep "$(printf '%d.%02d' $((RANDOM % $1 / 100)) $((RANDOM % $1 % 100)))"; }
