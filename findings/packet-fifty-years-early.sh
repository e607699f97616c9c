#!/usr/bin/env bash
# The same pcapng packet is of 1970 for two readers and of 2023 for two others, and with two
# interfaces one of these is wrong as well.
#
# An expert expects: a packet's time in pcapng is its 64-bit number in the interface's resolution.
#   Readers differ, if at all, in the last digits.
# What happens instead: the interface may name an offset in seconds (option if_tsoffset), which is
#   added to each of its packets. tcpdump adds it. scapy and python-pcapng leave it out, with no
#   word. dpkt adds the first interface's offset to the packets of all. If the offset is the
#   beginning of the capture, the readers are 53 years apart, which is seen at once. If it corrects
#   one tap's clock by 2 s, nothing looks wrong: but three of four readers show a reply two
#   seconds before its command, and by two different pairs of times.
# Seen with: scapy 2.8.0, python-pcapng 2.1.1, dpkt 1.9.8, tcpdump 4.99.3-1 with libpcap 1.10.3-1
#   (Debian 12).
# Why it matters: a capture of two taps, one of whose clocks is slow, shows command and reply
#   in the right order to one tool and in the wrong one to the next. Times taken from a capture need
#   the name of the program that read them.
# Output seen:
#   offset is the beginning:   tcpdump 1700000000.25  dpkt 1700000000.25  scapy 0.25  python-pcapng 0.25
#   first tap 2 s slow:
#     tcpdump: STAT at 0.000, +OK at 0.001
#     dpkt: STAT at 2.000, +OK at 0.001
#     scapy: STAT at 0.000, +OK at -1.999
#     python-pcapng: STAT at 0.000, +OK at -1.999
set -euo pipefail
[ "${bounded:-}" ] || exec timeout -k 5 115 env bounded=1 bash "$0"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
timeout 60 python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore --target py scapy==2.8.0 dpkt==1.9.8 python-pcapng==2.1.1
fetch() { timeout 60 apt-get -qq -o APT::Sandbox::User=root download "$@" >/dev/null 2>&1; }
packages=(tcpdump=4.99.3-1 libpcap0.8=1.10.3-1 libdbus-1-3=1.14.10-1~deb12u1)
fetch "${packages[@]}" || { timeout 60 apt-get -qq update; fetch "${packages[@]}"; }
for package in *.deb; do timeout 20 dpkg-deb -x "$package" root; done
export LD_LIBRARY_PATH=$tmp/root/usr/lib/x86_64-linux-gnu
tcpdump=$tmp/root/usr/bin/tcpdump


timeout 60 env PYTHONPATH="$tmp/py" HOME="$tmp" python3 - "$tcpdump" <<'PY' 2>python.log | tee seen.txt
import struct, subprocess, sys
import dpkt
from pcapng import FileScanner
from pcapng.blocks import EnhancedPacket
from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import Ether
from scapy.utils import rdpcap

def block(kind, body):
    length = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + length + body + length

def interface(offset):  # Ethernet, microseconds, option 14: if_tsoffset, seconds
    return block(1, struct.pack("<HHI", 1, 0, 65535) + struct.pack("<HHqHH", 14, 8, offset, 0, 0))

def packet(number, microseconds, data):
    head = struct.pack("<IIIII", number, microseconds >> 32, microseconds & 0xFFFFFFFF, len(data), len(data))
    return block(6, head + data + b"\0" * (-len(data) % 4))

SECTION = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
client = Ether() / IP(src="192.0.2.1", dst="192.0.2.2") / TCP(sport=40000, dport=110, flags="PA", seq=1, ack=1)
server = Ether() / IP(src="192.0.2.2", dst="192.0.2.1") / TCP(sport=110, dport=40000, flags="PA", seq=1, ack=7)
stat, ok = bytes(client / b"STAT\r\n"), bytes(server / b"+OK 2 320\r\n")
begin = 1_700_000_000

with open("beginning.pcapng", "wb") as out:
    out.write(SECTION + interface(begin) + packet(0, 250_000, stat))
# The first tap, which sees the reply, is 2 s slow; the second one, which sees the command, is right.
with open("taps.pcapng", "wb") as out:
    out.write(SECTION + interface(2) + interface(0) + packet(1, begin * 10**6, stat)
              + packet(0, (begin - 2) * 10**6 + 1000, ok))

def with_tcpdump(name):
    text = subprocess.run([sys.argv[1], "-Z", "root", "-ttnr", name], capture_output=True, timeout=20,
                          text=True, check=True).stdout
    return [(float(line.split()[0]), "STAT" if ".40000 >" in line else "+OK") for line in text.splitlines()]

def word(data):
    return "STAT" if data[34:36] == (40000).to_bytes(2, "big") else "+OK"

def with_dpkt(name):
    with open(name, "rb") as source:
        return [(float(time), word(data)) for time, data in dpkt.pcapng.Reader(source)]

def with_scapy(name):
    return [(float(data.time), word(bytes(data))) for data in rdpcap(name)]

def with_python_pcapng(name):
    with open(name, "rb") as source:
        return [(float(entry.timestamp), word(entry.packet_data))
                for entry in FileScanner(source) if isinstance(entry, EnhancedPacket)]

readers = {"tcpdump": with_tcpdump, "dpkt": with_dpkt, "scapy": with_scapy, "python-pcapng": with_python_pcapng}
print("offset is the beginning: ", *(f" {name} {read('beginning.pcapng')[0][0]}" for name, read in readers.items()))
print("first tap 2 s slow:")
for name, read in readers.items():
    print(f"  {name}:", ", ".join(f"{text} at {time - begin:.3f}" for time, text in read("taps.pcapng")))
PY

diff seen.txt - <<'EOF' || { cat python.log >&2; echo "the behaviour has changed" >&2; exit 1; }
offset is the beginning:   tcpdump 1700000000.25  dpkt 1700000000.25  scapy 0.25  python-pcapng 0.25
first tap 2 s slow:
  tcpdump: STAT at 0.000, +OK at 0.001
  dpkt: STAT at 2.000, +OK at 0.001
  scapy: STAT at 0.000, +OK at -1.999
  python-pcapng: STAT at 0.000, +OK at -1.999
EOF
