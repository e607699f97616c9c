#!/usr/bin/env bash
# Of six clients one says BODY=8BITMIME and SMTPUTF8, and it says both for plain ASCII; the other five
# send eight bits without a word.
#
# An expert expects: the parameters of MAIL tell what the message is. BODY=8BITMIME (RFC 6152) stands
#   where octets above 127 follow, SMTPUTF8 (RFC 6531) where an address or a header field needs it, and a
#   client that says neither sends ASCII, perhaps with its content encoded.
# What happens instead: Go's net/smtp says whatever the server offers, and does not look at the message.
#   smtplib, aiosmtplib, nodemailer (a message given as it is), Net::SMTP and msmtp declare nothing,
#   offered or not. All six send the eight bits that they were given to a server that offers neither.
# Seen with: Go 1.19.8-2, msmtp 1.8.23-1, Net::SMTP 3.14 (perl-modules-5.36 5.36.0-7+deb12u4, Debian 12),
#   smtplib of Python 3.11, aiosmtplib 5.1.3, nodemailer 10.6.1 on Node.js 20.20; aiosmtpd 1.4.6.
# Why it matters: whether a message of a capture needs 8BITMIME or SMTPUTF8 on its next hop is not
#   to be read from its envelope. Statistics of SMTPUTF8 by MAIL count programs in Go, and no
#   international address.
# Output seen (what MAIL says: both offered to ASCII and to UTF-8, neither to UTF-8):
#   Go:         7 bits: BODY=8BITMIME SMTPUTF8 | 8 bits: BODY=8BITMIME SMTPUTF8 | 8 bits: nothing
#   smtplib:    7 bits: nothing | 8 bits: nothing | 8 bits: nothing
#   aiosmtplib: 7 bits: nothing | 8 bits: nothing | 8 bits: nothing
#   nodemailer: 7 bits: nothing | 8 bits: nothing | 8 bits: nothing
#   Net::SMTP:  7 bits: nothing | 8 bits: nothing | 8 bits: nothing
#   msmtp:      7 bits: nothing | 8 bits: nothing | 8 bits: nothing
set -euo pipefail
[ "${bounded:-}" ] || exec timeout -k 5 115 env bounded=1 bash "$0"
tmp=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$tmp"' EXIT
cd "$tmp"
timeout 60 npm install --silent --no-audit --no-fund --prefix "$tmp" nodemailer@10.6.1 >/dev/null
timeout 60 python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore --target py aiosmtplib==5.1.3 \
    aiosmtpd==1.4.6
fetch() { timeout 60 apt-get -qq -o APT::Sandbox::User=root download "$@" >/dev/null 2>&1; }
packages=(golang-1.19-go=1.19.8-2 golang-1.19-src=1.19.8-2 msmtp=1.8.23-1 perl-modules-5.36=5.36.0-7+deb12u4 libgsasl18
    libgssglue1 libidn12 libntlm0 libsecret-1-0 libglib2.0-0 libgnutls30)
fetch "${packages[@]}" || { timeout 60 apt-get -qq update; fetch "${packages[@]}"; }
for package in *.deb; do timeout 60 dpkg-deb -x "$package" root; done

# It writes down what MAIL says, and whether there are octets above 127. One port offers all, one nothing.
cat >server.py <<'PY'
import asyncio, pathlib
from aiosmtpd.smtp import SMTP

class Handler:
    async def handle_DATA(self, server, session, envelope):
        bits = 8 if any(octet > 127 for octet in envelope.original_content) else 7
        words = [word.upper() for word in envelope.mail_options if not word.upper().startswith("SIZE=")]
        pathlib.Path("seen").write_text(f"{bits} bits: {' '.join(sorted(words)) or 'nothing'}\n")
        return "250 2.0.0 OK"

class Plain(SMTP):
    async def smtp_EHLO(self, hostname):
        self.session.extended_smtp = True
        self.session.host_name = hostname
        await self.push("250 mx.example.test")

async def main():
    loop = asyncio.get_running_loop()
    ports = []
    for kind in (SMTP, Plain):
        server = await loop.create_server(lambda kind=kind: kind(Handler(), enable_SMTPUTF8=True,
                                          hostname="mx.example.test"), "127.0.0.1", 0)
        ports.append(str(server.sockets[0].getsockname()[1]))
    pathlib.Path("ports").write_text(" ".join(ports) + "\n")
    await asyncio.sleep(100)

