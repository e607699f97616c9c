#!/bin/sh
# Builds the Python package in a virtual environment of its own, in a folder that is removed at the end, and runs its tests against the
# program of this checkout. Arguments are pytest's: scripts/test_python.sh -k stream
#
# Where there is no python3 with venv and pip, or the packages that the tests load tables with cannot be had, it says SKIPPED and ends
# with status 0.
set -eu

cd "$(dirname "$0")/.."
cargo=${CARGO:-cargo}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM

skip() {
    printf 'SKIPPED, the Python package was not tested: %s\n' "$1"
    exit 0
}

python=${PYTHON:-python3}
command -v "$python" >/dev/null 2>&1 || skip "there is no $python"
"$python" -m venv "$scratch/venv" >"$scratch/said" 2>&1 ||
    skip "$python makes no virtual environment with pip (Debian, Ubuntu: apt-get install python3-venv)"
"$scratch/venv/bin/pip" install --quiet --disable-pip-version-check 'maturin>=1.9,<2' pytest pyarrow polars pandas duckdb >"$scratch/said" 2>&1 ||
    skip "pip cannot install what the tests need: $(tail -n 1 "$scratch/said")"

"$cargo" build --locked --bin mailtap
CARGO=$cargo VIRTUAL_ENV="$scratch/venv" "$scratch/venv/bin/maturin" develop --quiet --locked --manifest-path python/Cargo.toml
MAILTAP="$(pwd)/${CARGO_TARGET_DIR:-target}/debug/mailtap"
# A target folder may be named in full.
case ${CARGO_TARGET_DIR:-} in /*) MAILTAP=$CARGO_TARGET_DIR/debug/mailtap ;; esac
export MAILTAP
"$scratch/venv/bin/python" -m pytest -q -p no:cacheprovider python/tests "$@"
