#!/usr/bin/env bash
# Between two hosts with Exim one message has several replies: the first is 353, one in the middle
# refuses it, and the last one accepts it.
#
# An expert expects: in SMTP a message has one reply, for all of its recipients; one for each is LMTP.
#   3yz asks for more input. A 550 after the content means that nobody gets the message.
# What happens instead: Debian's configuration has "prdr_enable = true", and Exim asks each host for
#   PRDR that offers it (an Internet draft of 2007 that became no RFC). MAIL bears the word PRDR; after
#   the content comes 353, then a reply for each recipient, in the order of RCPT, then one
#   more for the message. In 353 nothing is asked for, a 550 in the middle is about one recipient,
#   and the last 250 is no acceptance for all. With one recipient Exim does not ask, and there is
#   one reply. If no recipient is left, the last reply is a refusal: one more than there are recipients.
# Seen with: exim4-daemon-light 4.96-15+deb12u11 (Debian 12) on both sides.
# Why it matters: who pairs replies with commands finds four too many for three recipients, and takes
#   them for those to the commands that follow (here QUIT, sent without waiting for them). Who counts
#   a message by its last reply counts a delivery to one who never gets it.
# Output seen:
#   three recipients:
#     C: MAIL FROM:<a@client.example.test> PRDR
#     C: .
#     C: QUIT
#     S: 353 PRDR content analysis beginning
#     S: 250 PRDR R=<alice@server.example.test> acceptance
#     S: 550 mailbox full
#     S: 250 PRDR R=<carol@server.example.test> acceptance
#     S: 250 id=... message accepted for some recipients
#     S: 221 server.example.test closing connection
#   two, both refused:
#     C: MAIL FROM:<a@client.example.test> PRDR
#     C: .
#     C: QUIT
#     S: 353 PRDR content analysis beginning
#     S: 550 mailbox full
#     S: 550 mailbox full
#     S: 550 id=... message rejected for all recipients
#     S: 221 server.example.test closing connection
#   one recipient:
#     C: MAIL FROM:<a@client.example.test>
#     C: .
#     C: QUIT
#     S: 250 OK id=...
#     S: 221 server.example.test closing connection
set -euo pipefail
[ "${bounded:-}" ] || exec timeout -k 5 115 env bounded=1 bash "$0"
[ "$(id -u)" = 0 ] || { echo "needs root (Exim's user, in a namespace of its own)" >&2; exit 2; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
chmod 755 "$tmp"
cd "$tmp"
fetch() { timeout 60 apt-get -qq -o APT::Sandbox::User=root download "$@" >/dev/null 2>&1; }
packages=(exim4-daemon-light=4.96-15+deb12u11 exim4-config=4.96-15+deb12u11 libdb5.3 libnsl2 libtirpc3 libpcre2-8-0
    libidn12 libidn2-0 libunistring2 libgnutls30 libgnutls-dane0 libunbound8 libevent-2.1-7 libnettle8 libhogweed6 libtasn1-6
    libp11-kit0 libgmp10)
fetch "${packages[@]}" || { timeout 60 apt-get -qq update; fetch "${packages[@]}"; }
for package in *.deb; do timeout 20 dpkg-deb -x "$package" root; done
export LD_LIBRARY_PATH=$tmp/root/usr/lib/x86_64-linux-gnu tmp

# Exim wants its user, and a file of the configuration that nobody else can write to.
{ cat /etc/passwd; echo 'Debian-exim:x:998:998::/:/usr/sbin/nologin'; } >passwd
{ cat /etc/group; echo 'Debian-exim:x:998:'; } >group
for side in client server; do
    mkdir -p "$side/log"
    chown -R 998:998 "$side"
    cat >"$side.conf" <<CONF
exim_path = $tmp/root/usr/sbin/exim4
spool_directory = $tmp/$side
log_file_path = $tmp/$side/log/%s
pid_file_path = $tmp/$side/pid
primary_hostname = $side.example.test
keep_environment =
tls_advertise_hosts =
chunking_advertise_hosts =
smtp_accept_max = 3
CONF
done
# The server: what Debian's configuration says of PRDR, and a recipient whose mailbox is full.
grep -h '^prdr_enable' root/etc/exim4/conf.d/main/02_exim4-config_options >>server.conf
cat >>server.conf <<'CONF'
local_interfaces = 127.0.0.1
daemon_smtp_ports = 2525
acl_smtp_rcpt = accept
acl_smtp_data_prdr = recipient
acl_smtp_data = accept
begin acl
recipient:
  deny local_parts = full : away
       message = mailbox full
  accept
begin routers
taken:
  driver = redirect
  data = :blackhole:
CONF
cat >>client.conf <<'CONF'
begin routers
out:
  driver = manualroute
  senders = ! :
  route_list = * 127.0.0.1
  self = send
  transport = out
bounce:
  driver = redirect
  data = :blackhole:
begin transports
out:
  driver = smtp
  port = 2525
  allow_localhost
CONF
chmod 644 ./*.conf

cat >inside.sh <<'SH'
set -euo pipefail
mount --bind passwd /etc/passwd
mount --bind group /etc/group
ip link set lo up
"$tmp/root/usr/sbin/exim4" -C "$tmp/server.conf" -bdf >server.log 2>&1 &
server=$!
for _ in $(seq 100); do
    python3 -c 'import socket; socket.create_connection(("127.0.0.1", 2525), 1)' 2>/dev/null && break
    sleep 0.1
done
try() { # title, recipients
    echo "$1:"
    printf '%s\n' 'From: a@client.example.test' 'Subject: test' '' Hello |
        timeout 20 "$tmp/root/usr/sbin/exim4" -C "$tmp/client.conf" -odi -v -f a@client.example.test \
            "${@:2}" >client.log 2>&1 || true
    # Of the session that it shows: MAIL, and all that comes after the content.
    sed -nE '/^  SMTP.> *MAIL/s/.*MAIL/  C: MAIL/p; /^  SMTP>> +\.$/,${s/^  SMTP.> +(.*)/  C: \1/p; s/^  SMTP<< (.*)/  S: \1/p}' client.log |
        sed -E 's/ SIZE=[0-9]+//; s/id=[0-9A-Za-z-]+/id=.../'
}
try "three recipients" alice@server.example.test full@server.example.test carol@server.example.test
try "two, both refused" full@server.example.test away@server.example.test
try "one recipient" alice@server.example.test
kill "$server"
SH
timeout 60 unshare --mount --net --pid --fork --kill-child --mount-proc bash inside.sh | tee seen.txt

diff seen.txt - <<'EOF' || { cat client.log server.log >&2; echo "the behaviour has changed" >&2; exit 1; }
three recipients:
  C: MAIL FROM:<a@client.example.test> PRDR
  C: .
  C: QUIT
  S: 353 PRDR content analysis beginning
  S: 250 PRDR R=<alice@server.example.test> acceptance
  S: 550 mailbox full
  S: 250 PRDR R=<carol@server.example.test> acceptance
  S: 250 id=... message accepted for some recipients
  S: 221 server.example.test closing connection
two, both refused:
  C: MAIL FROM:<a@client.example.test> PRDR
  C: .
  C: QUIT
  S: 353 PRDR content analysis beginning
  S: 550 mailbox full
  S: 550 mailbox full
  S: 550 id=... message rejected for all recipients
  S: 221 server.example.test closing connection
one recipient:
  C: MAIL FROM:<a@client.example.test>
  C: .
  C: QUIT
  S: 250 OK id=...
  S: 221 server.example.test closing connection
EOF
