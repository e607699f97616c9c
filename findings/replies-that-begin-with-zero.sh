#!/usr/bin/env bash
# After VERB, sendmail's replies begin with 050, and in them is another session: that with the next hop.
#
# An expert expects: a reply code begins with 2 to 5 (RFC 5321, section 4.2.1), the message has one
#   reply, VERB is of the eighties, and what a capture shows between a client and a server was said
#   between these two.
# What happens instead: sendmail 8.17 offers VERB in reply to EHLO, and does what it says. It delivers
#   at once, while the client waits, and tells it of that in lines "050 ...", each of which has the
#   form of a whole reply (no hyphen): what it said itself (">>>") and what the next hop said. The
#   reply to the content comes after them.
# Seen with: sendmail-bin and sendmail-cf 8.17.1.9-2+deb12u2 (Debian 12); aiosmtpd 1.4.6 as the next hop.
# Why it matters: who pairs replies with commands has 18 for one message, and who looks at the text
#   finds a greeting, EHLO and DATA of two hosts whose connection is not in the capture. The time until
#   250 is that of a delivery.
# Output seen:
#   without VERB:
#     C: .
#     S: 250 2.0.0 ID Message accepted for delivery
#     C: QUIT
#     S: 221 2.0.0 mx.example.test closing connection
#   with VERB:
#     C: VERB
#     S: 250 2.0.0 Verbose mode
#     C: .
#     S: 050 <b@example.test>... Connecting to [127.0.0.1] port 2526 via esmtp...
#     S: 050 220 next.example.test Python SMTP 1.4.6
#     S: 050 >>> EHLO mx.example.test
#     S: 050 250-next.example.test
#     S: 050 250-SIZE 33554432
#     S: 050 250-8BITMIME
#     S: 050 250-SMTPUTF8
#     S: 050 250 HELP
#     S: 050 >>> MAIL From:<a@example.test> SIZE=21
#     S: 050 250 OK
#     S: 050 >>> RCPT To:<b@example.test>
#     S: 050 250 OK
#     S: 050 >>> DATA
#     S: 050 354 End data with <CR><LF>.<CR><LF>
#     S: 050 >>> .
#     S: 050 250 OK
#     S: 050 <b@example.test>... Sent (OK)
#     S: 250 2.0.0 ID Message accepted for delivery
#     C: QUIT
#     S: 221 2.0.0 mx.example.test closing connection
set -euo pipefail
[ "${bounded:-}" ] || exec timeout -k 5 115 env bounded=1 bash "$0"
[ "$(id -u)" = 0 ] || { echo "needs root (a namespace, in which sendmail is installed)" >&2; exit 2; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
chmod 755 "$tmp"
cd "$tmp"
timeout 60 python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore --target py aiosmtpd==1.4.6
fetch() { timeout 60 apt-get -qq -o APT::Sandbox::User=root download "$@" >/dev/null 2>&1; }
packages=(sendmail-bin=8.17.1.9-2+deb12u2 sendmail-cf=8.17.1.9-2+deb12u2 m4=1.4.19-3 libsigsegv2 libdb5.3 libnsl2 libtirpc3
    libldap-2.5-0 liblockfile1 libsasl2-2 libwrap0)
fetch "${packages[@]}" || { timeout 60 apt-get -qq update; fetch "${packages[@]}"; }
for package in *.deb; do timeout 20 dpkg-deb -x "$package" root; done
export LD_LIBRARY_PATH=$tmp/root/usr/lib/x86_64-linux-gnu

# It relays all mail to port 2526, and asks no name server.
mkdir -m 700 queue
mkdir status
cat >sendmail.mc <<MC
include(\`$tmp/root/usr/share/sendmail/cf/m4/cf.m4')
OSTYPE(\`debian')
define(\`QUEUE_DIR', \`$tmp/queue')
define(\`confHOST_STATUS_DIRECTORY', \`$tmp/status')
define(\`confPID_FILE', \`$tmp/pid')
define(\`confDOMAIN_NAME', \`mx.example.test')
define(\`SMART_HOST', \`esmtp:[127.0.0.1]')
define(\`ESMTP_MAILER_ARGS', \`TCP \$h 2526')
undefine(\`ALIAS_FILE')
FEATURE(\`nocanonify')
FEATURE(\`accept_unresolvable_domains')
RELAY_DOMAIN(\`example.test')
DAEMON_OPTIONS(\`Name=MTA, Addr=127.0.0.1, Port=2525')
MAILER(local)
MAILER(smtp)
MC
cat >next-hop.py <<'PY'
import time
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink

Controller(Sink(), hostname="127.0.0.1", port=2526, server_hostname="next.example.test").start()
time.sleep(100)
PY
cat >client.py <<'PY'
import re, socket, sys, time

for _ in range(100):
    try:
        client = socket.create_connection(("127.0.0.1", 2525), 20)
        break
    except OSError:
        time.sleep(0.1)
lines = client.makefile("rb")

def say(text, show):
    client.sendall(text + b"\r\n")
    if show:
        print("  C:", text.split(b"\r\n")[-1].decode())
    while line := lines.readline().decode().strip():
        line = re.sub(r"\b\w{14}(?= Message accepted)", "ID", line)
        if show:
            print("  S:", line)
        if line[3:4] == " " and line[0] != "0":
            return

assert lines.readline().startswith(b"220 ")
say(b"EHLO client.example.test", False)
if "VERB" in sys.argv:
    say(b"VERB", True)
say(b"MAIL FROM:<a@example.test>", False)
say(b"RCPT TO:<b@example.test>", False)
say(b"DATA", False)
say(b"Subject: test\r\n\r\nHello\r\n.", True)
say(b"QUIT", True)
PY
cat >inside.sh <<'SH'
set -euo pipefail
mount -t overlay overlay -o "lowerdir=$PWD/root/usr:/usr" /usr
hostname mx.example.test
ip link set lo up
m4 sendmail.mc >sendmail.cf
PYTHONPATH=py timeout 60 python3 next-hop.py &
timeout 60 /usr/libexec/sendmail/sendmail -C "$PWD/sendmail.cf" -bD &
echo "without VERB:"
timeout 25 python3 client.py
echo "with VERB:"
timeout 25 python3 client.py VERB
SH
timeout 80 unshare --mount --net --uts --pid --fork --kill-child --mount-proc bash inside.sh 2>errors.log | tee seen.txt || true

diff seen.txt - <<'EOF' || { cat errors.log >&2; echo "the behaviour has changed" >&2; exit 1; }
without VERB:
  C: .
  S: 250 2.0.0 ID Message accepted for delivery
  C: QUIT
  S: 221 2.0.0 mx.example.test closing connection
with VERB:
  C: VERB
  S: 250 2.0.0 Verbose mode
  C: .
  S: 050 <b@example.test>... Connecting to [127.0.0.1] port 2526 via esmtp...
  S: 050 220 next.example.test Python SMTP 1.4.6
  S: 050 >>> EHLO mx.example.test
  S: 050 250-next.example.test
  S: 050 250-SIZE 33554432
  S: 050 250-8BITMIME
  S: 050 250-SMTPUTF8
  S: 050 250 HELP
  S: 050 >>> MAIL From:<a@example.test> SIZE=21
  S: 050 250 OK
  S: 050 >>> RCPT To:<b@example.test>
  S: 050 250 OK
  S: 050 >>> DATA
  S: 050 354 End data with <CR><LF>.<CR><LF>
  S: 050 >>> .
  S: 050 250 OK
  S: 050 <b@example.test>... Sent (OK)
  S: 250 2.0.0 ID Message accepted for delivery
  C: QUIT
  S: 221 2.0.0 mx.example.test closing connection
EOF
