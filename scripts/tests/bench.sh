#!/bin/sh
# What scripts/bench.py prints, compares and refuses. mailtap, the generator and tcpdump are stand-ins. Needs python3.
set -eu

cd "$(dirname "$0")/../.."
top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
trap 'exit 1' HUP INT TERM
mkdir -p "$top/tools" "$top/release/examples"
python=$(python3 -c 'import sys; print(sys.executable)')
ln -s "$(command -v cat)" "$top/tools/cat"
passed=0
failed=0

# Makes a stand-in: its path, then what it does, in a shell without other programs.
stand_in() {
    printf '#!/bin/sh\n%s\n' "$2" >"$top/$1"
    chmod +x "$top/$1"
}

# Runs the script with these arguments, on captures that are next to nothing.
bench() {
    status=0
    CARGO_TARGET_DIR=$top PATH=$top/tools "$python" scripts/bench.py --megabytes 1 --runs 2 "$@" >"$top/out" 2>"$top/err" || status=$?
}

# Expects an exit status, and a line of either output that matches.
expect() {
    if [ "$status" = "$1" ] && cat "$top/out" "$top/err" | grep -qE -- "$2"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAIL %s: exit status %s, wanted %s and: %s\n' "$case_name" "$status" "$1" "$2"
        sed 's/^/    | /' "$top/out" "$top/err"
    fi
}

number='[0-9.]+'
spread="$number \($number-$number\)"
stand_in release/examples/corpus 'echo "$@" >"$3"; echo "$3: 9 bytes, 12 packets, 3 sessions"'
stand_in release/mailtap 'echo "{\"read\":12}"'
stand_in old 'echo "{\"read\":12,\"old\":true}"'
stand_in tools/tcpdump 'i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done'

case_name='one kind'
bench --kinds smtp
expect 0 "^\| mailtap --format ndjson \| $spread \| $spread \| $spread \|"
expect 0 '^Not installed: capinfos -c, suricata, 1 worker, .*tshark -T json\.$'
expect 0 '^The ndjson is the same, byte for byte, with 1, 2, 3 and 8 threads\.$'
expect 0 "^\| smtp \| mailtap --format ndjson \| 2.8 of tcpdump -n -w /dev/null \| $spread \| (kept|not kept) \|$"
expect 0 "^\| smtp \| mailtap --format ndjson \| 0.01 of tshark -T json \| not measured \|  \|$"
expect 0 "^\| mailtap --show sessions \| $spread \| $spread \| $spread \|"
case_name='one session fills its capture'
bench --kinds one-session
expect 0 'making .*smtp-0.5-concurrent-1-attachment-330000.*3 sessions'
case_name='another binary'
bench --kinds smtp --against "$top/old"
expect 0 "^\| before: mailtap --show sessions, 1 thread \| $spread"
expect 0 "^### smtp: as a multiple of $top/old's$"
expect 0 "^The ndjson differs from that of $top/old\.$"
case_name='the same binary'
bench --kinds smtp --against "$top/release/mailtap"
expect 0 "^The ndjson is that of $top/release/mailtap\.$"
case_name='threads that say something else'
stand_in release/mailtap 'echo "$@" "{\"read\":12}"'
bench --kinds smtp
expect 0 '^The ndjson DIFFERS with 1, 2, 3 and 8 threads\.$'
case_name='a program that fails'
stand_in tools/tcpdump 'exit 1'
bench --kinds smtp
expect 0 '^\| tcpdump -n -w /dev/null \| failed \|'
expect 0 '^\| smtp .* of tcpdump -n -w /dev/null \| not measured \|  \|$'

printf 'before\n<!-- measured: begin -->\nold\n<!-- measured: end -->\nafter\n' >"$top/page.md"
case_name='a busy machine'
bench --kinds smtp --load -1 --write "$top/page.md"
expect 1 'figures are written only where it is -1 or less'
expect 1 'wait with --wait MINUTES'
[ "$(sed -n 3p "$top/page.md")" = old ] || { failed=$((failed + 1)); echo "FAIL $case_name: it wrote"; }
case_name='it waits'
bench --kinds smtp --load -1 --wait 0.001 --write "$top/page.md"
expect 1 'waiting until it is -1'
case_name='a quiet machine'
bench --kinds smtp --load 10000 --write "$top/page.md"
cp "$top/page.md" "$top/out"
expect 0 '^### smtp: '
[ "$(sed -n '1p;$p' "$top/page.md" | tr '\n' ' ')" = 'before after ' ] || { failed=$((failed + 1)); echo "FAIL $case_name: the rest is gone"; }
case_name='figures of two versions'
bench --kinds smtp --load 10000 --against "$top/old" --write "$top/page.md"
expect 2 'leave out --against'
case_name='no such kind'
bench --kinds smpt
expect 2 'no kind of capture is named smpt; there are mixed, smtp'
case_name='no such binary'
bench --kinds smtp --against "$top/nothing"
expect 2 'nothing is not a program'

printf '%s passed, %s failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
