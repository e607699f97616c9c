#!/usr/bin/env bash
# LMTP with two recipients: smtplib reads one reply after the content, and aiosmtpd gives one. Together
# they work; with anybody else the client is one reply behind, or waits for one that never comes.
#
# An expert expects: one reply for each recipient after the content is what LMTP is there for (RFC 2033,
#   section 4.2), and a class named LMTP does that. A mailbox that was full is reported to the sender;
#   a reply belongs to the command before it.
# What happens instead: smtplib.LMTP reads the first recipient's reply, and reports that all went well.
#   The second's refusal stays unread, and is taken for the reply to the next command: to QUIT, and
#   nobody ever hears of it, or to the next mail's MAIL, whose sender is then said to be refused. If
#   nobody was refused, the replies are shifted all the same: the 250 for RCPT is taken for that to
#   DATA, and the next mail fails, with code 250. aiosmtpd.lmtp.LMTP gives one reply, whoever the
#   recipients are, and keeps the mail for all of them; a client that knows LMTP waits for the second
#   until its time is up and reports a failure, and whoever sends again makes a duplicate.
# Seen with: Python 3.11's smtplib, aiosmtpd 1.4.6, nodemailer 10.6.1 and smtp-server 3.21.6 on Node.js
#   20.20.
# Why it matters: a capture that pairs the replies rightly shows what the server did, and not what
#   the client believes. There, "sender refused" and "failed with 250" follow from the mail before, on
#   the same connection; "452" to one of two recipients does not mean that anybody was told; and a
#   silent LMTP server after one 250 has not hung: it has said all, and has the mail.
# Output seen:
#   smtplib to smtp-server, a full mailbox:
#     mail to alice, full: returned {}; MAIL 250, RCPT 250, RCPT 250, DATA 354, . 250
#     mail to alice: SMTPSenderRefused 452; MAIL 452, RSET 250
#     kept: alice
#   smtplib to smtp-server, one mail to a full mailbox:
#     mail to alice, full: returned {}; MAIL 250, RCPT 250, RCPT 250, DATA 354, . 250, QUIT 452
#     kept: alice
#   smtplib to smtp-server, all mailboxes fine:
#     mail to alice, bob: returned {}; MAIL 250, RCPT 250, RCPT 250, DATA 354, . 250
#     mail to alice: SMTPDataError 250; MAIL 250, RCPT 250, DATA 250
#     kept: alice bob
#   smtplib to aiosmtpd:
#     mail to alice, bob: returned {}; MAIL 250, RCPT 250, RCPT 250, DATA 354, . 250
#     mail to alice: returned {}; MAIL 250, RCPT 250, DATA 354, . 250
#     kept: alice bob alice
#   nodemailer to smtp-server, a full mailbox:
#     mail to alice, full: accepted alice; rejected full 452
#     kept: alice
#   nodemailer to aiosmtpd:
#     mail to alice, bob: ETIMEDOUT
#     mail to alice, bob: ETIMEDOUT
#     kept: alice bob alice bob
set -euo pipefail
[ "${bounded:-}" ] || exec timeout -k 5 115 env bounded=1 bash "$0"
tmp=$(mktemp -d)
servers=()
trap 'kill "${servers[@]}" 2>/dev/null || true; rm -rf "$tmp"' EXIT
cd "$tmp"
timeout 60 npm install --silent --no-audit --no-fund --prefix "$tmp" smtp-server@3.21.6 nodemailer@10.6.1 >/dev/null
timeout 60 python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore --target py aiosmtpd==1.4.6

# Each server writes its port to "NAME.port", and for whom it keeps a mail to "kept".
cat >server.js <<'JS'
const fs = require('fs');
const { SMTPServer } = require('smtp-server');
const server = new SMTPServer({
  lmtp: true, disabledCommands: ['AUTH', 'STARTTLS'], disableReverseLookup: true,
  onData(stream, session, done) {
    stream.on('error', () => {});
    stream.on('data', () => {});
    stream.on('end', () => done(null, session.envelope.rcptTo.map(({ address }) => {
      if (address === 'full@example.test') return Object.assign(new Error('mailbox full'), { responseCode: 452 });
      fs.appendFileSync('kept', `${address.split('@')[0]}\n`);
      return 'kept';
    })));
  },
});
server.on('error', () => {});
server.listen(0, '127.0.0.1', () => fs.writeFileSync('smtp-server.port', `${server.server.address().port}\n`));
JS
cat >server.py <<'PY'
import asyncio, pathlib
from aiosmtpd.lmtp import LMTP

class Handler:
    async def handle_DATA(self, server, session, envelope):
        with open("kept", "a") as kept:
            for address in envelope.rcpt_tos:
                print(address.split("@")[0], file=kept)
        return "250 kept"

async def main():
    server = await asyncio.get_running_loop().create_server(
        lambda: LMTP(Handler(), hostname="mx.example.test"), "127.0.0.1", 0)
    pathlib.Path("aiosmtpd.port").write_text(f"{server.sockets[0].getsockname()[1]}\n")
    await asyncio.sleep(100)

