#!/usr/bin/env bash
# tcpdump goes on for hours after the disk is full, counts on, writes no word, and ends with status 0.
#
# An expert expects: when the disk is full, tcpdump ends with "No space left on device". If it does
#   not, then what it says at the end (packets captured, none dropped) is what the file holds, and
#   writing goes on as soon as somebody makes room.
# What happens instead: libpcap remembers the first error of a file and writes nothing more to it,
#   for it would be broken in the midst; it does not tell its caller, and tcpdump does not ask, not
#   even with -U, which flushes after each packet. Room that is made a moment later is not used. The
#   file ends within a record, as if the program had been killed.
# Seen with: tcpdump 4.99.3-1, libpcap 1.10.3-1 (Debian 12), Linux 6.18.
# Why it matters: a file that ends within a packet looks like a capture that is still being written
#   or was copied too early, and the sessions in it like ones that fell silent. Neither the exit
#   status, nor the counters, nor the disk's state afterwards tells that most of the night is missing.
# Output seen:
#   tcpdump -w:    disk full after 100 packets, room made, 20 more: 120 captured, 0 dropped, status 0
#                  errors written: 0; whole packets in the file: 25, the last packet is not whole
#   tcpdump -U -w: disk full after 100 packets, room made, 20 more: 120 captured, 0 dropped, status 0
#                  errors written: 0; whole packets in the file: 25, the last packet is not whole
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

# A network and a small disk of its own, which end with it.
timeout 60 unshare -n -m bash -euo pipefail <<'SH' | tee seen.txt
ip link set lo up
mkdir disk
send() { # the numbers of the first and the last packet
    python3 - "$@" <<'PY'
import socket, sys, time

sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for number in range(int(sys.argv[1]), int(sys.argv[2]) + 1):
    sender.sendto(b"packet %04d" % number + b"." * 900, ("127.0.0.1", 9))
    time.sleep(0.002)
PY
}
try() { # name, options
    mount -t tmpfs -o size=64k tmpfs disk
    "$tcpdump" -Z root -i lo --immediate-mode -s 2000 "${@:2}" disk/mail.pcap 'udp port 9' 2>tcpdump.log &
    capture=$!
    trap 'kill "$capture" 2>/dev/null || true' EXIT
    for _ in $(seq 50); do grep -q 'listening on' tcpdump.log && break; sleep 0.1; done
    head -c 40960 /dev/zero >disk/other
    send 1 100
    sleep 0.5
    rm disk/other
    send 101 120
    sleep 0.5
    kill "$capture"
    status=0
    wait "$capture" || status=$?
    captured=$(sed -n 's/ packets captured//p' tcpdump.log)
    dropped=$(sed -n 's/ packets dropped by kernel//p' tcpdump.log)
    echo "$1 disk full after 100 packets, room made, 20 more: $captured captured, $dropped dropped, status $status"
    whole=$({ timeout 10 "$tcpdump" -Z root -nr disk/mail.pcap 2>read.log || true; } | wc -l)
    end=$(grep -q 'truncated dump file' read.log && echo "the last packet is not whole" || echo "all whole")
    errors=$(grep -vcE 'listening on|packets (captured|received by filter|dropped by kernel)$' tcpdump.log || true)
    echo "               errors written: $errors; whole packets in the file: $whole, $end"
    umount disk
}
try 'tcpdump -w:   ' -w
try 'tcpdump -U -w:' -U -w
SH

diff seen.txt - <<'EOF' || { echo "the behaviour has changed" >&2; exit 1; }
tcpdump -w:    disk full after 100 packets, room made, 20 more: 120 captured, 0 dropped, status 0
               errors written: 0; whole packets in the file: 25, the last packet is not whole
tcpdump -U -w: disk full after 100 packets, room made, 20 more: 120 captured, 0 dropped, status 0
               errors written: 0; whole packets in the file: 25, the last packet is not whole
EOF
