#!/usr/bin/env bash
# A Sieve script of one line, redirect: Dovecot forwards the first mail of a Message-ID, and puts the
# second into the mailbox at hand. The sender is told the same both times.
#
# An expert expects: redirect cancels the implicit keep (RFC 5228, section 2.10.2): each mail goes on to
#   the other address, and none stays, unless the next hop refuses it. If a server takes two mails of
#   one Message-ID for one, it forwards the first and drops the second.
# What happens instead: Pigeonhole remembers what it has forwarded. A second mail of that Message-ID,
#   with whatever text, is not forwarded, no connection is made, and since nothing cancels the keep
#   any more, it is stored in the INBOX of the user who wants everything elsewhere. What counts is not
#   the Message-ID alone: with a List-Id it goes on once more, and for alice+tag in place of alice.
#   Two mails without a Message-ID both go on. LMTP says "250 2.0.0 ... Saved" to each, and as well
#   where the next hop says 550, which also ends in the INBOX; for 450 it is 451.
# Seen with: dovecot-core, dovecot-lmtpd and dovecot-sieve 1:2.3.19.1+dfsg1-2.1+deb12u7 (Debian 12),
#   aiosmtpd 1.4.6 as the next hop.
# Why it matters: "why did bob get only the first?" A mail corrected and sent again under its old
#   Message-ID, or a program's with one ID for each order, is accepted, not forwarded, not bounced,
#   and not lost: it lies where nobody looks. From LMTP's replies "forwarded" and "stored" cannot be
#   told apart, and that the next hop was not called is no failure of the network.
# Output seen:
#   first: 250 Saved; forwarded; connections to the next hop: 1
#   same Message-ID, other text: 250 Saved; stored; connections to the next hop: 0
#   same Message-ID, with a List-Id: 250 Saved; forwarded; connections to the next hop: 1
#   same Message-ID, with that List-Id again: 250 Saved; stored; connections to the next hop: 0
#   same Message-ID, to alice+tag: 250 Saved; forwarded; connections to the next hop: 1
#   without Message-ID: 250 Saved; forwarded; connections to the next hop: 1
#   without Message-ID, the same again: 250 Saved; forwarded; connections to the next hop: 1
#   another, next hop says 550: 250 Saved; stored; connections to the next hop: 1
#   another, next hop says 450: 451 not saved; neither; connections to the next hop: 1
#   the last one again, next hop takes it: 250 Saved; forwarded; connections to the next hop: 1
set -euo pipefail
[ "${bounded:-}" ] || exec timeout -k 5 115 env bounded=1 bash "$0"
[ "$(id -u)" = 0 ] || { echo "needs root (Dovecot changes its user, in a namespace of its own)" >&2; exit 2; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
timeout 60 python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore --target py aiosmtpd==1.4.6
fetch() { timeout 60 apt-get -qq -o APT::Sandbox::User=root download "$@" >/dev/null 2>&1; }
version=1:2.3.19.1+dfsg1-2.1+deb12u7
packages=("dovecot-core=$version" "dovecot-lmtpd=$version" "dovecot-sieve=$version" libsodium23 libcap2 libtirpc3
    libnsl2 libwrap0 libunwind8 liblua5.4-0 libstemmer0d libicu72 libexttextcat-2.0-0 libapparmor1 liblz4-1)
fetch "${packages[@]}" || { timeout 60 apt-get -qq update; fetch "${packages[@]}"; }
for package in *.deb; do timeout 20 dpkg-deb -x "$package" root; done
export libraries=$tmp/root/usr/lib/dovecot:$tmp/root/usr/lib/x86_64-linux-gnu tmp
mkdir run state alice
echo 'redirect "bob@other.example.test";' >alice/rules.sieve
chown -R 65534 alice
chmod 755 "$tmp"
cat >dovecot.conf <<CONF
base_dir = $tmp/run
state_dir = $tmp/state
libexec_dir = $tmp/root/usr/lib/dovecot
mail_plugin_dir = $tmp/root/usr/lib/dovecot/modules
log_path = $tmp/dovecot.log
import_environment = LD_LIBRARY_PATH
default_login_user = nobody
default_internal_user = nobody
default_internal_group = nogroup
protocols = lmtp
ssl = no
hostname = mx.example.test
postmaster_address = postmaster@example.test
mail_location = maildir:~/mail
submission_host = 127.0.0.1:2525
passdb {
  driver = static
  args = password=secret
}
userdb {
  driver = static
  args = uid=65534 gid=65534 home=$tmp/alice
}
protocol lmtp {
  mail_plugins = sieve
}
plugin {
  sieve = ~/rules.sieve
}
service lmtp {
  inet_listener lmtp {
    port = 2524
  }
}
service anvil {
  chroot =
}
service stats {
  chroot =
}
CONF

# The next hop, and the client that sends to Dovecot and looks where the mail has gone.
cat >mails.py <<'PY'
import os, smtplib, time
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

answer, connections, forwarded = "250 fine", 0, 0

class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, session, envelope):
        global forwarded
        forwarded += envelope.rcpt_tos == ["bob@other.example.test"]
        return "250 kept"

