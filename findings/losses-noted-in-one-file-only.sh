#!/usr/bin/env bash
# A pcapng file says how many packets the capture lost; the next file, with the same packets, does not.
#
# An expert expects: dumpcap notes in the file itself how many packets were dropped (pcapng's interface
#   statistics). A copy by Wireshark's own tools, from pcapng to pcapng and with no packet left out, keeps
#   the note, as it keeps the capture's filter. dumpcap -b, which begins a new file after so many bytes,
#   writes the same files, only more of them. A file of dumpcap without such a note lost nothing.
# What happens instead: editcap, mergecap, reordercap and tshark -r -w leave the note out, with no
#   word. All but mergecap still name Dumpcap as the program that captured. And dumpcap itself, with -b,
#   does not write it, even if there is but one file: it counts the losses, says them on the terminal
#   when it ends, and its file is silent.
# Seen with: Linux 6.18 (veth), Wireshark 4.0.17 (dumpcap, editcap, mergecap, reordercap, tshark) with
#   libpcap 1.10.3-1 (Debian 12).
# Why it matters: whether a gap in a mail is of the network, of the sender, or of the capture, is often
#   decided by this one number. Captures that run for long are made with -b; those that are handed on
#   have been cut, merged or put in order. From both it is gone, and what remains looks like the file
#   of a capture without losses. That no loss is noted means nothing, unless one knows that the file is
#   the first one, and was not made with -b.
# Output seen (5000 packets sent while the capture cannot keep up):
#   dumpcap            most packets missing, noted as dropped: all those     captured by Dumpcap, ether proto 0x88b5
#   editcap            most packets missing, noted as dropped: nothing       captured by Dumpcap, ether proto 0x88b5
#   reordercap         most packets missing, noted as dropped: nothing       captured by Dumpcap, ether proto 0x88b5
#   tshark -r -w       most packets missing, noted as dropped: nothing       captured by Dumpcap, ether proto 0x88b5
#   mergecap           most packets missing, noted as dropped: nothing       captured by Mergecap, ether proto 0x88b5
#   dumpcap -b         most packets missing, noted as dropped: nothing       captured by Dumpcap, ether proto 0x88b5
#   dumpcap -b, on the terminal when it ends: all those
set -euo pipefail
[ "${bounded:-}" ] || exec timeout -k 5 115 env bounded=1 bash "$0"
[ "$(id -u)" = 0 ] || { echo "needs root (packet capture)" >&2; exit 2; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
fetch() { timeout 60 apt-get -qq -o APT::Sandbox::User=root download "$@" >/dev/null 2>&1; }
packages=(libpcap0.8=1.10.3-1 libdbus-1-3=1.14.10-1~deb12u1 wireshark-common=4.0.17-0+deb12u3
    tshark=4.0.17-0+deb12u3 libwireshark16=4.0.17-0+deb12u3 libwireshark-data=4.0.17-0+deb12u3
    libwiretap13=4.0.17-0+deb12u3 libwsutil14=4.0.17-0+deb12u3 libbrotli1=1.0.9-2+deb12u1 libc-ares2=1.18.1-3
    libgcrypt20=1.10.1-3+deb12u1 libglib2.0-0=2.74.6-2+deb12u9 libgnutls30=3.7.9-2+deb12u7 libicu72=72.1-3+deb12u1
    libk5crypto3=1.20.1-2+deb12u5 libkrb5-3=1.20.1-2+deb12u5 libkrb5support0=1.20.1-2+deb12u5 liblua5.2-0=5.2.4-3
    libnghttp2-14=1.52.0-1+deb12u3 libnl-3-200=3.7.0-0.2+b1 libnl-genl-3-200=3.7.0-0.2+b1
    libpcre2-8-0=10.42-1+deb12u2 libsmi2ldbl=0.4.8+dfsg2-16 libsnappy1v5=1.1.9-3 libxml2=2.9.14+dfsg-1.3~deb12u6)
fetch "${packages[@]}" || { timeout 60 apt-get -qq update; fetch "${packages[@]}"; }
for package in *.deb; do timeout 20 dpkg-deb -x "$package" root; done
export LD_LIBRARY_PATH=$tmp/root/usr/lib/x86_64-linux-gnu HOME=$tmp
export programs=$tmp/root/usr/bin

cat >show.py <<'PY'
import struct, sys

def blocks(name):
    """Kind and body of each block of a little-endian pcapng file."""
    with open(name, "rb") as source:
        while head := source.read(8):
            kind, length = struct.unpack("<II", head)
            yield kind, source.read(length - 8)[:-4]

def options(data):
    while len(data) >= 4:
        code, length = struct.unpack_from("<HH", data)
        yield code, data[4:4 + length]
        data = data[4 + length + -length % 4:]

def data_of_packets(name):
    return [body[20:20 + int.from_bytes(body[12:16], "little")] for kind, body in blocks(name) if kind == 6]

label, name, sent, *original = sys.argv[1:]
packets, dropped = data_of_packets(name), None
if original:
    assert packets == data_of_packets(original[0]), "not all packets were copied"
for kind, body in blocks(name):
    if kind == 0x0A0D0D0A:
        program = dict(options(body[16:]))[4].decode().split()[0]
    elif kind == 1:
        used = dict(options(body[8:]))[11][1:].decode()
    elif kind == 5:
        dropped = int.from_bytes(dict(options(body[12:]))[5], "little")
missing = int(sent) - len(packets)
noted = "nothing" if dropped is None else "all those" if dropped == missing else f"{dropped} of {missing}"
print(f"{label:18} {'most' if missing > len(packets) else 'few'} packets missing, noted as dropped: {noted:12}",
      f" captured by {program}, {used}")
PY

# A network of its own, which ends with it.
timeout 80 unshare -n bash -euo pipefail <<'SH' 2>errors.log | tee seen.txt
ip link add mail0 type veth peer name far0
ip link set mail0 up
ip link set far0 up
sleep 0.5
lose() { # name of the file, options: a capture that is stopped while 5000 packets come
    local name=$1
    shift
    "$programs/dumpcap" -i mail0 -B 1 -f 'ether proto 0x88b5' "$@" -w "$name.pcapng" 2>"$name.log" &
    local capture=$!
    trap 'kill -CONT "$capture" 2>/dev/null || true; kill "$capture" 2>/dev/null || true' EXIT
    for _ in $(seq 50); do grep -q '^File:' "$name.log" && break; sleep 0.1; done
    sleep 0.5
    kill -STOP "$capture"
    python3 - <<'PY'
import socket

sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
sender.bind(("far0", 0))
for _ in range(5000):
    sender.send(b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x88\xb5" + b"." * 1000)
PY
    kill -CONT "$capture"
    sleep 1.5
    kill -INT "$capture"
    wait "$capture" || true
    trap - EXIT
}
lose single
python3 show.py dumpcap single.pcapng 5000
"$programs/editcap" single.pcapng editcap.pcapng
python3 show.py editcap editcap.pcapng 5000 single.pcapng
"$programs/reordercap" single.pcapng reordercap.pcapng >/dev/null
python3 show.py reordercap reordercap.pcapng 5000 single.pcapng
"$programs/tshark" -r single.pcapng -w tshark.pcapng
python3 show.py 'tshark -r -w' tshark.pcapng 5000 single.pcapng
"$programs/mergecap" -w mergecap.pcapng single.pcapng
python3 show.py mergecap mergecap.pcapng 5000 single.pcapng
lose ring -b filesize:100000
python3 show.py 'dumpcap -b' ring_00001_*.pcapng 5000
said=$(sed -n 's,.*on interface.*: \([0-9]*\)/\([0-9]*\) .*,\1+\2,p' ring.log)
[ $((said)) = 5000 ] && said='all those'
echo "dumpcap -b, on the terminal when it ends: $said"
SH

diff seen.txt - <<'EOF' || { cat errors.log ./*.log >&2; echo "the behaviour has changed" >&2; exit 1; }
dumpcap            most packets missing, noted as dropped: all those     captured by Dumpcap, ether proto 0x88b5
editcap            most packets missing, noted as dropped: nothing       captured by Dumpcap, ether proto 0x88b5
reordercap         most packets missing, noted as dropped: nothing       captured by Dumpcap, ether proto 0x88b5
tshark -r -w       most packets missing, noted as dropped: nothing       captured by Dumpcap, ether proto 0x88b5
mergecap           most packets missing, noted as dropped: nothing       captured by Mergecap, ether proto 0x88b5
dumpcap -b         most packets missing, noted as dropped: nothing       captured by Dumpcap, ether proto 0x88b5
dumpcap -b, on the terminal when it ends: all those
EOF
