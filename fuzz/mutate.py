#!/usr/bin/env python3
"""Runs the whole program on damaged copies of real captures, and holds what it says against what must always hold.

  mutate.py --bin target/release/mailtap --count 2000 --failures /tmp/failures fixtures [FOLDER…]

A variant is made from one or two captures by a few mutations: of its bytes (flips, cuts, insertions, repetitions), of its
records (dropped, doubled, shuffled, cut short, moved in time, both directions exchanged), of its payloads (the words of
mail protocols put somewhere). `--seed` and a variant's number make the same variant again. For each, the program must end
in time and within its memory, by itself; its JSON must be JSON and keep the contract's promises; its tables must be free
of whatever a terminal could obey; what it extracts must be what its index says. Exit status: 0 all held, 1 something did
not (the variant is in `--failures`), 2 usage.
"""
import argparse
import hashlib
import json
import os
import random
import resource
import struct
import subprocess
import sys
import tempfile
import time
import unicodedata
from concurrent.futures import ThreadPoolExecutor

MAGICS = {b"\xd4\xc3\xb2\xa1": "<", b"\xa1\xb2\xc3\xd4": ">", b"\x4d\x3c\xb2\xa1": "<", b"\xa1\xb2\x3c\x4d": ">"}
NAMES = (".pcap", ".pcapng", ".cap", ".gz", ".trace", ".dmp", ".zst", ".lz4")
WORDS = [
    b"STARTTLS\r\n", b"220 x\r\n", b"250 ok\r\n", b"250-", b"334 \r\n", b"354 go\r\n", b"DATA\r\n", b"BDAT 7 LAST\r\n", b"\r\n.\r\n",
    b"AUTH LOGIN\r\n", b"AUTH PLAIN AGEAYgBj\r\n", b"*\r\n", b"+OK\r\n", b"-ERR\r\n", b"+ \r\n", b"RETR 1\r\n", b"PASS \x1b[31m\r\n",
    b"a1 LOGIN {99}\r\n", b"* 1 FETCH (BODY[] {4294967295}\r\n", b"a1 COMPRESS DEFLATE\r\n", b"{18446744073709551616}\r\n",
    b"\x1b]0;x\x07", b"\xe2\x80\xae", b"\xc2\x9b31m", b"\x00", b"\xff\xfd\x03", b"Subject: =?utf-8?B?G1szMW0=?=\r\n", b"((((((((((",
    b"Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n", b"filename*0*=utf-8''%1b%5b31m", b"\x16\x03\x01\xff\xff\x01\xff\xff\xff",
]


# ---- captures as records ------------------------------------------------------------------------------------

def records(data):
    """(head, records, tail) of a classic pcap file or a pcapng file; None for anything else."""
    order = MAGICS.get(data[:4])
    found, at = [], 24
    if order:
        while at + 16 <= len(data):
            length = struct.unpack_from(order + "I", data, at + 8)[0]
            if at + 16 + length > len(data):
                break
            found.append(data[at:at + 16 + length])
            at += 16 + length
        return data[:24], found, data[at:]
    if data[:4] == b"\x0a\x0d\x0d\x0a":
        order = "<" if data[8:12] == b"\x4d\x3c\x2b\x1a" else ">"
        head, at = b"", 0
        while at + 12 <= len(data):
            kind, length = struct.unpack_from(order + "II", data, at)
            if length < 12 or at + length > len(data):
                break
            block, at = data[at:at + length], at + length
            if kind == 6:
                found.append(block)
            elif not found:
                head += block
        return head, found, data[at:]
    return None


def exchanged(record, start):
    """A record with the ends of its IPv4 or IPv6 packet exchanged, where it is Ethernet."""
    frame = record[start:]
    ip = frame[14:]
    if frame[12:14] == b"\x08\x00" and len(ip) >= 24:
        size = (ip[0] & 15) * 4
        ip = ip[:12] + ip[16:20] + ip[12:16] + ip[20:size] + ip[size + 2:size + 4] + ip[size:size + 2] + ip[size + 4:]
    elif frame[12:14] == b"\x86\xdd" and len(ip) >= 44:
        ip = ip[:8] + ip[24:40] + ip[8:24] + ip[42:44] + ip[40:42] + ip[44:]
    else:
        return record
    return record[:start] + frame[:14] + ip


