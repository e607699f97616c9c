#!/usr/bin/env bash
# Stopped servers: Exim goes on to take mail and Dovecot to answer, while Postfix leaves without a word.
#
# An expert expects: whoever stops a mail server ends its sessions: the client gets 421 (RFC 5321,
#   section 3.8) or BYE (RFC 3501, section 7.1.5) and FIN. After the stop nothing is delivered, and a
#   FIN without a word is a crash or the network.
# What happens instead: with Exim only the port is closed. Whoever is connected can go on as long as he
#   likes, gets 250, and the message is delivered, with no daemon there. Postfix closes its sessions at
#   once and says nothing; on a reload it leaves them alone. Dovecot's IMAP goes on to answer. In longer
#   runs than this, BYE came 10 seconds after the stop for an idle client, and 30 for one at work.
#   smtp-server says 421, aiosmtpd nothing.
# Seen with: exim4-daemon-light 4.96-15+deb12u11, postfix 3.7.11-0+deb12u1, dovecot-imapd
#   1:2.3.19.1+dfsg1-2.1+deb12u7 (Debian 12), smtp-server 3.21.6 on Node.js 20.20, aiosmtpd 1.4.6.
# Why it matters: when a server was stopped is not to be read from its sessions. Mail that was accepted
#   while no connection came through is no contradiction, nor is a session that goes on beside
#   refused ones; and FIN in place of a reply is what the ordinary stop of a Postfix looks like.
# Output seen:
#   Exim, stop: new connections: refused; unasked: nothing; DATA 354, . 250, QUIT 221
#     messages delivered after that: 1
#   Postfix, reload: new connections: taken; unasked: nothing; DATA 354, . 250, QUIT 221
#   Postfix, stop: new connections: refused; unasked: FIN
#   Dovecot, stop: new connections: refused
#     IDLE, for 6 s: nothing
#     NOOP each half second, for 6 s: answered
#   smtp-server, close(): new connections: refused; unasked: 421 Server shutting down, FIN
#   aiosmtpd, stop(): new connections: refused; unasked: FIN
set -euo pipefail
[ "${bounded:-}" ] || exec timeout -k 5 115 env bounded=1 bash "$0"
[ "$(id -u)" = 0 ] || { echo "needs root (a namespace, in which the servers are installed)" >&2; exit 2; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
chmod 755 "$tmp"
cd "$tmp"
timeout 60 npm install --silent --no-audit --no-fund --prefix "$tmp" smtp-server@3.21.6 >/dev/null
timeout 60 python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore --target py aiosmtpd==1.4.6
fetch() { timeout 60 apt-get -qq -o APT::Sandbox::User=root download "$@" >/dev/null 2>&1; }
packages=(exim4-daemon-light=4.96-15+deb12u11 postfix=3.7.11-0+deb12u1 dovecot-core=1:2.3.19.1+dfsg1-2.1+deb12u7
    dovecot-imapd=1:2.3.19.1+dfsg1-2.1+deb12u7 libdb5.3 libnsl2 libtirpc3 libpcre2-8-0 libidn12 libidn2-0 libunistring2
    libgnutls30 libgnutls-dane0 libunbound8 libevent-2.1-7 libnettle8 libhogweed6 libtasn1-6 libp11-kit0 libgmp10 libicu72
    libsasl2-2 libsodium23 libcap2 libwrap0 libunwind8 liblua5.4-0 libstemmer0d libexttextcat-2.0-0 libapparmor1 liblz4-1)
fetch "${packages[@]}" || { timeout 60 apt-get -qq update; fetch "${packages[@]}"; }
for package in *.deb; do timeout 20 dpkg-deb -x "$package" root; done

{ cat /etc/passwd; printf '%s:x:%s::/:/usr/sbin/nologin\n' Debian-exim 998:998 postfix 997:997; } >passwd
{ cat /etc/group; printf '%s:x:%s:\n' Debian-exim 998 postfix 997 postdrop 996; } >group
mkdir -p exim/log postfix queue data dovecot/{run,state,mail}
cp -r root/usr/share/postfix/* root/etc/postfix/* postfix/
cat >exim.conf <<CONF
exim_path = /usr/sbin/exim4
spool_directory = $tmp/exim
log_file_path = $tmp/exim/log/%s
pid_file_path = $tmp/exim/pid
primary_hostname = mx.example.test
keep_environment =
tls_advertise_hosts =
local_interfaces = 127.0.0.1
daemon_smtp_ports = 2501
acl_smtp_rcpt = accept
begin routers
taken:
  driver = redirect
  data = :blackhole:
CONF
chmod 644 exim.conf
cat >postfix/main.cf <<CONF
compatibility_level = 3.6
queue_directory = $tmp/queue
data_directory = $tmp/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
meta_directory = $tmp/postfix
shlib_directory = /usr/lib/postfix
myhostname = mx.example.test
mydestination = example.test
inet_interfaces = 127.0.0.1
local_recipient_maps =
local_transport = discard:
alias_maps =
smtpd_recipient_restrictions = permit
maillog_file = $tmp/postfix.log
maillog_file_prefixes = $tmp
CONF
cat >postfix/master.cf <<'CONF'
2502 inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
discard unix - - n - - discard
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
CONF
cat >dovecot.conf <<CONF
base_dir = $tmp/dovecot/run
state_dir = $tmp/dovecot/state
log_path = $tmp/dovecot.log
default_login_user = nobody
default_internal_user = nobody
default_internal_group = nogroup
protocols = imap
ssl = no
disable_plaintext_auth = no
mail_location = maildir:$tmp/dovecot/mail
passdb {
  driver = static
  args = password=secret
}
userdb {
  driver = static
  args = uid=65534 gid=65534 home=$tmp/dovecot/mail
}
service imap-login {
  chroot =
  inet_listener imap {
    port = 2503
  }
}
service anvil {
  chroot =
}
service stats {
  chroot =
}
CONF
cat >smtp-server.js <<'JS'
const { SMTPServer } = require('smtp-server');
const server = new SMTPServer({ authOptional: true, disabledCommands: ['STARTTLS'], disableReverseLookup: true, closeTimeout: 1000 });
server.on('error', () => {});
server.listen(2504, '127.0.0.1');
process.on('SIGTERM', () => server.close());
JS
cat >aiosmtpd-server.py <<'PY'
import signal
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink

signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
controller = Controller(Sink(), hostname="127.0.0.1", port=2505)
controller.start()
signal.sigwait({signal.SIGTERM})
controller.stop()
PY

# A client is connected before the server is stopped, and says what is left afterwards.
cat >client.py <<'PY'
import socket, subprocess, sys, time

class Client:
    def __init__(self, port):
        for _ in range(100):
            try:
                self.socket = socket.create_connection(("127.0.0.1", port), 5)
                break
            except OSError:
                time.sleep(0.1)
        self.left = b""
        self.imap = port == 2503

    def heard(self, wait=5.0, tag=None):  # the last line of a reply
        self.socket.settimeout(wait)
        while True:
            while b"\n" not in self.left:
                try:
                    data = self.socket.recv(65536)
                except TimeoutError:
                    return "nothing"
                except OSError:
                    return "RST"
                if not data:
                    return "FIN"
                self.left += data
            line, self.left = self.left.split(b"\n", 1)
            if (not self.imap and line[3:4] == b" ") or (self.imap and (not tag or line.startswith(tag))):
                return line.decode().strip()

    def say(self, text, tag=None):
        try:
            self.socket.sendall(text + b"\r\n")
        except OSError:
            return "cannot be sent"
        return self.heard(tag=tag)

def stop(port, command, title):
    subprocess.run(command, shell=True, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(0.7)
    try:
        socket.create_connection(("127.0.0.1", port), 2).close()
        print(f"{title}: new connections: taken", end="")
    except OSError:
        print(f"{title}: new connections: refused", end="")

def smtp(title, port, command):
    client = Client(port)
    client.heard()
    for text in (b"EHLO client.example.test", b"MAIL FROM:<a@example.test>", b"RCPT TO:<b@example.test>"):
        assert client.say(text)[:3] == "250"
    stop(port, command, title)
    unasked = [client.heard(1)]
    if unasked[0][:3] == "421":
        unasked.append(client.heard(3))
    print("; unasked:", ", ".join(unasked), end="")
    if unasked == ["nothing"]:
        said = ((b"DATA", "DATA"), (b"Subject: test\r\n\r\nHello\r\n.", "."), (b"QUIT", "QUIT"))
        print(";", ", ".join(f"{name} {client.say(text)[:3]}" for text, name in said), end="")
    print()

def imap(title, port, command):
    idle, busy = Client(port), Client(port)
    for client in (idle, busy):
        client.heard()
        assert client.say(b"a LOGIN alice secret", b"a").startswith("a OK")
        assert client.say(b"b SELECT INBOX", b"b").startswith("b OK")
    idle.say(b"c IDLE")
    begin = time.monotonic()
    stop(port, command, title)
    print()
    answered, heard = 0, []
    while time.monotonic() - begin < 6:
        answered += busy.say(b"d NOOP", b"d").startswith("d OK")
        heard.append(idle.heard(0.5))
    heard = [line for line in heard if line != "nothing" and "Still here" not in line]
    print("  IDLE, for 6 s:", ", ".join(heard) or "nothing")
    print("  NOOP each half second, for 6 s:", "answered" if answered > 8 else f"{answered} answered")

title, port, command = sys.argv[1:]
(imap if int(port) == 2503 else smtp)(title, int(port), command)
PY

cat >inside.sh <<'SH'
set -euo pipefail
mount --bind passwd /etc/passwd
mount --bind group /etc/group
mount -t overlay overlay -o "lowerdir=$PWD/root/usr:/usr" /usr
ip link set lo up
chown -R Debian-exim:Debian-exim exim
chown postfix data
chown 65534 dovecot/mail
try() { timeout 30 python3 client.py "$@"; }

exim4 -C "$PWD/exim.conf" -bdf 2>exim.log &
try "Exim, stop" 2501 "kill $!"
echo "  messages delivered after that: $(cat exim/log/main | grep -c Completed)"
postfix -c "$PWD/postfix" start 2>&1 | sed "s,^,postfix: ," >&2
try "Postfix, reload" 2502 "postfix -c $PWD/postfix reload"
try "Postfix, stop" 2502 "postfix -c $PWD/postfix stop"
dovecot -F -c dovecot.conf 2>dovecot.start &
try "Dovecot, stop" 2503 "doveadm -c dovecot.conf stop"
node smtp-server.js &
try "smtp-server, close()" 2504 "kill $!"
PYTHONPATH=py python3 aiosmtpd-server.py &
try "aiosmtpd, stop()" 2505 "kill $!"
SH
timeout 90 unshare --mount --net --pid --fork --kill-child --mount-proc bash inside.sh 2>errors.log | tee seen.txt || true

diff seen.txt - <<'EOF' || { cat errors.log postfix.log >&2; echo "the behaviour has changed" >&2; exit 1; }
Exim, stop: new connections: refused; unasked: nothing; DATA 354, . 250, QUIT 221
  messages delivered after that: 1
Postfix, reload: new connections: taken; unasked: nothing; DATA 354, . 250, QUIT 221
Postfix, stop: new connections: refused; unasked: FIN
Dovecot, stop: new connections: refused
  IDLE, for 6 s: nothing
  NOOP each half second, for 6 s: answered
smtp-server, close(): new connections: refused; unasked: 421 Server shutting down, FIN
aiosmtpd, stop(): new connections: refused; unasked: FIN
EOF
