#!/usr/bin/env bash
# GnuTLS writes nothing into a key log for a TLS 1.2 session that is resumed, on neither side.
#
# An expert expects: with SSLKEYLOGFILE set, each connection has a line in the log that begins with
#   the random of its ClientHello; a log that was written during the capture opens every session in it.
# What happens instead: GnuTLS writes the line of TLS 1.2 where it computes the master secret. A
#   resumed session takes the master secret over and computes none: the log of the client and that of
#   the server both have one line for two connections, whether the session is known by its id or by
#   a ticket. OpenSSL (here Python's ssl, to the same server) writes a line for each. With TLS 1.3
#   GnuTLS does, too.
# Seen with: gnutls-bin and libgnutls30 3.7.9-2+deb12u7 (Debian 12), Python 3.11 with OpenSSL 3.0.
# Why it matters: msmtp, mpop, mutt and others use GnuTLS, and a mail client that asks every few
#   minutes resumes nearly always. A capture that begins after the full handshake cannot be read with
#   the log, which is complete all the same. A reader that looks for the client's random alone opens the first
#   session and none of those that follow; it has to know them by session id and ticket. To leave
#   resumption out when the log is made (a client started anew) is the way round.
# Output seen:
#   GnuTLS, TLS 1.2, ticket: 2 connections, second resumed: yes, in the client's log: 1, in the server's: 1
#   GnuTLS, TLS 1.2, session id: 2 connections, second resumed: yes, in the client's log: 1, in the server's: 1
#   GnuTLS, TLS 1.3, ticket: 2 connections, second resumed: yes, in the client's log: 2, in the server's: 2
#   OpenSSL, TLS 1.2, ticket: 2 connections, second resumed: yes, in the client's log: 2, in the server's: 1
set -euo pipefail
[ "${bounded:-}" ] || exec timeout -k 5 115 env bounded=1 bash "$0"
tmp=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$tmp"' EXIT
cd "$tmp"
fetch() { timeout 60 apt-get -qq -o APT::Sandbox::User=root download "$@" >/dev/null 2>&1; }
packages=(gnutls-bin=3.7.9-2+deb12u7 libgnutls30=3.7.9-2+deb12u7 libgnutls-dane0=3.7.9-2+deb12u7 libopts25=1:5.18.16-5
    libunbound8=1.17.1-2+deb12u4 libevent-2.1-7=2.1.12-stable-8+deb12u1 libnettle8=3.8.1-2 libhogweed6=3.8.1-2
    libtasn1-6=4.19.0-2+deb12u1 libidn2-0=2.3.3-1+b1 libp11-kit0=0.24.1-2 libunistring2=1.0-2
    libgmp10=2:6.2.1+dfsg1-1.1 libffi8=3.4.4-1)
fetch "${packages[@]}" || { timeout 60 apt-get -qq update; fetch "${packages[@]}"; }
for package in *.deb; do timeout 20 dpkg-deb -x "$package" root; done
gnutls() { # with its own libraries; the others keep the system's
    local program=$1
    shift
    LD_LIBRARY_PATH=$tmp/root/usr/lib/x86_64-linux-gnu exec timeout 60 "$tmp/root/usr/bin/$program" "$@"
}

printf 'cn = mx.netlab\nexpiration_days = 2\ntls_www_server\n' >template
(gnutls certtool --generate-privkey --key-type ecdsa --outfile key.pem) 2>/dev/null
(gnutls certtool --generate-self-signed --load-privkey key.pem --template template --outfile cert.pem) 2>/dev/null

serve() { # its log, its options: until it is killed
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    (SSLKEYLOGFILE=$tmp/$1 gnutls gnutls-serv --quiet --echo --x509keyfile key.pem --x509certfile cert.pem \
        --port "$port" "${@:2}") >serv.log 2>&1 &
    server=$!
    for _ in $(seq 100); do
        python3 -c "import socket; socket.create_connection(('127.0.0.1', $port), 1)" 2>/dev/null && return
        sleep 0.1
    done
    cat serv.log >&2
    exit 1
}
done_with_it() { kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; server=; }

# How many connections a log tells of, by the randoms of their ClientHellos.
told() { { grep -v '^#' "$1" 2>/dev/null || true; } | cut -d' ' -f2 | sort -u | grep -c . || true; }
say() { # what, whether it was resumed, log of the client, of the server
    echo "$1: 2 connections, second resumed: $2, in the client's log: $(told "$3"), in the server's: $(told "$4")"
}

with_gnutls() { # what, version, options of both
    serve server.log --priority "NORMAL:-VERS-ALL:+VERS-TLS$2" "${@:3}"
    # It connects, connects again with what it was given, and then sends its input.
    (sleep 2; echo NOOP; sleep 0.5) | (SSLKEYLOGFILE=$tmp/client.log gnutls gnutls-cli --resume --insecure \
        --priority "NORMAL:-VERS-ALL:+VERS-TLS$2" "${@:3}" --port "$port" 127.0.0.1) >cli.log 2>&1 || true
    resumed=no
    grep -q 'This is a resumed session' cli.log && resumed=yes
    done_with_it
    say "$1" "$resumed" client.log server.log
    rm -f client.log server.log
}

with_openssl() {
    serve server.log --priority NORMAL:-VERS-ALL:+VERS-TLS1.2
    resumed=$(timeout 30 python3 - "$port" <<'PY'
import socket, ssl, sys
context = ssl._create_unverified_context()
context.maximum_version = ssl.TLSVersion.TLSv1_2
context.keylog_filename = "client.log"
session = None
for _ in range(2):
    with socket.create_connection(("127.0.0.1", int(sys.argv[1])), 10) as plain:
        with context.wrap_socket(plain, session=session) as client:
            client.sendall(b"NOOP\r\n")
            client.recv(100)
            session = client.session
            again = client.session_reused
print("yes" if again else "no")
PY
    )
    done_with_it
    say "OpenSSL, TLS 1.2, ticket" "$resumed" client.log server.log
}

{
    with_gnutls "GnuTLS, TLS 1.2, ticket" 1.2
    with_gnutls "GnuTLS, TLS 1.2, session id" 1.2 --noticket
    with_gnutls "GnuTLS, TLS 1.3, ticket" 1.3
    with_openssl
} >seen.txt
cat seen.txt

diff seen.txt - <<'EOF' || { echo "the behaviour has changed" >&2; exit 1; }
GnuTLS, TLS 1.2, ticket: 2 connections, second resumed: yes, in the client's log: 1, in the server's: 1
GnuTLS, TLS 1.2, session id: 2 connections, second resumed: yes, in the client's log: 1, in the server's: 1
GnuTLS, TLS 1.3, ticket: 2 connections, second resumed: yes, in the client's log: 2, in the server's: 2
OpenSSL, TLS 1.2, ticket: 2 connections, second resumed: yes, in the client's log: 2, in the server's: 1
EOF
