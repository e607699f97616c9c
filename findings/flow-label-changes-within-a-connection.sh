#!/usr/bin/env bash
# The IPv6 flow label changes in the middle of a TCP connection, each time its timer runs out.
#
# An expert expects: all packets of a TCP connection in one direction bear one flow label (RFC 6437
#   makes it the mark of a flow), so that packets with six labels are of six connections, or
#   came through a box that rewrites them.
# What happens instead: Linux takes the label from a hash that it draws anew whenever it sends a
#   segment again because its timer ran out, so that routers that choose by label try another path.
#   Addresses, ports and sequence numbers stay, the label does not, and the last one stays for the
#   rest of the session. The very first repetition (the tail loss probe) still bears the old
#   label. The other direction keeps its own.
# Seen with: Linux 6.18, aiosmtpd 1.4.6, tcpdump 4.99.3-1 with libpcap 1.10.3-1 (Debian 12).
# Why it matters: a device that spreads packets by label (a link aggregate, the balancer behind a
#   mirror port) or a capture filter on the label loses sight of a mail session just when it gets into
#   trouble, and the part that is missing is the part that was to be explained. A tool that groups
#   packets by label breaks the session into pieces.
# Output seen (the labels themselves differ each time):
#   client's labels until the stall: 1
#   stalled NOOP sent at least 5 times: yes
#   labels of these, beside the old one: one for each time but the first two
#   client's label after the stall: that of the last repetition
#   server's labels: 1
#   client ports: 1
set -euo pipefail
[ "${bounded:-}" ] || exec timeout -k 5 115 env bounded=1 bash "$0"
[ "$(id -u)" = 0 ] || { echo "needs root (packet capture)" >&2; exit 2; }
tmp=$(mktemp -d)
capture=
trap '[ -z "$capture" ] || kill "$capture" 2>/dev/null || true; rm -rf "$tmp"' EXIT
cd "$tmp"
timeout 60 python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore --target py aiosmtpd==1.4.6
fetch() { timeout 60 apt-get -qq -o APT::Sandbox::User=root download "$@" >/dev/null 2>&1; }
packages=(tcpdump=4.99.3-1 libpcap0.8=1.10.3-1 libdbus-1-3=1.14.10-1~deb12u1)
fetch "${packages[@]}" || { timeout 60 apt-get -qq update; fetch "${packages[@]}"; }
for package in *.deb; do timeout 20 dpkg-deb -x "$package" root; done
export LD_LIBRARY_PATH=$tmp/root/usr/lib/x86_64-linux-gnu
tcpdump=$tmp/root/usr/bin/tcpdump

timeout 60 "$tcpdump" -Z root -i lo --immediate-mode -U -w mail.pcap 'ip6 host ::1 and tcp' 2>tcpdump.log &
capture=$!
for _ in $(seq 50); do grep -q 'listening on' tcpdump.log && break; sleep 0.1; done

# The stall: for four seconds a socket filter lets nothing through to the server's socket.
port=$(PYTHONPATH=$tmp/py timeout 30 python3 - <<'PY'
import asyncio, ctypes, socket, struct, time
from aiosmtpd.smtp import SMTP

ATTACH_FILTER, DETACH_FILTER = 26, 27
refuse_all = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0))
program = struct.pack("HxxxxxxQ", 1, ctypes.addressof(refuse_all))
accepted = []

class Server(SMTP):
    def connection_made(self, transport):
        accepted.append(transport.get_extra_info("socket"))
        super().connection_made(transport)

def session(address):
    client = socket.create_connection(address[:2], timeout=20)
    replies = client.makefile("rb")
    replies.readline()
    client.sendall(b"HELO client.example.test\r\n")
    replies.readline()
    time.sleep(0.3)
    accepted[0].setsockopt(socket.SOL_SOCKET, ATTACH_FILTER, program)
    client.sendall(b"NOOP\r\n")
    time.sleep(4)
    accepted[0].setsockopt(socket.SOL_SOCKET, DETACH_FILTER, 0)
    replies.readline()
    client.sendall(b"QUIT\r\n")
    replies.readline()
    client.close()

async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Server(object(), hostname="mx.example.test"), "::1", 0)
    address = server.sockets[0].getsockname()
    await loop.run_in_executor(None, session, address)
    print(address[1])

asyncio.run(main())
PY
)
sleep 0.5
kill "$capture"; wait "$capture" 2>/dev/null || true; capture=

timeout 20 "$tcpdump" -Z root -nvr mail.pcap "port $port" 2>/dev/null |
    paste -sd' ' | sed 's/ [0-9:.]* IP6 /\nIP6 /g' >packets.txt
python3 - "$port" <<'PY' | tee seen.txt
import re, sys

before, stalled, after, server, ports = [], [], [], [], set()
for line in open("packets.txt"):
    found = re.search(r"flowlabel (0x\w+).*? ::1\.(\d+) > ::1\.(\d+):", line)
    if not found:
        continue
    label, source, target = found.groups()
    if target != sys.argv[1]:
        server.append(label)
        continue
    ports.add(source)
    if "seq 27:33," in line:  # NOOP, after the 26 bytes of HELO
        stalled.append(label)
    else:
        (after if stalled else before).append(label)
print("client's labels until the stall:", len(set(before)))
print("stalled NOOP sent at least 5 times:", "yes" if len(stalled) >= 5 else "no")
new = stalled[2:]
print("labels of these, beside the old one:",
      "one for each time but the first two"
      if set(stalled[:2]) == set(before) and len(set(new) - set(before)) == len(new) else stalled)
print("client's label after the stall:",
      "that of the last repetition" if set(after) == {stalled[-1]} else after)
print("server's labels:", len(set(server)))
print("client ports:", len(ports))
PY

diff seen.txt - <<'EOF' || { echo "the behaviour has changed" >&2; exit 1; }
client's labels until the stall: 1
stalled NOOP sent at least 5 times: yes
labels of these, beside the old one: one for each time but the first two
client's label after the stall: that of the last repetition
server's labels: 1
client ports: 1
EOF
