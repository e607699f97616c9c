#!/usr/bin/env python3
"""Puts hostile bytes into every field that has a way to the screen, and looks at what the program writes.

  terminal.py --bin target/release/mailtap [--folder /tmp/terminal]

Escape sequences, bells, carriage returns, C1 controls, bidirectional overrides, zero-width characters and tags stand in
greetings, commands, replies, user names, passwords, mailboxes, subjects, file names, host names in TLS hellos, names in
certificates, names of captures, interfaces and files on the command line. No output, of whatever format and language, on
standard output or standard error, may hold one: tables and messages none at all, JSON none that is not escaped, and only
valid UTF-8. Colours (`--color always`) are the one sequence that is allowed, as the program itself makes them. And every
marker that stands beside the hostile bytes must be there: what is dropped is not safe, it is hidden.
Exit status: 0 all is well, 1 something got through or was dropped.
"""
import argparse
import base64
import json
import os
import re
import struct
import subprocess
import sys
import unicodedata

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "hostile"))
from wire import Pcap, Talk  # noqa: E402

# What a terminal obeys, what turns text round or hides it: in UTF-8, and as bare bytes that are none.
HOSTILE = ("\x1b[31m\x1b]0;owned\x07\x08\x7f\u009b2J\u202e\u2066\u200b\u2028\ufeff\U000e0041\u061c\u00ad\u180e".encode()
           + b"\x9b31m\x90\xff\xfe\x00\x0b")
HARMLESS_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
SEEN = []


def evil(marker):
    """Hostile bytes with a marker before and after them that must be seen."""
    SEEN.append(marker)
    return marker.encode() + b"\r" + HOSTILE + marker.encode()


def word(marker):
    """The same for encoded words and base64."""
    SEEN.append(marker)
    return base64.b64encode(marker.encode() + HOSTILE.replace(b"\0", b""))


def smtp(path):
    pcap = Pcap(path)
    talk = Talk(pcap)
    talk.server(b"220 " + evil("banner") + b"\r\n")
    talk.ask(b"EHLO " + evil("ehlo") + b"\r\n", b"250-" + evil("greets") + b"\r\n250 AUTH PLAIN " + evil("capability") + b"\r\n")
    talk.ask(b"AUTH PLAIN " + base64.b64encode(b"authz" + HOSTILE[:-2] + b"\0user" + HOSTILE[:-2] + b"\0pass" + HOSTILE[:-2]) + b"\r\n",
             b"235 " + evil("welcome") + b"\r\n")
    talk.ask(b"MAIL FROM:<" + evil("sender") + b"@x>\r\n", b"250 " + evil("mailok") + b"\r\n")
    talk.ask(b"RCPT TO:<" + evil("recipient") + b"@x>\r\n", b"550 5.1.1 " + evil("rcptno") + b"\r\n")
    talk.ask(b"RCPT TO:<ok@x>\r\n", b"250 ok\r\n")
    talk.ask(evil("VERB") + b" " + evil("argument") + b"\r\n", b"5" + evil("noreply") + b"\r\n")
    talk.ask(b"DATA\r\n", b"354 " + evil("godata") + b"\r\n")
    head = b"".join([
        b"From: " + evil("fromname") + b" <a@b>\r\nTo: =?utf-8?B?" + word("toname") + b"?= <" + evil("toaddress") + b"@b>\r\n",
        b"Subject: =?utf-8?B?" + word("subject") + b"?= " + evil("rawsubject") + b"\r\n",
        b"Cc: =?iso-2022-jp?B?GyRC" + base64.b64encode(HOSTILE) + b"?=\r\nDate: " + evil("date") + b"\r\n",
        b"Message-ID: <" + evil("msgid") + b">\r\nMIME-Version: 1.0" + HOSTILE + b"\r\n",
        b"Content-Type: multipart/" + evil("mixed") + b"; boundary=\"b\"; charset=\"" + HOSTILE + b"\"\r\n\r\n",
        b"--b\r\nContent-Type: " + evil("type") + b"\r\nContent-Transfer-Encoding: " + HOSTILE + b"\r\n",
        b"Content-Disposition: attachment; filename*=utf-8''filename%1b%5b31m%e2%80%ae%0d%0afilename\r\n\r\nx\r\n",
        b"--b\r\nContent-Disposition: attachment; filename=\"" + evil("rawname") + b"\"\r\n\r\nx\r\n--b--\r\n"])
    SEEN.append("filename")
    talk.client(head + b".\r\n")
    talk.server(b"250 " + evil("queued") + b"\r\n")
    talk.ask(b"QUIT " + evil("quit") + b"\r\n", b"221 " + evil("bye") + b"\r\n")
    talk.end()
    return pcap