def mutate_records(rng, data):
    parts = records(data)
    if not parts or not parts[1]:
        return mutate_bytes(rng, data)
    head, found, tail = parts
    classic = data[:4] in MAGICS
    start = 16 if classic else 28
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        at = rng.randrange(len(found))
        what = rng.randrange(10)
        if what == 0 and len(found) > 1:
            del found[at]
        elif what == 1:
            found.insert(rng.randrange(len(found) + 1), found[at])
        elif what == 2:
            other = rng.randrange(len(found))
            found[at], found[other] = found[other], found[at]
        elif what == 3:
            rng.shuffle(found)
        elif what == 4:
            found[at] = exchanged(found[at], start)
        elif what == 5:
            found = [exchanged(record, start) for record in found]
        elif what == 6 and classic:  # as a snap length cuts
            order = MAGICS[data[:4]]
            keep = rng.randrange(len(found[at]) - 15)
            record = found[at][:16 + keep]
            found[at] = record[:8] + struct.pack(order + "I", keep) + record[12:]
        elif what == 7:  # another time
            found[at] = found[at][:4 if classic else 16] + rng.randbytes(4) + found[at][8 if classic else 20:]
        elif what == 8:  # one byte of it, headers more often than not
            place = min(len(found[at]) - 1, start + rng.choice((rng.randrange(54), rng.randrange(1500))))
            record = bytearray(found[at])
            record[place] = rng.choice((rng.randrange(256), record[place] ^ 1 << rng.randrange(8), 0, 255))
            found[at] = bytes(record)
        else:  # a word over some of its payload
            word = rng.choice(WORDS)
            place = start + 54 + rng.choice((0, 0, rng.randrange(1, 200)))
            if place + len(word) <= len(found[at]) - (0 if classic else 4):
                found[at] = found[at][:place] + word + found[at][place + len(word):]
    return head + b"".join(found) + tail


def mutate_bytes(rng, data):
    data = bytearray(data)
    for _ in range(rng.choice((1, 2, 8, 64))):
        at = rng.randrange(len(data))
        what = rng.randrange(6)
        if what <= 1:
            data[at] ^= 1 << rng.randrange(8)
        elif what == 2:
            data[at:at + 4] = rng.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", rng.randbytes(4)))
        elif what == 3:
            del data[at:at + rng.choice((1, 4, 100, 5000))]
        elif what == 4:
            data[at:at] = rng.choice((rng.randbytes(rng.choice((1, 4, 100))), rng.choice(WORDS)))
        else:
            piece = data[at:at + rng.choice((16, 500, 5000))]
            data[at:at] = piece * rng.choice((1, 3))
        if not data:
            data = bytearray(b"\0")
    return bytes(data)


def variant(seed, number, captures):
    rng = random.Random(f"{seed}:{number}")
    data = captures[rng.randrange(len(captures))]
    what = rng.randrange(12)
    if what == 0:
        return data[:rng.randrange(len(data) + 1)]
    if what == 1:  # two files, one after the other: `cat` of captures
        other = captures[rng.randrange(len(captures))]
        return data + (other[24:] if rng.random() < 0.5 else other)
    if what <= 4:
        return mutate_bytes(rng, data)
    data = mutate_records(rng, data)
    return mutate_bytes(rng, data) if what == 5 else data


# ---- what must hold -----------------------------------------------------------------------------------------

