#!/usr/bin/env bash
# Lets mailtap listen for a long time beside tcpdump, and says whether its memory stays flat and it loses no packets that
# tcpdump gets.
#
#   scripts/soak.sh MAILTAP MINUTES RATE     RATE: dialogues a second (SMTP, POP3 and IMAP in turns)
#   scripts/soak.sh --judge SAMPLES          only the verdict, on the samples of an earlier run
#
# Real sockets speak between two network namespaces of its own, which a veth pair joins; mailtap and tcpdump listen on one
# end of it. Needs root, ip (iproute2), tcpdump and python3. Each minute it prints mailtap's resident memory, what both
# have received and lost, and the sessions told. Exit status 0: memory is flat (the last third's mean is at most 10 %
# above the second third's) and mailtap lost packets only in minutes in which tcpdump lost some; 1: not so, or something
# failed; 2: usage.
set -euo pipefail

usage() {
    sed -n '5,6s/^# *//p' "$0" >&2
    exit 2
}

fail() {
    printf 'soak: %s\n' "$@" >&2
    exit 1
}

# The verdict on samples: one a line, "SECOND RSS_KB", and, at the end of each minute, after the two "RECEIVED DROPPED
# TCPDUMP_RECEIVED TCPDUMP_DROPPED SESSIONS", all counted from the beginning.
judge() {
    awk '
        NF { rss[n++] = $2 }
        NF >= 7 {
            minute++
            if ($4 > lost && $6 == beside_lost) {
                printf "soak: minute %d: mailtap lost %d packets, tcpdump none\n", minute, $4 - lost
                bad = 1
            }
            if ($4 > lost && $6 > beside_lost)
                printf "soak: minute %d: both lost packets: mailtap %d, tcpdump %d\n", minute, $4 - lost, $6 - beside_lost
            lost = $4; beside_lost = $6; sessions = $7
        }
        END {
            if (n < 3) { print "soak: fewer than three samples: nothing can be said"; exit 1 }
            third = int(n / 3)
            for (i = 0; i < third; i++) { second += rss[n - 2 * third + i]; last += rss[n - third + i] }
            growth = second ? 100 * (last - second) / second : 0
            printf "soak: memory: %d kB in the second third, %d kB in the last (%+.1f %%): %s\n", \
                second / third, last / third, growth, growth <= 10 ? "flat" : "it grows"
            if (growth > 10) bad = 1
            if (minute && !sessions) { print "soak: not one session was told"; bad = 1 }
            if (!lost) print "soak: mailtap lost no packets"
            exit bad
        }' "$1"
}

