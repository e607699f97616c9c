#!/usr/bin/env bash
# With --immediate-mode tcpdump's buffer of 2 MiB holds 32 packets, however small they are.
#
# An expert expects: 2 MiB are room for about 1,300 full frames of Ethernet and many times as many
#   bare acknowledgements. --immediate-mode costs processor time, for there are more wake-ups; a
#   greater snapshot length than the packets have costs nothing, for only their bytes are stored.
# What happens instead: TPACKET_V3 packs packets of any size, but hands them over by blocks.
#   For immediate mode libpcap falls back to TPACKET_V2, whose slots are all of one size: that of the
#   greatest packet that might come, up to 64 KiB if the interface merges segments (GRO, TSO, or
#   loopback). 2 MiB are 32 slots. A SYN of 54 bytes takes 64 KiB; -B helps, but -s helps more: the
#   snapshot length, "of the whole packet" by default, is the size of the slot.
# Seen with: Linux 6.18 (veth), tcpdump 4.99.3-1, libpcap 1.10.3-1 (Debian 12).
# Why it matters: --immediate-mode is what one adds to see a dialogue as it happens. It loses packets
#   in each pause in which more than 32 come (one mail of 100 kB can be more), and in the file that
#   looks like a network that loses them. "Dropped by kernel" says how many, but the remedy that comes
#   to mind, a greater buffer, is the dear one.
# Output seen (one writes nothing while 5000 packets of 64 bytes come; what was buffered):
#   as it is:                     5000 of 5000
#   --immediate-mode:             32 of 5000
#   --immediate-mode -s 65535:    32 of 5000
#   --immediate-mode -B 4096:     64 of 5000
#   --immediate-mode -s 200:      5000 of 5000
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
ip link add mail0 type veth peer name far0
ip link set mail0 up
ip link set far0 up
sleep 0.5
try() { # options
    "$tcpdump" -Z root -i mail0 "$@" -w mail.pcap 'ether proto 0x88b5' 2>tcpdump.log &
    capture=$!
    trap 'kill -CONT "$capture" 2>/dev/null || true; kill "$capture" 2>/dev/null || true' EXIT
    for _ in $(seq 50); do grep -q 'listening on' tcpdump.log && break; sleep 0.1; done
    kill -STOP "$capture"
    python3 - <<'PY'
import socket

sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
sender.bind(("mail0", 0))
for _ in range(5000):
    sender.send(b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x88\xb5" + b"." * 50)
PY
    sleep 0.3
    kill -CONT "$capture"
    sleep 1
    kill "$capture"
    wait "$capture" || true
    came=$(sed -n 's/ packets received by filter//p' tcpdump.log)
    title=${*:-as it is}
    printf '%-29s %s of %s\n' "$title:" "$(sed -n 's/ packets captured//p' tcpdump.log)" "$came"
}
try
try --immediate-mode
try --immediate-mode -s 65535
try --immediate-mode -B 4096
try --immediate-mode -s 200
SH

diff seen.txt - <<'EOF' || { echo "the behaviour has changed" >&2; exit 1; }
as it is:                     5000 of 5000
--immediate-mode:             32 of 5000
--immediate-mode -s 65535:    32 of 5000
--immediate-mode -B 4096:     64 of 5000
--immediate-mode -s 200:      5000 of 5000
EOF
