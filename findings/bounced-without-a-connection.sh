#!/usr/bin/env bash
# Exim returns a new mail at once, without one packet to a relay that is up, for what an older mail met.
#
# An expert expects: whether a mail is given up is that mail's own story: it is tried, tried again, and
#   returned when it has been in the queue for too long (RFC 5321, section 4.5.4.1: 4 to 5 days). A
#   bounce follows a refusal, or days of attempts that the capture shows. A relay that is up again gets
#   the next new mail.
# What happens instead: Exim remembers the host, not the mail. Once a host has been down for as long as
#   the retry rule says, every new mail for it, to a domain never written to before as well, is returned
#   as soon as it was accepted, until the time of the next attempt that the rule set for the host. No
#   connection is made for it, so nobody finds out that the relay has long been up. By Debian's rule
#   that can last six hours, after four days of outage; the script uses seconds.
# Seen with: exim4-daemon-light and the rule in exim4-config 4.96-15+deb12u11 (Debian 12).
# Why it matters: 250, and right after it a DSN with "failed" and 5.0.0, without a connection to the next
#   hop in between, is no gap in the capture, and the recipient was not refused by anybody. The cause
#   is in another mail's attempts, days before; and that the relay answers others at that very time
#   proves nothing.
# Output seen:
#   Debian's rule: * * F,2h,15m; G,16h,1h,1.5; F,4d,6h
#   relay down, first mail: accepted 250
#     given up after the rule's last period; DSN for one@old.example.test: failed 5.0.0
#   relay up, as a client finds: 220
#   second mail: accepted 250
#     within 3 s, DSN for two@new.example.test: failed 5.0.0; connections from Exim to the relay: 0
#   third mail, after the time of the host's next attempt: accepted 250
#     the relay has three@new.example.test; connections from Exim to the relay: 1
set -euo pipefail
[ "${bounded:-}" ] || exec timeout -k 5 115 env bounded=1 bash "$0"
[ "$(id -u)" = 0 ] || { echo "needs root (a namespace, in which Exim is installed)" >&2; exit 2; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
chmod 755 "$tmp"
cd "$tmp"
fetch() { timeout 60 apt-get -qq -o APT::Sandbox::User=root download "$@" >/dev/null 2>&1; }
packages=(exim4-daemon-light=4.96-15+deb12u11 exim4-config=4.96-15+deb12u11 libdb5.3 libnsl2 libtirpc3 libpcre2-8-0
    libidn12 libidn2-0 libunistring2 libgnutls30 libgnutls-dane0 libunbound8 libevent-2.1-7 libnettle8 libhogweed6
    libtasn1-6 libp11-kit0 libgmp10)
fetch "${packages[@]}" || { timeout 60 apt-get -qq update; fetch "${packages[@]}"; }
for package in *.deb; do timeout 20 dpkg-deb -x "$package" root; done

{ cat /etc/passwd; echo 'Debian-exim:x:998:998::/:/usr/sbin/nologin'; } >passwd
{ cat /etc/group; echo 'Debian-exim:x:998:'; } >group
mkdir -p exim/log
# Tried again after a second for two seconds; then, until the third, every twelve.
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
senders:
  driver = manualroute
  domains = client.example.test
  transport = smtp
  route_list = * 127.0.0.3
  self = send
others:
  driver = manualroute
  transport = smtp
  route_list = * 127.0.0.2
  self = send
begin transports
smtp:
  driver = smtp
  port = 2502
  allow_localhost
begin retry
* * F,2s,1s; F,3s,12s
CONF
chmod 644 exim.conf

cat >mails.py <<'PY'
import contextlib, os, pathlib, re, smtplib, socket, subprocess, threading, time

class Server:  # takes every mail, and counts connections
    def __init__(self, host):
        self.connections, self.mails = 0, []
        listener = socket.create_server((host, 2502))
        threading.Thread(target=self.run, args=(listener,), daemon=True).start()

    def run(self, listener):
        while True:
            client, _ = listener.accept()
            self.connections += 1
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        with contextlib.suppress(OSError), client, client.makefile("rb") as lines:
            client.sendall(b"220 server.example.test ESMTP\r\n")
            content, mail = False, ""
            for line in lines:
                mail += line.decode()
                word = line[:4].upper().strip()
                if content:
                    if line == b".\r\n":
                        content = False
                        self.mails.append(mail)
                        client.sendall(b"250 kept\r\n")
                elif word == b"DATA":
                    content = True
                    client.sendall(b"354 go on\r\n")
                else:
                    mail = mail if word == b"RCPT" else ""
                    client.sendall(b"221 bye\r\n" if word == b"QUIT" else b"250 fine\r\n")

def wait(mails, pattern):  # the next mail at a server, or what a pattern finds in it
    for _ in range(100):
        if mails:
            return re.search(pattern, mails.pop(0), re.S).groups()
        time.sleep(0.1)
    return ("nothing",) * 3

def send(to):
    for _ in range(100):
        try:
            client = smtplib.SMTP("127.0.0.1", 2501, "client.example.test", 20)
            break
        except OSError:
            time.sleep(0.1)
    with client:
        client.ehlo()
        client.mail("alice@client.example.test")
        client.rcpt(to)
        return client.data(b"Subject: test\r\n\r\nHello\r\n")[0]

failure = r"Action: (\w+).*Final-Recipient: rfc822;(\S+).*Status: (\S+)"
sender = Server("127.0.0.3")
print("relay down, first mail: accepted", send("one@old.example.test"), flush=True)
for _ in range(200):  # until the first attempt is over; the rule counts from there
    if " == one@" in pathlib.Path("exim/log/main").read_text():
        break
    time.sleep(0.1)
time.sleep(5)
subprocess.run(["exim4", "-C", os.path.abspath("exim.conf"), "-q"], check=True, timeout=20)
tried = time.monotonic()
action, recipient, status = wait(sender.mails, failure)
print(f"  given up after the rule's last period; DSN for {recipient}: {action} {status}", flush=True)

relay = Server("127.0.0.2")
with socket.create_connection(("127.0.0.2", 2502), 5) as client:
    print("relay up, as a client finds:", client.recv(3).decode(), flush=True)
ours = relay.connections
accepted = send("two@new.example.test")
begin = time.monotonic()
print("second mail: accepted", accepted, flush=True)
action, recipient, status = wait(sender.mails, failure)
quick = "within 3 s" if time.monotonic() - begin < 3 else "later"
print(f"  {quick}, DSN for {recipient}: {action} {status};",
      "connections from Exim to the relay:", relay.connections - ours, flush=True)

time.sleep(max(0, tried + 13.5 - time.monotonic()))
print("third mail, after the time of the host's next attempt: accepted", send("three@new.example.test"), flush=True)
recipient, *_ = wait(relay.mails, r"RCPT TO:<(\S+)>")
print(f"  the relay has {recipient}; connections from Exim to the relay:", relay.connections - ours)
PY

cat >inside.sh <<'SH'
set -euo pipefail
mount --bind passwd /etc/passwd
mount --bind group /etc/group
mount -t overlay overlay -o "lowerdir=$PWD/root/usr:/usr" /usr
ip link set lo up
chown -R Debian-exim:Debian-exim exim
exim4 -C "$PWD/exim.conf" -bdf 2>exim.log &
echo "Debian's rule: $(grep -h '^\* ' root/etc/exim4/conf.d/retry/* | tr -s ' ')"
timeout 60 python3 mails.py
SH
timeout 80 unshare --mount --net --pid --fork --kill-child --mount-proc bash inside.sh | tee seen.txt || true

diff seen.txt - <<'EOF' || { cat exim/log/* >&2; echo "the behaviour has changed" >&2; exit 1; }
Debian's rule: * * F,2h,15m; G,16h,1h,1.5; F,4d,6h
relay down, first mail: accepted 250
  given up after the rule's last period; DSN for one@old.example.test: failed 5.0.0
relay up, as a client finds: 220
second mail: accepted 250
  within 3 s, DSN for two@new.example.test: failed 5.0.0; connections from Exim to the relay: 0
third mail, after the time of the host's next attempt: accepted 250
  the relay has three@new.example.test; connections from Exim to the relay: 1
EOF
