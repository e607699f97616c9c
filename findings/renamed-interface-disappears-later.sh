#!/usr/bin/env bash
# A renamed interface is captured on, until it next goes down for a second: then it "disappeared".
#
# An expert expects: a packet socket is bound to an interface by its index. Either the capture
#   outlives a change of name, or it ends when the name goes. An interface that goes down for a second
#   and up again does not end it in either case (libpcap reads on through that).
# What happens instead: both, one after the other. Nothing happens at the renaming, and the packets
#   go on being captured. But when the interface goes down, libpcap asks the kernel for an interface
#   of the name that it was given, to see whether it is down or gone, and there is none: "The
#   interface disappeared". tcpdump ends, days after the cause. Down and up before the renaming: no
#   end. Another interface that takes the old name in the meantime saves the capture.
# Seen with: Linux 6.18, tcpdump 4.99.3-1, libpcap 1.10.3-1 (Debian 12).
# Why it matters: interfaces get their last name late in the life of a machine or container (udev,
#   netplan, a container's eth0 that was vethXXXX), and links go down often. A capture that ends at
#   a short loss of the link lacks the very hour that was to be explained, and its last word is about
#   an interface that is there, with the index that the socket is bound to.
# Output seen:
#   name kept:          captured: before, after down and up; tcpdump still runs
#   renamed:            captured: before, renamed; ended: The interface disappeared; same index: yes
#   renamed, name used: captured: before, renamed, after down and up; tcpdump still runs
set -euo pipefail
[ "${bounded:-}" ] || exec timeout -k 5 115 env bounded=1 bash "$0"
[ "$(id -u)" = 0 ] || { echo "needs root (packet capture)" >&2; exit 2; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
fetch() { timeout 60 apt-get -qq -o APT::Sandbox::User=root download "$@" >/dev/null 2>&1; }
packages=(tcpdump=4.99.3-1 libpcap0.8=1.10.3-1 libdbus-1-3=1.14.10-1~deb12u1)
fetch "${packages[@]}" || { timeout 60 apt-get -qq update; fetch "${packages[@]}"; }
for package in *.deb; do timeout 20 dpkg-deb -x "$package" root; done
export LD_LIBRARY_PATH=$tmp/root/usr/lib/x86_64-linux-gnu
export tcpdump=$tmp/root/usr/bin/tcpdump

# A network of its own, which ends with it.
timeout 80 unshare -n bash -euo pipefail <<'SH' | tee seen.txt
send() { # interface, word: a packet that belongs to no protocol, for nobody
    python3 - "$@" <<'PY'
import socket, sys

sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
sender.bind((sys.argv[1], 0))
sender.send(b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x88\xb5word: " + sys.argv[2].encode().ljust(45, b"."))
PY
    sleep 0.3
}
try() { # title, what is done before the interface goes down and up
    ip link add mail0 type veth peer name far0
    ip link set mail0 up
    ip link set far0 up
    sleep 0.3
    "$tcpdump" -Z root -i mail0 --immediate-mode -U -w mail.pcap 'ether proto 0x88b5' 2>tcpdump.log &
    capture=$!
    trap 'kill "$capture" 2>/dev/null || true' EXIT
    for _ in $(seq 50); do grep -q 'listening on' tcpdump.log && break; sleep 0.1; done
    index=$(ip -o link show mail0 | cut -d: -f1)
    name=mail0
    send "$name" before
    if [ "$2" != keep ]; then
        ip link set mail0 name post0
        name=post0
        [ "$2" != use ] || ip link add mail0 type veth peer name other0
        send "$name" renamed
    fi
    ip link set "$name" down
    sleep 1.5
    ip link set "$name" up
    sleep 0.5
    send "$name" 'after down and up'
    if kill -0 "$capture" 2>/dev/null; then
        end='tcpdump still runs'
        kill "$capture"
    else
        same=$([ "$(ip -o link show "$name" | cut -d: -f1)" = "$index" ] && echo yes || echo no)
        end="ended: $(sed -n 's/^tcpdump: pcap_loop: //p' tcpdump.log); same index: $same"
    fi
    wait "$capture" || true
    words=$(grep -ao 'word: [a-z ]*' mail.pcap | cut -c7- | paste -sd, | sed 's/,/, /g')
    printf '%-19s captured: %s; %s\n' "$1" "$words" "$end"
    ip link del "$name"
    [ "$2" != use ] || ip link del mail0
}
try 'name kept:' keep
try 'renamed:' rename
try 'renamed, name used:' use
SH

diff seen.txt - <<'EOF' || { echo "the behaviour has changed" >&2; exit 1; }
name kept:          captured: before, after down and up; tcpdump still runs
renamed:            captured: before, renamed; ended: The interface disappeared; same index: yes
renamed, name used: captured: before, renamed, after down and up; tcpdump still runs
EOF
