#!/bin/sh
# Tests the Spark job with a mailtap that is built: MAILTAP=PATH (default: target/release/mailtap). Makes an environment of its own for Python in
# a temporary folder, some 450 MB, or uses the one of VENV=DIR. Where there is no Java 17, or no network, it says so and ends with 0.
set -eu

here=$(dirname "$0")
MAILTAP=${MAILTAP:-$here/../../target/release/mailtap}
test -x "$MAILTAP" || { echo "test.sh: there is no $MAILTAP: build it, or say MAILTAP=PATH" >&2; exit 1; }
MAILTAP=$(realpath "$MAILTAP")
cd "$here"

skip() {
    echo "SKIPPED: $1"
    exit 0
}

java=${JAVA_HOME:+$JAVA_HOME/bin/}java
version=$("$java" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1) || version=
test "${version:-0}" -ge 17 || skip "the Spark job needs Java 17"
python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || skip "the Spark job's tests need Python 3.11 with venv"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
venv=${VENV:-$work/venv}
if ! test -x "$venv/bin/python"; then
    python3 -m venv "$venv"
    if ! "$venv/bin/pip" install --quiet --no-cache-dir --requirement requirements.txt >"$work/pip" 2>&1; then
        cat "$work/pip" >&2
        # A version that does not exist is an error, and others are named then; a network that does not answer is not.
        grep -Eq 'from versions: none|NewConnectionError|ConnectTimeout|ProxyError|NameResolutionError|Max retries' "$work/pip" && skip "the network does not answer"
        exit 1
    fi
fi
export MAILTAP SPARK_HOME="$("$venv/bin/python" -c 'import os, pyspark; print(os.path.dirname(pyspark.__file__))')"
# Each Spark lives for seconds: what pays only later is left out.
mkdir "$work/conf"
for process in driver executor; do
    echo "spark.$process.extraJavaOptions -XX:TieredStopAtLevel=1"
done >"$work/conf/spark-defaults.conf"
echo 'spark.sql.codegen.wholeStage false
spark.ui.enabled false' >>"$work/conf/spark-defaults.conf"
export SPARK_CONF_DIR="$work/conf"
export PYTHONDONTWRITEBYTECODE=1 TMPDIR="$work" SPARK_WORKER_DIR="$work/worker"
"$venv/bin/python" -W ignore::ResourceWarning -m unittest --verbose tests_spark