def pop3(pcap):
    talk = Talk(pcap, port=110, sport=40001)
    talk.server(b"+OK " + evil("pophello") + b" <1.2@" + HOSTILE.replace(b"\0", b"") + b">\r\n")
    talk.ask(b"USER " + evil("popuser") + b"\r\n", b"+OK " + evil("popok") + b"\r\n")
    talk.ask(b"PASS " + evil("poppass") + b"\r\n", b"-ERR [AUTH" + HOSTILE + b"] " + evil("poperr") + b"\r\n")
    talk.ask(b"APOP " + evil("apopuser") + b" c4c9334bac560ecc979e58001b3e22fb\r\n", b"+OK\r\n")
    talk.ask(b"CAPA\r\n", b"+OK\r\n" + evil("popcapa") + b"\r\n.\r\n")
    talk.ask(b"RETR 1" + HOSTILE + b"\r\n", b"+OK\r\nSubject: " + evil("popsubject") + b"\r\n\r\nx\r\n.\r\n")
    talk.end()


def imap(pcap):
    talk = Talk(pcap, port=143, sport=40002)
    talk.server(b"* OK [CAPABILITY IMAP4rev1 " + evil("imapcapa") + b"] " + evil("imaphello") + b"\r\n")
    talk.ask(b"a" + evil("tag").replace(b"\r", b"") + b" LOGIN \"" + evil("imapuser") + b"\" \"" + evil("imappass") + b"\"\r\n",
             b"a NO [" + HOSTILE + b"] " + evil("imapno") + b"\r\n")
    talk.ask(b"b ID (\"name\" \"" + evil("imapid") + b"\")\r\n", b"b OK\r\n")
    talk.ask(b"c SELECT \"" + evil("mailbox") + b"\"\r\n", b"* 1 EXISTS\r\nc OK\r\n")
    talk.ask(b"d SELECT &AGIAbwB4ABsAWwAzADEAbSAu-\r\n", b"d OK [READ-WRITE] " + evil("selected") + b"\r\n")
    body = b"Subject: " + evil("imapsubject") + b"\r\n\r\nx\r\n"
    talk.ask(b"e FETCH 1 BODY[]\r\n", b"* 1 FETCH (BODY[1" + HOSTILE + b"] {%d}\r\n%s)\r\ne OK\r\n" % (len(body), body))
    talk.ask(b"f " + evil("IMAPVERB") + b"\r\n", b"f BAD " + evil("imapbad") + b"\r\n")
    talk.end()


def der(tag, *content):
    body = b"".join(content)
    length = bytes([len(body)]) if len(body) < 128 else b"\x82" + struct.pack(">H", len(body))
    return bytes([tag]) + length + body


def certificate():
    """A certificate, unsigned in all but form, with hostile names."""
    def name(marker):
        return der(0x30, der(0x31, der(0x30, der(6, b"\x55\x04\x03"), der(0x0c, marker.encode() + HOSTILE.replace(b"\0", b"")))))
    SEEN.extend(["certsubject", "certissuer", "certname"])
    algorithm = der(0x30, der(6, b"\x2a\x86\x48\xce\x3d\x04\x03\x02"))
    key = der(0x30, der(0x30, der(6, b"\x2a\x86\x48\xce\x3d\x02\x01"), der(6, b"\x2a\x86\x48\xce\x3d\x03\x01\x07")), der(3, b"\0\4" + b"\1" * 64))
    names = der(0x30, der(0x30, der(6, b"\x55\x1d\x11"), der(4, der(0x30, der(0x82, b"certname" + HOSTILE.replace(b"\0", b""))))))
    body = der(0x30, der(0xA0, der(2, b"\2")), der(2, b"\1"), algorithm, name("certissuer"),
               der(0x30, der(0x17, b"200101000000Z"), der(0x17, b"300101000000Z")), name("certsubject"), key, der(0xA3, names))
    return der(0x30, body, algorithm, der(3, b"\0" + der(0x30, der(2, b"\1"), der(2, b"\1"))))


