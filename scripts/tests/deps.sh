#!/bin/sh
# What scripts/deps.sh does on other machines than this one: each case has a PATH of its own, with stand-ins for the
# package manager, sudo and id that write down how they were called. The compiler is the real one; where libpcap is to
# be missing, the stand-in asks it for a library that does not exist, so that deps.sh reads a real linker's error.
# Needs libpcap itself; installs nothing.
set -eu

cd "$(dirname "$0")/../.."
real_cc=$(command -v cc)
real_path=$PATH
unset LIBPCAP_LIBDIR PKG_CONFIG NO_INSTALL
top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
trap 'exit 1' HUP INT TERM
passed=0
failed=0

# Makes a machine: its name, then what it has beside the compiler. `libpcap` is the library, `root` the user.
machine() {
    case_name=$1
    shift
    here=$top/$((passed + failed))
    mkdir -p "$here/bin"
    : >"$here/calls"
    for tool in sh mktemp rm cat env; do ln -s "$(command -v $tool)" "$here/bin/$tool"; done
    stand_in cargo ''
    stand_in id 'echo 1000'
    stand_in cc "[ -e $here/libpcap ] || for word; do shift; [ \"\$word\" = -lpcap ] && word=-lpcap-that-is-not-there
set -- \"\$@\" \"\$word\"; done
PATH=$real_path exec $real_cc \"\$@\""
    for thing in "$@"; do
        case $thing in
        libpcap) : >"$here/libpcap" ;;
        root) stand_in id 'echo 0' ;;
        sudo) stand_in sudo "echo \"sudo \$*\" >>$here/calls; [ \"\$1\" = -n ] && shift; exec \"\$@\"" ;;
        no-cc) rm "$here/bin/cc" ;;
        no-cargo) rm "$here/bin/cargo" ;;
        *) manager "$thing" "case \" \$* \" in *' install '* | *' -S '* | *' -Sy '*) : >$here/libpcap ;; esac" ;;
        esac
    done
}

stand_in() {
    printf '#!/bin/sh\n%s\n' "$2" >"$here/bin/$1"
    chmod +x "$here/bin/$1"
}

# Makes a package manager: its name, then the commands that it runs after it has written down how it was called.
manager() {
    stand_in "$1" "echo \"$1 \$*\" >>$here/calls
$2"
}

# Runs deps.sh on that machine, with the given variables added to the environment.
deps() {
    status=0
    env -i PATH="$here/bin" HOME="$here" "$@" "$PWD/scripts/deps.sh" </dev/null >"$here/out" 2>"$here/err" || status=$?
}

# Compares the exit status, then the calls in order, with the expected ones.
expect() {
    wanted=$1
    shift
    [ "$#" = 0 ] || printf '%s\n' "$@" >"$here/wanted"
    [ "$#" = 0 ] && : >"$here/wanted"
    if [ "$status" = "$wanted" ] && cmp -s "$here/wanted" "$here/calls"; then
        ok=yes
    else
        ok=no
        printf 'FAIL %s: exit status %s, wanted %s; called:\n' "$case_name" "$status" "$wanted"
        sed 's/^/    /' "$here/calls"
    fi
}

# Expects this text on standard output (`out`) or standard error (`err`).
says() {
    if ! grep -qF -- "$2" "$here/$1"; then
        ok=no
        printf 'FAIL %s: standard %s does not say: %s\n' "$case_name" "$1" "$2"
    fi
}

