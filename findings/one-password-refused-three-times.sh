#!/usr/bin/env bash
# A password mistyped once is refused three times: Python's libraries go through all mechanisms.
#
# An expert expects: a client chooses the best mechanism that both sides know, is refused by 535, and
#   reports it. Three 535 in a second are three guesses, and CRAM-MD5 followed by PLAIN is an attack
#   that makes a client give its password away, or a client of two configurations.
# What happens instead: login() of smtplib and the log-in of aiosmtplib try the next mechanism after
#   each refusal, with the same password: CRAM-MD5, PLAIN, LOGIN. Only the last reply is reported. What
#   CRAM-MD5 had kept to itself crosses in full with the second one. If the server cannot verify
#   CRAM-MD5 (its passwords are stored hashed), each successful log-in is preceded by a refused one.
#   nodemailer, emailjs and Perl's Net::SMTP stop at the first refusal, but they do not agree on the
#   mechanism.
# Seen with: smtplib of Python 3.11, aiosmtplib 5.1.3; nodemailer 10.6.1, emailjs 4.0.3 and smtp-server
#   3.21.6 on Node.js 20.20; Net::SMTP 3.14 (perl-modules-5.36 5.36.0-7+deb12u4) with
#   libauthen-sasl-perl 2.1600-3 and libdigest-hmac-perl 1.04+dfsg-2 (Debian 12).
# Why it matters: a server that locks an account or an address after three failures does so after one
#   mistake of a script. Counted by replies, a cron job with an old password looks like a guesser;
#   the same password three times shows that it is none. A 535 in a capture does not say that the password was wrong.
# Output seen (wrong: the server refuses all; hashed: it cannot verify CRAM-MD5, the password is right):
#   wrong:  smtplib      CRAM-MD5 535, PLAIN 535, LOGIN 535
#   wrong:  aiosmtplib   CRAM-MD5 535, PLAIN 535, LOGIN 535
#   wrong:  nodemailer   PLAIN 535
#   wrong:  emailjs      CRAM-MD5 535
#   wrong:  Net::SMTP    CRAM-MD5 535
#   hashed: smtplib      CRAM-MD5 535, PLAIN 235
#   hashed: aiosmtplib   CRAM-MD5 535, PLAIN 235
#   hashed: nodemailer   PLAIN 235
#   hashed: emailjs      CRAM-MD5 535
#   hashed: Net::SMTP    CRAM-MD5 535
set -euo pipefail
[ "${bounded:-}" ] || exec timeout -k 5 115 env bounded=1 bash "$0"
tmp=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$tmp"' EXIT
cd "$tmp"
timeout 60 npm install --silent --no-audit --no-fund --prefix "$tmp" smtp-server@3.21.6 nodemailer@10.6.1 emailjs@4.0.3 >/dev/null
timeout 60 python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore --target py aiosmtplib==5.1.3
fetch() { timeout 60 apt-get -qq -o APT::Sandbox::User=root download "$@" >/dev/null 2>&1; }
packages=(perl-modules-5.36=5.36.0-7+deb12u4 libauthen-sasl-perl=2.1600-3 libdigest-hmac-perl=1.04+dfsg-2)
fetch "${packages[@]}" || { timeout 60 apt-get -qq update; fetch "${packages[@]}"; }
for package in *.deb; do timeout 30 dpkg-deb -x "$package" root; done

