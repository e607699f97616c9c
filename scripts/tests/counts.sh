#!/bin/sh
# What scripts/instructions.py and scripts/syscalls.py say of counts that are the same, larger, smaller, not stored, and of
# tools that are missing or may not trace. valgrind, strace, mailtap and the generator are stand-ins. Needs python3.
set -eu

cd "$(dirname "$0")/../.."
top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
trap 'exit 1' HUP INT TERM
mkdir "$top/tools" "$top/none"
python=$(python3 -c 'import sys; print(sys.executable)')
passed=0
failed=0

# Makes a stand-in: its name, then what it does, in Python.
stand_in() {
    printf '#!%s\nimport os, sys\n%s\n' "$python" "$2" >"$top/$1"
    chmod +x "$top/$1"
}

# Runs a script with these arguments; the tools are those of a folder alone.
script() {
    name=$1 tools=$2
    shift 2
    status=0
    PATH=$tools "$python" "scripts/$name.py" "$@" "$top/mailtap" "$top/corpus" >"$top/out" 2>"$top/err" || status=$?
}

# Expects an exit status, and a line of either output that matches.
expect() {
    if [ "$status" = "$1" ] && cat "$top/out" "$top/err" | grep -q -- "$2"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAIL %s: exit status %s, wanted %s and: %s\n' "$case_name" "$status" "$1" "$2"
        sed 's/^/    | /' "$top/out" "$top/err"
    fi
}

# A byte a packet; a session each ten; half of the mail among as much again.
stand_in corpus 'path = sys.argv[-1] if sys.argv[-1].startswith("/") else sys.argv[3]
size = int(float(sys.argv[2]) * 1000)
open(path, "w").write("x" * size)
print(f"{path}: {size} bytes, {size} packets, {size // 10} sessions")'
stand_in mailtap ''
stand_in tools/rustc 'print("rustc 1.0")'

# Start-up, 7 a packet, and a digest's rounds, which do not count.
valgrind() {
    stand_in tools/valgrind "profile = next(it for it in sys.argv if it.startswith('--callgrind-out-file=')).split('=', 1)[1]
size = os.path.getsize(sys.argv[sys.argv.index('read') + 1])
open(profile, 'w').write(f'fn=(1) main\\n1 {1000 + 7 * size * $1 // 100}\\ncfn=(2) sha2::compress\\ncalls=1 1\\n1 99999\\nfn=(2)\\n1 99999\\n')"
}
valgrind 100
case_name='nothing stored'
script instructions "$top/tools" --figures "$top/instructions"
expect 1 'letters-json .* no figure is stored  FAILED'
case_name='differences'
expect 1 'a-foreign-packet-json  *7 '
expect 1 'a-small-session-table  *70 '
expect 1 'an-unanswered-syn-json  *7 '
case_name='renewed'
script instructions "$top/tools" --renew --figures "$top/instructions"
expect 0 'letters-json .*8_000 .*+0.0%'
case_name='4 % more'
valgrind 104
script instructions "$top/tools" --figures "$top/instructions"
expect 0 'letters-json .*+3.5%'
case_name='a sixth more a packet'
valgrind 116
script instructions "$top/tools" --figures "$top/instructions"
expect 1 'more than 5% above what instructions says.*a-foreign-packet-json'
case_name='less'
valgrind 80
script instructions "$top/tools" --figures "$top/instructions"
expect 0 'write it down: --renew'
case_name='valgrind fails'
stand_in tools/valgrind 'sys.exit("no such instruction")'
script instructions "$top/tools" --figures "$top/instructions"
expect 1 'no such instruction'
case_name='no valgrind'
script instructions "$top/none" --figures "$top/instructions"
expect 0 'SKIPPED, nothing was counted: there is no valgrind'

# As strace -c writes it, with and without errors.
strace() {
    stand_in tools/strace "out = sys.argv[sys.argv.index('-o') + 1]
open(out, 'w').write('''% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 50.00    0.000300          30       100           read
 10.00    0.000300          30       $1         2 writev
 10.00    0.000300          30        20           mmap
 10.00    0.000300          30         5           munmap
 10.00    0.000300          30         3         1 openat
 10.00    0.000300          30     $2        44 futex
------ ----------- ----------- --------- --------- ----------------
100.00    0.002163          35        61         5 total
''')"
}
strace 50 1000
case_name='nothing stored'
script syscalls "$top/tools" --figures "$top/syscalls"
expect 1 'mixed-1-thread-reads .* no figure is stored  FAILED'
case_name='renewed'
script syscalls "$top/tools" --renew --figures "$top/syscalls"
expect 0 'mixed-2-threads-memory  *25 .*+0.0%'
expect 0 'mixed-2-threads-others  *3 .*+0.0%'
case_name='a few more, and more waits'
strace 59 9000
script syscalls "$top/tools" --figures "$top/syscalls"
expect 0 'writes  *59 .*+18.0%'
case_name='more writes'
strace 60 1000
script syscalls "$top/tools" --figures "$top/syscalls"
expect 1 'more than 10% above what syscalls says.*letters-1-thread-writes'
case_name='strace may not trace'
stand_in tools/strace 'sys.exit("strace: ptrace: Operation not permitted")'
script syscalls "$top/tools" --figures "$top/syscalls"
expect 0 'SKIPPED, nothing was counted: strace may not trace here: .*not permitted'
case_name='no strace'
script syscalls "$top/none" --figures "$top/syscalls"
expect 0 'SKIPPED, nothing was counted: there is no strace'

printf '%s passed, %s failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
