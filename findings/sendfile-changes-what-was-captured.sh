#!/usr/bin/env bash
# The bytes of a captured, acknowledged segment change before the receiver reads them.
#
# An expert expects: once a segment has been acknowledged its bytes are settled. What the capture
#   shows is what the receiving program reads, and two captures of one packet hold the same bytes.
# What happens instead: sendfile(2) does not copy. On loopback the packet, the receiver's queue and
#   the file share the same memory pages. If the file is overwritten after the acknowledgement and
#   before the receiver reads, the receiver gets the new bytes. tcpdump, which copies each packet
#   at once, keeps the old ones; a raw packet socket, whose packets wait in a queue, shows the new
#   ones: two captures of one packet disagree. Nothing is sent again.
# Seen with: Linux 6.18, tcpdump 4.99.3-1 and libpcap 1.10.3-1 (Debian 12), Python 3.11.
# Why it matters: Dovecot's output streams can send files this way. Between a local proxy and its
#   server, a digest taken from the capture can differ from that of the mail
#   received, with no loss, no retransmission and no attacker. A capture proves what was sent.
# Output seen:
#   unacknowledged bytes before the file is overwritten: 0
#   receiver read:     +OK / Subject: second version
#   raw packet socket: +OK / Subject: second version
#   tcpdump:           +OK / Subject: first version.
set -euo pipefail
[ "${bounded:-}" ] || exec timeout -k 5 115 env bounded=1 bash "$0"
[ "$(id -u)" = 0 ] || { echo "needs root (packet capture)" >&2; exit 2; }
tmp=$(mktemp -d)
capture=
trap '[ -z "$capture" ] || kill "$capture" 2>/dev/null || true; rm -rf "$tmp"' EXIT
cd "$tmp"
fetch() { timeout 60 apt-get -qq -o APT::Sandbox::User=root download "$@" >/dev/null 2>&1; }
packages=(tcpdump=4.99.3-1 libpcap0.8=1.10.3-1 libdbus-1-3=1.14.10-1~deb12u1)
fetch "${packages[@]}" || { timeout 60 apt-get -qq update; fetch "${packages[@]}"; }
for package in *.deb; do timeout 20 dpkg-deb -x "$package" root; done
export LD_LIBRARY_PATH=$tmp/root/usr/lib/x86_64-linux-gnu
tcpdump=$tmp/root/usr/bin/tcpdump

timeout 40 "$tcpdump" -Z root -i lo --immediate-mode -U -w mail.pcap 'tcp and host 127.9.8.7' 2>tcpdump.log &
capture=$!
for _ in $(seq 50); do grep -q 'listening on' tcpdump.log && break; sleep 0.1; done

timeout 30 python3 - <<'PY' | tee seen.txt
import fcntl, os, socket, struct, termios, time

def shown(data):
    return data.decode().replace("\r\n", " / ").rstrip(" /")

raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
raw.bind(("lo", 0))
raw.setblocking(False)
listener = socket.create_server(("127.9.8.7", 0))
client = socket.create_connection(listener.getsockname())
server, _ = listener.accept()
server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
with open("mail", "w+b") as mail:
    mail.write(b"Subject: first version.\r\n")
    mail.flush()
    server.sendall(b"+OK\r\n")
    os.sendfile(server.fileno(), mail.fileno(), 0, 25)
    time.sleep(0.5)
    waiting = struct.unpack("i", fcntl.ioctl(server, termios.TIOCOUTQ, b"\0" * 4))[0]
    print("unacknowledged bytes before the file is overwritten:", waiting)
    os.pwrite(mail.fileno(), b"Subject: second version\r\n", 0)
    read = b""
    while len(read) < 30:
        read += client.recv(100)
    print("receiver read:    ", shown(read))
port = listener.getsockname()[1]
seen, sequences = b"", set()
while True:
    try:
        packet = raw.recv(65536)
    except BlockingIOError:
        break
    start = 34 + (packet[46] >> 4) * 4
    if packet[26:30] != socket.inet_aton("127.9.8.7") or packet[34:36] != port.to_bytes(2, "big"):
        continue
    if packet[38:42] not in sequences and len(packet) > start:  # loopback shows each packet twice
        sequences.add(packet[38:42])
        seen += packet[start:]
print("raw packet socket:", shown(seen))
PY
sleep 0.5
kill "$capture"; wait "$capture" 2>/dev/null || true; capture=
timeout 20 "$tcpdump" -Z root -r mail.pcap -A 'tcp[tcpflags] & tcp-push != 0' 2>/dev/null | tr -d '\r' >text.txt
captured=$(grep -ao -e '+OK$' -e 'Subject: [a-z]* version.*' text.txt | paste -sd'|' | sed 's,|, / ,g')
echo "tcpdump:           $captured" | tee -a seen.txt

diff seen.txt - <<'EOF' || { echo "the behaviour has changed" >&2; exit 1; }
unacknowledged bytes before the file is overwritten: 0
receiver read:     +OK / Subject: second version
raw packet socket: +OK / Subject: second version
tcpdump:           +OK / Subject: first version.
EOF
