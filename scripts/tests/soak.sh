#!/bin/sh
# What scripts/soak.sh says of its arguments, and its verdict on samples. Listens to nothing; needs no root.
set -eu

cd "$(dirname "$0")/../.."
top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
trap 'exit 1' HUP INT TERM
passed=0
failed=0

# Expects an exit status and words in the output: the case's name, both, then the arguments.
expect() {
    name=$1 status=$2 words=$3
    shift 3
    got=0
    scripts/soak.sh "$@" >"$top/out" 2>&1 || got=$?
    if [ "$got" -eq "$status" ] && grep -q -- "$words" "$top/out"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED: %s: status %s, expected %s and "%s":\n' "$name" "$got" "$status" "$words"
        cat "$top/out"
    fi
}

# Samples of six minutes, two of each minute: the memory in the last, and what mailtap and tcpdump lose in minute five.
samples() {
    awk -v last="$1" -v lost="$2" -v beside="$3" 'BEGIN {
        for (minute = 1; minute <= 6; minute++) {
            rss = minute > 4 ? last : 10000
            print 60 * minute - 30, rss
            late = minute > 4
            print 60 * minute, rss, 1000 * minute, late * lost, 1000 * minute, late * beside, 60 * minute
        }
    }' >"$top/samples"
}

bash -n scripts/soak.sh
expect 'no arguments' 2 'MAILTAP MINUTES RATE'
expect 'no number' 2 'MAILTAP MINUTES RATE' /bin/true ten 5
expect 'no minutes' 2 'MAILTAP MINUTES RATE' /bin/true 0 5
expect 'no program' 1 'is no program' "$top/none" 1 1
expect 'no samples' 1 'cannot be read' --judge "$top/none"
samples 10900 0 0
expect 'flat' 0 'flat' --judge "$top/samples"
samples 11200 0 0
expect 'growing' 1 'it grows' --judge "$top/samples"
samples 9000 0 0
expect 'less than before' 0 'mailtap lost no packets' --judge "$top/samples"
samples 10000 3 0
expect 'lost alone' 1 'minute 5: mailtap lost 3 packets, tcpdump none' --judge "$top/samples"
samples 10000 3 40
expect 'lost by both' 0 'both lost packets: mailtap 3, tcpdump 40' --judge "$top/samples"
samples 10000 0 40
expect 'lost by tcpdump' 0 'mailtap lost no packets' --judge "$top/samples"
echo '1 10000' >"$top/samples"
expect 'too few' 1 'nothing can be said' --judge "$top/samples"

printf 'soak.sh: %s cases passed, %s failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