def walk(value):
    yield value
    if isinstance(value, dict):
        for inner in value.values():
            yield from walk(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from walk(inner)


def document_problem(doc, any_port):
    if doc.get("format") != "mailtap" or doc.get("version") != 1:
        return "not mailtap's document"
    if any(value is None for value in walk(doc)):
        return "null"
    for number, session in enumerate(doc["sessions"], 1):
        if session["id"] != number:
            return f"session {number} has id {session['id']}"
        steps = session["steps"]
        if [step["n"] for step in steps] != list(range(1, len(steps) + 1)):
            return f"session {number}: steps are not numbered 1, 2, …"
        for step in steps:
            if "answers" in step:
                asked = steps[step["answers"] - 1] if 1 <= step["answers"] <= len(steps) else {}
                if asked.get("from") != "client" or step["from"] != "server" or asked["n"] > step["n"]:
                    return f"session {number}: step {step['n']} answers {step['answers']}"
            if step["packets"] != sorted(step["packets"]) and len(doc["capture"]["sources"]) == 0:
                return f"session {number}: packets of step {step['n']} do not ascend"
        for key in ("credentials", "messages", "findings"):
            if any(not 1 <= n <= len(steps) for one in session[key] for n in one.get("steps", [])):
                return f"session {number}: {key} name a step that is not there"
        if [message["n"] for message in session["messages"]] != list(range(1, len(session["messages"]) + 1)):
            return f"session {number}: messages are not numbered 1, 2, …"
        limited = doc["summary"]["limits_hit"]
        for side, key in (("client", "client"), ("server", "server")):
            said = sum(s["bytes"] for s in steps if s["from"] == side and s["kind"] != "gap")
            lost = sum(s["bytes"] for s in steps if s["from"] == side and s["kind"] == "gap")
            counted = session["transport"]
            # IMAP: what only closes a response after a literal (`)`) is no row of its own, and compressed rows have the
            # length of what they say.
            slack = 64 * (1 + sum(s["kind"] == "data" for s in steps)) if session["protocol"] == "imap" else 0
            if any_port:  # What was said to a proxy before the mail is no row.
                slack += 4096
            if session["protocol"] == "imap" and any(s.get("command", "").startswith("COMPRESS") for s in steps):
                continue
            short = counted[f"{key}_bytes"] - said
            if not limited and (not 0 <= short <= slack or lost != counted[f"{key}_missing"]):
                return (f"session {number}: the {side}'s steps have {said} bytes and {lost} missing, "
                        f"the connection {counted[f'{key}_bytes']} and {counted[f'{key}_missing']}")
    counted = sum(len(session["messages"]) for session in doc["sessions"])
    if doc["summary"]["messages"] != counted:
        return f"summary.messages is {doc['summary']['messages']}, the sessions hold {counted}"
    packets = doc["summary"]["packets"]
    if packets["mail"] + packets["other"] + packets["undecodable"] != packets["read"]:
        return f"packets do not add up: {packets}"
    return None


def table_problem(out):
    try:
        text = out.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"not UTF-8: {error}"
    for found in text:
        if found != "\n" and (unicodedata.category(found) in ("Cc", "Cf", "Zl", "Zp", "Cs")):
            return f"U+{ord(found):04X} in a table"
    return None


def extract_problem(directory):
    """What is wrong with what --extract wrote: files that the index does not name, or that are not what it says."""
    with open(os.path.join(directory, "index.json"), encoding="utf-8") as file:
        index = json.load(file)
    if any(value is None for value in walk(index)):
        return "null in the index"
    named = {"index.json"}
    for session in index["sessions"]:
        named.add(session["transcript"])
        for message in session["messages"]:
            for entry in [message, *message["attachments"]]:
                named.add(entry["file"])
                with open(os.path.join(directory, entry["file"]), "rb") as file:
                    content = file.read()
                if len(content) != entry["size"]:
                    return f"{entry['file']} has {len(content)} bytes, not {entry['size']}"
                if "sha256" in entry and hashlib.sha256(content).hexdigest() != entry["sha256"]:
                    return f"{entry['file']} has another sha256 than the index says"
    for base, _, names in os.walk(directory):
        for name in names:
            path = os.path.join(base, name)
            relative = os.path.relpath(path, directory)
            if relative not in named or os.path.islink(path):
                return f"{relative!r} is not in the index"
            if name.startswith((".", "-")) or table_problem(os.fsencode(name)):
                return f"a hostile name: {name!r}"
            if name == "transcript.txt":
                with open(path, "rb") as file:
                    if table_problem(file.read()):
                        return f"{relative}: not for a terminal"
    return None


def run(options, path, arguments):
    def limits():
        resource.setrlimit(resource.RLIMIT_AS, (options.memory << 20, options.memory << 20))
    begun = time.monotonic()
    try:
        done = subprocess.run([options.bin, "read", path, *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=options.timeout, preexec_fn=limits)
    except subprocess.TimeoutExpired:
        return f"still running after {options.timeout} s", b"", options.timeout
    said = done.stderr.decode("utf-8", "replace")
    took = time.monotonic() - begun
    if done.returncode < 0:
        return f"signal {-done.returncode}: {said[:200]}", done.stdout, took
    if done.returncode not in (0, 3) or "panicked" in said or "memory allocation" in said:
        return f"exit status {done.returncode}: {said[:300]}", done.stdout, took
    if table_problem(done.stderr):
        return f"on standard error: {table_problem(done.stderr)}", done.stdout, took
    return None, done.stdout, took


def judge(options, path, number):
    problem, out, slow = run(options, path, ["--format", "json"] + (["--any-port"] if number % 3 == 0 else []))
    if problem:
        return f"json: {problem}", slow
    if out:
        try:
            problem = document_problem(json.loads(out), number % 3 == 0)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            problem = f"{type(error).__name__}: {error}"
        if problem:
            return f"json: {problem}", slow
    arguments = ["--format", "table", "--show", "all", "--lang", ("en", "zh")[number % 2]]
    problem, out, took = run(options, path, arguments + (["--redact"] if number % 4 == 0 else []))
    problem = problem or table_problem(out)
    if problem:
        return f"table: {problem}", max(slow, took)
    with tempfile.TemporaryDirectory() as directory:
        problem, _, took_to_extract = run(options, path, ["--extract", directory, "--show", "summary"])
        if not problem and os.path.exists(os.path.join(directory, "index.json")):
            try:
                problem = extract_problem(directory)
            except (ValueError, KeyError, TypeError, OSError) as error:
                problem = f"{type(error).__name__}: {error}"
    return (f"extract: {problem}" if problem else None), max(slow, took, took_to_extract)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--count", type=int, default=1000, help="variants (1000)")
    parser.add_argument("--first", type=int, default=0, help="number of the first (0)")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--largest", type=int, default=512, help="KiB of the largest capture that is used (512)")
    parser.add_argument("--timeout", type=float, default=20, help="seconds (20)")
    parser.add_argument("--memory", type=int, default=2048, help="MiB of address space (2048)")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--failures", required=True, help="folder for the variants that fail")
    parser.add_argument("dirs", nargs="+")
    options = parser.parse_args()
    paths = [os.path.join(base, name) for top in options.dirs for base, _, names in sorted(os.walk(top)) for name in sorted(names)
             if name.endswith(NAMES)]
    captures = [open(path, "rb").read() for path in paths if 0 < os.path.getsize(path) <= options.largest << 10]
    if not captures:
        parser.error("no captures there")
    os.makedirs(options.failures, exist_ok=True)

    def one(number):
        path = os.path.join(options.failures, f"variant-{options.seed}-{number}")
        with open(path, "wb") as file:
            file.write(variant(options.seed, number, captures))
        problem, took = judge(options, path, number)
        if not problem:
            os.unlink(path)
        return number, problem, took

    failed, slowest = 0, (0, -1)
    with ThreadPoolExecutor(options.jobs) as pool:
        for number, problem, took in pool.map(one, range(options.first, options.first + options.count)):
            slowest = max(slowest, (took, number))
            if problem:
                failed += 1
                print(f"FAIL variant {number}: {problem}", flush=True)
    print(f"{options.count} variants of {len(captures)} captures, {failed} failed; slowest {slowest[0]:.2f} s (variant {slowest[1]})")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
