#!/usr/bin/env bash
# A mail is acknowledged to its last byte by a server that was killed before the mail was sent.
#
# An expert expects: when a server's process dies, its kernel sends FIN at once. Data that comes
#   later is answered by RST, since nobody can read it any more. What has been acknowledged was at
#   least put into the queue of a program that was there.
# What happens instead: so it is with TCP. With Multipath TCP, even with one path only, the end of
#   a direction is an option (DATA_FIN) in a bare ACK; the FIN flag waits until both programs have closed.
#   Until then the kernel of the dead server goes on to take data for nobody: it acknowledges them,
#   by TCP's number and again by MPTCP's own. When its buffer is full it announces a window of 0, as for
#   a busy program. No FIN and no RST in the 2 s until the client closes.
# Seen with: Linux 6.18, aiosmtpd 1.4.6, Python 3.11 (smtplib), tcpdump 4.99.3-1 with libpcap 1.10.3-1
#   (Debian 12).
# Why it matters: "354, the content, its last dot, all of it acknowledged, no reply" reads as a server
#   that had the mail and was slow to answer, and a window of 0 as one that did not keep up. Here there
#   was no server when the first byte of the content was sent. Whoever looks at the flags only (a filter
#   for FIN and RST, a list of connections) sees both sides end in the same moment, when the client gives up,
#   and not which of them ended first, nor when.
# Output seen (between the server's death and the client's close):
#   TCP, mail of 1000 bytes:       FIN, RST, acknowledged: nothing
#   MPTCP, mail of 1000 bytes:     no FIN, no RST, acknowledged: all of it, and again: all of it
#   MPTCP, mail of 300000 bytes:   no FIN, no RST, acknowledged: the beginning, and again: the beginning, then window 0
#   MPTCP, mail of 1000 bytes, after the client's close: FIN of both sides within 0.1 s
#   In each the client, had it looked, would have read: nothing, the end
set -euo pipefail
[ "${bounded:-}" ] || exec timeout -k 5 115 env bounded=1 bash "$0"
[ "$(id -u)" = 0 ] || { echo "needs root (packet capture)" >&2; exit 2; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
timeout 90 python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore --target py aiosmtpd==1.4.6
fetch() { timeout 60 apt-get -qq -o APT::Sandbox::User=root download "$@" >/dev/null 2>&1; }
packages=(tcpdump=4.99.3-1 libpcap0.8=1.10.3-1 libdbus-1-3=1.14.10-1~deb12u1)
fetch "${packages[@]}" || { timeout 60 apt-get -qq update; fetch "${packages[@]}"; }
for package in *.deb; do timeout 20 dpkg-deb -x "$package" root; done
own() { LD_LIBRARY_PATH=$tmp/root/usr/lib/x86_64-linux-gnu exec "$tmp/root/usr/bin/tcpdump" -Z root "$@"; }
export tmp
export -f own

cat >server.py <<'PY'
import asyncio, socket, sys
from aiosmtpd.smtp import SMTP

async def main():
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, int(sys.argv[1]))
    listener.bind(("127.9.8.7", int(sys.argv[2])))
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(object(), hostname="mx.example.org"), sock=listener)
    print("listening", flush=True)
    await server.serve_forever()

asyncio.run(main())
PY

cat >sessions.py <<'PY'
import re, smtplib, socket, subprocess, sys, time

class Client(smtplib.SMTP):
    protocol = 0

    def _get_socket(self, host, port, timeout):
        connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM, self.protocol)
        connection.settimeout(5)
        connection.connect((host, port))
        return connection

def session(port, protocol, size):
    """Times of the server's death and of the client's close, and what the client read in between."""
    server = subprocess.Popen([sys.executable, "server.py", str(protocol), str(port)], stdout=subprocess.PIPE)
    server.stdout.readline()
    Client.protocol = protocol
    client = Client("127.9.8.7", port, local_hostname="client.example.org")
    client.ehlo()
    client.mail("alice@example.org")
    client.rcpt("bob@example.org")
    assert client.docmd("DATA")[0] == 354
    time.sleep(0.3)
    server.kill()
    died = time.time()
    server.wait()
    time.sleep(0.3)
    client.sock.sendall(b"Subject: greetings\r\n\r\n".ljust(size - 5, b".") + b"\r\n.\r\n")
    time.sleep(1.5)
    closed = time.time()
    read = client.sock.recv(100)
    client.close()
    time.sleep(0.5)
    return port, died, closed, read

