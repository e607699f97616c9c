#!/usr/bin/env bash
# A capture of "not tcp" holds a password and the beginning of two mails, and tshark lists their commands.
#
# An expert expects: who may not record mail filters it out: "not tcp", or only "icmp or icmp6", for
#   looking into a fault of the network. A router's error message quotes the IP header and 8
#   bytes of what it could not forward, which is enough for the ports. What tshark lists as a
#   command of SMTP was sent in a TCP segment and by the one whose address is the source.
# What happens instead: Linux quotes as much as fits into 576 bytes, and with IPv6 into 1280. Where
#   the way becomes narrower (a tunnel), the first full segment of the mail comes back in the
#   message that says so: its header, and the beginning of its text. If a route is withdrawn, the
#   command sent next comes back whole, a password too, and more than once, for TCP repeats it. tshark
#   dissects the quotes as SMTP: asked for commands, it lists AUTH in a file without one TCP packet, with
#   the router and the client as the source.
# Seen with: Linux 6.18 (veth), aiosmtpd 1.4.6, Python 3.11 (smtplib), tcpdump 4.99.3-1 with
#   libpcap 1.10.3-1, tshark 4.0.17 (Debian 12).
# Why it matters: a file with no mail traffic in it can be one that must be protected like a mailbox.
#   Who counts logins in tshark's list counts too many: the server never read this one, and it is
#   listed again for each error. And where only the way back was captured, what the client said may
#   still be found, in the errors.
# Output seen:
#   packets of TCP in the capture of "not tcp": 0
#   in it of the mail sent by IPv4: the first 496 bytes, from its first word
#   in it of the mail sent by IPv6: the first 1160 bytes, from its first word
#   mails delivered: 2, passwords that the server was shown: 0
#   tshark, AUTH in the capture of "tcp":
#     once from 192.0.2.1: PLAIN AGFsaWNlAHNlY3JldA== (alice secret)
#   tshark, AUTH in the capture of "not tcp":
#     several times from 192.0.2.254,192.0.2.1: PLAIN AGFsaWNlAHNlY3JldA== (alice secret)
set -euo pipefail
[ "${bounded:-}" ] || exec timeout -k 5 115 env bounded=1 bash "$0"
[ "$(id -u)" = 0 ] || { echo "needs root (packet capture)" >&2; exit 2; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
timeout 90 python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore --target py aiosmtpd==1.4.6
fetch() { timeout 60 apt-get -qq -o APT::Sandbox::User=root download "$@" >/dev/null 2>&1; }
packages=(tcpdump=4.99.3-1 libpcap0.8=1.10.3-1 libdbus-1-3=1.14.10-1~deb12u1
    tshark=4.0.17-0+deb12u3 libwireshark16=4.0.17-0+deb12u3 libwireshark-data=4.0.17-0+deb12u3
    libwiretap13=4.0.17-0+deb12u3 libwsutil14=4.0.17-0+deb12u3 libbrotli1=1.0.9-2+deb12u1 libc-ares2=1.18.1-3
    libgcrypt20=1.10.1-3+deb12u1 libglib2.0-0=2.74.6-2+deb12u9 libgnutls30=3.7.9-2+deb12u7 libicu72=72.1-3+deb12u1
    libk5crypto3=1.20.1-2+deb12u5 libkrb5-3=1.20.1-2+deb12u5 libkrb5support0=1.20.1-2+deb12u5 liblua5.2-0=5.2.4-3
    libnghttp2-14=1.52.0-1+deb12u3 libpcre2-8-0=10.42-1+deb12u2 libsmi2ldbl=0.4.8+dfsg2-16 libsnappy1v5=1.1.9-3
    libxml2=2.9.14+dfsg-1.3~deb12u6)
fetch "${packages[@]}" || { timeout 60 apt-get -qq update; fetch "${packages[@]}"; }
for package in *.deb; do timeout 20 dpkg-deb -x "$package" root; done
export HOME=$tmp PYTHONPATH=$tmp/py tmp
own() { LD_LIBRARY_PATH=$tmp/root/usr/lib/x86_64-linux-gnu exec "$tmp/root/usr/bin/$1" "${@:2}"; }
export -f own

cat >server.py <<'PY'
import asyncio
from aiosmtpd.smtp import SMTP, AuthResult

class Handler:
    async def handle_DATA(self, server, session, envelope):
        print("mail", flush=True)
        return "250 kept"

def check(server, session, envelope, mechanism, data):
    print("password", flush=True)
    return AuthResult(success=True)

async def main():
    def protocol():
        return SMTP(Handler(), hostname="mx.example.org", authenticator=check, auth_require_tls=False)
    loop = asyncio.get_running_loop()
    servers = [await loop.create_server(protocol, address, 25) for address in ("198.51.100.1", "2001:db8:2::1")]
    print("listening", flush=True)
    await asyncio.gather(*(server.serve_forever() for server in servers))

asyncio.run(main())
PY

cat >client.py <<'PY'
import smtplib, subprocess

def connected(host):
    return smtplib.SMTP(host, 25, local_hostname="client.example.org", timeout=6)

for name, host in (("IPv4", "198.51.100.1"), ("IPv6", "2001:db8:2::1")):
    content = f"Subject: sent by {name}\r\n\r\n" + "".join(f"{line:04d} what nobody else shall read\r\n" for line in range(100))
    with open(name, "w", newline="") as out:
        out.write(content)
    with connected(host) as client:
        client.sendmail("alice@example.org", ["bob@example.org"], content)
client = connected("198.51.100.1")
client.ehlo()
subprocess.run(["ip", "-n", "far-rtr", "route", "add", "prohibit", "198.51.100.1"], check=True)
try:
    client.login("alice", "secret")
except smtplib.SMTPServerDisconnected:  # no reply in time
    pass
PY

# A network and a directory of namespaces of its own, which end with it: client, router, server.
timeout 80 unshare -n -m bash -euo pipefail <<'SH' 2>errors.log || { cat errors.log >&2; exit 1; }
mount -t tmpfs none /run
ip netns add far-rtr
ip netns add far-srv
ip link add cli type veth peer name near netns far-rtr
ip -n far-srv link add srv type veth peer name far netns far-rtr
place() { # namespace option, interface, addresses
    for address in "${@:3}"; do
        case $address in *:*) ip $1 address add "$address" dev "$2" nodad ;; *) ip $1 address add "$address" dev "$2" ;; esac
    done
    ip $1 link set "$2" up
}
place '' cli 192.0.2.1/24 2001:db8:1::1/64
place '-n far-rtr' near 192.0.2.254/24 2001:db8:1::254/64
place '-n far-rtr' far 198.51.100.254/24 2001:db8:2::254/64
place '-n far-srv' srv 198.51.100.1/24 2001:db8:2::1/64
ip -n far-rtr link set far mtu 1400
ip netns exec far-rtr bash -c 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
for version in -4 -6; do
    ip $version route add default via "$([ $version = -4 ] && echo 192.0.2.254 || echo 2001:db8:1::254)"
    ip -n far-srv $version route add default via "$([ $version = -4 ] && echo 198.51.100.254 || echo 2001:db8:2::254)"