done_with() {
    if [ "$ok" = yes ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        sed 's/^/    | /' "$here/out" "$here/err"
    fi
}

apt='apt-get -o DPkg::Lock::Timeout=120 install -y --no-install-recommends libpcap-dev'

machine 'nothing is missing: one line, and nobody is called' libpcap sudo apt-get dnf pacman brew
deps
expect 0
says out 'deps: nothing is missing'
[ "$(cat "$here/out" "$here/err" | wc -l)" -eq 1 ] || { ok=no; echo "FAIL $case_name: more than a line"; }
done_with

machine 'Debian, root' root apt-get
deps
expect 0 'apt-get update' "$apt"
says out '  apt-get update'
says out "  env DEBIAN_FRONTEND=noninteractive $apt"
says out 'nothing is missing now'
done_with

machine 'Debian, a user with sudo' sudo apt-get
deps
expect 0 'sudo -n apt-get update' 'apt-get update' "sudo -n env DEBIAN_FRONTEND=noninteractive $apt" "$apt"
done_with

machine 'root has sudo, and does not use it' root sudo apt-get
deps
expect 0 'apt-get update' "$apt"
done_with

machine 'Debian, a user without sudo' apt-get
deps
expect 1
says err 'there is no sudo.'
says err 'By hand, as root: apt-get update && apt-get install libpcap-dev'
done_with

machine 'sudo wants a password, and nobody is there to type it' sudo apt-get
stand_in sudo "echo \"sudo \$*\" >>$here/calls; echo 'sudo: a password is required' >&2; exit 1"
deps
expect 1 'sudo -n apt-get update' "sudo -n env DEBIAN_FRONTEND=noninteractive $apt"
says err 'sudo: a password is required'
says err 'By hand, as root: apt-get update && apt-get install libpcap-dev'
done_with

machine 'one source of packages is down, and the package comes from another' root
manager apt-get "case \$* in update) exit 100 ;; *) : >$here/libpcap ;; esac"
deps
expect 0 'apt-get update' "$apt"
says err 'exit status 100 from: apt-get update'
done_with

machine 'no network' root
manager apt-get 'echo "E: Unable to locate package" >&2; exit 100'
deps
expect 1 'apt-get update' "$apt"
says err 'could not be installed'
done_with

machine 'only to be told' root apt-get
deps NO_INSTALL=1
expect 1
says err '  apt-get update'
says err 'NO_INSTALL is set'
done_with

machine 'only to be told, and nothing is missing' libpcap root apt-get
deps NO_INSTALL=1
expect 0
done_with

machine 'Fedora, a user with sudo' sudo dnf
deps
expect 0 'dnf -q repolist --disabled' 'sudo -n dnf install -y libpcap-devel' 'dnf install -y libpcap-devel'
done_with

for repository in crb powertools codeready-builder-for-rhel-9-x86_64-rpms; do
    machine "RHEL or a rebuild: $repository is turned off" root
    manager dnf "case \$* in
*repolist*)
    echo 'repo id    repo name'
    echo 'appstream-source    Rocky Linux 9 - AppStream - Source'
    echo 'codeready-builder-for-rhel-9-x86_64-debug-rpms    debug'
    echo 'crb-debug    Rocky Linux 9 - CRB - Debug'
    echo '$repository    the one'
    echo 'crb-source    Rocky Linux 9 - CRB - Source' ;;
*) : >$here/libpcap ;;
esac"
    deps
    expect 0 'dnf -q repolist --disabled' "dnf install -y --enablerepo=$repository libpcap-devel"
    says out "  dnf install -y --enablerepo=$repository libpcap-devel"
    done_with
done

machine 'Fedora, a user without sudo' dnf
deps
expect 1
says err 'By hand, as root: dnf install libpcap-devel'
done_with

machine 'Arch' sudo pacman
deps
expect 0 'pacman -Si libpcap' 'sudo -n pacman -S --needed --noconfirm libpcap' 'pacman -S --needed --noconfirm libpcap'
done_with

machine 'Arch, without any package lists' root
manager pacman "case \$1 in -Si) exit 1 ;; *) : >$here/libpcap ;; esac"
deps
expect 0 'pacman -Si libpcap' 'pacman -Sy --needed --noconfirm libpcap'
done_with

machine 'Homebrew, which does without root'
manager brew "case \$1 in install) : >$here/libpcap ;; *) exit 1 ;; esac"
deps
expect 0 'brew --prefix libpcap' 'brew install libpcap'
done_with

machine 'Homebrew has it where the linker does not look'
# The stand-in links only with that folder in its path, as deps.sh passes it.
manager brew "echo $here/keg"
stand_in cc "case \" \$* \" in *' -L$here/keg/lib '*) exit 0 ;; *) echo 'cannot find -lpcap' >&2; exit 1 ;; esac"
deps
expect 1 'brew --prefix libpcap'
says err "export LIBPCAP_LIBDIR='$here/keg/lib'"
done_with

machine 'no package manager that is known' root
deps
expect 1
says err 'Debian, Ubuntu    apt-get install libpcap-dev'
says err 'Alpine            apk add libpcap-dev'
done_with

machine 'installed, and still it does not link' root
manager apt-get 'exit 0'
deps
expect 1 'apt-get update' "$apt"
says err 'does not link against it. cc says:'
says err 'pcap-that-is-not-there'
done_with

machine 'pkg-config knows where it is'
stand_in pkg-config "echo -L$here/odd -lodd"
stand_in cc "case \" \$* \" in *' -L$here/odd -lodd '*) exit 0 ;; *) exit 1 ;; esac"
deps
expect 0
done_with

machine 'LIBPCAP_LIBDIR comes first, and may have a space in it'
stand_in pkg-config 'echo -lwrong'
stand_in cc "for word; do [ \"\$word\" = '-L/odd place' ] && exit 0; done; exit 1"
deps LIBPCAP_LIBDIR='/odd place'
expect 0
done_with

machine 'no compiler' libpcap no-cc root apt-get
deps
expect 1
says err 'Install gcc'
done_with

machine 'no Rust' libpcap no-cargo root apt-get
deps
expect 1
says err 'Install Rust'
done_with

printf '%s passed, %s failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
