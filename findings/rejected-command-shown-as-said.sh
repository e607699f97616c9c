#!/usr/bin/env bash
# tshark shows TLS 1.3 early data that the server rejected as a command that the client gave.
#
# An expert expects: what tshark shows decrypted is what the programs at the ends read; a command
#   that is there twice was sent twice to the server, which has seen both.
# What happens instead: early data (0-RTT) go out with ClientHello, before the server can say whether it
#   takes them. A server that does not (here it asks for another key share, HelloRetryRequest) skips these
#   records unread, and the client sends the same again once the handshake is over. tshark decrypts
#   the skipped records like all others, and does not say that nobody read them: EHLO stands there twice, and the
#   server has read one. Where the early data are taken, it stands there once.
# Seen with: tshark 4.0.17-0+deb12u3, OpenSSL 3.0.20-1~deb12u2, tcpdump 4.99.3-1 (Debian 12).
# Why it matters: a MAIL or a DELE that is shown twice and was carried out once; commands pair with the
#   wrong replies from there on. A reader of decrypted captures has to look for the early_data extension in the
#   server's EncryptedExtensions (RFC 8446, section 4.2.10), and for HelloRetryRequest, before it believes what
#   came before them.
# Output seen:
#   taken:    the server has read EHLO 1 time, tshark shows EHLO 1 time
#   rejected: the server has read EHLO 1 time, tshark shows EHLO 2 times
set -euo pipefail
[ "${bounded:-}" ] || exec timeout -k 5 115 env bounded=1 bash "$0"
[ "$(id -u)" = 0 ] || { echo "needs root (packet capture)" >&2; exit 2; }
tmp=$(mktemp -d)
capture=
trap '[ -z "$capture" ] || kill "$capture" 2>/dev/null || true; rm -rf "$tmp"' EXIT
cd "$tmp"
fetch() { timeout 60 apt-get -qq -o APT::Sandbox::User=root download "$@" >/dev/null 2>&1; }
packages=(openssl=3.0.20-1~deb12u2 libssl3=3.0.20-1~deb12u2 tcpdump=4.99.3-1 libpcap0.8=1.10.3-1 libdbus-1-3=1.14.10-1~deb12u1
    tshark=4.0.17-0+deb12u3 libwireshark16=4.0.17-0+deb12u3 libwireshark-data=4.0.17-0+deb12u3
    libwiretap13=4.0.17-0+deb12u3 libwsutil14=4.0.17-0+deb12u3 libbrotli1=1.0.9-2+deb12u1 libc-ares2=1.18.1-3
    libgcrypt20=1.10.1-3+deb12u1 libglib2.0-0=2.74.6-2+deb12u9 libgnutls30=3.7.9-2+deb12u7 libicu72=72.1-3+deb12u1
    libk5crypto3=1.20.1-2+deb12u5 libkrb5-3=1.20.1-2+deb12u5 libkrb5support0=1.20.1-2+deb12u5 liblua5.2-0=5.2.4-3
    libnghttp2-14=1.52.0-1+deb12u3 libpcre2-8-0=10.42-1+deb12u2 libsmi2ldbl=0.4.8+dfsg2-16 libsnappy1v5=1.1.9-3
    libxml2=2.9.14+dfsg-1.3~deb12u6)
fetch "${packages[@]}" || { timeout 60 apt-get -qq update; fetch "${packages[@]}"; }
for package in *.deb; do timeout 20 dpkg-deb -x "$package" root; done
export OPENSSL_CONF=$tmp/root/etc/ssl/openssl.cnf HOME=$tmp
own() { # a program of these packages, with their libraries
    local program=$1
    shift
    LD_LIBRARY_PATH=$tmp/root/usr/lib/x86_64-linux-gnu timeout 60 "$tmp/root/usr/bin/$program" "$@"
}
own openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -subj /CN=mx.netlab -days 2 2>/dev/null

# Two sessions with one server, of which the second sends EHLO as early data: prints how often the server has read EHLO.
cat >talk.py <<'PY'
import socket, subprocess, sys, time
port, server_groups, client_groups, openssl, libraries = sys.argv[1:]
environment = {"LD_LIBRARY_PATH": libraries, "OPENSSL_CONF": "/dev/null"}
def run(*arguments):
    return subprocess.Popen([openssl, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, env=environment)
def read(program, text):
    line = program.stdout.readline()
    assert line.startswith(text), (line, text)
    return line
def write(program, text):
    program.stdin.write(text + b"\r\n")
    program.stdin.flush()
open("early", "wb").write(b"EHLO client.example\r\n")
server = run("s_server", "-accept", f"127.0.0.1:{port}", "-cert", "cert.pem", "-key", "key.pem", "-tls1_3", "-quiet",
             "-early_data", "-groups", server_groups, "-naccept", "2", "-no_anti_replay")
time.sleep(1)
client = ["s_client", "-connect", f"127.0.0.1:{port}", "-quiet", "-keylogfile", "keys.log"]
heard = 0
for options in (["-groups", server_groups, "-sess_out", "session"],
                ["-groups", client_groups, "-sess_in", "session", "-early_data", "early"]):
    one = run(*client, *options)
    second = "-early_data" in options
    if second:
        time.sleep(1)
    write(server, b"220 mx.netlab")
    read(one, b"220")
    taken = second and server_groups == client_groups
    if second and not taken:
        write(one, b"EHLO client.example")
    if second:
        read(server, b"EHLO")
        heard += 1
        write(server, b"250 mx.netlab")
        read(one, b"250")
    write(one, b"QUIT")
    read(server, b"QUIT")
    write(server, b"221 bye")
    read(one, b"221")
    time.sleep(0.3)
    one.stdin.close()
    one.terminate()
    one.wait(10)
    time.sleep(0.3)
server.stdin.close()
server.terminate()
heard += server.stdout.read().count(b"EHLO")
print(heard)
PY

case_of() { # what, groups of the server, groups of the client in the second session
    local port read shown
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    rm -f keys.log
    LD_LIBRARY_PATH=$tmp/root/usr/lib/x86_64-linux-gnu timeout 60 "$tmp/root/usr/bin/tcpdump" -Z root -i lo --immediate-mode \
        -U -w mail.pcap "tcp port $port" 2>tcpdump.log &
    capture=$!
    for _ in $(seq 50); do grep -q 'listening on' tcpdump.log && break; sleep 0.1; done
    read=$(timeout 40 python3 talk.py "$port" "$2" "$3" "$tmp/root/usr/bin/openssl" "$tmp/root/usr/lib/x86_64-linux-gnu")
    sleep 0.5
    kill "$capture"
    wait "$capture" || true
    capture=
    shown=$(own tshark -r mail.pcap -o tls.keylog_file:keys.log -d "tls.port==$port,smtp" -T fields -e smtp.req.command \
        -Y 'smtp.req.command == "EHLO"' 2>/dev/null | grep -c EHLO || true)
    times() { [ "$1" = 1 ] && echo "1 time" || echo "$1 times"; }
    printf '%-9s the server has read EHLO %s, tshark shows EHLO %s\n' "$1:" "$(times "$read")" "$(times "$shown")"
}
{
    case_of taken P-256 P-256
    case_of rejected P-256 X25519:P-256
} >seen.txt
cat seen.txt

diff seen.txt - <<'EOF' || { echo "the behaviour has changed" >&2; exit 1; }
taken:    the server has read EHLO 1 time, tshark shows EHLO 1 time
rejected: the server has read EHLO 1 time, tshark shows EHLO 2 times
EOF
