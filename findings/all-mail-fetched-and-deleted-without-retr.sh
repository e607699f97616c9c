#!/usr/bin/env bash
# fetchmail fetches whole messages by TOP, and deletes them, without one RETR.
#
# An expert expects: TOP is for a look at the header (RFC 1939 calls it optional for this), RETR is
#   for the message. A session of TOP and DELE is that of a filter which throws mail away by its
#   headers; nobody has those messages any more.
# What happens instead: where fetchmail is to delete what it fetches (its ordinary way), it says
#   "TOP 1 99999999", stores the message, and says DELE. Where it is to leave the messages on the
#   server, it says RETR, and with fetchall too. It does not ask whether there is TOP: it says it
#   to a server whose CAPA does not name it as well, and stores nothing if that refuses it, though
#   RETR would do. mpop and getmail say RETR in all cases.
# Seen with: fetchmail 6.4.37-1, mpop 1.4.18-1, getmail6 6.18.11-2 (Debian 12).
# Why it matters: who looks for downloads by RETR, in a capture or in a server's log, finds
#   none, and a deletion of mail that nobody read. The octets after
#   "TOP 1 99999999" are the whole message, which only the argument tells.
# Output seen:
#   fetchmail:           TOP 1 99999999, DELE 1, TOP 2 99999999, DELE 2; stored: 2
#   fetchmail, keep:     RETR 1, RETR 2; stored: 2
#   fetchmail, fetchall: RETR 1, DELE 1, RETR 2, DELE 2; stored: 2
#   fetchmail, no TOP:   TOP 1 99999999, TOP 2 99999999; stored: 0
#   mpop:                RETR 1, RETR 2, DELE 1, DELE 2; stored: 2
#   mpop, keep:          RETR 1, RETR 2; stored: 2
#   getmail:             RETR 1, DELE 1, RETR 2, DELE 2; stored: 2
#   getmail, keep:       RETR 1, RETR 2; stored: 2
set -euo pipefail
[ "${bounded:-}" ] || exec timeout -k 5 115 env bounded=1 bash "$0"
tmp=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$tmp"' EXIT
cd "$tmp"
fetch() { timeout 60 apt-get -qq -o APT::Sandbox::User=root download "$@" >/dev/null 2>&1; }
packages=(fetchmail=6.4.37-1 mpop=1.4.18-1 getmail6=6.18.11-2 libgsasl18 libgssglue1 libidn12 libntlm0 libsecret-1-0
    libglib2.0-0 libgnutls30 libcom-err2 libgssapi-krb5-2 libkrb5-3 libk5crypto3 libkrb5support0 libkeyutils1)
fetch "${packages[@]}" || { timeout 60 apt-get -qq update; fetch "${packages[@]}"; }
for package in *.deb; do timeout 20 dpkg-deb -x "$package" root; done

# A maildrop of two messages, with TOP on one port and without it on the other. It writes down what is asked for.
cat >server.py <<'PY'
import pathlib, socketserver, threading

MAIL = [b"From: a@example.test\r\nSubject: test %d\r\n\r\nHello\r\n" % number for number in (1, 2)]

class Maildrop(socketserver.StreamRequestHandler):
    def handle(self):
        said = []
        self.wfile.write(b"+OK ready\r\n")
        while line := self.rfile.readline():
            verb, *words = line.decode().upper().split()
            number = int(words[0]) - 1 if words and words[0].isdigit() else None
            several = number is None and verb in ("LIST", "UIDL")
            answer = {
                "CAPA": b"+OK\r\n%sUIDL\r\nUSER\r\n.\r\n" % (b"TOP\r\n" if self.server.top else b""),
                "STAT": b"+OK 2 %d\r\n" % sum(map(len, MAIL)),
                "LAST": b"-ERR unknown command\r\n",
                "TOP": None if self.server.top else b"-ERR unknown command\r\n",
                "RETR": None,
                "LIST": b"+OK %d %d\r\n" % (number + 1, len(MAIL[number])) if number is not None else b"",
                "UIDL": b"+OK %d uid%d\r\n" % (number + 1, number + 1) if number is not None else b"",
            }.get(verb, b"+OK\r\n")
            if several:
                rows = (b"%d %d\r\n" % (at, len(mail)) if verb == "LIST" else b"%d uid%d\r\n" % (at, at)
                        for at, mail in enumerate(MAIL, 1))
                answer = b"+OK\r\n" + b"".join(rows) + b".\r\n"
            if verb in ("TOP", "RETR", "DELE"):
                said.append(" ".join([verb, *words]))
            self.wfile.write(answer if answer is not None else b"+OK\r\n" + MAIL[number] + b".\r\n")
            if verb == "QUIT":
                break
        pathlib.Path("said").write_text(", ".join(said))

