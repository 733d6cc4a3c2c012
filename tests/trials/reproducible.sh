#!/usr/bin/env bash
# Trial: two release builds of one commit, in two folders, are the same bytes. Needs git and cargo; the
# packages of Cargo.lock must be at hand. Takes as long as two builds.
#   tests/trials/reproducible.sh
# What a build says of where it was made (paths in panic messages and in debug information) is mapped away.
set -euo pipefail
cd "$(dirname "$0")/../.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cargo_home=${CARGO_HOME:-$HOME/.cargo}
for name in one two; do
    folder=$scratch/$name-$RANDOM
    git clone --quiet . "$folder"
    (
        cd "$folder"
        RUSTFLAGS="--remap-path-prefix=$folder=. --remap-path-prefix=$cargo_home=cargo" \
            cargo build --release --locked --quiet
    )
    mv "$folder/target/release/vaultdrill" "$scratch/$name"
    rm -rf "$folder"
done
if cmp "$scratch/one" "$scratch/two"; then
    echo "PASS $(sha256sum < "$scratch/one" | cut -d' ' -f1)"
else
    echo "FAIL the two builds differ"
    exit 1
fi