asyncio.run(main())
PY
PYTHONPATH=$tmp/py timeout 100 python3 server.py 2>server.log &
server=$!
for _ in $(seq 100); do [ -s ports ] && break; sleep 0.1; done
read -r all none <ports

cat >smtplib-client.py <<'PY'
import smtplib, sys

with smtplib.SMTP("127.0.0.1", int(sys.argv[1]), local_hostname="client.example.test", timeout=10) as client:
    client.sendmail("a@example.test", ["b@example.test"], sys.stdin.buffer.read())
PY
cat >aiosmtplib-client.py <<'PY'
import asyncio, sys, aiosmtplib

asyncio.run(aiosmtplib.send(sys.stdin.buffer.read(), sender="a@example.test", recipients=["b@example.test"],
                            hostname="127.0.0.1", port=int(sys.argv[1]), local_hostname="client.example.test"))
PY
cat >nodemailer-client.js <<'JS'
require('nodemailer').createTransport({ host: '127.0.0.1', port: Number(process.argv[2]) })
  .sendMail({ envelope: { from: 'a@example.test', to: 'b@example.test' }, raw: require('fs').readFileSync(0) });
JS
cat >net-smtp-client.pl <<'PL'
use Net::SMTP;
my $client = Net::SMTP->new('127.0.0.1', Port => $ARGV[0], Hello => 'client.example.test', Timeout => 10);
$client->mail('a@example.test');
$client->to('b@example.test');
$client->data(<STDIN>);
$client->quit;
PL
cat >go-client.go <<'GO'
package main

import (
	"io"
	"net/smtp"
	"os"
)

func main() {
	content, err := io.ReadAll(os.Stdin)
	if err == nil {
		err = smtp.SendMail("127.0.0.1:"+os.Args[1], nil, "a@example.test", []string{"b@example.test"}, content)
	}
	if err != nil {
		panic(err)
	}
}
GO
env HOME="$tmp" GOROOT="$tmp/root/usr/lib/go-1.19" GO111MODULE=off GOCACHE="$tmp/cache" CGO_ENABLED=0 \
    timeout 60 root/usr/lib/go-1.19/bin/go build -o go-client go-client.go
cat >msmtp-client <<'SH'
LD_LIBRARY_PATH=root/usr/lib/x86_64-linux-gnu exec root/usr/bin/msmtp --host=127.0.0.1 --port="$1" \
    --domain=client.example.test -f a@example.test b@example.test
SH
printf '%s\r\n' 'From: a@example.test' 'To: b@example.test' 'Subject: test' 'MIME-Version: 1.0' \
    'Content-Type: text/plain; charset=utf-8' 'Content-Transfer-Encoding: 8bit' '' >head
{ cat head; printf 'Hello\r\n'; } >7
{ cat head; printf 'Gr\303\274\303\237e\r\n'; } >8

send() { # port, file, command
    rm -f seen
    PYTHONPATH=$tmp/py PERL5LIB=$tmp/root/usr/share/perl/5.36.0 timeout 15 "${@:3}" "$1" <"$2" >client.log 2>&1 || true
    cat seen 2>/dev/null || echo "not sent"
}
try() { # name, command
    printf '%-11s %s | %s | %s\n' "$1:" "$(send "$all" 7 "${@:2}")" "$(send "$all" 8 "${@:2}")" "$(send "$none" 8 "${@:2}")"
}
{
    try Go ./go-client
    try smtplib python3 smtplib-client.py
    try aiosmtplib python3 aiosmtplib-client.py
    try nodemailer node nodemailer-client.js
    try Net::SMTP perl net-smtp-client.pl
    try msmtp bash msmtp-client
} | tee seen.txt

diff seen.txt - <<'EOF' || { echo "the behaviour has changed" >&2; exit 1; }
Go:         7 bits: BODY=8BITMIME SMTPUTF8 | 8 bits: BODY=8BITMIME SMTPUTF8 | 8 bits: nothing
smtplib:    7 bits: nothing | 8 bits: nothing | 8 bits: nothing
aiosmtplib: 7 bits: nothing | 8 bits: nothing | 8 bits: nothing
nodemailer: 7 bits: nothing | 8 bits: nothing | 8 bits: nothing
Net::SMTP:  7 bits: nothing | 8 bits: nothing | 8 bits: nothing
msmtp:      7 bits: nothing | 8 bits: nothing | 8 bits: nothing
EOF
