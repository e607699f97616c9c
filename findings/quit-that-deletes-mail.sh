#!/usr/bin/env bash
# Net::IMAP::Simple's quit() expunges the mailbox: it deletes what another client had marked.
#
# An expert expects: quit() of an IMAP library is LOGOUT. A client that only logs in and selects a
#   mailbox changes nothing in it, and a message that vanishes was deleted by a client that stored
#   \Deleted.
# What happens instead: quit() sends EXPUNGE, does not read its answer (the "* n EXPUNGE" lines
#   come back as if they belonged to LOGOUT, sent at once after it), and then LOGOUT. A message that
#   some other client had marked \Deleted, and could still have unmarked, is gone. Nothing tells
#   the program.
# Seen with: Net::IMAP::Simple 1.2211 (libnet-imap-simple-perl 1.2211-1, Debian 12), pymap 0.36.7.
# Why it matters: "who deleted my mail?" is answered from a capture by looking for STORE +FLAGS
#   \Deleted, and finds the wrong session: the message goes in one that fetched nothing and stored
#   nothing, at its very end: that of a script that only counts messages, say.
# Output seen:
#   second client sends: LOGIN, SELECT, EXPUNGE, LOGOUT
#   server: * 1 EXPUNGE
#   messages before: 4, after: 3
set -euo pipefail
[ "${bounded:-}" ] || exec timeout -k 5 115 env bounded=1 bash "$0"
tmp=$(mktemp -d)
server=
relay=
trap 'kill $server $relay 2>/dev/null || true; rm -rf "$tmp"' EXIT
cd "$tmp"
timeout 60 python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore --target py pymap==0.36.7
fetch() { timeout 60 apt-get -qq -o APT::Sandbox::User=root download "$@" >/dev/null 2>&1; }
packages=(libnet-imap-simple-perl=1.2211-1)
fetch "${packages[@]}" || { timeout 60 apt-get -qq update; fetch "${packages[@]}"; }
timeout 20 dpkg-deb -x libnet-imap-simple-perl*.deb root

# A relay that writes down the second client's session, and tells its own port and the server's.
cat >relay.py <<'PY'
import pathlib, socket, threading

with socket.create_server(("127.0.0.1", 0)) as free:
    server = free.getsockname()
listener = socket.create_server(("127.0.0.1", 0))
pathlib.Path("ports").write_text(f"{server[1]} {listener.getsockname()[1]}\n")
client, _ = listener.accept()
upstream = socket.create_connection(server)

def pass_on(source, target, name):
    with open(name, "wb", buffering=0) as record:
        while data := source.recv(65536):
            record.write(data)
            target.sendall(data)
    target.shutdown(socket.SHUT_WR)

threads = [threading.Thread(target=pass_on, args=(client, upstream, "client.txt")),
           threading.Thread(target=pass_on, args=(upstream, client, "server.txt"))]
for thread in threads:
    thread.start()
PY
timeout 60 python3 relay.py &
relay=$!
for _ in $(seq 100); do [ -s ports ] && break; sleep 0.1; done
read -r server_port relay_port <ports
PYTHONPATH=$tmp/py timeout 60 python3 py/bin/pymap --host 127.0.0.1 --port "$server_port" --no-tls dict --demo-data >server.log 2>&1 &
server=$!

# The first client marks message 1 and leaves by LOGOUT: the message stays.
cat >mailbox.py <<'PY'
import imaplib, sys, time

for _ in range(100):
    try:
        client = imaplib.IMAP4("127.0.0.1", int(sys.argv[1]), timeout=10)
        break
    except OSError:
        time.sleep(0.1)
client.login("demouser", "demopass")
_, (count,) = client.select("INBOX")
if "mark" in sys.argv:
    client.store("1", "+FLAGS", r"(\Deleted)")
client.logout()
print(count.decode(), end="")
PY
cat >second.pl <<'PL'
use Net::IMAP::Simple;
my $imap = Net::IMAP::Simple->new("127.0.0.1:$ARGV[0]", timeout => 10) or die "no connection";
$imap->login('demouser', 'demopass') or die "no log-in";
print STDERR "the second client counts ", $imap->select('INBOX'), " messages\n";
$imap->quit;
PL
timeout 20 python3 mailbox.py "$server_port" mark >marked.txt
timeout 10 python3 mailbox.py "$server_port" >before.txt
timeout 20 perl -I root/usr/share/perl5 second.pl "$relay_port"
wait "$relay"; relay=
{
    echo "second client sends: $(tr -d '\r' <client.txt | cut -d' ' -f2 | paste -sd, | sed 's/,/, /g')"
    echo "server: $(tr -d '\r' <server.txt | grep 'EXPUNGE$')"
    echo "messages before: $(cat before.txt), after: $(timeout 10 python3 mailbox.py "$server_port")"
} | tee seen.txt

diff seen.txt - <<'EOF' || { echo "the behaviour has changed" >&2; exit 1; }
second client sends: LOGIN, SELECT, EXPUNGE, LOGOUT
server: * 1 EXPUNGE
messages before: 4, after: 3
EOF
