#!/bin/sh
# Installs what building mailtap needs and the machine lacks: libpcap's development files, nothing else.
#
#   scripts/deps.sh                 says what it will run, and runs it
#   NO_INSTALL=1 scripts/deps.sh    says it, and stops
#
# Where nothing is missing it says so in one line, and needs neither network nor root. Exit status 1: something is
# missing and could not, or may not, be installed from here.
set -eu

say() { printf 'deps: %s\n' "$@"; }

stop() {
    printf 'deps: %s\n' "$@" >&2
    exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

names="  Debian, Ubuntu    apt-get install libpcap-dev
  Fedora, RHEL      dnf install libpcap-devel
  openSUSE          zypper install libpcap-devel
  Arch              pacman -S libpcap
  Alpine            apk add libpcap-dev
  Void              xbps-install libpcap-devel
  Gentoo            emerge net-libs/libpcap
  Homebrew          brew install libpcap"

# Can a program be linked against libpcap? The linker decides: the `pcap` crate needs a library to link against, and no
# header. The library is looked for as that crate's build script looks for it (LIBPCAP_LIBDIR, then pkg-config, then the
# linker's own path), so that the build finds what is found here.
links() {
    if [ -n "${LIBPCAP_LIBDIR:-}" ]; then
        links_with "-L$LIBPCAP_LIBDIR" -lpcap
    elif flags=$("${PKG_CONFIG:-pkg-config}" --libs 'libpcap >= 1.0.0' 2>/dev/null); then
        # shellcheck disable=SC2086 # several flags
        links_with $flags
    else
        links_with -lpcap
    fi
}

links_with() {
    # The program uses a symbol: otherwise a linker may skip a library of another architecture without an error.
    printf 'const char *pcap_lib_version(void);\nint main(void) { return !pcap_lib_version(); }\n' >"$scratch/probe.c"
    cc "$scratch/probe.c" -o "$scratch/probe" "$@" 2>"$scratch/why"
}

# Homebrew keeps its libpcap out of the linker's path where the system has one of its own; then there is nothing to
# install, but LIBPCAP_LIBDIR has to name the folder.
stop_if_hidden() {
    if have brew && keg=$(brew --prefix libpcap 2>/dev/null) && links_with "-L$keg/lib" -lpcap; then
        stop "libpcap is installed, in $keg, where the linker does not look. Say where it is, and run make again:" \
            "  export LIBPCAP_LIBDIR='$keg/lib'"
    fi
}

# The repository that has development files on RHEL and its rebuilds, where it is disabled by default. Fedora has no
# repository of these names.
builder_repository() {
    dnf -q repolist --disabled 2>/dev/null | while read -r repository _; do
        case $repository in
        crb | powertools | codeready-builder-for-rhel-*-rpms)
            case $repository in *-debug-* | *-source-*) continue ;; esac
            printf '%s\n' "$repository"
            break
            ;;
        esac
    done
}

# Prints the commands, one in each argument, and runs them. Only the last one decides: refreshing the package lists
# fails when one source of several is down, and the installation may succeed all the same.
carry_out() {
    if [ -n "${NO_INSTALL:-}" ]; then
        printf '  %s\n' "$@" >&2
        stop "libpcap's development files are missing. NO_INSTALL is set, so the above was not run."
    fi
    say "libpcap's development files are missing. Running:"
    printf '  %s\n' "$@"
    for command in "$@"; do
        status=0
        # shellcheck disable=SC2086 # the commands are this script's own, and no word in them needs quoting
        $command || status=$?
        [ "$status" = 0 ] || say "exit status $status from: $command" >&2
    done
    [ "$status" = 0 ] || stop "libpcap could not be installed; the reason stands above. By hand, $by_hand"
}

have cargo || stop "no cargo in PATH. Install Rust 1.95 or newer: https://www.rust-lang.org/tools/install"
have cc || stop "no C compiler (cc), which Rust needs to link. Install gcc (Debian: build-essential; Fedora, Arch: gcc;" \
    "macOS: xcode-select --install)."

scratch=$(mktemp -d "${TMPDIR:-/tmp}/mailtap-deps.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM

if links; then
    say "nothing is missing"
    exit 0
fi
stop_if_hidden

# The package manager: the system's own before Homebrew, which is the only one on macOS.
manager=
for candidate in apt-get dnf pacman brew; do
    if have "$candidate"; then
        manager=$candidate
        break
    fi
done
[ -n "$manager" ] || stop "libpcap's development files are missing, and none of apt-get, dnf, pacman and brew is here to" \
    "install them. By system:" "$names"

case $manager in
apt-get) by_hand='as root: apt-get update && apt-get install libpcap-dev' ;;
dnf) by_hand='as root: dnf install libpcap-devel (on RHEL and its rebuilds from the CRB repository)' ;;
pacman) by_hand='as root: pacman -S libpcap (pacman -Syu first, where its package lists are out of date)' ;;
brew) by_hand='brew install libpcap' ;;
esac

# With nobody at a terminal to type a password, sudo must not wait for one.
root=
if [ "$manager" != brew ] && [ "$(id -u)" != 0 ]; then
    have sudo || stop "libpcap's development files are missing. To install them takes root, and there is no sudo." \
        "By hand, $by_hand"
    if [ -t 0 ]; then root='sudo '; else root='sudo -n '; fi
fi

case $manager in
apt-get)
    # A fresh machine has no package lists yet; one that has just started may be holding apt's lock for a while.
    carry_out "${root}apt-get update" "${root}env DEBIAN_FRONTEND=noninteractive \
apt-get -o DPkg::Lock::Timeout=120 install -y --no-install-recommends libpcap-dev"
    ;;
dnf)
    repository=$(builder_repository)
    carry_out "${root}dnf install -y ${repository:+--enablerepo=$repository }libpcap-devel"
    ;;
pacman)
    # Package lists are fetched only where there are none: newer lists with older packages would be a partial upgrade.
    lists=
    pacman -Si libpcap >/dev/null 2>&1 || lists=y
    carry_out "${root}pacman -S$lists --needed --noconfirm libpcap"
    ;;
brew)
    carry_out 'brew install libpcap'
    ;;
esac

if ! links; then
    stop_if_hidden
    stop "libpcap was installed, and a program still does not link against it. cc says:" "$(cat "$scratch/why")"
fi
say "libpcap is installed; nothing is missing now"