if [ $# -eq 2 ] && [ "$1" = --judge ]; then
    [ -r "$2" ] || fail "$2: cannot be read"
    judge "$2"
    exit
fi
[ $# -eq 3 ] || usage
mailtap=$1 minutes=$2 rate=$3
case $minutes$rate in *[!0-9]*) usage ;; esac
[ "$minutes" -gt 0 ] && [ "$rate" -gt 0 ] || usage
[ -x "$mailtap" ] || fail "$mailtap: is no program: build it first (make build)"
for tool in ip tcpdump python3 awk; do
    command -v "$tool" >/dev/null || fail "there is no $tool: install it"
done
[ "$(id -u)" -eq 0 ] || fail "network namespaces are made by root alone: run it as root"

work=$(mktemp -d)
here=soak-$$-here there=soak-$$-there
started=()

clean() {
    for process in "${started[@]}"; do kill "$process" 2>/dev/null || :; done
    ip netns del "$here" 2>/dev/null || :
    ip netns del "$there" 2>/dev/null || :
    rm -rf "$work"
}
trap clean EXIT
trap 'exit 1' HUP INT TERM

ip netns add "$here"
ip netns add "$there"
ip -n "$here" link add mail0 type veth peer name mail0 netns "$there"
ip -n "$here" addr add 192.0.2.1/30 dev mail0
ip -n "$there" addr add 192.0.2.2/30 dev mail0
ip -n "$here" link set mail0 up
ip -n "$there" link set mail0 up

cat >"$work/dialogues.py" <<'PYTHON'
"""serve: answers SMTP, POP3 and IMAP. speak RATE SECONDS: begins RATE dialogues a second. count FILE: counts sessions."""
import asyncio, itertools, json, signal, sys, time

LETTER = "From: soak@example.org\r\nTo: you@example.org\r\nSubject: soak {n}\r\n\r\n" + "A line of text.\r\n" * 20
SMTP = [(None, "220 mx"), ("EHLO soak", "250-mx\r\n250 AUTH PLAIN"), ("MAIL FROM:<soak@example.org>", "250 ok"),
        ("RCPT TO:<you@example.org>", "250 ok"), ("DATA", "354 go on"), (LETTER + ".", "250 queued"), ("QUIT", "221 bye")]
POP3 = [(None, "+OK ready"), ("USER soak", "+OK"), ("PASS invented", "+OK"), ("STAT", "+OK 1 400"),
        ("RETR 1", "+OK follows\r\n" + LETTER + "."), ("DELE 1", "+OK"), ("QUIT", "+OK bye")]
IMAP = [(None, "* OK ready"), ("a1 LOGIN soak invented", "a1 OK in"), ("a2 SELECT INBOX", "* 1 EXISTS\r\na2 OK open"),
        ("a3 FETCH 1 (FLAGS)", "* 1 FETCH (FLAGS (\\Seen))\r\na3 OK done"), ("a4 LOGOUT", "* BYE\r\na4 OK bye")]
PORTS = {25: SMTP, 110: POP3, 143: IMAP}


async def answer(script, reader, writer):
    try:
        for asked, said in script:
            if asked:
                for _ in range(asked.count("\r\n") + 1):
                    await reader.readline()
            writer.write(said.replace("{n}", "1").encode() + b"\r\n")
            await writer.drain()
    except OSError:
        pass
    writer.close()


async def ask(port, n):
    try:
        reader, writer = await asyncio.open_connection("192.0.2.2", port)
        for asked, said in PORTS[port]:
            if asked:
                writer.write(asked.replace("{n}", str(n)).encode() + b"\r\n")
                await writer.drain()
            for _ in range(said.count("\r\n") + 1):
                await reader.readline()
        writer.close()
    except OSError as error:
        print("soak: a dialogue failed:", error, file=sys.stderr)


async def serve():
    for port, script in PORTS.items():
        await asyncio.start_server(lambda r, w, script=script: answer(script, r, w), "192.0.2.2", port, backlog=1024)
    await asyncio.Event().wait()


async def speak(rate, seconds):
    begun, running = time.monotonic(), set()
    for n, port in zip(range(rate * seconds), itertools.cycle(PORTS)):
        await asyncio.sleep(max(0, begun + n / rate - time.monotonic()))
        task = asyncio.create_task(ask(port, n))
        running.add(task)
        task.add_done_callback(running.discard)
    await asyncio.gather(*running)


def count(name):
    sessions = 0

    def write(*_):
        with open(name + ".new", "w") as out:
            out.write(f"{sessions}\n")
        import os
        os.replace(name + ".new", name)

    written = 0
    for line in sys.stdin:
        if json.loads(line)["type"] == "session":
            sessions += 1
        if time.monotonic() - written > 1:
            write()
            written = time.monotonic()
    write()


signal.signal(signal.SIGINT, signal.SIG_DFL)
if sys.argv[1] == "serve":
    asyncio.run(serve())
elif sys.argv[1] == "speak":
    asyncio.run(speak(int(sys.argv[2]), int(sys.argv[3])))
else:
    count(sys.argv[2])
PYTHON

echo 0 >"$work/sessions"
mkfifo "$work/told"
python3 "$work/dialogues.py" count "$work/sessions" <"$work/told" &
counter=$!
started+=("$counter")
ip netns exec "$there" python3 "$work/dialogues.py" serve &
started+=($!)
ip netns exec "$there" "$mailtap" live mail0 --format ndjson >"$work/told" 2>"$work/mailtap.err" &
tap=$!
started+=("$tap")
ip netns exec "$there" tcpdump -n -i mail0 -w /dev/null 2>"$work/tcpdump.err" &
beside=$!
started+=("$beside")
sleep 2
kill -0 "$tap" 2>/dev/null || fail "mailtap ended at once:" "$(cat "$work/mailtap.err")"
kill -0 "$beside" 2>/dev/null || fail "tcpdump ended at once:" "$(cat "$work/tcpdump.err")"
ip netns exec "$here" python3 "$work/dialogues.py" speak "$rate" $((60 * minutes)) &
speaker=$!
started+=("$speaker")

resident() { awk '/^VmRSS:/ { print $2 }' "/proc/$tap/status"; }

# What both say that they have received and lost, when they are asked.
asked() {
    kill -USR1 "$tap" "$beside"
    sleep 1
    sed -n 's/.*: \([0-9]*\) packets received, \([0-9]*\) dropped$/\1 \2/p' "$work/mailtap.err" | tail -n 1
    tr '\r' '\n' <"$work/tcpdump.err" |
        sed -n 's/.* \([0-9]*\) packets\{0,1\} received by filter, \([0-9]*\) packets\{0,1\} dropped by kernel.*/\1 \2/p' |
        tail -n 1
    cat "$work/sessions"
}

printf '%6s %10s %12s %10s %12s %10s %10s\n' minute 'RSS kB' received dropped tcpdump dropped sessions
samples=$work/samples
: >"$samples"
begun=$SECONDS
next_minute=1
while [ "$next_minute" -le "$minutes" ]; do
    sleep 2
    kill -0 "$tap" 2>/dev/null || fail "mailtap has ended:" "$(tail -n 3 "$work/mailtap.err")"
    seconds=$((SECONDS - begun))
    if [ "$seconds" -ge $((60 * next_minute)) ]; then
        read -r -d '' -a counts < <(asked && printf '\0') || :
        [ "${#counts[@]}" -eq 5 ] || fail "mailtap or tcpdump does not say what it has received: ${counts[*]}"
        memory=$(resident)
        echo "$seconds $memory ${counts[*]}" >>"$samples"
        printf '%6d %10d %12d %10d %12d %10d %10d\n' "$next_minute" "$memory" "${counts[@]}"
        next_minute=$((next_minute + 1))
    else
        echo "$seconds $(resident)" >>"$samples"
    fi
done
wait "$speaker" || fail "the speaker failed"
sleep 3
kill -INT "$tap"
wait "$tap" || fail "mailtap failed:" "$(tail -n 3 "$work/mailtap.err")"
wait "$counter" || fail "what mailtap told is no JSON"
printf 'soak: %d sessions of %d dialogues\n' "$(cat "$work/sessions")" $((60 * minutes * rate))
judge "$samples"
