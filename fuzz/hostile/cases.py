"""The hostile captures, each a function of the file to write and of a size `n`; `make.py` and `measure.py` use them."""
import base64
import struct
import zlib

import dialogues
import packets
from wire import ACK, CLIENT, ETHERNET, PSH, SERVER, SYN, Pcap, Talk, address, envelope, letter, one_letter, smtp


def syn_flood(path, n):
    pcap = Pcap(path, step=1)
    for i in range(n):
        pcap.tcp(address(i), 1024 + i % 60000, SERVER, 25, i * 7919, 0, SYN)
    pcap.close()


def half_open(path, n):
    pcap = Pcap(path, step=1)
    for i in range(n):
        pcap.tcp(address(i), 40000, SERVER, 25, 1, 0, SYN)
        pcap.tcp(SERVER, 25, address(i), 40000, 1, 2, SYN | ACK)
    pcap.close()


def greeted(path, n):
    """Connections that get a greeting and no more."""
    pcap = Pcap(path, step=1)
    for i in range(n):
        Talk(pcap, client=address(i)).send(1, ACK | PSH, b"220 mx.example ESMTP\r\n")
    pcap.close()


def ear_full(path, n):
    """Connections each of which waits for a byte that never comes, with a segment behind the hole."""
    pcap = Pcap(path, step=1)
    talks = [Talk(pcap, client=address(i)) for i in range(n)]
    for talk in talks:
        for k in range(8):
            talk.send(1, ACK | PSH, b"x" * 1400, at=talk.next[1] + 1 + 1500 * k)
    pcap.close()


def recipients(path, n):
    pcap = Pcap(path)
    talk = smtp(pcap)
    envelope(talk, (b"user%d" % i for i in range(n)))
    talk.client(b"Subject: x\r\n\r\nhello\r\n.\r\n")
    talk.server(b"250 2.0.0 queued\r\n")
    talk.end()
    pcap.close()


def lmtp_recipients(path, n):
    """Each recipient has a reply of its own after the content (RFC 2033)."""
    pcap = Pcap(path)
    talk = Talk(pcap, port=24)
    talk.server(b"220 mx LMTP\r\n")
    talk.ask(b"LHLO me\r\n", b"250 mx\r\n")
    envelope(talk, (b"user%d" % i for i in range(n)))
    talk.client(b"Subject: x\r\n\r\nhello\r\n.\r\n")
    talk.server(b"250 2.0.0 saved\r\n" * n)
    talk.end()
    pcap.close()


