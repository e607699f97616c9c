#!/usr/bin/env bash
# A SYN/ACK that has been acknowledged is sent again, on a network that loses nothing.
#
# An expert expects: SYN, SYN/ACK, ACK, then after a second or more the SYN/ACK once more and
#   another ACK, then a late greeting: the client's first ACK was lost behind the capture point, or
#   the server's accept queue was full.
# What happens instead: neither. The listening socket has TCP_DEFER_ACCEPT (HAProxy's
#   "defer-accept", nginx's "deferred"), made for protocols in which the client speaks first. Linux
#   ignores the bare ACK, waits for data, and after the time set asks for the ACK once more by
#   repeating the SYN/ACK. Mail servers speak first, so each session begins with that wait: the
#   client is connected at once, the server does not know of it for 3 s.
# Seen with: Linux 6.18, aiosmtpd 1.4.6, tcpdump 4.99.3-1 with libpcap 1.10.3-1 (Debian 12).
# Why it matters: the repeated SYN/ACK is no loss, and the silence before the 220 is no slow mail
#   server or name lookup: aiosmtpd greets within milliseconds of being told of the connection. A
#   client that talks before the greeting gets it without delay, so that an impolite client is
#   served faster than a polite one.
# Output seen:
#   waiting client:  S S. . S. . P.  connected at once, greeted after 3 s
#   talking client:  S S. . P. . P.  connected at once, greeted at once
set -euo pipefail
[ "${bounded:-}" ] || exec timeout -k 5 115 env bounded=1 bash "$0"
[ "$(id -u)" = 0 ] || { echo "needs root (packet capture)" >&2; exit 2; }
tmp=$(mktemp -d)
capture=
trap '[ -z "$capture" ] || kill "$capture" 2>/dev/null || true; rm -rf "$tmp"' EXIT
cd "$tmp"
timeout 90 python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore --target py aiosmtpd==1.4.6
fetch() { timeout 60 apt-get -qq -o APT::Sandbox::User=root download "$@" >/dev/null 2>&1; }
packages=(tcpdump=4.99.3-1 libpcap0.8=1.10.3-1 libdbus-1-3=1.14.10-1~deb12u1)
fetch "${packages[@]}" || { timeout 60 apt-get -qq update; fetch "${packages[@]}"; }
for package in *.deb; do timeout 20 dpkg-deb -x "$package" root; done
export LD_LIBRARY_PATH=$tmp/root/usr/lib/x86_64-linux-gnu
tcpdump=$tmp/root/usr/bin/tcpdump

timeout 60 "$tcpdump" -Z root -i lo --immediate-mode -U -w mail.pcap 'tcp and (host 127.9.8.7 or host 127.9.8.8)' 2>tcpdump.log &
capture=$!
for _ in $(seq 50); do grep -q 'listening on' tcpdump.log && break; sleep 0.1; done

PYTHONPATH=$tmp/py timeout 30 python3 - <<'PY' >times.txt
import asyncio, time
from socket import AF_INET, IPPROTO_TCP, SOCK_STREAM, TCP_DEFER_ACCEPT, create_connection, socket
from aiosmtpd.smtp import SMTP

def one_session(address, first_words):
    """Seconds until the client is connected, and until it has read the greeting."""
    begun = time.monotonic()
    client = create_connection(address)
    connected = time.monotonic() - begun
    client.sendall(first_words)
    greeting = client.recv(100)
    assert greeting.startswith(b"220 "), greeting
    greeted = time.monotonic() - begun
    client.close()
    return connected, greeted

async def main():
    loop = asyncio.get_running_loop()
    for host, words in (("127.9.8.7", b""), ("127.9.8.8", b"EHLO client.example.test\r\n")):
        listener = socket(AF_INET, SOCK_STREAM)
        listener.setsockopt(IPPROTO_TCP, TCP_DEFER_ACCEPT, 3)
        listener.bind((host, 0))
        server = await loop.create_server(lambda: SMTP(object(), hostname="mx.example.test"), sock=listener)
        connected, greeted = await loop.run_in_executor(None, one_session, listener.getsockname(), words)
        print("connected", "at once," if connected < 0.5 else f"after {connected:.0f} s,",
              "greeted", "at once" if greeted < 0.5 else f"after {greeted:.0f} s")
        server.close()

asyncio.run(main())
PY
sleep 0.5
kill "$capture"; wait "$capture" 2>/dev/null || true; capture=

# The flags of the first packets of a session, up to the server's greeting.
flags() {
    timeout 20 "$tcpdump" -Z root -nr mail.pcap "host $1" 2>/dev/null |
        awk -v server="$1" '{ match($0, /Flags \[[^]]*/); print substr($0, RSTART + 7, RLENGTH - 7)
              if (/length [1-9]/ && index($3, server ".") == 1) exit }' | paste -sd' '
}
{
    echo "waiting client:  $(flags 127.9.8.7)  $(sed -n 1p times.txt)"
    echo "talking client:  $(flags 127.9.8.8)  $(sed -n 2p times.txt)"
} | tee seen.txt

diff seen.txt - <<'EOF' || { echo "the behaviour has changed" >&2; exit 1; }
waiting client:  S S. . S. . P.  connected at once, greeted after 3 s
talking client:  S S. . P. . P.  connected at once, greeted at once
EOF