def seen(capture, size, port, died, closed, read):
    """What the server's side sent from its process's death to the client's close."""
    flags, windows, numbers = "", [], {"TCP": [], "MPTCP": []}
    for line in capture:
        if match := re.match(r"(\S+) IP 127\.9\.8\.7\.%d > \S+ Flags \[(\S+)\],.*?(?: ack (\d+),)? win (\d+)" % port, line):
            when, now, ack, window = match.groups()
            if float(when) > closed:
                break
            if ack and "S" not in now:  # that one is not relative
                numbers["TCP"].append((float(when), int(ack)))
            if match := re.search(r"dss (?:fin )?ack (\d+)", line):
                numbers["MPTCP"].append((float(when), int(match[1])))
            if float(when) > died:
                flags += now
                if "R" not in now:
                    windows.append(int(window))
    said = []
    for layer, acks in numbers.items():
        if acks:
            before = [ack for when, ack in acks if when <= died][-1]
            content = (acks[-1][1] - before) % 2**32
            said.append("all of it" if content == size else "nothing" if content == 0 else
                        "the beginning" if 20_000 < content < size else f"{content} bytes by {layer}")
    return ", ".join(["FIN" if "F" in flags else "no FIN", "RST" if "R" in flags else "no RST",
                      "acknowledged: " + ", and again: ".join(said)]) + (", then window 0" if windows[-1] == 0 else "")

plan = (("TCP", socket.IPPROTO_TCP, 1000), ("MPTCP", socket.IPPROTO_MPTCP, 1000), ("MPTCP", socket.IPPROTO_MPTCP, 300_000))
happened = [session(2501 + number, protocol, size) for number, (_, protocol, size) in enumerate(plan)]
time.sleep(1.5)
subprocess.run(["kill", sys.argv[1]], check=True)
time.sleep(0.5)
capture = subprocess.run(["bash", "-c", "own -ttnr mail.pcap"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                         text=True, check=True).stdout.splitlines()
for (name, _, size), one in zip(plan, happened):
    print(f"{f'{name}, mail of {size} bytes:':30} {seen(capture, size, *one)}")
port, _, closed, _ = happened[1]
ends = {fields[2]: float(fields[0]) - closed for line in capture  # by side
        if (fields := line.split())[1] == "IP" and f".{port}" in line and "Flags [F" in line}
print("MPTCP, mail of 1000 bytes, after the client's close:", "FIN of both sides within 0.1 s"
      if len(ends) == 2 and all(0 <= when < 0.1 for when in ends.values()) else ends)
print("In each the client, had it looked, would have read:",
      " or ".join(sorted({"nothing, the end" if read == b"" else repr(read) for *_, read in happened})))
PY

# A network of its own, which ends with it.
timeout 80 unshare -n bash -euo pipefail <<'SH' 2>errors.log | tee seen.txt
ip link set lo up
echo 1 >/proc/sys/net/mptcp/enabled
own -i lo -s 150 -w mail.pcap 'tcp portrange 2501-2503' 2>tcpdump.log &
capture=$!
trap 'kill "$capture" 2>/dev/null || true' EXIT
for _ in $(seq 50); do grep -q 'listening on' tcpdump.log && break; sleep 0.1; done
PYTHONPATH=$tmp/py timeout 60 python3 sessions.py "$capture"
SH

diff seen.txt - <<'EOF' || { cat errors.log >&2; echo "the behaviour has changed" >&2; exit 1; }
TCP, mail of 1000 bytes:       FIN, RST, acknowledged: nothing
MPTCP, mail of 1000 bytes:     no FIN, no RST, acknowledged: all of it, and again: all of it
MPTCP, mail of 300000 bytes:   no FIN, no RST, acknowledged: the beginning, and again: the beginning, then window 0
MPTCP, mail of 1000 bytes, after the client's close: FIN of both sides within 0.1 s
In each the client, had it looked, would have read: nothing, the end
EOF