def long_line(path, n):
    pcap = Pcap(path)
    talk = smtp(pcap)
    piece = b"A" * 1400
    for _ in range(n // 1400):
        talk.send(0, ACK | PSH, piece)
    talk.ask(b"\r\n", b"500 too long\r\n")
    talk.end()
    pcap.close()


def long_imap_line(path, n):
    pcap = Pcap(path)
    talk = Talk(pcap, port=143)
    talk.server(b"* OK hi\r\n")
    talk.send(0, ACK | PSH, b"a1 LIST \"\" *\r\n")
    for _ in range(n // 1400):
        talk.send(1, ACK | PSH, b"(\"" * 700)
    talk.server(b"\r\na1 OK done\r\n")
    talk.end()
    pcap.close()


def mime_nest(path, n):
    def chunks():
        yield b"Subject: x\r\nMIME-Version: 1.0\r\n"
        for i in range(n):
            yield b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i)
        yield b"Content-Type: text/plain\r\n\r\nhello\r\n"
    one_letter(path, chunks())


def mime_boundaries(path, n):
    """32 nested boundaries that are all alike at the beginning, and lines that nearly are one of them."""
    def chunks():
        yield b"Subject: x\r\n"
        for i in range(32):
            yield b"Content-Type: multipart/mixed; boundary=\"%s%d\"\r\n\r\n--%s%d\r\n" % (b"b" * 60, i, b"b" * 60, i)
        for _ in range(n):
            yield b"--" + b"b" * 60 + b"99\r\n"
    one_letter(path, chunks())


def nested_messages(path, n):
    def chunks():
        for _ in range(n):
            yield b"Content-Type: message/rfc822\r\n\r\n"
        yield b"Subject: x\r\n\r\nhello\r\n"
    one_letter(path, chunks())


def imap_parens(path, n):
    pcap = Pcap(path)
    talk = Talk(pcap, port=143)
    talk.server(b"* OK hi\r\n")
    talk.send(0, ACK | PSH, b"a1 FETCH 1 BODYSTRUCTURE\r\n")
    talk.server(b"* 1 FETCH (BODYSTRUCTURE " + b"(" * n + b")" * n + b")\r\n")
    talk.server(b"* 1 FETCH (" + b"BODY[HEADER.FIELDS (" * (n // 20) + b"\r\n")
    # The same in pieces between literals: the line goes on after each.
    talk.server(b"* 1 FETCH (" + b"((({1}\r\nx" * n + b"\r\na1 OK done\r\n")
    talk.client(b"a2 SEARCH " + b"(" * n + b"\r\n" + b"a3 SEARCH " + b"({1+}\r\nx" * n + b"\r\n")
    talk.end()
    pcap.close()


def one_byte_segments(path, n):
    """A letter in segments of one byte: n packets."""
    one_letter(path, [b"Subject: x\r\n\r\n", b"hello, world\r\n" * (n // 14)], size=1)


def twice(path, n):
    """Each segment again, with other bytes."""
    pcap = Pcap(path)
    talk = smtp(pcap)
    envelope(talk)
    for _ in range(n // 1400):
        at = talk.next[0]
        talk.send(0, ACK | PSH, b"good 678\r\n" * 140)
        talk.send(0, ACK | PSH, b"evil 678\r\n" * 140, at=at)
    talk.client(b"\r\n.\r\n")
    talk.end()
    pcap.close()


def backwards(path, n):
    """Segments in the reverse of their order, 8,000 at a time, and each once more over its neighbours."""
    pcap = Pcap(path, step=1)
    talk = smtp(pcap)
    talk.ask(b"DATA\r\n", b"354 go\r\n")
    for _ in range(n // (8000 * 20)):
        start = talk.next[0]
        for i in reversed(range(8000)):
            talk.send(0, ACK | PSH, b"0123456789" * 3, at=start + 20 * i)
        talk.next[0] = start + 8000 * 20 + 10
    talk.end()
    pcap.close()


def comb(path, n):
    """Single bytes with holes between them, and large segments over all of them, again and again."""
    pcap = Pcap(path, step=1)
    talk = smtp(pcap)
    start = talk.next[0]
    for i in range(8000):
        talk.send(0, ACK | PSH, b"x", at=start + 10 + 2 * i)
    for _ in range(n // 16000):
        talk.send(0, ACK | PSH, b"y" * 16000, at=start + 11)
    pcap.close()


def noops(path, n):
    pcap = Pcap(path)
    talk = smtp(pcap)
    for _ in range(n):
        talk.ask(b"NOOP\r\n", b"250 2.0.0 ok\r\n")
    talk.end()
    pcap.close()


def pipelined(path, n):
    """Commands without replies, then replies without commands."""
    pcap = Pcap(path)
    talk = smtp(pcap)
    talk.client(b"NOOP\r\n" * n)
    talk.server(b"250 ok\r\n" * n)
    talk.server(b"250 ok\r\n" * n)
    talk.end()
    pcap.close()


def imap_tags(path, n):
    """As many commands in flight, answered backwards."""
    pcap = Pcap(path)
    talk = Talk(pcap, port=143)
    talk.server(b"* OK hi\r\n")
    talk.client(b"".join(b"t%d NOOP\r\n" % i for i in range(n)))
    talk.server(b"".join(b"t%d OK done\r\n" % i for i in reversed(range(n))))
    talk.end()
    pcap.close()


def pop3_lines(path, n):
    pcap = Pcap(path)
    talk = Talk(pcap, port=110)
    talk.server(b"+OK hi\r\n")
    talk.client(b"UIDL\r\n")
    talk.server(b"+OK\r\n" + b"".join(b"%d uid%d\r\n" % (i, i) for i in range(n)) + b".\r\n")
    talk.client(b"LIST\r\n" * (n // 10))
    talk.server(b"+OK\r\n1 100\r\n.\r\n" * (n // 10))
    talk.end()
    pcap.close()


def smtp_reply_lines(path, n):
    """One reply of n lines; a reply that never ends."""
    pcap = Pcap(path)
    talk = smtp(pcap)
    talk.client(b"HELP\r\n")
    talk.server(b"214-line\r\n" * n)
    talk.end()
    pcap.close()


def headers_for_commands(path, n):
    """Behind each of n refused recipients a line that may begin a message."""
    pcap = Pcap(path)
    talk = smtp(pcap)
    talk.client(b"MAIL FROM:<a@b>\r\n")
    talk.server(b"250 ok\r\n")
    for _ in range(n):
        talk.client(b"RCPT TO:<c@d>\r\nX-A: b\r\n")
        talk.server(b"550 no\r\n500 what\r\n")
    talk.end()
    pcap.close()


def logins(path, n):
    pcap = Pcap(path)
    talk = smtp(pcap)
    for i in range(n):
        talk.ask(b"AUTH PLAIN %s\r\n" % base64.b64encode(b"\0user%d\0secret%d" % (i, i)), b"535 5.7.8 no\r\n")
    talk.end()
    pcap.close()


def gap_2g(path, n):
    """A hole of 2 GB less one in the middle of a letter, n times."""
    pcap = Pcap(path)
    talk = smtp(pcap)
    envelope(talk, ())
    for _ in range(n):
        talk.send(0, ACK | PSH, b"some text\r\n" * 100)
        talk.next[0] += (1 << 31) - 3000
    talk.send(0, ACK | PSH, b"\r\n.\r\n")
    talk.server(b"250 ok\r\n")
    talk.end()
    pcap.close()


def messages(path, n):
    pcap = Pcap(path)
    talk = smtp(pcap)
    for i in range(n):
        letter(talk, [b"Subject: x\r\nMessage-ID: <same@example.org>\r\n\r\nhello\r\n"])
    talk.end()
    pcap.close()


def header(path, n):
    """A header of n bytes: a folded Subject, then other fields, then more mailboxes than anybody has."""
    def chunks():
        yield b"Subject: x\r\n"
        yield b" =?utf-8?B?5L2g5aW9?=\r\n" * (n // 3 // 24)
        for i in range(n // 3 // 20):
            yield b"X-Field-%08d: x\r\n" % i
        yield b"To: a@example.org"
        for i in range(n // 3 // 30):
            yield b",\r\n \"a, b\" <user%08d@example.org>" % i
        yield b"\r\n\r\nhello\r\n"
    one_letter(path, chunks())


def comments(path, n):
    one_letter(path, [b"From: " + b"(" * n + b"\r\nTo: " + b"\"\\" * n + b"\r\nCc: " + b"<" * n + b"\r\nSubject: " + b"=?" * n +
                      b"\r\nReply-To: " + b"a:" * n + b"\r\nContent-Type: text/plain" + b";a=(" * n + b"\r\n\r\nx\r\n"])


def attachments(path, n):
    def chunks():
        yield b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        for i in range(n):
            yield b"--b\r\nContent-Disposition: attachment; filename=%d\r\n\r\nx\r\n" % i
        yield b"--b--\r\n"
    one_letter(path, chunks())


def uuencoded(path, n):
    one_letter(path, [b"Subject: x\r\n\r\n"] + [b"begin 644 a.bin\r\n#86)C\r\n`\r\nend\r\n"] * n)


def uu_begins(path, n):
    one_letter(path, [b"Subject: x\r\n\r\n"] + [b"begin 644 a.bin\r\n"] * n)


def long_names(path, n):
    one_letter(path, [
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Disposition: attachment; filename=\"", b"n" * n,
        b"\"\r\n\r\nx\r\n--b\r\nContent-Disposition: attachment", b"".join(b";\r\n filename*%d*=%%41" % i for i in range(n // 20)),
        b"\r\n\r\nx\r\n--b\r\nContent-Disposition: attachment; filename=\"=?utf-8?Q?", b"=41" * n, b"?=\"\r\n\r\nx\r\n--b--\r\n"])


def base64_body(path, n):
    one_letter(path, [b"Content-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\n"] + [b"=A=\r\n"] * n)


def tls_records(path, n):
    """Records of every length up to n, of each type."""
    pcap = Pcap(path)
    talk = Talk(pcap, port=465, size=65000)
    for length in range(n):
        for kind in (20, 21, 22, 23):
            talk.send(0, ACK | PSH, struct.pack(">BHH", kind, 0x0303, length) + b"\0" * length)
    talk.end()
    pcap.close()


def tls_fragments(path, n):
    """A handshake message of 16 MB in records of one byte."""
    pcap = Pcap(path)
    talk = Talk(pcap, port=993)
    talk.client(b"\x16\x03\x01\0\4\1\xff\xff\xff" + b"\x16\x03\x01\0\1\0" * n)
    talk.end()
    pcap.close()


def deflate_bomb(path, n):
    """COMPRESS=DEFLATE: n bytes of one line, then as many of short ones."""
    pcap = Pcap(path)
    talk = Talk(pcap, port=143, size=1400)
    talk.server(b"* OK hi\r\n")
    talk.ask(b"a1 LOGIN u p\r\n", b"a1 OK\r\n")
    talk.ask(b"a2 COMPRESS DEFLATE\r\n", b"a2 OK\r\n")
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    for unit in (b"A" * 1000, b"* 1 EXISTS\r\n" * 100):
        for _ in range(n // len(unit)):
            out = packer.compress(unit)
            if out:
                talk.server(out)
    talk.server(packer.flush())
    talk.end()
    pcap.close()


def redact(path, n, password=b"x"):
    pcap = Pcap(path)
    talk = Talk(pcap, port=110)
    talk.server(b"+OK hi\r\n")
    talk.ask(b"USER alice\r\n", b"+OK\r\n")
    talk.ask(b"PASS " + password + b"\r\n", b"+OK\r\n")
    for _ in range(n):
        talk.ask(b"NOOP " + password * 3 + b" x x x x aaaa xaxaxaxa\r\n", b"+OK x " + b"xa" * 100 + b"\r\n")
    talk.end()
    pcap.close()


def redact_long(path, n):
    """A password of 60 letters that are all alike, in lines that nearly are it."""
    redact(path, n, b"a" * 60 + b"b")


def redact_many(path, n):
    """As many passwords as replies that echo something like them."""
    pcap = Pcap(path)
    talk = Talk(pcap, port=110)
    talk.server(b"+OK hi\r\n")
    for i in range(n):
        talk.ask(b"USER alice\r\n", b"+OK\r\n")
        talk.ask(b"PASS %s%d\r\n" % (b"a" * 50, i), b"-ERR " + b"a" * 200 + b"\r\n")
    talk.end()
    pcap.close()


def undecided(path, n):
    """Connections that say, byte by byte, what is no line: 8,000 packets each, and nobody knows what they speak."""
    pcap = Pcap(path, step=1)
    for i in range(n // 8000):
        talk = Talk(pcap, sport=1024 + i)
        for _ in range(8000):
            talk.send(1, ACK | PSH, b"x")
    pcap.close()


def gaps(path, n):
    """A letter of which every other segment was not captured, acknowledged all the same."""
    pcap = Pcap(path)
    talk = smtp(pcap, size=1400)
    envelope(talk, ())
    for _ in range(n // 2800):
        talk.send(0, ACK | PSH, b"some text\r\n" * 127)
        talk.next[0] += 1400
        talk.send(1, ACK)
    talk.end()
    pcap.close()


def attached_messages(path, n):
    """Messages attached within one another, as deep as is described: each byte belongs to all of them."""
    def chunks():
        for _ in range(31):
            yield b"Content-Disposition: attachment\r\nContent-Type: message/rfc822\r\n\r\n"
        yield b"\r\n"
        for _ in range(n // 1000):
            yield b"x" * 998 + b"\r\n"
    one_letter(path, chunks())


def fragments(path, n):
    """First fragments of datagrams of which no more comes."""
    pcap = Pcap(path, step=1)
    for i in range(n):
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + 1400, i & 0xFFFF, 0x2000, 64, 6, 0, address(i), SERVER)
        pcap.frame(ETHERNET + ip + b"\0" * 1400)
    pcap.close()


def fragment_crumbs(path, n):
    """Datagrams in fragments of eight bytes, backwards."""
    pcap = Pcap(path, step=1)
    for i in range(n // 8000):
        for part in reversed(range(8000)):
            more = 0x2000 if part < 7999 else 0
            ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 28, i & 0xFFFF, more | part, 64, 6, 0, CLIENT, SERVER)
            pcap.frame(ETHERNET + ip + b"\0\x19\x9c\x40\0\0\0\1")
    pcap.close()


def bomb(path, n, unit):
    """n bytes of `unit` after a pcap file's head, compressed by gzip."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = unit * ((1 << 20) // len(unit))
    with open(path, "wb") as file:
        file.write(packer.compress(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)))
        for _ in range(n // len(block)):
            file.write(packer.compress(block))
        file.write(packer.flush())


def gzip_zeros(path, n):
    """Zeros are records without a byte."""
    bomb(path, n, b"\0" * 16)


def gzip_ones(path, n):
    """Lengths that no record has, everywhere."""
    bomb(path, n, b"\xff" * 16)


def gzip_records(path, n):
    bomb(path, n, struct.pack("<IIII", 1_700_000_000, 0, 14, 14) + ETHERNET)


def gzip_syns(path, n):
    tcp = struct.pack(">HHIIBBHHH", 40000, 25, 1, 0, 0x50, SYN, 65535, 0, 0)
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 40, 0, 0x4000, 64, 6, 0, CLIENT, SERVER)
    frame = ETHERNET + ip + tcp
    bomb(path, n, struct.pack("<IIII", 1_700_000_000, 0, len(frame), len(frame)) + frame)


# Name: the function, the size to measure at (and at a quarter of it), and the arguments of `read` besides the format.
CASES = {
    "syn_flood": (syn_flood, 2_000_000, []),
    "half_open": (half_open, 200_000, []),
    "greeted": (greeted, 200_000, []),
    "ear_full": (ear_full, 60_000, []),
    "recipients": (recipients, 1_000_000, []),
    "lmtp_recipients": (lmtp_recipients, 200_000, []),
    "long_line": (long_line, 100_000_000, []),
    "long_imap_line": (long_imap_line, 100_000_000, []),
    "mime_nest": (mime_nest, 100_000, []),
    "mime_boundaries": (mime_boundaries, 400_000, []),
    "nested_messages": (nested_messages, 400_000, []),
    "imap_parens": (imap_parens, 100_000, []),
    "one_byte_segments": (one_byte_segments, 700_000, []),
    "twice": (twice, 50_000_000, []),
    "backwards": (backwards, 16_000_000, []),
    "comb": (comb, 160_000_000, []),
    "noops": (noops, 1_000_000, []),
    "pipelined": (pipelined, 1_000_000, []),
    "imap_tags": (imap_tags, 200_000, []),
    "pop3_lines": (pop3_lines, 1_000_000, []),
    "smtp_reply_lines": (smtp_reply_lines, 2_000_000, []),
    "headers_for_commands": (headers_for_commands, 15_000, []),
    "logins": (logins, 100_000, []),
    "gap_2g": (gap_2g, 4_000, []),
    "messages": (messages, 100_000, []),
    "header": (header, 10_000_000, []),
    "comments": (comments, 1_000_000, []),
    "attachments": (attachments, 1_000_000, []),
    "uuencoded": (uuencoded, 1_000_000, []),
    "uu_begins": (uu_begins, 1_000_000, []),
    "long_names": (long_names, 64_000, []),
    "base64_body": (base64_body, 4_000_000, []),
    "tls_records": (tls_records, 16_700, []),
    "tls_fragments": (tls_fragments, 4_000_000, []),
    "deflate_bomb": (deflate_bomb, 1_000_000_000, []),
    "redact": (redact, 50_000, ["--redact"]),
    "redact_long": (redact_long, 50_000, ["--redact"]),
    "redact_many": (redact_many, 20_000, ["--redact"]),
    "undecided": (undecided, 800_000, []),
    "gaps": (gaps, 50_000_000, []),
    "attached_messages": (attached_messages, 50_000_000, []),
    "fragments": (fragments, 1_000_000, []),
    "fragment_crumbs": (fragment_crumbs, 800_000, []),
    "gzip_zeros": (gzip_zeros, 10_000_000_000, []),
    "gzip_ones": (gzip_ones, 1_000_000_000, []),
    "gzip_records": (gzip_records, 10_000_000_000, []),
    "gzip_syns": (gzip_syns, 10_000_000_000, []),
    **packets.CASES,
    **dialogues.CASES,
}
