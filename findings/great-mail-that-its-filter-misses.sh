#!/usr/bin/env bash
# IPv6 with large segments (BIG TCP): "tcp port 25" shows the whole dialogue but the mail.
#
# An expert expects: all packets of a connection have the same shape, so that a filter on its port
#   catches all or none. Between one's own programs there are no extension headers; they come from
#   routers and from fragments, and neither exists on loopback or between two containers.
# What happens instead: with gso_max_size above 65,536 (ip-link(8)) Linux hands over segments that
#   are greater than IPv6's length field can say, and writes a Hop-by-Hop header with the Jumbo Payload
#   option before TCP's: the Next Header field is 0, not 6. To pcap-filter "tcp port" means that
#   this field is 6, so that just the greatest segments are left out. They come only once the window is open: small mails are whole, great ones have holes, and
#   each acknowledgement of what was not seen is there. The same filter fails on a file.
# Seen with: Linux 6.18, aiosmtpd 1.4.6 and smtplib of Python 3.11, tcpdump 4.99.3-1 with libpcap
#   1.10.3-1 (Debian 12).
# Why it matters: it looks like a capture that loses packets under load, and no counter says so: the
#   filter, not the buffer, left them out. It is made for fast networks and used between containers
#   (Cilium can set it). "tcp port 25 or ip6[6] = 0" catches them, for a reader that then looks
#   at the ports itself.
# Output seen (the number of great segments differs each time, and is not shown):
#   received by the server: 3000025 octets of content
#   without a filter:          commands yes, all of the content, segments above 65,535 octets: yes
#   tcp port:                  commands yes, part of the content, segments above 65,535 octets: no
#   file, tcp port:            commands yes, part of the content, segments above 65,535 octets: no
#   file, port or ip6[6] = 0:  commands yes, all of the content, segments above 65,535 octets: yes
set -euo pipefail
[ "${bounded:-}" ] || exec timeout -k 5 115 env bounded=1 bash "$0"
[ "$(id -u)" = 0 ] || { echo "needs root (packet capture)" >&2; exit 2; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
timeout 60 python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore --target py aiosmtpd==1.4.6
fetch() { timeout 60 apt-get -qq -o APT::Sandbox::User=root download "$@" >/dev/null 2>&1; }
packages=(tcpdump=4.99.3-1 libpcap0.8=1.10.3-1 libdbus-1-3=1.14.10-1~deb12u1)
fetch "${packages[@]}" || { timeout 60 apt-get -qq update; fetch "${packages[@]}"; }
for package in *.deb; do timeout 20 dpkg-deb -x "$package" root; done
export LD_LIBRARY_PATH=$tmp/root/usr/lib/x86_64-linux-gnu
export tcpdump=$tmp/root/usr/bin/tcpdump

# A network of its own, which ends with it.
PYTHONPATH=$tmp/py timeout 80 unshare -n bash -euo pipefail <<'SH' | tee seen.txt
ip link set lo up
ip link set lo gso_max_size 196608 gro_max_size 196608
captures=()
trap 'kill "${captures[@]}" 2>/dev/null || true' EXIT
listen() { # file, filter
    "$tcpdump" -Z root -i lo -B 65536 -w "$1" "$2" 2>"$1.log" &
    captures+=($!)
}
listen all.pcap ''
listen port.pcap 'tcp port 2525'
for _ in $(seq 50); do [ "$(grep -l 'listening on' ./*.log | wc -l)" = 2 ] && break; sleep 0.1; done

timeout 30 python3 - <<'PY'
import asyncio, smtplib
from aiosmtpd.smtp import SMTP

class Handler:
    async def handle_DATA(self, server, session, envelope):
        print("received by the server:", len(envelope.content), "octets of content")
        return "250 OK"

def send():
    with smtplib.SMTP("::1", 2525, local_hostname="client.example.test") as client:
        content = "Subject: a great mail\r\n\r\n" + ("x" * 73 + "\r\n") * 40000
        client.sendmail("sender@example.test", ["to@example.test"], content)

async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Handler(), hostname="mx.example.test"), "::1", 2525)
    await loop.run_in_executor(None, send)
    server.close()

asyncio.run(main())
PY
sleep 1.5
kill "${captures[@]}"
wait
for log in *.log; do grep -q '^0 packets dropped by kernel' "$log" || echo "$log: packets were dropped"; done

timeout 10 "$tcpdump" -Z root -r all.pcap -w file-port.pcap 'tcp port 2525' 2>/dev/null
timeout 10 "$tcpdump" -Z root -r all.pcap -w file-both.pcap 'tcp port 2525 or ip6[6] = 0' 2>/dev/null
python3 - <<'PY'
import struct

def told(name):
    """What the client sent, according to a capture: by sequence number."""
    sent, greatest = {}, 0
    with open(name, "rb") as file:
        file.read(24)
        while header := file.read(16):
            frame = file.read(struct.unpack("<8xII", header)[0])
            if frame[12:14] != b"\x86\xdd":
                continue
            start = 54 + (8 * (frame[55] + 1) if frame[20] == 0 else 0)
            protocol = frame[54] if frame[20] == 0 else frame[20]
            if protocol != 6 or frame[start + 2:start + 4] != struct.pack(">H", 2525):
                continue
            data = frame[start + 4 * (frame[start + 12] >> 4):]
            if data:
                sent[frame[start + 4:start + 8]] = data
                greatest = max(greatest, len(data))
    data = b"".join(sent.values())
    return data, greatest

for title, name in (("without a filter:", "all"), ("tcp port:", "port"), ("file, tcp port:", "file-port"),
                    ("file, port or ip6[6] = 0:", "file-both")):
    data, greatest = told(name + ".pcap")
    commands = all(word in data.lower() for word in (b"ehlo ", b"mail from:", b"rcpt to:", b"data\r\n", b"quit\r\n"))
    print(f"{title:<26} commands {'yes' if commands else 'no'},",
          "all of the content," if data.count(b"x") >= 40000 * 73 else "part of the content,",
          "segments above 65,535 octets:", "yes" if greatest > 65535 else "no")
PY
SH

diff seen.txt - <<'EOF' || { echo "the behaviour has changed" >&2; exit 1; }
received by the server: 3000025 octets of content
without a filter:          commands yes, all of the content, segments above 65,535 octets: yes
tcp port:                  commands yes, part of the content, segments above 65,535 octets: no
file, tcp port:            commands yes, part of the content, segments above 65,535 octets: no
file, port or ip6[6] = 0:  commands yes, all of the content, segments above 65,535 octets: yes
EOF
