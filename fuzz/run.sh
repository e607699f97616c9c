#!/bin/sh
# Runs fuzz targets one after the other, one core each: `fuzz/run.sh SECONDS [TARGET…]` (all where none is named).
# Prints, per target, the executions, the coverage, the corpus and what was found; stops for nothing.
set -eu
cd "$(dirname "$0")"
seconds=${1:?usage: fuzz/run.sh SECONDS [TARGET…]}
shift
# The coverage and the sanitizers are nightly's flags; the stable compiler takes them when told that it is asked to.
export RUSTC_BOOTSTRAP=1
cd ..
[ $# -gt 0 ] || set -- $(cargo fuzz list)
for target in "$@"; do
    case $target in
        lmtp | parsers) words=smtp ;;
        views | detect) words='smtp pop3 imap' ;;
        pipeline) words='capture decode smtp pop3 imap' ;;
        flow) words='' ;;
        *) words=$target ;;
    esac
    mkdir -p "fuzz/corpus/$target" "fuzz/artifacts/$target"
    dictionary=fuzz/artifacts/$target.dict
    : >"$dictionary"
    for word in $words; do cat "fuzz/dictionaries/$word.dict" >>"$dictionary"; done
    log=fuzz/artifacts/$target.log
    status=0
    # libFuzzer does not take an empty dictionary.
    option=
    [ ! -s "$dictionary" ] || option=-dict=$dictionary
    cargo fuzz run -s "${SANITIZER:-none}" --codegen-units 8 "$target" -- -max_total_time="$seconds" $option \
        -max_len=16384 -timeout=10 -rss_limit_mb=2048 -report_slow_units=2 -print_final_stats=1 >"$log" 2>&1 || status=$?
    executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -1)
    last=$(grep -a 'cov:' "$log" | tail -1 | tr -s ' \t' ' ' | cut -c1-120)
    echo "$target: status $status, ${executions:-?} executions in $seconds s; $last"
    [ "$status" = 0 ] || grep -a -m3 -E 'panicked|assertion|ERROR|SUMMARY' "$log" || true
done
