#!/usr/bin/env bash
# Dovecot's submission says 235, and then 421, unasked, for a relay behind it that the client knows
# nothing of.
#
# An expert expects: after 235 the server waits for MAIL. What it offers was said in reply to EHLO; AUTH
#   PLAIN does not change that. A server that could not take mail would say so in its greeting. If it
#   says 421 in reply to MAIL, the sender was looked at.
# What happens instead: greeting, EHLO and AUTH are answered by a process that knows the passwords and
#   no more. With the log-in another process takes the connection over, and only then calls the relay
#   for which Dovecot stands. If that is down, or turns it away by 554, 421 follows 235 at once, and
#   Dovecot closes. smtplib and nodemailer report that MAIL, the sender, was refused. Where the relay
#   is up, EHLO has another answer after the log-in: AUTH names no mechanism any more, and SIZE has a
#   number, which is the relay's less 1024.
# Seen with: dovecot-core and dovecot-submissiond 1:2.3.19.1+dfsg1-2.1+deb12u7 (Debian 12), Python 3.11's
#   smtplib, nodemailer 10.6.1 on Node.js 20.20, aiosmtpd 1.4.6 as the relay.
# Why it matters: 235, 421 and FIN look like a lock-out, or a client that was too slow. The password
#   was right, the sender is not in question, and the cause is on a connection that the capture of
#   this side does not have. A reader that pairs 421 with MAIL blames MAIL, as the clients do.
# Output seen:
#   relay down:
#     AUTH: 235
#     unasked: 421 4.4.0 mx.example.test Failed to connect to relay server (connect); then closed: yes
#     smtplib: SMTPSenderRefused 421
#     nodemailer: EENVELOPE MAIL FROM 421
#   relay says 554:
#     AUTH: 235
#     unasked: 421 4.4.0 mx.example.test Failed to establish relay connection; then closed: yes
#     smtplib: SMTPSenderRefused 421
#     nodemailer: EENVELOPE MAIL FROM 421
#   relay takes mail:
#     AUTH: 235
#     unasked: nothing
#     EHLO before the log-in: 8BITMIME AUTH=PLAIN BURL=imap CHUNKING ENHANCEDSTATUSCODES PIPELINING SIZE
#     EHLO after the log-in:  8BITMIME AUTH BURL=imap=imap://mx.example.test CHUNKING ENHANCEDSTATUSCODES PIPELINING SIZE=33553408
#     smtplib: sent
#     nodemailer: sent
set -euo pipefail
[ "${bounded:-}" ] || exec timeout -k 5 115 env bounded=1 bash "$0"
[ "$(id -u)" = 0 ] || { echo "needs root (Dovecot changes its user, in a namespace of its own)" >&2; exit 2; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
timeout 60 npm install --silent --no-audit --no-fund --prefix "$tmp" nodemailer@10.6.1 >/dev/null
timeout 60 python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore --target py aiosmtpd==1.4.6
fetch() { timeout 60 apt-get -qq -o APT::Sandbox::User=root download "$@" >/dev/null 2>&1; }
packages=(dovecot-core=1:2.3.19.1+dfsg1-2.1+deb12u7 dovecot-submissiond=1:2.3.19.1+dfsg1-2.1+deb12u7 libsodium23 libcap2
    libtirpc3 libnsl2 libwrap0 libunwind8 liblua5.4-0 libstemmer0d libicu72 libexttextcat-2.0-0 libapparmor1 liblz4-1)
fetch "${packages[@]}" || { timeout 60 apt-get -qq update; fetch "${packages[@]}"; }
for package in *.deb; do timeout 20 dpkg-deb -x "$package" root; done
export libraries=$tmp/root/usr/lib/dovecot:$tmp/root/usr/lib/x86_64-linux-gnu tmp
mkdir run state mail
chown 65534 mail
chmod 755 "$tmp"
cat >dovecot.conf <<CONF
base_dir = $tmp/run
state_dir = $tmp/state
libexec_dir = $tmp/root/usr/lib/dovecot
login_plugin_dir = $tmp/root/usr/lib/dovecot/modules/login
mail_plugin_dir = $tmp/root/usr/lib/dovecot/modules
log_path = $tmp/dovecot.log
import_environment = LD_LIBRARY_PATH
default_login_user = nobody
default_internal_user = nobody
default_internal_group = nogroup
protocols = submission
ssl = no
disable_plaintext_auth = no
hostname = mx.example.test
mail_location = maildir:$tmp/mail
submission_relay_host = 127.0.0.1
submission_relay_port = 2525
passdb {
  driver = static
  args = password=secret
}
userdb {
  driver = static
  args = uid=65534 gid=65534 home=$tmp/mail
}
service submission-login {
  chroot =
  inet_listener submission {
    port = 2587
  }
}
service anvil {
  chroot =
}
service stats {
  chroot =
}
CONF

# The relay: none at all, one that greets by 554, one that takes mail.
cat >refusing.py <<'PY'
import contextlib, socket

listener = socket.create_server(("127.0.0.1", 2525))
while True:
    client, _ = listener.accept()
    with client, contextlib.suppress(OSError):
        client.sendall(b"554 5.7.1 no mail from you\r\n")
        client.recv(1000)
PY
cat >taking.py <<'PY'
import time
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink

Controller(Sink(), hostname="127.0.0.1", port=2525).start()
time.sleep(100)
PY
cat >dialogue.py <<'PY'
import smtplib

def listed(client):
    _, text = client.docmd("EHLO", "client.example.test")
    return " ".join(line.replace(" ", "=") for line in sorted(text.decode().splitlines()[1:]))

client = smtplib.SMTP("127.0.0.1", 2587, timeout=20)
before = listed(client)
print("  AUTH:", client.docmd("AUTH", "PLAIN AGFsaWNlAHNlY3JldA==")[0])
client.sock.settimeout(1)
try:
    code, text = client.getreply()
    print(f"  unasked: {code} {text.decode()}; then closed:", "yes" if client.sock.recv(1) == b"" else "no")
except smtplib.SMTPServerDisconnected:  # nothing came
    client = smtplib.SMTP("127.0.0.1", 2587, timeout=20)
    client.docmd("EHLO", "client.example.test")
    client.docmd("AUTH", "PLAIN AGFsaWNlAHNlY3JldA==")
    print("  unasked: nothing")
    print("  EHLO before the log-in:", before)
    print("  EHLO after the log-in: ", listed(client))
PY
cat >smtplib-client.py <<'PY'
import smtplib, time

client = smtplib.SMTP("127.0.0.1", 2587, local_hostname="client.example.test", timeout=20)
client.login("alice", "secret")
time.sleep(0.5)
try:
    client.sendmail("alice@example.test", ["b@example.test"], b"Subject: test\r\n\r\nHello\r\n")
    print("  smtplib: sent")
except smtplib.SMTPException as error:
    print(f"  smtplib: {type(error).__name__}", getattr(error, "smtp_code", ""))
PY
cat >nodemailer-client.js <<'JS'
require('nodemailer').createTransport({ host: '127.0.0.1', port: 2587, auth: { user: 'alice', pass: 'secret' } })
  .sendMail({ from: 'alice@example.test', to: 'b@example.test', text: 'Hello' }, error =>
    console.log('  nodemailer:', error ? `${error.code} ${error.command} ${error.responseCode}` : 'sent'));
JS

cat >inside.sh <<'SH'
set -euo pipefail
ip link set lo up
LD_LIBRARY_PATH=$libraries root/usr/sbin/dovecot -F -c dovecot.conf 2>start.log &
listens() { # port
    for _ in $(seq 100); do
        python3 -c "import socket; socket.create_connection(('127.0.0.1', $1), 1)" 2>/dev/null && return
        sleep 0.1
    done
}
listens 2587
try() { # title
    echo "$1:"
    timeout 20 python3 dialogue.py
    timeout 20 python3 smtplib-client.py
    timeout 20 node nodemailer-client.js
}
try "relay down"
timeout 60 python3 refusing.py &
relay=$!
listens 2525
try "relay says 554"
kill "$relay"
wait "$relay" 2>/dev/null || true
PYTHONPATH=$tmp/py timeout 60 python3 taking.py &
listens 2525
try "relay takes mail"
SH
timeout 80 unshare --mount --net --pid --fork --kill-child --mount-proc bash inside.sh | tee seen.txt

diff seen.txt - <<'EOF' || { cat dovecot.log >&2; echo "the behaviour has changed" >&2; exit 1; }
relay down:
  AUTH: 235
  unasked: 421 4.4.0 mx.example.test Failed to connect to relay server (connect); then closed: yes
  smtplib: SMTPSenderRefused 421
  nodemailer: EENVELOPE MAIL FROM 421
relay says 554:
  AUTH: 235
  unasked: 421 4.4.0 mx.example.test Failed to establish relay connection; then closed: yes
  smtplib: SMTPSenderRefused 421
  nodemailer: EENVELOPE MAIL FROM 421
relay takes mail:
  AUTH: 235
  unasked: nothing
  EHLO before the log-in: 8BITMIME AUTH=PLAIN BURL=imap CHUNKING ENHANCEDSTATUSCODES PIPELINING SIZE
  EHLO after the log-in:  8BITMIME AUTH BURL=imap=imap://mx.example.test CHUNKING ENHANCEDSTATUSCODES PIPELINING SIZE=33553408
  smtplib: sent
  nodemailer: sent
EOF
