#!/usr/bin/env bash
# Builds mailtap with a profile of itself: the compiler learns from a run over small generated captures which ways are taken
# most. An option, for whoever reads gigabytes every day; no figure that is promised depends on it.
#
#     scripts/release_pgo.sh            the program: target/pgo/mailtap
#
# It needs llvm-profdata of the LLVM that rustc has, or a newer one of the same number: `rustup component add llvm-tools`, or
# a package such as llvm-22. LLVM_PROFDATA names another. It builds three times, once for the captures.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly cargo=${CARGO:-cargo}
readonly built=${CARGO_TARGET_DIR:-target}/pgo
readonly profiles=$(realpath -m "${CARGO_TARGET_DIR:-target}/pgo-profiles")

# Of what the program is to be fast at: kind, and megabytes.
readonly captures=("mixed 16" "smtp 8" "pop3 8" "imap 8" "many-small 1" "reordered 4" "half-open 0.5")

llvm=$(rustc -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')
find_profdata() {
    local of_rustc
    of_rustc=$(rustc --print target-libdir)/../bin/llvm-profdata
    for tool in "${LLVM_PROFDATA:-$of_rustc}" "llvm-profdata-$llvm" llvm-profdata; do
        if "$tool" show --version 2>/dev/null | grep -q "LLVM version $llvm\."; then
            echo "$tool"
            return
        fi
    done
    echo "release-pgo: there is no llvm-profdata of LLVM $llvm, which $(rustc --version) has." >&2
    echo "Install it: rustup component add llvm-tools, or your system's package llvm-$llvm." >&2
    return 1
}
profdata=$(find_profdata)

rm -rf "$profiles"
mkdir -p "$profiles"
echo "release-pgo: a program that writes down which ways it takes"
RUSTFLAGS="-Cprofile-generate=$profiles" "$cargo" build --release --locked --target-dir "$built/watched"
"$cargo" build --release --locked --example corpus
corpus=${CARGO_TARGET_DIR:-target}/release/examples/corpus
for capture in "${captures[@]}"; do
    read -r kind megabytes <<<"$capture"
    file=$profiles/$kind.pcap
    "$corpus" "$kind" "$megabytes" "$file" >/dev/null
    for threads in 1 2; do
        for shown in "--format ndjson" "--show sessions" "--show steps"; do
            # shellcheck disable=SC2086 # Two words.
            "$built/watched/release/mailtap" read "$file" $shown --threads "$threads" --quiet --paging never >/dev/null
        done
    done
done
"$profdata" merge -o "$profiles/merged.profdata" "$profiles"/*.profraw
echo "release-pgo: the program that takes them faster"
RUSTFLAGS="-Cprofile-use=$profiles/merged.profdata" "$cargo" build --release --locked --target-dir "$built/built"
cp "$built/built/release/mailtap" "$built/mailtap"
rm -rf "$profiles"
echo "release-pgo: $built/mailtap"
