#!/usr/bin/env bash
# A TCP urgent byte leaves the stream if the server is quick, and stays in it if it is slow: the
# same packets are a mail to alice or to alXice.
#
# An expert expects: Linux takes each byte that was sent as urgent (MSG_OOB) out of the stream, so
#   that the urgent pointers in a capture tell what the server read.
# What happens instead: the kernel remembers one urgent byte. If a second one arrives before the
#   reader has come to the first, the first is an ordinary byte again. What the server reads
#   depends on when it read, which no packet tells: the acknowledgements are the kernel's.
# Seen with: Linux 6.18, aiosmtpd 1.4.6, tcpdump 4.99.3-1 with libpcap 1.10.3-1 (Debian 12).
# Why it matters: "remove the urgent bytes" and "keep them" are both wrong readings of such a
#   session. The server's words (here the address in its reply) are the only evidence, and a tool
#   that has no such words must leave it open. Here the server is slow because another session
#   keeps its one thread busy for a second.
# Output seen:
#   idle server: RCPT TO:<al[X]i[Y]ce@example.test> is answered 250 alice@example.test
#   busy server: RCPT TO:<al[X]i[Y]ce@example.test> is answered 250 alXice@example.test
#   urgent pointers captured, idle: 1 1; busy: 1 1
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

timeout 60 "$tcpdump" -Z root -i lo --immediate-mode -U -w mail.pcap 'tcp and net 127.9.8.0/24' 2>tcpdump.log &
capture=$!
for _ in $(seq 50); do grep -q 'listening on' tcpdump.log && break; sleep 0.1; done

PYTHONPATH=$tmp/py timeout 30 python3 - <<'PY' | tee seen.txt
import asyncio, socket, time
from aiosmtpd.smtp import SMTP

class Handler:
    async def handle_HELO(self, server, session, envelope, hostname):
        session.host_name = hostname
        if hostname == "busy.example.test":
            time.sleep(1)  # a lookup that blocks the whole server
        return "250 mx.example.test"

    async def handle_RCPT(self, server, session, envelope, address, options):
        return f"250 {address}"

def ask(client, line):
    client.sendall(line + b"\r\n")
    return client.recv(1000)

def one_session(address, busy):
    client = socket.create_connection(address)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.recv(1000)
    ask(client, b"HELO client.example.test")
    ask(client, b"MAIL FROM:<sender@example.test>")
    other = socket.create_connection(address)
    other.recv(1000)
    if busy:
        other.sendall(b"HELO busy.example.test\r\n")
        time.sleep(0.2)
    for piece, flags in ((b"RCPT TO:<al", 0), (b"X", socket.MSG_OOB), (b"i", 0), (b"Y", socket.MSG_OOB),
                         (b"ce@example.test>\r\n", 0)):
        client.send(piece, flags)
        time.sleep(0.1)
    answer = client.recv(1000).decode().strip()
    print(f"{'busy' if busy else 'idle'} server: RCPT TO:<al[X]i[Y]ce@example.test> is answered {answer}")
    client.close()
    other.close()

async def main():
    loop = asyncio.get_running_loop()
    for host, busy in (("127.9.8.7", False), ("127.9.8.8", True)):
        server = await loop.create_server(lambda: SMTP(Handler(), hostname="mx.example.test"), host, 0)
        await loop.run_in_executor(None, one_session, server.sockets[0].getsockname(), busy)
        server.close()

asyncio.run(main())
PY
sleep 0.5
kill "$capture"; wait "$capture" 2>/dev/null || true; capture=

urgent() { # what tcpdump says of the urgent pointers in the packets to the server
    timeout 20 "$tcpdump" -Z root -nr mail.pcap "dst host $1 and tcp[tcpflags] & tcp-urg != 0" 2>/dev/null |
        grep -o 'urg [0-9]*' | cut -d' ' -f2 | paste -sd' '
}
echo "urgent pointers captured, idle: $(urgent 127.9.8.7); busy: $(urgent 127.9.8.8)" | tee -a seen.txt

diff seen.txt - <<'EOF' || { echo "the behaviour has changed" >&2; exit 1; }
idle server: RCPT TO:<al[X]i[Y]ce@example.test> is answered 250 alice@example.test
busy server: RCPT TO:<al[X]i[Y]ce@example.test> is answered 250 alXice@example.test
urgent pointers captured, idle: 1 1; busy: 1 1
EOF
