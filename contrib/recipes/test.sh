#!/bin/sh
# Runs the recipes of docs/streams.md as they stand there, on captures of fixtures/, and compares what comes out with what the page says.
#
#   contrib/recipes/test.sh [RECIPE…]
#
# MAILTAP is the program (target/release/mailtap, or else the debug one). The Python packages of requirements.txt go into an environment
# in a temporary folder, which is removed; RECIPES_VENV names one that is kept and used again. Where python3, jq or the packages are not to
# be had, the recipes that need them are SKIPPED, which is no failure. Exit status: 0 all that ran are right, 1 one is not, 2 no mailtap.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)

mailtap=${MAILTAP:-}
for built in "${CARGO_TARGET_DIR:-$root/target}/release/mailtap" "${CARGO_TARGET_DIR:-$root/target}/debug/mailtap"; do
    if [ -z "$mailtap" ] && [ -x "$built" ]; then mailtap=$built; fi
done
if [ -z "$mailtap" ] || [ ! -x "$mailtap" ]; then
    echo 'recipes: no mailtap: run `make build` first, or say MAILTAP=…' >&2
    exit 2
fi
if ! command -v python3 >/dev/null; then
    echo 'recipes: SKIPPED: there is no python3'
    exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
venv=${RECIPES_VENV:-$work/venv}
if ! "$venv/bin/python" -c 'import chdb, duckdb, pandas, polars, pyarrow' 2>/dev/null; then
    if ! { python3 -m venv "$venv" && "$venv/bin/pip" install -q --disable-pip-version-check -r "$here/requirements.txt"; } >"$work/pip" 2>&1; then
        echo "recipes: the packages of requirements.txt are not to be had: $(tail -n 1 "$work/pip")"
        venv=
    fi
fi
cp "$mailtap" "$work/mailtap"
PYTHONDONTWRITEBYTECODE=1 RECIPES_PYTHON=${venv:+$venv/bin/python} python3 "$here/run.py" "$root" "$work" "$@"
