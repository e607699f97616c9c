#!/usr/bin/env bash
# Tests scripts/release_pgo.sh up to the first build: whether it finds the tool that fits the compiler.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
passed=0
failed=0

# A program of that name, which runs these lines.
program() {
    printf '#!/bin/sh\n%s\n' "$2" >"$top/$1"
    chmod +x "$top/$1"
}

# Runs the script with these assignments, and expects an exit status and a text on either output.
expect() {
    local name=$1 wanted=$2 text=$3 status=0
    shift 3
    env PATH="$top:/usr/bin:/bin" CARGO="$top/cargo" CARGO_TARGET_DIR="$top/target" "$@" scripts/release_pgo.sh >"$top/out" 2>&1 || status=$?
    if [[ $status == "$wanted" ]] && grep -qF "$text" "$top/out"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAIL %s: exit status %s, wanted %s and: %s\n' "$name" "$status" "$wanted" "$text"
        sed 's/^/    | /' "$top/out"
    fi
}

# shellcheck disable=SC2016 # The programs' own variables.
program rustc 'case $1 in -vV) echo "LLVM version: 99.1.2";; --version) echo "rustc 9.9";; *) echo /nowhere;; esac'
program cargo 'echo "cargo $*"; exit 7'

expect 'no tool' 1 'rustup component add llvm-tools'
program llvm-profdata 'echo "LLVM version 98.1.0"'
expect 'a tool of another LLVM' 1 'there is no llvm-profdata of LLVM 99, which rustc 9.9 has'
program of-mine 'echo "  LLVM version 99.1.8"'
expect 'one that is named' 7 'cargo build --release --locked' LLVM_PROFDATA="$top/of-mine"
program llvm-profdata-99 'echo "LLVM version 99.0.0"'
expect 'one with the number in its name' 7 'cargo build --release --locked'

printf '%s passed, %s failed\n' "$passed" "$failed"
((failed == 0))
