#!/usr/bin/env bash
# A client that retries a port on which nothing listens is connected in the end: to itself.
#
# An expert expects: a closed port of one's own machine refuses each attempt, however many there
#   are. A whole handshake in the capture proves that a server was there, and a greeting that never
#   comes is that server's fault.
# What happens instead: if the port lies in the range from which Linux takes clients' ports, the
#   retries walk through that range until a socket is given the very port that it calls. Its SYN
#   reaches itself (TCP's simultaneous open, with one end), and connect() succeeds. nodemailer's
#   error changes from "connect ECONNREFUSED" to "Greeting never received". What such a socket
#   sends it reads back. One more surprise: it happens with even ports alone. Linux gives
#   connect() every second port first, so that a port of the other parity is refused for ever.
# Seen with: Linux 6.18, nodemailer 10.6.1 on Node.js 20.20, tcpdump 4.99.3-1 with libpcap 1.10.3-1
#   (Debian 12).
# Why it matters: the packets have one address and one port on both sides and one sequence of
#   numbers. Neither ports nor the SYN tell client from server; a line such as EHLO is command and
#   reply in one; "no greeting" is no fault of a mail server, for there is none. A test server or
#   content filter on such a port need only be down while a client retries.
# Output seen (the number of refusals, written to standard error, differs each time):
#   even port, first attempt: connect ECONNREFUSED
#   even port, last attempt: Greeting never received
#   odd port, after a whole round of the range: connect ECONNREFUSED
#   sent by a socket connected to itself: EHLO client.example.test; read back: EHLO client.example.test
#   captured between the port and itself: S S. . P. . F. .
set -euo pipefail
[ "${bounded:-}" ] || exec timeout -k 5 115 env bounded=1 bash "$0"
[ "$(id -u)" = 0 ] || { echo "needs root (packet capture)" >&2; exit 2; }
tmp=$(mktemp -d)
capture=
trap '[ -z "$capture" ] || kill "$capture" 2>/dev/null || true; rm -rf "$tmp"' EXIT
cd "$tmp"
timeout 60 npm install --silent --no-audit --no-fund --prefix "$tmp" nodemailer@10.6.1 >/dev/null
fetch() { timeout 60 apt-get -qq -o APT::Sandbox::User=root download "$@" >/dev/null 2>&1; }
packages=(tcpdump=4.99.3-1 libpcap0.8=1.10.3-1 libdbus-1-3=1.14.10-1~deb12u1)
fetch "${packages[@]}" || { timeout 60 apt-get -qq update; fetch "${packages[@]}"; }
for package in *.deb; do timeout 20 dpkg-deb -x "$package" root; done
export LD_LIBRARY_PATH=$tmp/root/usr/lib/x86_64-linux-gnu
tcpdump=$tmp/root/usr/bin/tcpdump

timeout 110 "$tcpdump" -Z root -i lo --immediate-mode -U -w mail.pcap \
    'tcp and host 127.0.0.1 and tcp[0:2] = tcp[2:2]' 2>tcpdump.log &
capture=$!
for _ in $(seq 50); do grep -q 'listening on' tcpdump.log && break; sleep 0.1; done

# An even port in the middle of the range.
read -r low high </proc/sys/net/ipv4/ip_local_port_range
[ $((low % 2)) = 0 ] || { echo "needs a range of ports that begins with an even one, as is usual" >&2; exit 2; }
port=$(((low + high) / 4 * 2))

cat >retry.js <<'JS'
const nodemailer = require('nodemailer');

// The first and the last error of at most `most` attempts to reach `port`.
async function retry(port, most) {
  let first, error, count = 0;
  do {
    const transport = nodemailer.createTransport({ host: '127.0.0.1', port, greetingTimeout: 1000 });
    error = (await transport.verify().catch(e => e)).message.replace(/ 127.*/, '');
    transport.close();
    first = first || error;
    count++;
  } while (error === first && count < most);
  console.error(`${count} attempts`);
  return [first, error];
}

(async () => {
  const [low, high, port] = process.argv.slice(2).map(Number);
  const [first, last] = await retry(port, 2 * (high - low));
  console.log(`even port, first attempt: ${first}`);
  console.log(`even port, last attempt: ${last}`);
  const odd = await retry(port + 1, high - low);
  console.log(`odd port, after a whole round of the range: ${odd[1]}`);
})();
JS
timeout 80 node retry.js "$low" "$high" "$port" | tee seen.txt

timeout 10 python3 - $((port + 2)) <<'PY' | tee -a seen.txt
import socket, sys, time

here = ("127.0.0.1", int(sys.argv[1]))
client = socket.socket()
client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
client.bind(here)
client.connect(here)
sent = b"EHLO client.example.test\r\n"
client.sendall(sent)
read = client.recv(100)
print(f"sent by a socket connected to itself: {sent.decode().strip()}; read back: {read.decode().strip()}")
client.close()
PY
sleep 0.5
kill "$capture"; wait "$capture" 2>/dev/null || true; capture=
timeout 20 "$tcpdump" -Z root -nr mail.pcap "port $((port + 2))" >text.txt 2>/dev/null
echo "captured between the port and itself: $(grep -o 'Flags \[[^]]*' text.txt | cut -c8- | paste -sd' ')" | tee -a seen.txt

diff seen.txt - <<'EOF' || { echo "the behaviour has changed" >&2; exit 1; }
even port, first attempt: connect ECONNREFUSED
even port, last attempt: Greeting never received
odd port, after a whole round of the range: connect ECONNREFUSED
sent by a socket connected to itself: EHLO client.example.test; read back: EHLO client.example.test
captured between the port and itself: S S. . P. . F. .
EOF