ports = []
for top in (True, False):
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Maildrop)
    server.top = top
    ports.append(str(server.server_address[1]))
    threading.Thread(target=server.serve_forever).start()
pathlib.Path("ports").write_text(" ".join(ports) + "\n")
PY
timeout 100 python3 server.py &
server=$!
for _ in $(seq 100); do [ -s ports ] && break; sleep 0.1; done
read -r port port_without_top <ports
printf '#!/bin/sh\ncat >/dev/null\necho >>%s/stored\n' "$tmp" >store
chmod 755 store

try() { # title, command
    rm -f said stored
    (export LD_LIBRARY_PATH=$tmp/root/usr/lib/x86_64-linux-gnu HOME=$tmp; timeout 20 "${@:2}") >client.log 2>&1 || true
    for _ in $(seq 50); do [ -e said ] && break; sleep 0.1; done
    printf '%-20s %s; stored: %s\n' "$1:" "$(cat said)" "$(wc -l 2>/dev/null <stored || echo 0)"
}
with_fetchmail() { # title, port, option
    printf 'poll 127.0.0.1 protocol pop3 port %s user alice password secret %s sslproto "" mda %s\n' \
        "$2" "${3:-}" "$tmp/store" >fetchmailrc
    chmod 600 fetchmailrc
    rm -f ids
    try "$1" root/usr/bin/fetchmail -f fetchmailrc --pidfile "$tmp/pid" --idfile "$tmp/ids"
}
with_mpop() { # title, whether it keeps
    try "$1" root/usr/bin/mpop --host=127.0.0.1 --port="$port" --user=alice --passwordeval='echo secret' --auth=user \
        --tls=off --keep="$2" --uidls-file="$tmp/uidls.$2" --delivery="mda,$tmp/store"
}
with_getmail() { # title, whether it deletes
    mkdir -p "getmail.$2"
    printf '%s\n' '[retriever]' 'type = SimplePOP3Retriever' 'server = 127.0.0.1' "port = $port" 'username = alice' \
        'password = secret' '[destination]' 'type = MDA_external' "path = $tmp/store" 'allow_root_commands = true' \
        '[options]' "delete = $2" >"getmail.$2/getmailrc"
    try "$1" env PYTHONPATH="$tmp/root/usr/lib/python3/dist-packages" python3 root/usr/bin/getmail --getmaildir="$tmp/getmail.$2"
}
{
    with_fetchmail fetchmail "$port"
    with_fetchmail "fetchmail, keep" "$port" keep
    with_fetchmail "fetchmail, fetchall" "$port" fetchall
    with_fetchmail "fetchmail, no TOP" "$port_without_top"
    with_mpop mpop off
    with_mpop "mpop, keep" on
    with_getmail getmail true
    with_getmail "getmail, keep" false
} | tee seen.txt

diff seen.txt - <<'EOF' || { echo "the behaviour has changed" >&2; exit 1; }
fetchmail:           TOP 1 99999999, DELE 1, TOP 2 99999999, DELE 2; stored: 2
fetchmail, keep:     RETR 1, RETR 2; stored: 2
fetchmail, fetchall: RETR 1, DELE 1, RETR 2, DELE 2; stored: 2
fetchmail, no TOP:   TOP 1 99999999, TOP 2 99999999; stored: 0
mpop:                RETR 1, RETR 2, DELE 1, DELE 2; stored: 2
mpop, keep:          RETR 1, RETR 2; stored: 2
getmail:             RETR 1, DELE 1, RETR 2, DELE 2; stored: 2
getmail, keep:       RETR 1, RETR 2; stored: 2
EOF
