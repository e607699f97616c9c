#!/usr/bin/env bash
# A server says 421 in the middle of the content and resets: the reply outlives the reset, and of
# four clients one reports it, two do not, and one makes up a 421 of its own.
#
# An expert expects one of two things. Either the reply came before the RST in the capture, so each
#   client knows why; or the RST, as RFC 9293 says, flushes what the client had not read, so no
#   client can know.
# What happens instead: Linux flushes nothing. After the failed write (EPIPE or ECONNRESET) the reply
#   can still be read from the socket, and what is reported depends on the library alone.
#   aiosmtplib reads on and reports the server's words. nodemailer and smtplib report a broken
#   connection. Perl's Net::SMTP reports code 421, as the server did, but it did not read it: its
#   own "421 [Net::SMTP] Connection closed" comes after any reset.
# Seen with: Linux 6.18, aiosmtplib 5.1.3, nodemailer 10.6.1 on Node.js 20.20, Net::SMTP 3.14
#   (perl-modules-5.36 5.36.0-7+deb12u4, Debian 12), Python 3.11's smtplib.
# Why it matters: the packets are the same in all cases. A client's log says "connection
#   reset" where the capture shows a polite 421, and both are right; and a 421 in a log may never
#   have crossed the network.
# Output seen:
#   bare socket: write failed; then read: 421 4.3.1 mail system full
#   aiosmtplib: 421 4.3.1 mail system full
#   nodemailer: write failed
#   smtplib: Server not connected
#   Net::SMTP: 421 [Net::SMTP] Connection closed
set -euo pipefail
[ "${bounded:-}" ] || exec timeout -k 5 115 env bounded=1 bash "$0"
tmp=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$tmp"' EXIT
cd "$tmp"
timeout 60 npm install --silent --no-audit --no-fund --prefix "$tmp" nodemailer@10.6.1 >/dev/null
timeout 60 python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore --target py aiosmtplib==5.1.3
fetch() { timeout 60 apt-get -qq -o APT::Sandbox::User=root download "$@" >/dev/null 2>&1; }
packages=(perl-modules-5.36=5.36.0-7+deb12u4)
fetch "${packages[@]}" || { timeout 60 apt-get -qq update; fetch "${packages[@]}"; }
timeout 30 dpkg-deb -x perl-modules*.deb root

cat >server.py <<'PY'
import pathlib, socket

listener = socket.create_server(("127.0.0.1", 0))
pathlib.Path("port").write_text(f"{listener.getsockname()[1]}\n")
while True:
    client, _ = listener.accept()
    commands = client.makefile("rb")
    client.sendall(b"220 mx.example.test ESMTP\r\n")
    while command := commands.readline():
        if command[:4].upper() == b"EHLO":
            client.sendall(b"250-mx.example.test\r\n250 8BITMIME\r\n")
        elif command[:4].upper() == b"DATA":
            client.sendall(b"354 go on\r\n")
            commands.read1(1000)
            client.sendall(b"421 4.3.1 mail system full\r\n")
            break
        else:
            client.sendall(b"250 2.0.0 OK\r\n")
    commands.close()
    client.close()  # with content unread, so that Linux sends RST
PY
timeout 60 python3 server.py &
server=$!
for _ in $(seq 100); do [ -s port ] && break; sleep 0.1; done
port=$(cat port)

cat >clients.py <<'PY'
import asyncio, smtplib, socket, sys, time
import aiosmtplib

port = int(sys.argv[1])
content = b"Subject: large\r\n\r\n" + (b"x" * 70 + b"\r\n") * 100_000

client = socket.create_connection(("127.0.0.1", port), timeout=10)
replies = client.makefile("rb", buffering=0)
replies.readline()
for command in ("HELO client.example.test", "MAIL FROM:<a@example.test>", "RCPT TO:<b@example.test>", "DATA"):
    client.sendall(command.encode() + b"\r\n")
    replies.readline()
try:
    client.sendall(content)
    print("bare socket: write did not fail")
except OSError:
    print("bare socket: write failed; then read:", replies.readline().decode().strip())

async def with_aiosmtplib():
    try:
        await aiosmtplib.send(content, sender="a@example.test", recipients=["b@example.test"],
                              hostname="127.0.0.1", port=port, timeout=10)
    except aiosmtplib.SMTPException as error:
        print("aiosmtplib:", getattr(error, "code", ""), getattr(error, "message", error))

asyncio.run(with_aiosmtplib())
try:
    smtplib.SMTP("127.0.0.1", port, timeout=10).sendmail("a@example.test", ["b@example.test"], content)
except smtplib.SMTPException as error:
    print("smtplib:", error)
PY
cat >client.js <<'JS'
const nodemailer = require('nodemailer');
const transport = nodemailer.createTransport({ host: '127.0.0.1', port: +process.argv[2] });
const message = { from: 'a@example.test', to: 'b@example.test', text: ('x'.repeat(70) + '\n').repeat(100000) };
transport.sendMail(message, error =>
  console.log('nodemailer:', error.response || error.message.replace(/.*(EPIPE|ECONNRESET).*/, 'write failed')));
JS
cat >client.pl <<'PL'
use Net::SMTP;
my $smtp = Net::SMTP->new('127.0.0.1', Port => $ARGV[0], Hello => 'client.example.test', Timeout => 10);
$smtp->mail('a@example.test');
$smtp->to('b@example.test');
$smtp->data;
for (1 .. 100_000) { $smtp->datasend(('x' x 70) . "\n") or last }
$smtp->dataend;
print "Net::SMTP: ", $smtp->code, " ", $smtp->message, "\n";
PL
{
    PYTHONPATH=$tmp/py timeout 40 python3 clients.py "$port" >python.txt
    grep '^bare' python.txt
    grep '^aiosmtplib:' python.txt
    timeout 20 node client.js "$port"
    grep '^smtplib:' python.txt
    timeout 20 perl -I root/usr/share/perl/5.36.0 client.pl "$port" | tr -d '\n'
    echo
} | tee seen.txt

diff seen.txt - <<'EOF' || { echo "the behaviour has changed" >&2; exit 1; }
bare socket: write failed; then read: 421 4.3.1 mail system full
aiosmtplib: 421 4.3.1 mail system full
nodemailer: write failed
smtplib: Server not connected
Net::SMTP: 421 [Net::SMTP] Connection closed
EOF