def tls(pcap):
    def message(kind, body):
        return bytes([kind]) + struct.pack(">I", len(body))[1:] + body
    def record(body):
        return b"\x16\x03\x03" + struct.pack(">H", len(body)) + body
    SEEN.extend(["sni", "alpn"])
    sni = b"sni" + HOSTILE
    names = struct.pack(">BH", 0, len(sni)) + sni
    alpn = b"alpn" + HOSTILE
    hello_alpn = struct.pack(">HHHB", 16, len(alpn) + 3, len(alpn) + 1, len(alpn)) + alpn
    extensions = struct.pack(">HHH", 0, len(names) + 2, len(names)) + names + hello_alpn
    hello = b"\3\3" + b"r" * 32 + b"\0\0\2\x13\1\1\0" + struct.pack(">H", len(extensions)) + extensions
    answer = b"\3\3" + b"s" * 32 + b"\0\xc0\x2f\0" + struct.pack(">H", len(hello_alpn)) + hello_alpn
    own = certificate()
    chain = struct.pack(">I", len(own))[1:] + own
    talk = Talk(pcap, port=465, sport=40003)
    talk.client(record(message(1, hello)))
    talk.server(record(message(2, answer)) + record(message(11, struct.pack(">I", len(chain))[1:] + chain)))
    talk.server(b"plain " + HOSTILE + b"\r\n")
    talk.end()


def pcapng(path, packets):
    """The same packets in a pcapng whose interface, comments and hardware have hostile names."""
    def option(code, value):
        return struct.pack("<HH", code, len(value)) + value + b"\0" * (-len(value) % 4)
    def block(kind, body):
        return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)
    end = option(0, b"")
    out = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) + option(1, HOSTILE) + option(2, HOSTILE) + option(4, HOSTILE) + end)
    out += block(1, struct.pack("<HHI", 1, 0, 0) + option(2, b"if" + HOSTILE) + option(3, HOSTILE) + option(11, b"\0tcp" + HOSTILE) + end)
    for at in packets:
        out += block(6, struct.pack("<IIIII", 0, 0, 0, len(at), len(at)) + at + b"\0" * (-len(at) % 4))
    with open(path, "wb") as file:
        file.write(out)


def frames(path):
    with open(path, "rb") as file:
        data = file.read()
    at = 24
    while at < len(data):
        length = struct.unpack_from("<I", data, at + 8)[0]
        yield data[at + 16:at + 16 + length]
        at += 16 + length


def hostile(text, allowed):
    for found in text:
        if found in allowed:
            continue
        kind = unicodedata.category(found)
        if kind in ("Cc", "Cf", "Zl", "Zp", "Cs", "Co", "Cn") or 0xE0000 <= ord(found) <= 0xE0FFF:
            return f"U+{ord(found):04X} ({kind})"
    return None