asyncio.run(main())
PY
timeout 100 node server.js 2>server.log &
servers+=($!)
PYTHONPATH=$tmp/py timeout 100 python3 server.py 2>server.log &
servers+=($!)

# Each client takes the server's name, and a list of recipients for each mail over one connection.
cat >smtplib-client.py <<'PY'
import pathlib, smtplib, sys

class Client(smtplib.LMTP):  # notes what is taken for the reply to what
    said, heard = "", []

    def putcmd(self, cmd, args=""):
        self.said = cmd.split()[0].upper()
        super().putcmd(cmd, args)

    def getreply(self):
        code, text = super().getreply()
        self.heard.append(f"{self.said} {code}")
        self.said = "."
        return code, text

client = Client("127.0.0.1", int(pathlib.Path(f"{sys.argv[1]}.port").read_text()), "client.example.test", timeout=10)
client.ehlo()
quits = sys.argv[2] == "quit"
mails = sys.argv[3:] if quits else sys.argv[2:]
for mail in mails:
    client.heard.clear()
    try:
        to = [f"{name}@example.test" for name in mail.split()]
        result = f"returned {client.sendmail('sender@example.test', to, 'Subject: test')}"
    except smtplib.SMTPResponseException as error:
        result = f"{type(error).__name__} {error.smtp_code}"
    if quits:
        client.quit()
    print(f"  mail to {mail.replace(' ', ', ')}: {result};", ", ".join(client.heard))
PY
cat >nodemailer-client.js <<'JS'
const [name, ...mails] = process.argv.slice(2);
const port = Number(require('fs').readFileSync(`${name}.port`));
const client = require('nodemailer').createTransport({ host: '127.0.0.1', port, lmtp: true, socketTimeout: 2500 });
(async () => {
  for (const mail of mails) {
    const to = mail.split(' ').map(name => `${name}@example.test`);
    const result = await client.sendMail({ envelope: { from: 'sender@example.test', to }, text: 'test' }).then(
      ({ accepted, rejectedErrors }) => `accepted ${accepted}; rejected ${rejectedErrors.map(
        ({ recipient, responseCode }) => `${recipient} ${responseCode}`)}`.replaceAll('@example.test', ''),
      error => error.code);
    console.log(`  mail to ${mail.replace(' ', ', ')}: ${result}`);
  }
})();
JS

for _ in $(seq 100); do [ -s smtp-server.port ] && [ -s aiosmtpd.port ] && break; sleep 0.1; done
try() { # title, command
    echo "$1:"
    : >kept
    timeout 20 "${@:2}"
    echo "  kept: $(paste -sd' ' kept)"
}
{
    try "smtplib to smtp-server, a full mailbox" python3 smtplib-client.py smtp-server "alice full" alice
    try "smtplib to smtp-server, one mail to a full mailbox" python3 smtplib-client.py smtp-server quit "alice full"
    try "smtplib to smtp-server, all mailboxes fine" python3 smtplib-client.py smtp-server "alice bob" alice
    try "smtplib to aiosmtpd" python3 smtplib-client.py aiosmtpd "alice bob" alice
    try "nodemailer to smtp-server, a full mailbox" node nodemailer-client.js smtp-server "alice full"
    try "nodemailer to aiosmtpd" node nodemailer-client.js aiosmtpd "alice bob" "alice bob"
} | tee seen.txt || true

diff seen.txt - <<'EOF' || { cat server.log >&2; echo "the behaviour has changed" >&2; exit 1; }
smtplib to smtp-server, a full mailbox:
  mail to alice, full: returned {}; MAIL 250, RCPT 250, RCPT 250, DATA 354, . 250
  mail to alice: SMTPSenderRefused 452; MAIL 452, RSET 250
  kept: alice
smtplib to smtp-server, one mail to a full mailbox:
  mail to alice, full: returned {}; MAIL 250, RCPT 250, RCPT 250, DATA 354, . 250, QUIT 452
  kept: alice
smtplib to smtp-server, all mailboxes fine:
  mail to alice, bob: returned {}; MAIL 250, RCPT 250, RCPT 250, DATA 354, . 250
  mail to alice: SMTPDataError 250; MAIL 250, RCPT 250, DATA 250
  kept: alice bob
smtplib to aiosmtpd:
  mail to alice, bob: returned {}; MAIL 250, RCPT 250, RCPT 250, DATA 354, . 250
  mail to alice: returned {}; MAIL 250, RCPT 250, DATA 354, . 250
  kept: alice bob alice
nodemailer to smtp-server, a full mailbox:
  mail to alice, full: accepted alice; rejected full 452
  kept: alice
nodemailer to aiosmtpd:
  mail to alice, bob: ETIMEDOUT
  mail to alice, bob: ETIMEDOUT
  kept: alice bob alice bob
EOF
