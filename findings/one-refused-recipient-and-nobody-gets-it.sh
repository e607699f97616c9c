#!/usr/bin/env bash
# One of two recipients is refused: four little mailers send the mail to neither, and say so to the
# server in three ways, of which one is to go away after DATA.
#
# An expert expects: RCPT is refused for one recipient and accepted for the other: the other gets the
#   mail (what else would the two replies be for), and the session ends with QUIT. A client that
#   sends DATA and then FIN, without a byte of content, RSET or QUIT, has crashed or lost its network.
# What happens instead: msmtp, ssmtp, esmtp and nullmailer give up the whole mail. With PIPELINING
#   msmtp has sent DATA before it reads the refusal, and then there is no polite way back: it just
#   closes, whatever the server answers. ssmtp closes after RCPT. The other two send QUIT. Python's
#   smtplib and nodemailer send the mail to the recipient that was accepted.
# Seen with: msmtp 1.8.23-1, ssmtp 2.64-11, esmtp 1.2-18+b1 with libesmtp6 1.1.0-3.1~deb12u1,
#   nullmailer 1:2.2-4 (Debian 12); smtplib of Python 3.11; nodemailer 10.6.1 and smtp-server 3.21.6 on
#   Node.js 20.20.
# Why it matters: "recipient accepted" does not mean that something is under way to it. The cut
#   session is the client's decision and no fault of the network, the message of one mistyped
#   address is missing at all the others, and the same list of recipients gives another result with
#   another program.
# Output seen:
#   msmtp:      EHLO MAIL RCPT RCPT DATA, closed; stored for: nobody
#   ssmtp:      HELO MAIL RCPT, closed; stored for: nobody
#   esmtp:      EHLO MAIL RCPT RCPT QUIT, closed; stored for: nobody
#   nullmailer: HELO MAIL RCPT QUIT, closed; stored for: nobody
#   smtplib:    EHLO MAIL RCPT RCPT DATA . QUIT, closed; stored for: known@example.test
#   nodemailer: EHLO MAIL RCPT RCPT DATA ., closed; stored for: known@example.test
set -euo pipefail
[ "${bounded:-}" ] || exec timeout -k 5 115 env bounded=1 bash "$0"
tmp=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$tmp"' EXIT
cd "$tmp"
timeout 60 npm install --silent --no-audit --no-fund --prefix "$tmp" smtp-server@3.21.6 nodemailer@10.6.1 >/dev/null
fetch() { timeout 60 apt-get -qq -o APT::Sandbox::User=root download "$@" >/dev/null 2>&1; }
packages=(msmtp=1.8.23-1 ssmtp=2.64-11 esmtp=1.2-18+b1 libesmtp6=1.1.0-3.1~deb12u1 nullmailer=1:2.2-4
    libgsasl18 libgssglue1 libidn12 libntlm0 libsecret-1-0 libglib2.0-0 libgnutls30 libgnutls-openssl27)
fetch "${packages[@]}" || { timeout 60 apt-get -qq update; fetch "${packages[@]}"; }
for package in *.deb; do timeout 20 dpkg-deb -x "$package" root; done

# Accepts all recipients but one, and writes down what the client sends.
cat >server.js <<'JS'
const fs = require('fs');
const { SMTPServer } = require('smtp-server');
const server = new SMTPServer({
  disabledCommands: ['AUTH', 'STARTTLS'], disableReverseLookup: true, name: 'mx.example.test',
  onRcptTo(address, session, done) {
    const unknown = address.address === 'unknown@example.test';
    done(unknown ? Object.assign(new Error('no such user'), { responseCode: 550 }) : null);
  },
  onData(stream, session, done) {
    stream.on('error', () => {});
    stream.on('data', () => {});
    stream.on('end', () => {
      fs.writeFileSync('stored', session.envelope.rcptTo.map(to => to.address).join());
      done();
    });
  },
});
server.on('error', () => {});
server.server.on('connection', socket => {
  socket.on('data', data => fs.appendFileSync('sent', data));
  socket.on('close', () => fs.writeFileSync('closed', ''));
});
server.listen(0, '127.0.0.1', () => fs.writeFileSync('port', `${server.server.address().port}\n`));
JS
timeout 100 node server.js 2>server.log &
server=$!
for _ in $(seq 100); do [ -s port ] && break; sleep 0.1; done
port=$(cat port)

printf '%s\n' 'From: sender@example.test' 'To: list@example.test' 'Subject: test' '' 'Hello' >mail
printf 'mailhub=127.0.0.1:%s\nhostname=client.example.test\n' "$port" >ssmtp.conf
printf 'hostname = 127.0.0.1:%s\n' "$port" >esmtprc
printf 'host=127.0.0.1\nport=%s\n\n' "$port" >nullmailer.options
{ printf '%s\n' sender@example.test unknown@example.test known@example.test ''; cat mail; } >nullmailer.mail
cat >smtplib-client.py <<'PY'
import smtplib, sys

with smtplib.SMTP("127.0.0.1", int(sys.argv[1]), local_hostname="client.example.test") as client:
    client.sendmail("sender@example.test", sys.argv[2:], open("mail").read())
PY
cat >nodemailer-client.js <<'JS'
const [port, ...to] = process.argv.slice(2);
require('nodemailer').createTransport({ host: '127.0.0.1', port: Number(port) })
  .sendMail({ envelope: { from: 'sender@example.test', to }, raw: require('fs').readFileSync('mail') });
JS

to=(unknown@example.test known@example.test)
try() { # name, command
    rm -f sent stored closed
    LD_LIBRARY_PATH=$tmp/root/usr/lib/x86_64-linux-gnu timeout 15 "${@:2}" \
        <"${input:-mail}" 3<nullmailer.mail >client.log 2>&1 || true
    for _ in $(seq 50); do [ -e closed ] && break; sleep 0.1; done
    commands=$(tr -d '\r' <sent | grep -ioE '^(EHLO|HELO|MAIL|RCPT|DATA|RSET|QUIT|\.)\b|^\.$' | tr 'a-z\n' 'A-Z ')
    printf '%-11s %s, closed; stored for: %s\n' "$1:" "${commands% }" "$(cat stored 2>/dev/null || echo nobody)"
}
{
    try msmtp root/usr/bin/msmtp --host=127.0.0.1 --port="$port" --domain=client.example.test \
        -f sender@example.test "${to[@]}"
    try ssmtp root/usr/sbin/ssmtp -Cssmtp.conf "${to[@]}"
    try esmtp root/usr/bin/esmtp -C esmtprc -f sender@example.test "${to[@]}"
    input=nullmailer.options HELOHOST=client.example.test try nullmailer root/usr/lib/nullmailer/smtp
    try smtplib python3 smtplib-client.py "$port" "${to[@]}"
    try nodemailer node nodemailer-client.js "$port" "${to[@]}"
} | tee seen.txt

diff seen.txt - <<'EOF' || { echo "the behaviour has changed" >&2; exit 1; }
msmtp:      EHLO MAIL RCPT RCPT DATA, closed; stored for: nobody
ssmtp:      HELO MAIL RCPT, closed; stored for: nobody
esmtp:      EHLO MAIL RCPT RCPT QUIT, closed; stored for: nobody
nullmailer: HELO MAIL RCPT QUIT, closed; stored for: nobody
smtplib:    EHLO MAIL RCPT RCPT DATA . QUIT, closed; stored for: known@example.test
nodemailer: EHLO MAIL RCPT RCPT DATA ., closed; stored for: known@example.test
EOF
