#!/usr/bin/env bash
# A client ends its content and closes its sending half: one server keeps the mail, another drops
# it, and neither says a word.
#
# An expert expects: a client that sends "." and then FIN instead of QUIT (a script through
#   "nc -N" or socat) may still read. The server takes the content, answers 250 or a refusal, and
#   closes. If no reply follows, the message was not taken.
# What happens instead: smtp-server (Node.js closes its own half as soon as it sees the FIN) hands
#   the message to the program, which keeps it, but has no way left to answer: no reply, mail
#   stored. In aiosmtpd the FIN cancels the program while it waits for anything (a database, a
#   content filter): no reply, mail lost. Both look the same: 354, content, ".", FIN, FIN.
# Seen with: smtp-server 3.21.6 on Node.js 20.20, aiosmtpd 1.4.6 on Python 3.11.
# Why it matters: from the packets alone "content without a reply" is neither accepted nor refused.
#   To count it as lost is wrong with the first server (and the client, which sends again, makes a
#   duplicate); to count it as delivered is wrong with the second.
# Output seen:
#   smtp-server, 0.2 s: reply after the content: none; stored: yes
#   aiosmtpd, 0.2 s: reply after the content: none; stored: no
set -euo pipefail
[ "${bounded:-}" ] || exec timeout -k 5 115 env bounded=1 bash "$0"
tmp=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$tmp"' EXIT
cd "$tmp"
timeout 60 npm install --silent --no-audit --no-fund --prefix "$tmp" smtp-server@3.21.6 >/dev/null
timeout 60 python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore --target py aiosmtpd==1.4.6

# Each server writes its port to "port", and "stored" to the file of that name when it keeps a mail.
cat >server.js <<'JS'
const fs = require('fs');
const { SMTPServer } = require('smtp-server');
const server = new SMTPServer({
  disabledCommands: ['AUTH', 'STARTTLS'], disableReverseLookup: true,
  onData(stream, session, done) {
    stream.on('data', () => {});
    stream.on('end', () => setTimeout(() => { fs.writeFileSync('stored', 'stored'); done(); }, process.argv[2] * 1000));
  },
});
server.on('error', () => {});
server.listen(0, '127.0.0.1', () => fs.writeFileSync('port', `${server.server.address().port}\n`));
JS
cat >server.py <<'PY'
import asyncio, pathlib, sys
from aiosmtpd.smtp import SMTP

class Handler:
    async def handle_DATA(self, server, session, envelope):
        await asyncio.sleep(float(sys.argv[1]))
        pathlib.Path("stored").write_text("stored")
        return "250 OK"

async def main():
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(Handler(), hostname="mx.example.test"), "127.0.0.1", 0)
    pathlib.Path("port").write_text(f"{server.sockets[0].getsockname()[1]}\n")
    await asyncio.sleep(30)

asyncio.run(main())
PY
cat >client.py <<'PY'
import socket, sys

connection = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=8)
replies = connection.makefile("rb")

def reply():
    while True:
        line = replies.readline()
        if line[3:4] != b"-":
            return line.decode().strip()

assert reply().startswith("220")
for command, code in (("EHLO client.example.test", "250"), ("MAIL FROM:<a@example.test>", "250"),
                      ("RCPT TO:<b@example.test>", "250"), ("DATA", "354")):
    connection.sendall(command.encode() + b"\r\n")
    assert reply().startswith(code)
connection.sendall(b"Subject: test\r\n\r\nHello\r\n.\r\n")
connection.shutdown(socket.SHUT_WR)
print(reply() or "none", end="")
PY

try() { # name, seconds that the program takes, command
    rm -f port stored
    timeout 30 "${@:3}" "$2" 2>server.log &
    server=$!
    for _ in $(seq 100); do [ -s port ] && break; sleep 0.1; done
    printf '%s, %s s: reply after the content: ' "$1" "$2"
    timeout 10 python3 client.py "$(cat port)"
    sleep 1
    echo "; stored: $([ -e stored ] && echo yes || echo no)"
    kill "$server"; wait "$server" 2>/dev/null || true; server=
}
{
    try smtp-server 0.2 node server.js
    PYTHONPATH=$tmp/py try aiosmtpd 0.2 python3 server.py
} | tee seen.txt

diff seen.txt - <<'EOF' || { echo "the behaviour has changed" >&2; exit 1; }
smtp-server, 0.2 s: reply after the content: none; stored: yes
aiosmtpd, 0.2 s: reply after the content: none; stored: no
EOF
