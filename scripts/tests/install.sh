#!/bin/sh
# `make install` puts each file in its place, and `make uninstall` removes them. The program is a stand-in that prints
# how it was called: the real one is tested by the tests of the command line. Needs a C compiler.
set -eu

cd "$(dirname "$0")/../.."
top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
trap 'exit 1' HUP INT TERM
passed=0
failed=0
# The `make` that runs this test would pass these on to the one under test.
unset MAKEFLAGS MAKELEVEL DESTDIR PREFIX

# Runs make with the stand-in's folder in place of cargo's target directory.
make_there() { CARGO_TARGET_DIR=$top/target make "$@" >"$top/out" 2>&1; }

# Checks one thing: its name, then a command that succeeds if it holds.
check() {
    name=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAIL %s\n' "$name"
        sed 's/^/    | /' "$top/out"
    fi
}

not() { ! "$@"; }
says() { grep -qF -- "$1" "$top/out"; }
holds() { [ "$(cat "$1")" = "$2" ]; }
files() { (cd "$1" && find . -type f | sort); }
mode() { [ -n "$(find "$1" -perm "$2")" ]; }

check 'nothing is installed that was not built' not make_there install DESTDIR="$top/none"
check 'and what to do is said' says 'run `make build` first'
check 'and nothing is left' [ ! -e "$top/none" ]

mkdir -p "$top/target/release"
built=$top/target/release/mailtap
cat >"$top/mailtap.c" <<'end'
#include <stdio.h>
int main(int count, char **words)
{
    printf("says");
    while (*++words)
        printf(" %s", *words);
    return 0;
}
end
cc -g "$top/mailtap.c" -o "$built"
chmod 700 "$built"
size() { wc -c <"$1"; }

umask 077
for there in usr 'a place'; do
    share=$top/root/$there/share
    check "installed under /$there" make_there install DESTDIR="$top/root" PREFIX="/$there"
    check 'the program' mode "$top/root/$there/bin/mailtap" 755
    check 'without the names of its functions' [ "$(size "$top/root/$there/bin/mailtap")" -lt "$(size "$built")" ]
    check 'while the one that was built keeps them' [ -n "$(nm "$built")" ]
    check 'the manual page' holds "$share/man/man1/mailtap.1" 'says man --lang en'
    check 'and the Chinese one' holds "$share/man/zh_CN/man1/mailtap.1" 'says man --lang zh'
    check 'for bash' holds "$share/bash-completion/completions/mailtap" 'says completions bash'
    check 'for zsh' holds "$share/zsh/site-functions/_mailtap" 'says completions zsh'
    check 'for fish' holds "$share/fish/vendor_completions.d/mailtap.fish" 'says completions fish'
    check 'six files' [ "$(files "$top/root" | wc -l)" -eq 6 ]
    check 'that all may read, whatever the umask' mode "$share/man/man1/mailtap.1" 644
    check 'in a folder that all may enter' mode "$share/zsh/site-functions" 755
    check 'uninstalled' make_there uninstall DESTDIR="$top/root" PREFIX="/$there"
    check 'and gone' [ -z "$(files "$top/root")" ]
done

printf 'int main(int count, char **words) { return 1; }' >"$top/mailtap.c"
cc "$top/mailtap.c" -o "$built"
check 'a program that fails is not passed over' not make_there install DESTDIR="$top/root"

printf '%s passed, %s failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