done
own tcpdump -Z root -i cli -U -w tcp.pcap tcp 2>tcp.log &
captures=($!)
own tcpdump -Z root -i cli -U -w rest.pcap 'not tcp' 2>rest.log &
captures+=($!)
ip netns exec far-srv python3 server.py >server.log &
server=$!
trap 'kill "${captures[@]}" "$server" 2>/dev/null || true' EXIT
for _ in $(seq 100); do
    grep -q 'listening on' tcp.log && grep -q 'listening on' rest.log && grep -q listening server.log && break
    sleep 0.1
done
python3 client.py
sleep 1.5
kill "${captures[@]}" "$server"
wait || true
SH

count() { own tcpdump -Z root -nr rest.pcap tcp 2>/dev/null | wc -l; }
auth() { # name of the file: AUTH commands in it, as tshark sees them
    (own tshark -r "$1" -Y 'smtp.req.command == "AUTH"' -T fields -e ip.src -e smtp.req.parameter 2>/dev/null) | sort | uniq -c |
        while read -r times source mechanism words; do
            [ "$times" = 1 ] && times=once || times='several times'
            echo "  $times from $source: $mechanism $words ($(base64 -d <<<"$words" | tr '\0' ' ' | sed 's/^ //'))"
        done
}
{
    echo "packets of TCP in the capture of \"not tcp\": $(count)"
    python3 - <<'PY'
with open("rest.pcap", "rb") as source:
    capture = source.read()
for name in ("IPv4", "IPv6"):
    with open(name, "rb") as source:
        content = source.read()
    length = max(length for length in range(len(content)) if content[:length] in capture)
    print(f"in it of the mail sent by {name}: the first {length} bytes, from its first word")
PY
    echo "mails delivered: $(grep -c mail server.log), passwords that the server was shown: $(grep -c password server.log || true)"
    echo 'tshark, AUTH in the capture of "tcp":'
    auth tcp.pcap
    echo 'tshark, AUTH in the capture of "not tcp":'
    auth rest.pcap
} | tee seen.txt

diff seen.txt - <<'EOF' || { cat errors.log >&2; echo "the behaviour has changed" >&2; exit 1; }
packets of TCP in the capture of "not tcp": 0
in it of the mail sent by IPv4: the first 496 bytes, from its first word
in it of the mail sent by IPv6: the first 1160 bytes, from its first word
mails delivered: 2, passwords that the server was shown: 0
tshark, AUTH in the capture of "tcp":
  once from 192.0.2.1: PLAIN AGFsaWNlAHNlY3JldA== (alice secret)
tshark, AUTH in the capture of "not tcp":
  several times from 192.0.2.254,192.0.2.1: PLAIN AGFsaWNlAHNlY3JldA== (alice secret)
EOF
