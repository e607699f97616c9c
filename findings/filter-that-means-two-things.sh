#!/usr/bin/env bash
# One filter, one packet with a VLAN tag: it matches while listening and not in the file, or the
# other way round; at one end of a cable, and not at the other.
#
# An expert expects: "tcp port 25" leaves out what has a VLAN tag, for the EtherType is then 0x8100;
#   one writes "vlan and tcp port 25". A filter means the same for tcpdump -i and for tcpdump -r, so
#   that a capture can be read again with the filter that it was made with.
# What happens instead: Linux takes the tag out of a frame that comes in before it shows the frame to
#   packet sockets, and libpcap puts it back after the filter has run. The filter sees no
#   tag: "tcp port 25" matches. In the file the tag is there: it does not. What looks at bytes
#   or at the length (ether[12:2], len) is wrong the other way round. "vlan" alone is right in both
#   cases, because libpcap asks the kernel for the tag that was taken out. On the end that sends, whose
#   program wrote the tag itself, the same packet passes the filters as it does in the file.
# Seen with: Linux 6.18 (veth), tcpdump 4.99.3-1, libpcap 1.10.3-1 (Debian 12).
# Why it matters: a capture that was made with "tcp port 25" on a trunk holds the mail, and reading it
#   again with the same words shows nothing. "Not tcp port 25", which kept the mail out while
#   listening, lets all of it through when it is used on a file. To try a filter on a file before
#   it is used on an interface, or the reverse, proves nothing.
# Output seen (packets; one was sent, of TCP to port 25, in VLAN 7):
#   filter                  receiver live, its file    sender live, its file
#   tcp port 25                         1         0              0         0
#   not tcp port 25                     0         1              1         1
#   ether[12:2] = 0x8100                0         1              1         1
#   len = 58                            0         1              1         1
#   vlan and tcp port 25                1         1              1         1
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
filters=('tcp port 25' 'not tcp port 25' 'ether[12:2] = 0x8100' 'len = 58' 'vlan and tcp port 25')
ip link add near0 type veth peer name far0
ip link set near0 up
ip link set far0 up
sleep 0.5
captures=()
trap 'kill "${captures[@]}" 2>/dev/null || true' EXIT
listen() { # interface, name of the file, filter
    "$tcpdump" -Z root -i "$1" -U -w "$2" "$3" 2>"$2.log" &
    captures+=($!)
}
for interface in far0 near0; do
    listen "$interface" "$interface.pcap" ''
    for number in "${!filters[@]}"; do listen "$interface" "$interface-$number.pcap" "${filters[$number]}"; done
done
for _ in $(seq 50); do
    [ "$(grep -l 'listening on' ./*.log | wc -l)" = ${#captures[@]} ] && break
    sleep 0.1
done
python3 - <<'PY'
import socket, struct

def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    total = (total & 0xFFFF) + (total >> 16)
    return 0xFFFF & ~(total + (total >> 16))

addresses = socket.inet_aton("192.0.2.1") + socket.inet_aton("192.0.2.2")
tcp = struct.pack(">HHIIBBHHH", 40000, 25, 1, 1, 0x50, 0x10, 500, 0, 0)
tcp = tcp[:16] + checksum(addresses + struct.pack(">HH", 6, len(tcp)) + tcp).to_bytes(2, "big") + tcp[18:]
ip = struct.pack(">BBHHHBBH", 0x45, 0, 40, 1, 0, 64, 6, 0) + addresses
ip = ip[:10] + checksum(ip).to_bytes(2, "big") + ip[12:]
sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
sender.bind(("near0", 0))
sender.send(b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01" + struct.pack(">HHH", 0x8100, 7, 0x0800) + ip + tcp)
PY
sleep 1.5
kill "${captures[@]}"
wait
count() { # file, filter: packets of VLAN 7 in it that match
    timeout 10 "$tcpdump" -Z root -r "$1" -w - "$2" 2>/dev/null |
        timeout 10 "$tcpdump" -Z root -nr - 'vlan 7' 2>/dev/null | wc -l
}
echo "filter                  receiver live, its file    sender live, its file"
for number in "${!filters[@]}"; do
    filter=${filters[$number]}
    printf '%-21s %15s %9s %14s %9s\n' "$filter" "$(count far0-$number.pcap '')" "$(count far0.pcap "$filter")" \
        "$(count near0-$number.pcap '')" "$(count near0.pcap "$filter")"
done
SH

diff seen.txt - <<'EOF' || { echo "the behaviour has changed" >&2; exit 1; }
filter                  receiver live, its file    sender live, its file
tcp port 25                         1         0              0         0
not tcp port 25                     0         1              1         1
ether[12:2] = 0x8100                0         1              1         1
len = 58                            0         1              1         1
vlan and tcp port 25                1         1              1         1
EOF