class Server(SMTP):
    def connection_made(self, transport):
        global connections
        connections += 1
        super().connection_made(transport)

class NextHop(Controller):
    def factory(self):
        return Server(self.handler, hostname="other.example.test")

hop = NextHop(Handler(), hostname="127.0.0.1", port=2525)
hop.start()

def stored():
    return len(os.listdir("alice/mail/new")) if os.path.isdir("alice/mail/new") else 0

def send(title, header, to="alice", reply="250 fine"):
    global answer, connections, forwarded
    for _ in range(100):
        try:
            client = smtplib.LMTP("127.0.0.1", 2524, "client.example.test", timeout=20)
            break
        except OSError:
            time.sleep(0.1)
    answer, connections, forwarded = reply, 0, 0
    before = stored()
    with client:
        client.ehlo()
        client.mail("sender@client.example.test")
        client.rcpt(f"{to}@example.test")
        code, text = client.data(f"From: sender@client.example.test\r\nSubject: {title}\r\n{header}\r\n{title}\r\n")
    said = "Saved" if text.endswith(b" Saved") else "not saved"
    where = {(1, 0): "forwarded", (0, 1): "stored", (0, 0): "neither"}[forwarded, stored() - before]
    print(f"{title}: {code} {said}; {where}; connections to the next hop: {connections}", flush=True)

one = "Message-ID: <order-1@client.example.test>\r\n"
two = "Message-ID: <order-2@client.example.test>\r\n"
three = "Message-ID: <order-3@client.example.test>\r\n"
by_list = one + "List-Id: <list.example.test>\r\n"
send("first", one)
send("same Message-ID, other text", one)
send("same Message-ID, with a List-Id", by_list)
send("same Message-ID, with that List-Id again", by_list)
send("same Message-ID, to alice+tag", one, to="alice+tag")
send("without Message-ID", "")
send("without Message-ID, the same again", "")
send("another, next hop says 550", two, reply="550 no such user")
send("another, next hop says 450", three, reply="450 not now")
send("the last one again, next hop takes it", three)
hop.stop()
PY

cat >inside.sh <<'SH'
set -euo pipefail
ip link set lo up
LD_LIBRARY_PATH=$libraries root/usr/sbin/dovecot -F -c dovecot.conf 2>start.log &
PYTHONPATH=$tmp/py timeout 60 python3 mails.py
SH
timeout 80 unshare --mount --net --pid --fork --kill-child --mount-proc bash inside.sh | tee seen.txt || true

diff seen.txt - <<'EOF' || { cat start.log dovecot.log >&2; echo "the behaviour has changed" >&2; exit 1; }
first: 250 Saved; forwarded; connections to the next hop: 1
same Message-ID, other text: 250 Saved; stored; connections to the next hop: 0
same Message-ID, with a List-Id: 250 Saved; forwarded; connections to the next hop: 1
same Message-ID, with that List-Id again: 250 Saved; stored; connections to the next hop: 0
same Message-ID, to alice+tag: 250 Saved; forwarded; connections to the next hop: 1
without Message-ID: 250 Saved; forwarded; connections to the next hop: 1
without Message-ID, the same again: 250 Saved; forwarded; connections to the next hop: 1
another, next hop says 550: 250 Saved; stored; connections to the next hop: 1
another, next hop says 450: 451 not saved; neither; connections to the next hop: 1
the last one again, next hop takes it: 250 Saved; forwarded; connections to the next hop: 1
EOF
