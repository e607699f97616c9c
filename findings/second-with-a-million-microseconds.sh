#!/usr/bin/env bash
# scapy and dpkt write packets "1,000,000 microseconds" after the second, and tcpdump prints them
# as a tenth of it: a reply seems to have come 0.9 s before its command.
#
# An expert expects: the microseconds of a pcap record run from 0 to 999,999; a nanosecond capture
#   that is written again as a plain one loses digits and nothing more.
# What happens instead: both libraries split the time into a whole second and a fraction, and round
#   the fraction by itself. What lies in the last half microsecond of a second becomes second n,
#   microseconds 1000000. tcpdump prints the two numbers with a dot between: "n.1000000", which
#   sorts, subtracts and reads as n.1. tcpdump itself, writing the same capture
#   again, cuts the fraction and writes a good file.
# Seen with: scapy 2.8.0, dpkt 1.9.8, tcpdump 4.99.3-1 with libpcap 1.10.3-1 (Debian 12).
# Why it matters: captures are anonymised, cut and merged with these two libraries. One packet in
#   two million is hit by chance, in a large capture some; the time that a server took,
#   computed from tcpdump's text, comes out as -0.9 s. A reader must carry the million into the second
#   and must not call the record corrupt.
# Output seen:
#   nanoseconds:           1700000000.999999000 STAT, 1700000000.999999800 +OK, 1700000001.000000200 QUIT
#   rewritten by tcpdump:  1700000000.999999 STAT, 1700000000.999999 +OK, 1700000001.000000 QUIT
#   rewritten by scapy:    1700000000.999999 STAT, 1700000000.1000000 +OK, 1700000001.000000 QUIT
#   rewritten by dpkt:     1700000000.999999 STAT, 1700000000.1000000 +OK, 1700000001.000000 QUIT
#   sorted by these times: +OK, STAT, QUIT
set -euo pipefail
[ "${bounded:-}" ] || exec timeout -k 5 115 env bounded=1 bash "$0"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
timeout 60 python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore --target py scapy==2.8.0 dpkt==1.9.8
fetch() { timeout 60 apt-get -qq -o APT::Sandbox::User=root download "$@" >/dev/null 2>&1; }
packages=(tcpdump=4.99.3-1 libpcap0.8=1.10.3-1 libdbus-1-3=1.14.10-1~deb12u1)
fetch "${packages[@]}" || { timeout 60 apt-get -qq update; fetch "${packages[@]}"; }
for package in *.deb; do timeout 20 dpkg-deb -x "$package" root; done
export LD_LIBRARY_PATH=$tmp/root/usr/lib/x86_64-linux-gnu
tcpdump=$tmp/root/usr/bin/tcpdump


PYTHONPATH=$tmp/py HOME=$tmp timeout 60 python3 - <<'PY' 2>python.log || { cat python.log >&2; exit 1; }
import dpkt
from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import Ether
from scapy.utils import rdpcap, wrpcap

client = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / IP(src="192.0.2.1", dst="192.0.2.2")
server = Ether(src="02:00:00:00:00:02", dst="02:00:00:00:00:01") / IP(src="192.0.2.2", dst="192.0.2.1")
packets = [client / TCP(sport=40000, dport=110, flags="PA", seq=1, ack=1) / b"STAT\r\n",
           server / TCP(sport=110, dport=40000, flags="PA", seq=1, ack=7) / b"+OK 2 320\r\n",
           client / TCP(sport=40000, dport=110, flags="PA", seq=7, ack=12) / b"QUIT\r\n"]
begin = 1_700_000_000_000_000_000
with open("nano.pcap", "wb") as out:
    writer = dpkt.pcap.Writer(out, nano=True)
    for packet, late in zip(packets, (999_999_000, 999_999_800, 1_000_000_200)):
        whole, nanoseconds = divmod(begin + late, 1_000_000_000)
        header = dpkt.pcap.LEPktHdr(tv_sec=whole, tv_usec=nanoseconds,
                                    caplen=len(packet), len=len(packet))
        out.write(bytes(header) + bytes(packet))

wrpcap("scapy.pcap", rdpcap("nano.pcap"))
with open("nano.pcap", "rb") as source, open("dpkt.pcap", "wb") as out:
    writer = dpkt.pcap.Writer(out)
    for time, packet in dpkt.pcap.Reader(source):
        writer.writepkt(packet, time)
PY
timeout 20 "$tcpdump" -Z root -r nano.pcap -w tcpdump.pcap 2>/dev/null

times() { # as tcpdump prints them
    timeout 20 "$tcpdump" -Z root -ttnr "$@" 2>/dev/null | cut -d' ' -f1 | paste - <(printf '%s
' STAT +OK QUIT) |
        tr '	' ' '
}
{
    echo "nanoseconds:           $(times nano.pcap --nano | paste -sd, | sed 's/,/, /g')"
    for program in tcpdump scapy dpkt; do
        printf '%-22s %s
' "rewritten by $program:" "$(times $program.pcap | paste -sd, | sed 's/,/, /g')"
    done
    echo "sorted by these times: $(times dpkt.pcap | sort -n | cut -d' ' -f2 | paste -sd, | sed 's/,/, /g')"
} | tee seen.txt

diff seen.txt - <<'EOF' || { echo "the behaviour has changed" >&2; exit 1; }
nanoseconds:           1700000000.999999000 STAT, 1700000000.999999800 +OK, 1700000001.000000200 QUIT
rewritten by tcpdump:  1700000000.999999 STAT, 1700000000.999999 +OK, 1700000001.000000 QUIT
rewritten by scapy:    1700000000.999999 STAT, 1700000000.1000000 +OK, 1700000001.000000 QUIT
rewritten by dpkt:     1700000000.999999 STAT, 1700000000.1000000 +OK, 1700000001.000000 QUIT
sorted by these times: +OK, STAT, QUIT
EOF