cat >server.js <<'JS'
const fs = require('fs');
const { SMTPServer } = require('smtp-server');
const server = new SMTPServer({
  allowInsecureAuth: true, authMethods: ['CRAM-MD5', 'PLAIN', 'LOGIN'], disabledCommands: ['STARTTLS'],
  disableReverseLookup: true, name: 'mx.example.test',
  onAuth(auth, session, done) {
    const right = auth.password === 'right';  // undefined with CRAM-MD5
    fs.appendFileSync('attempts', `${auth.method} ${right ? 235 : 535}\n`);
    done(right ? null : Object.assign(new Error('log-in refused'), { responseCode: 535 }), { user: 'alice' });
  },
});
server.on('error', () => {});
server.server.on('connection', socket => socket.on('close', () => fs.writeFileSync('closed', '')));
server.listen(0, '127.0.0.1', () => fs.writeFileSync('port', `${server.server.address().port}\n`));
JS
timeout 100 node server.js 2>server.log &
server=$!
for _ in $(seq 100); do [ -s port ] && break; sleep 0.1; done
port=$(cat port)

cat >smtplib-client.py <<'PY'
import smtplib, sys

with smtplib.SMTP("127.0.0.1", int(sys.argv[1]), local_hostname="client.example.test", timeout=10) as client:
    client.login("alice", sys.argv[2])
PY
cat >aiosmtplib-client.py <<'PY'
import asyncio, sys
from aiosmtplib import SMTP

async def main():
    async with SMTP(hostname="127.0.0.1", port=int(sys.argv[1]), username="alice", password=sys.argv[2],
                    local_hostname="client.example.test", timeout=10):
        pass

asyncio.run(main())
PY
cat >nodemailer-client.js <<'JS'
const [port, pass] = process.argv.slice(2);
require('nodemailer').createTransport({ host: '127.0.0.1', port: Number(port), auth: { user: 'alice', pass } }).verify();
JS
cat >emailjs-client.mjs <<'JS'
import { SMTPClient } from 'emailjs';
const [port, password] = process.argv.slice(2);
const client = new SMTPClient({ host: '127.0.0.1', port: Number(port), user: 'alice', password });
client.send({ from: 'a@example.test', to: 'b@example.test', subject: 'test', text: 'Hello' }, () => client.smtp.close(true));
JS
cat >net-smtp-client.pl <<'PL'
use Net::SMTP;
my $client = Net::SMTP->new('127.0.0.1', Port => $ARGV[0], Hello => 'client.example.test', Timeout => 10);
$client->auth('alice', $ARGV[1]);
$client->quit;
PL

try() { # what, password, name, command
    rm -f attempts closed
    PYTHONPATH=$tmp/py PERL5LIB=$tmp/root/usr/share/perl5:$tmp/root/usr/share/perl/5.36.0 \
        timeout 15 "${@:4}" "$port" "$2" >client.log 2>&1 || true
    for _ in $(seq 50); do [ -e closed ] && break; sleep 0.1; done
    printf '%-7s %-12s %s\n' "$1:" "$3" "$(paste -sd, attempts | sed 's/,/, /g')"
}
for what in wrong:wrong hashed:right; do
    try "${what%:*}" "${what#*:}" smtplib python3 smtplib-client.py
    try "${what%:*}" "${what#*:}" aiosmtplib python3 aiosmtplib-client.py
    try "${what%:*}" "${what#*:}" nodemailer node nodemailer-client.js
    try "${what%:*}" "${what#*:}" emailjs node emailjs-client.mjs
    try "${what%:*}" "${what#*:}" Net::SMTP perl net-smtp-client.pl
done | tee seen.txt

diff seen.txt - <<'EOF' || { echo "the behaviour has changed" >&2; exit 1; }
wrong:  smtplib      CRAM-MD5 535, PLAIN 535, LOGIN 535
wrong:  aiosmtplib   CRAM-MD5 535, PLAIN 535, LOGIN 535
wrong:  nodemailer   PLAIN 535
wrong:  emailjs      CRAM-MD5 535
wrong:  Net::SMTP    CRAM-MD5 535
hashed: smtplib      CRAM-MD5 535, PLAIN 235
hashed: aiosmtplib   CRAM-MD5 535, PLAIN 235
hashed: nodemailer   PLAIN 235
hashed: emailjs      CRAM-MD5 535
hashed: Net::SMTP    CRAM-MD5 535
EOF
