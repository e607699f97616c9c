#!/bin/sh
# What scripts/linear.py says of programs that are linear, that are not, that take too much memory and that fail: each is a
# stand-in that takes as long as the capture is large, or longer. Needs python3.
set -eu

cd "$(dirname "$0")/../.."
top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
trap 'exit 1' HUP INT TERM
passed=0
failed=0

# Makes a program: its name, then what it does with `size`, the bytes of all captures, in Python.
program() {
    case_name=$1
    {
        printf '#!%s\nimport os, sys, time\n' "$(command -v python3)"
        printf 'paths = sys.argv[sys.argv.index("--") + 1:]\n'
        printf 'size = sum(os.path.getsize(path) for path in paths) / 1e6\n'
        printf 'def work(seconds):\n    while time.process_time() < seconds: pass\n'
        printf '%s\n' "$2"
    } >"$top/program"
    chmod +x "$top/program"
}

# Runs linear.py on that program with these arguments.
linear() {
    status=0
    scripts/linear.py --at-least 0.05 --longest 0.3 --memory 100 "$@" >"$top/out" 2>"$top/err" || status=$?
}

# Expects an exit status, and a text on either output.
expect() {
    if [ "$status" = "$1" ] && cat "$top/out" "$top/err" | grep -qF -- "$2"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAIL %s: exit status %s, wanted %s and: %s\n' "$case_name" "$status" "$1" "$2"
        sed 's/^/    | /' "$top/out" "$top/err"
    fi
}

program 'linear time' 'work(size)'
linear "$top/program" noops
expect 0 noops

program 'the square of it' 'work(0.02 + size * size * 10)'
linear "$top/program" noops
expect 1 'more than linear'

program 'too much memory' 'work(size); all = b"x" * 200_000_000'
linear "$top/program" noops
expect 1 'too much memory'

program 'a panic' 'sys.stderr.write("panicked at a line"); sys.exit(101)'
linear "$top/program" noops
expect 1 'exit status 101'

program 'damage is no failure' 'work(size); sys.exit(3)'
linear "$top/program" noops
expect 0 noops

program 'several files' 'assert len(paths) > 1; work(size)'
linear "$top/program" many_files
expect 0 many_files

program 'no such kind' ''
linear "$top/program" nops
expect 2 'no kind of capture is named nops'

case_name='no program'
linear "$top/nothing" noops
expect 2 'is not a program'

printf '%s passed, %s failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