class Judge:
    def __init__(self, binary):
        self.binary, self.failed, self.runs = binary, 0, 0

    def fail(self, arguments, what):
        self.failed += 1
        print(f"FAIL {' '.join(repr(a)[1:-1] for a in arguments)}: {what}")

    def run(self, *arguments, colour=False, markers=(), status=None, locale="C.UTF-8"):
        self.runs += 1
        done = subprocess.run([self.binary, *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=60,
                              env={"PATH": "/usr/bin", "LC_ALL": locale, "COLUMNS": "100"})
        if status is not None and done.returncode != status or done.returncode < 0 or done.returncode == 101:
            self.fail(arguments, f"exit status {done.returncode}: {done.stderr[:200]!r}")
        texts = []
        for stream, raw in (("standard output", done.stdout), ("standard error", done.stderr)):
            try:
                text = raw.decode("utf-8")
            except UnicodeDecodeError as error:
                self.fail(arguments, f"{stream} is not UTF-8: {error}")
                text = raw.decode("utf-8", "replace")
            texts.append(text)
        out, err = texts
        is_json = any("json" in argument for argument in arguments)
        if is_json:
            try:
                documents = [json.loads(line) for line in out.splitlines()] if "ndjson" in arguments else [json.loads(out)] if out else []
            except ValueError as error:
                self.fail(arguments, f"not JSON: {error}")
                documents = []
            # JSON may hold what is no control character as it is: a program reads it.
            if any(ord(found) < 32 and found != "\n" or found == "\x7f" for found in out):
                self.fail(arguments, "a raw control character in JSON")
            seen = json.dumps(documents, ensure_ascii=False)
        else:
            plain = HARMLESS_COLOUR.sub("", out) if colour else out
            problem = hostile(plain, "\n")
            if problem:
                self.fail(arguments, f"{problem} on standard output")
            seen = plain
        problem = hostile(err, "\n")
        if problem:
            self.fail(arguments, f"{problem} on standard error: {err[:160]!r}")
        squeezed = re.sub(r"[\s│┆║╎┊|…]+", "", seen)
        missing = [marker for marker in markers if marker not in squeezed]
        if missing:
            self.fail(arguments, f"not shown: {missing}")
        return out, err


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--folder", default="/tmp/mailtap-terminal")
    options = parser.parse_args()
    os.makedirs(options.folder, exist_ok=True)
    # Bytes that a file name may have: all but NUL and the slash.
    name = os.path.join(options.folder.encode(), b"capture" + HOSTILE.replace(b"\0", b"") + b".pcap")
    pcap = smtp(os.fsdecode(name))
    pop3(pcap)
    imap(pcap)
    tls(pcap)
    pcap.close()
    other = os.path.join(options.folder, "interfaces.pcapng")
    pcapng(other, frames(os.fsdecode(name)))
    with open(os.fsdecode(name) + ".cut", "wb") as cut:
        cut.write(open(os.fsdecode(name), "rb").read()[:-5])
    with open(os.fsdecode(name) + ".txt", "wb") as text:
        text.write(b"no capture")
    os.makedirs(os.fsdecode(name) + ".d", exist_ok=True)

    judge = Judge(os.path.abspath(options.bin))
    path = os.fsdecode(name)
    # Not shown in full by every view: verbs that are none, and the IMAP tag, stand in the text of their step.
    json_only = {"type", "mixed", "date", "msgid", "capability", "greets", "certname", "certissuer"}
    for lang in ("en", "zh"):
        judge.run("read", path, "--format", "json", "--lang", lang, markers=SEEN, status=0)
        judge.run("read", path, "--format", "ndjson", "--lang", lang, markers=SEEN, status=0)
        judge.run("read", path, "--format", "table", "--show", "all", "--lang", lang, "--width", "1000", status=0,
                  markers=[marker for marker in SEEN if marker not in json_only])
        for show in ("steps", "sessions", "credentials", "messages", "findings", "summary", "all"):
            judge.run("read", path, "--show", show, "--lang", lang, status=0)
            judge.run("read", path, "--show", show, "--lang", lang, "--color", "always", "--redact", colour=True, status=0)
    judge.run("read", path, "--format", "json", "--redact", status=0)
    judge.run("read", path, "--format", "json", locale="C", status=0)
    judge.run("read", path, "--show", "all", locale="C", status=0)
    judge.run("read", other, "--show", "all", status=0)
    judge.run("read", other, "--format", "json", status=0)
    judge.run("read", path, other, "--show", "all", status=0)
    # Names on the command line, in messages of every kind.
    for wrong in (path + ".cut", path + ".txt", path + ".d", path + ".none"):
        for form in ("table", "json"):
            judge.run("read", wrong, "--format", form, status=3)
    bad = os.fsdecode(HOSTILE.replace(b"\0", b""))
    judge.run("read", path, "-o", os.path.join(options.folder, "no" + bad, "x"), status=1)
    judge.run("read", path, "--filter", "x" + bad)
    judge.run("live", "if" + bad)
    judge.run("read", path, "--lang", "x" + bad, status=2)
    judge.run("read", path, "--port", "x" + bad, status=2)
    judge.run("read", path, "--session", "x" + bad, status=2)
    judge.run("read", path, "--" + bad, status=2)
    judge.run("read" + bad, status=2)
    judge.run("interfaces")
    print(f"{judge.runs} runs, {judge.failed} failed; {len(SEEN)} fields")
    return 1 if judge.failed else 0


if __name__ == "__main__":
    sys.exit(main())
