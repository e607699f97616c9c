"""Hostile captures whose cost is in what the two ends say; `cases.py` has the other functions and the list."""
import base64
import struct
import zlib

from wire import ACK, PSH, Pcap, Talk, address, envelope, letter, one_letter, smtp


def imap(pcap, **more):
    talk = Talk(pcap, port=143, **more)
    talk.server(b"* OK [CAPABILITY IMAP4rev1 LITERAL+ IDLE] hi\r\n")
    talk.ask(b"a1 LOGIN joe secret\r\n", b"a1 OK\r\n")
    talk.ask(b"a2 SELECT INBOX\r\n", b"* 10 EXISTS\r\na2 OK [READ-WRITE] done\r\n")
    return talk


def pop3(pcap, **more):
    talk = Talk(pcap, port=110, **more)
    talk.server(b"+OK hi\r\n")
    talk.ask(b"USER joe\r\n", b"+OK\r\n")
    talk.ask(b"PASS secret\r\n", b"+OK\r\n")
    return talk


def dialogue(path, begin, client=b"", server=b"", turns=(), **more):
    """A session that goes on with what the client says, what the server says, and then with turns."""
    pcap = Pcap(path)
    talk = begin(pcap, **more)
    talk.client(client)
    talk.server(server)
    for command, reply in turns:
        talk.ask(command, reply)
    talk.end()
    pcap.close()


def refused_recipients(path, n):
    """Recipients that are refused one by one, and every third is not."""
    pcap = Pcap(path)
    talk = smtp(pcap)
    talk.ask(b"MAIL FROM:<a@example.org>\r\n", b"250 ok\r\n")
    for i in range(n):
        talk.ask(b"RCPT TO:<user%d@example.org>\r\n" % i, b"250 ok\r\n" if i % 3 == 0 else b"550 5.1.1 user%d unknown\r\n" % i)
    talk.ask(b"DATA\r\n", b"354 go\r\n")
    talk.ask(b"Subject: x\r\n\r\nhello\r\n.\r\n", b"250 queued\r\n")
    talk.end()
    pcap.close()


def same_recipient(path, n):
    dialogue(path, smtp, turns=[(b"MAIL FROM:<a@example.org>\r\n", b"250 ok\r\n")] + [(b"RCPT TO:<b@example.org>\r\n", b"250 ok\r\n")] * n)


def transactions(path, n):
    """Transactions that come to nothing: some are refused, some are reset."""
    turns = []
    for i in range(n):
        turns += [(b"MAIL FROM:<u%d@example.org>\r\n" % i, b"250 ok\r\n"), (b"RCPT TO:<v%d@example.org>\r\n" % i, b"452 later\r\n"),
                  (b"DATA\r\n", b"503 no recipients\r\n"), (b"RSET\r\n", b"250 ok\r\n")]
    dialogue(path, smtp, turns=turns)


def pipelined_letters(path, n):
    """Transactions whose commands are all in one segment."""
    dialogue(path, smtp, turns=[(b"MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n", b"250 ok\r\n250 ok\r\n354 go\r\n"),
                                (b"Subject: x\r\n\r\nx\r\n.\r\n", b"250 ok\r\n")] * n)


def small_chunks(path, n):
    """BDAT with a byte at a time, all in flight, then one by one."""
    begin = [(b"MAIL FROM:<a@b.example>\r\n", b"250 ok\r\n"), (b"RCPT TO:<c@d.example>\r\n", b"250 ok\r\n")]
    dialogue(path, smtp, turns=begin + [(b"BDAT 1\r\nx", b"250 ok\r\n")] * n + [(b"BDAT 1\r\nx" * 100, b"250 ok\r\n" * 100)] * (n // 100))


def unknown_commands(path, n):
    dialogue(path, smtp, turns=[(b"X%d\xff\x00\x1b \t\r\n" % i, b"500 5.5.1 what is X%d?\r\n" % i) for i in range(n)])


def bare_lines(path, n):
    """Lines that end in other ways than a line should, and empty ones."""
    dialogue(path, smtp, client=b"\n\r\r\n\r" * n + b"\r\n", server=b"\n" * n + b"250 ok\n" * n)


def long_reply(path, n):
    """One reply line of n bytes, in pieces."""
    dialogue(path, smtp, client=b"NOOP\r\n", server=b"250 " + b"long " * (n // 5) + b"\r\n")


def capabilities(path, n):
    """Extensions without end: of SMTP, then another greeting with as many."""
    reply = b"250-mx\r\n" + b"".join(b"250-X%d a b c\r\n" % i for i in range(n)) + b"250 HELP\r\n"
    dialogue(path, smtp, turns=[(b"EHLO me\r\n", b"")], server=reply)


def challenges(path, n):
    """An exchange of SASL that does not end."""
    dialogue(path, smtp, turns=[(b"AUTH CRAM-MD5\r\n", b"334 PDEyMz4=\r\n")] + [(b"am9lIDEyMzQ=\r\n", b"334 PDEyMz4=\r\n")] * n)


def restarted(path, n):
    """Greetings again and again."""
    dialogue(path, smtp, turns=[(b"EHLO me%d\r\n" % i, b"250-mx\r\n250-SIZE %d\r\n250 AUTH PLAIN LOGIN\r\n" % i) for i in range(n)])


def distinct_letters(path, n):
    """Letters each with an identity of its own."""
    pcap = Pcap(path)
    talk = smtp(pcap)
    for i in range(n):
        letter(talk, [b"From: <a%d@example.org>\r\nSubject: x%d\r\nMessage-ID: <%d@example.org>\r\n\r\nhello %d\r\n" % (i, i, i, i)])
    talk.end()
    pcap.close()


def letters_everywhere(path, n):
    """The same letters, sent by one, fetched by others: each session has ten."""
    pcap = Pcap(path)
    text = b"Subject: x\r\nMessage-ID: <%d@example.org>\r\n\r\nhello %d\r\n"
    for i in range(n // 10):
        talk = smtp(pcap, client=address(i))
        for k in range(10):
            letter(talk, [text % (k, k)])
        talk.end()
        talk = pop3(pcap, client=address(i), sport=50000)
        for k in range(10):
            talk.ask(b"RETR %d\r\n" % (k + 1), b"+OK\r\n" + text % (k, k) + b".\r\n")
        talk.end()
    pcap.close()


def dots(path, n):
    """Lines of dots, a byte a segment at their ends."""
    pcap = Pcap(path)
    talk = smtp(pcap)
    envelope(talk)
    for _ in range(n // 8):
        for piece in (b"..", b".", b"\r", b"\n", b"..\r", b"\n..", b".\n", b"\r\n"):
            talk.send(0, ACK | PSH, piece)
    talk.ask(b"\r\n.\r\n", b"250 ok\r\n")
    pcap.close()


def received(path, n):
    one_letter(path, [b"".join(b"Received: from a%d (b [192.0.2.1])\r\n\tby c with ESMTPS id x%d;\r\n\tMon, 1 Jan 2024 00:00:%02d +0000\r\n"
                               % (i, i, i % 60) for i in range(n)), b"Subject: x\r\n\r\nhello\r\n"])


def same_field(path, n):
    """Each field that is read, again and again."""
    one_letter(path, [b"".join(b"Subject: x%d\r\nFrom: a%d@example.org\r\nTo: b%d@example.org\r\nDate: Mon, 1 Jan 2024 00:00:00 +0000\r\n"
                               b"Message-ID: <%d@example.org>\r\nReferences: <%d@example.org>\r\n" % ((i,) * 5) for i in range(n)),
                      b"Content-Type: text/plain\r\n" * n, b"\r\nhello\r\n"])


def folded(path, n):
    """A field that is folded after each letter, and one whose name does not end."""
    one_letter(path, [b"Subject: x", b"\r\n y" * n, b"\r\nX-", b"n" * n, b"\r\nTo: a@b.example", b"\r\n\t" * n, b"\r\n\r\nhello\r\n"])


def encoded_words(path, n):
    """Encoded words of every kind, next to each other, and some that do not end."""
    one_letter(path, [b"Subject:", b" =?utf-8?Q?=e4=bd=a0?=\r\n =?gb18030?B?xOO6ww==?=\r\n =?iso-2022-jp?B?GyRCRnw=?=" * n,
                      b"\r\nFrom: ", b"=?utf-8?Q?_" * n, b"\r\nTo: ", b"=?x?B?" * n, b"?=\r\n\r\nhello\r\n"])


def mailboxes(path, n):
    """Groups, routes, quotes and comments in addresses."""
    one_letter(path, [b"To: ", b"g: \"a\\\"b\" (c (d)) <@x,@y:e@f.example>, h@i.example;,\r\n " * n, b"z@example.org\r\nCc: ",
                      b"a," * n, b"\r\n\r\nhello\r\n"])


def quoted_printable(path, n):
    """One line of quoted-printable without end, then soft breaks alone."""
    one_letter(path, [b"Content-Disposition: attachment\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n", b"=41" * n, b"\r\n",
                      b"=\r\n" * n, b"= \t\r\n" * n])


def boundary_like(path, n):
    """A boundary with spaces after it, halves of it, and lines of hyphens."""
    one_letter(path, [b"Content-Type: multipart/mixed; boundary=\"" + b"-" * 60 + b"\"\r\n\r\n", b"-" * n, b"\r\n", b"--\r\n" * n,
                      (b"-" * 62 + b" " * 100 + b"x\r\n") * (n // 100), b"-" * 61 + b"\r\n"])


def parts(path, n):
    """Parts, each a multipart with a part of its own."""
    one_letter(path, [b"Content-Type: multipart/mixed; boundary=a\r\n\r\n"] + [
        b"--a\r\nContent-Type: multipart/alternative; boundary=b%d\r\n\r\n--b%d\r\n\r\nx\r\n--b%d--\r\n" % (i, i, i) for i in range(n)])


def parameters(path, n):
    """A field with many parameters, many of them numbered."""
    one_letter(path, [b"Content-Type: text/plain", b"".join(b";\r\n p%d=v" % i for i in range(n)), b"\r\nContent-Disposition: attachment",
                      b"".join(b";\r\n filename*%d=\"abc\"" % (n - i) for i in range(n)), b"\r\n\r\nx\r\n"])


def forwarded(path, n):
    """Letters within a letter, side by side, as digests have them."""
    one_letter(path, [b"Content-Type: multipart/digest; boundary=a\r\n\r\n"] +
               [b"--a\r\n\r\nSubject: x%d\r\nFrom: y@example.org\r\n\r\nhello\r\n" % i for i in range(n)])


def literals(path, n):
    """A command of many literals, with and without leave, and messages appended one after another."""
    turns = [(b"a3 SEARCH", b"")]
    for _ in range(n):
        turns += [(b" FROM {3}\r\n", b"+ go\r\n"), (b"joe TO {3+}\r\njoe", b"")]
    turns += [(b"\r\n", b"a3 OK\r\n"), (b"a4 APPEND INBOX", b"")]
    turns += [(b" {15+}\r\nSubject: x\r\n\r\nx", b"")] * n + [(b"\r\n", b"a4 OK\r\n")]
    dialogue(path, imap, turns=[turn for turn in turns if turn[0]])


def idle(path, n):
    """IDLE with news without end."""
    dialogue(path, imap, client=b"a3 IDLE\r\n", server=b"+ idling\r\n" + b"* 1 EXISTS\r\n* 1 RECENT\r\n* 1 FETCH (FLAGS (\\Seen))\r\n* 1 EXPUNGE\r\n" * n)


def idled(path, n):
    dialogue(path, imap, turns=[(b"i%d IDLE\r\n" % i, b"+ idling\r\n") if half else (b"DONE\r\n", b"* 3 EXISTS\r\ni%d OK\r\n" % i)
                                for i in range(n) for half in (1, 0)])


def in_flight(path, n):
    """As many commands in flight as there may be, each answered when the next comes; the first never."""
    pcap = Pcap(path)
    talk = imap(pcap)
    talk.client(b"".join(b"t%d FETCH 1 BODY[]\r\n" % i for i in range(4000)))
    for i in range(n):
        talk.ask(b"t%d NOOP\r\n" % (4000 + i), b"* 1 EXISTS\r\nt%d OK\r\n" % (3999 + i))
    talk.end()
    pcap.close()


def smtp_in_flight(path, n):
    """Commands that stay thousands ahead of their replies."""
    dialogue(path, smtp, client=b"NOOP\r\n" * 4000, turns=[(b"VRFY u%d\r\n" % i, b"252 2.0.0 ok\r\n") for i in range(n)])


def pop3_in_flight(path, n):
    """The same of POP3, where half of the replies have many lines."""
    dialogue(path, pop3, client=b"NOOP\r\n" * 4000, turns=[(b"LIST\r\n", b"+OK\r\n"), (b"NOOP\r\n", b"+OK\r\n1 100\r\n.\r\n")] * (n // 2))


def partial(path, n):
    """Messages fetched in pieces of ten bytes, the pieces of two messages in turn."""
    turns = []
    for i in range(n):
        number, at = 1 + i % 2, i // 2 * 10
        turns.append((b"f%d FETCH %d BODY.PEEK[]<%d.10>\r\n" % (i, number, at),
                      b"* %d FETCH (BODY[]<%d> {10}\r\nx: 3456789\n)\r\nf%d OK\r\n" % (number, at, i)))
    dialogue(path, imap, turns=turns)


def partial_many(path, n):
    """The beginnings of many messages, and then their ends."""
    turns = [(b"f FETCH %d BODY.PEEK[]<%d.10>\r\n" % (i, at), b"* %d FETCH (BODY[]<%d> {10}\r\nx: 3456789\n)\r\nf OK\r\n" % (i, at))
             for at in (0, 10) for i in range(1, n)]
    dialogue(path, imap, turns=turns)


def header_and_text(path, n):
    """The headers of all messages, then the text of all."""
    turns = [(b"f FETCH 1:* BODY.PEEK[%s]\r\n" % part, b"".join(b"* %d FETCH (UID %d BODY[%s] {%d}\r\n%s)\r\n" % (i, i, part, len(said), said)
              for i in range(1, n)) + b"f OK\r\n") for part, said in ((b"HEADER", b"Subject: x\r\n\r\n"), (b"TEXT", b"hello\r\n"))]
    pcap = Pcap(path)
    talk = imap(pcap)
    for command, reply in turns:
        talk.client(command)
        talk.server(reply)
    talk.end()
    pcap.close()


def structures(path, n):
    """BODYSTRUCTURE as wide as deep, and ENVELOPE with many addresses."""
    text = b"(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"utf-8\") NIL NIL \"7BIT\" 10 1)"
    deep = b"(" * 30 + text + b" \"MIXED\")" * 30
    mailbox = b"(\"a b\" NIL \"joe\" \"example.org\")"
    lines = [b"* %d FETCH (BODYSTRUCTURE (%s%s \"MIXED\") ENVELOPE (NIL \"x\" (%s) NIL NIL (%s) NIL NIL NIL NIL))\r\n"
             % (i, text * 20, deep, mailbox, mailbox * 20) for i in range(n)]
    dialogue(path, imap, client=b"a3 FETCH 1:* (BODYSTRUCTURE ENVELOPE)\r\n", server=b"".join(lines) + b"a3 OK\r\n")


def wide_structure(path, n):
    """One message of many parts, in one line."""
    text = b"(\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 10 1)"
    dialogue(path, imap, client=b"a3 FETCH 1 BODYSTRUCTURE\r\n", server=b"* 1 FETCH (BODYSTRUCTURE (" + text * n + b" \"MIXED\"))\r\na3 OK\r\n")


def found(path, n):
    """A search that finds everything, one by one; sets of numbers that are as long."""
    numbers = b" ".join(b"%d" % i for i in range(1, n))
    dialogue(path, imap, client=b"a3 SEARCH ALL\r\na4 FETCH " + numbers.replace(b" ", b",") + b" FLAGS\r\n",
             server=b"* SEARCH " + numbers + b"\r\na3 OK\r\n" + b"".join(b"* %d FETCH (FLAGS ())\r\n" % i for i in range(1, n)) + b"a4 OK\r\n")


def folders(path, n):
    """As many mailboxes, each listed and selected."""
    listed = b"".join(b"* LIST (\\HasNoChildren) \"/\" \"box%d/&U,BTFw-\"\r\n" % i for i in range(n))
    pcap = Pcap(path)
    talk = imap(pcap)
    talk.client(b"a3 LIST \"\" *\r\n")
    talk.server(listed + b"a3 OK\r\n")
    for i in range(n):
        talk.ask(b"s%d SELECT box%d\r\n" % (i, i), b"* 3 EXISTS\r\n* OK [UIDVALIDITY 1]\r\ns%d OK [READ-WRITE]\r\n" % i)
    pcap.close()


def retrieved(path, n):
    """Messages of a maildrop, listed, retrieved and deleted."""
    turns = []
    for i in range(1, n):
        turns += [(b"LIST %d\r\n" % i, b"+OK %d 31\r\n" % i), (b"UIDL %d\r\n" % i, b"+OK %d uid%d\r\n" % (i, i)),
                  (b"RETR %d\r\n" % i, b"+OK 31 octets\r\nSubject: x%06d\r\n\r\nhello\r\n.\r\n" % i), (b"DELE %d\r\n" % i, b"+OK\r\n")]
    dialogue(path, pop3, turns=turns)


def records(path, n):
    """Records of TLS on a port of its own, small and whole."""
    pcap = Pcap(path)
    talk = Talk(pcap, port=993)
    for i in range(n):
        talk.send(i % 2, ACK | PSH, struct.pack(">BHH", 23, 0x0303, 3) + b"abc")
    pcap.close()


def hellos(path, n):
    """ClientHello after ClientHello, with extensions without end."""
    extensions = b"".join(struct.pack(">HHB", 1000 + i, 1, 7) for i in range(300))
    hello = b"\3\3" + b"r" * 32 + b"\0" + struct.pack(">H", 200) + b"\x13\1" * 100 + b"\1\0" + struct.pack(">H", len(extensions)) + extensions
    message = b"\1" + struct.pack(">I", len(hello))[1:] + hello
    pcap = Pcap(path)
    for i in range(n):
        talk = Talk(pcap, port=465, client=address(i // 100), sport=2000 + i % 100)
        talk.send(0, ACK | PSH, struct.pack(">BHH", 22, 0x0301, len(message)) + message)
    pcap.close()


def starttls(path, n):
    """A session that asks for TLS again and again, and is refused."""
    dialogue(path, smtp, turns=[(b"STARTTLS\r\n", b"454 4.7.0 not now\r\n")] * n)


def secrets(path, n):
    """Logins with a secret each, and every reply and command after them has some of all."""
    turns = []
    for i in range(n):
        secret = b"s3cret-%d" % i
        turns += [(b"AUTH PLAIN %s\r\n" % base64.b64encode(b"\0joe\0" + secret), b"535 5.7.8 no, s3cret-%d s3cret-%d\r\n" % (i // 2, i)),
                  (b"NOOP s3cret-%d s3cret-\r\n" % (i // 3), b"250 ok\r\n")]
    dialogue(path, smtp, turns=turns)


def secrets_each(path, n):
    """A session for each secret, which says it again."""
    pcap = Pcap(path, step=1)
    for i in range(n):
        talk = pop3(pcap, client=address(i))
        talk.ask(b"NOOP secret\r\n", b"-ERR secret %d\r\n" % i)
        talk.end()
    pcap.close()


def gaps_in_replies(path, n):
    """Every third reply, and every seventh command, is not in the capture."""
    pcap = Pcap(path)
    talk = imap(pcap)
    for i in range(n):
        command, reply = b"t%d NOOP\r\n" % i, b"* %d EXISTS\r\nt%d OK\r\n" % (i, i)
        if i % 7 == 0:
            talk.next[0] += len(command)
        else:
            talk.send(0, ACK | PSH, command)
        if i % 3 == 0:
            talk.next[1] += len(reply)
        else:
            talk.send(1, ACK | PSH, reply)
    talk.end()
    pcap.close()


def wide_letters(path, n):
    """Texts that are hard to measure on a terminal, in every line."""
    text = "你好\u0301\u200d👩‍👩‍👧‍👦\u202eé".encode()
    dialogue(path, smtp, turns=[(b"VRFY " + text * 5 + b"\r\n", b"252 " + text * 20 + b"\r\n")] * n)


def announced(path, n):
    """Commands that nobody knows, after as many extensions as a reply may announce."""
    pcap = Pcap(path)
    talk = smtp(pcap)
    talk.client(b"EHLO me\r\n")
    talk.server(b"".join(b"250-E%d\r\n" % i for i in range(20_000)) + b"250 HELP\r\n")
    for i in range(n):
        talk.ask(b"Y%d\r\n" % i, b"500 what?\r\n")
    talk.end()
    pcap.close()


def appends(path, n):
    """Messages that are appended, and as many whose mailbox is refused before they come."""
    turns = [(b"p%d APPEND INBOX {15+}\r\nSubject: x\r\n\r\nx\r\n" % i, b"p%d OK\r\n" % i) for i in range(n)]
    turns += [(b"q%d APPEND Sent {100}\r\n" % i, b"q%d NO [OVERQUOTA] full\r\n" % i) for i in range(n)]
    dialogue(path, imap, turns=turns)


def without_leave(path, n):
    """Literals without leave, each refused, whose octets the server reads as commands."""
    turns = []
    for i in range(n):
        turns += [(b"p%d APPEND nowhere {10}\r\n" % i, b""), (b"From: bob\r\n", b"p%d NO no\r\nFrom: BAD what\r\n" % i)]
    pcap = Pcap(path)
    talk = imap(pcap)
    for command, reply in turns:
        talk.send(0, ACK | PSH, command)
        if reply:
            talk.send(1, ACK | PSH, reply)
    talk.end()
    pcap.close()


def parts_fetched(path, n):
    """Parts of messages, fetched one by one, of which as many others were described as are remembered."""
    described = b"(\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 10 1 NIL (\"ATTACHMENT\" (\"FILENAME\" \"x\")))"
    before = b"".join(b"* %d FETCH (BODYSTRUCTURE (%s%s \"MIXED\"))\r\n" % (i, described, described) for i in range(1, 1000))
    dialogue(path, imap, server=before, turns=[(b"f%d FETCH %d BODY[7]\r\n" % (i, 5000 + i), b"* %d FETCH (BODY[7] {1}\r\nx)\r\nf%d OK\r\n" % (5000 + i, i))
                                               for i in range(n)])


def expunged(path, n):
    """Messages that go one by one, while headers, parts and sizes of others are remembered."""
    described = b"(\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 10 1 NIL (\"ATTACHMENT\" (\"FILENAME\" \"x\")))"
    before = b"".join(b"* %d FETCH (RFC822.SIZE %d BODYSTRUCTURE %s BODY[HEADER] {14}\r\nSubject: x\r\n\r\n)\r\n" % (i, i, described)
                      for i in range(1, 3000))
    dialogue(path, imap, client=b"f FETCH 1:* (RFC822.SIZE BODYSTRUCTURE BODY[HEADER])\r\n", server=before + b"* 3 EXPUNGE\r\n" * n)


def partial_early(path, n):
    """Pieces that wait behind a hole, as many as may, while others are put together before it."""
    turns = []
    for i in range(n):
        at = i * 10 if i % 4 else 10_000_000 + i * 100
        turns.append((b"f%d FETCH 1 BODY.PEEK[]<%d.10>\r\n" % (i, at), b"* 1 FETCH (BODY[]<%d> {10}\r\nx: 3456789\n)\r\nf%d OK\r\n" % (at, i)))
        if not i % 4:
            at = i * 10
            turns.append((b"g%d FETCH 1 BODY.PEEK[]<%d.10>\r\n" % (i, at), b"* 1 FETCH (BODY[]<%d> {10}\r\nx: 3456789\n)\r\ng%d OK\r\n" % (at, i)))
    dialogue(path, imap, turns=turns)


def proxied(path, n):
    """Connections that a proxy passed on, each with a header of its protocol, some of them without end."""
    pcap = Pcap(path, step=1)
    for i in range(n):
        talk = Talk(pcap, client=address(i))
        if i % 3 == 0:
            head = b"PROXY TCP4 192.0.2.%d 192.0.2.1 %d 25\r\n" % (i % 250, 1024 + i % 60000)
        elif i % 3 == 1:
            head = b"\r\n\r\n\0\r\nQUIT\n\x21\x11" + struct.pack(">H", 1200) + address(i) * 2 + b"\0\1\0\2" + (b"\4\0\1x" * 297)
        else:
            head = b"PROXY TCP4 " + b"1" * 200
        talk.ask(head, b"220 mx.example ESMTP\r\n")
        talk.ask(b"QUIT\r\n", b"221 bye\r\n")
        talk.end()
    pcap.close()


def proxied_again(path, n):
    """One header after another."""
    dialogue(path, lambda pcap: Talk(pcap), client=b"PROXY TCP4 192.0.2.9 192.0.2.1 1024 25\r\n" * n, server=b"220 mx ESMTP\r\n")


def inflated(path, n):
    """COMPRESS=DEFLATE whose bytes grow to just as much as is read, a hundred for each: answers of a line and no more."""
    line = b"* 1 FETCH (FLAGS (\\Seen) UID %d)\r\n"
    pcap = Pcap(path)
    talk = imap(pcap)
    talk.ask(b"a3 COMPRESS DEFLATE\r\n", b"a3 OK\r\n")
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    crossed = grown = number = 0
    while grown < n:
        plain = line % number * 10
        number += 1
        said = packer.compress(plain) + packer.flush(zlib.Z_SYNC_FLUSH)
        # As many blanks as the bytes so far leave room for.
        room = 100 * (crossed + len(said)) - grown - len(plain)
        blanks = packer.compress(b" " * max(room, 0)) + packer.flush(zlib.Z_SYNC_FLUSH)
        talk.send(1, ACK | PSH, said + blanks)
        crossed, grown = crossed + len(said + blanks), grown + len(plain) + max(room, 0)
    talk.end()
    pcap.close()


TABLE = ["--format", "table", "--show", "all"]

# As in `cases.py`.
CASES = {
    "refused_recipients": (refused_recipients, 100_000, []),
    "same_recipient": (same_recipient, 100_000, []),
    "transactions": (transactions, 100_000, []),
    "pipelined_letters": (pipelined_letters, 100_000, []),
    "small_chunks": (small_chunks, 100_000, []),
    "unknown_commands": (unknown_commands, 200_000, []),
    "bare_lines": (bare_lines, 1_000_000, []),
    "long_reply": (long_reply, 20_000_000, []),
    "capabilities": (capabilities, 400_000, []),
    "challenges": (challenges, 200_000, []),
    "restarted": (restarted, 200_000, []),
    "distinct_letters": (distinct_letters, 50_000, []),
    "letters_everywhere": (letters_everywhere, 50_000, []),
    "dots": (dots, 1_000_000, []),
    "received": (received, 400_000, []),
    "same_field": (same_field, 100_000, []),
    "folded": (folded, 4_000_000, []),
    "encoded_words": (encoded_words, 400_000, []),
    "mailboxes": (mailboxes, 400_000, []),
    "quoted_printable": (quoted_printable, 4_000_000, []),
    "boundary_like": (boundary_like, 4_000_000, []),
    "parts": (parts, 400_000, []),
    "parameters": (parameters, 400_000, []),
    "forwarded": (forwarded, 400_000, []),
    "literals": (literals, 100_000, []),
    "idle": (idle, 400_000, []),
    "idled": (idled, 100_000, []),
    "in_flight": (in_flight, 200_000, []),
    "smtp_in_flight": (smtp_in_flight, 200_000, []),
    "pop3_in_flight": (pop3_in_flight, 200_000, []),
    "partial": (partial, 200_000, []),
    "partial_many": (partial_many, 100_000, []),
    "header_and_text": (header_and_text, 200_000, []),
    "structures": (structures, 20_000, []),
    "wide_structure": (wide_structure, 1_000_000, []),
    "found": (found, 400_000, []),
    "folders": (folders, 100_000, []),
    "retrieved": (retrieved, 100_000, []),
    "records": (records, 1_000_000, []),
    "hellos": (hellos, 50_000, []),
    "starttls": (starttls, 400_000, []),
    "secrets": (secrets, 50_000, ["--redact"]),
    "secrets_table": (secrets, 50_000, ["--redact", *TABLE]),
    "secrets_each": (secrets_each, 50_000, ["--redact"]),
    "gaps_in_replies": (gaps_in_replies, 200_000, []),
    "wide_letters_table": (wide_letters, 50_000, TABLE),
    "transactions_table": (transactions, 50_000, TABLE),
    "refused_recipients_table": (refused_recipients, 50_000, TABLE),
    "letters_everywhere_table": (letters_everywhere, 20_000, TABLE),
    "announced": (announced, 100_000, []),
    "announced_table": (announced, 100_000, TABLE),
    "appends": (appends, 50_000, []),
    "without_leave": (without_leave, 50_000, []),
    "parts_fetched": (parts_fetched, 100_000, []),
    "expunged": (expunged, 400_000, []),
    "partial_early": (partial_early, 100_000, []),
    "proxied": (proxied, 100_000, []),
    "proxied_again": (proxied_again, 400_000, []),
    "inflated": (inflated, 400_000_000, []),
    "found_table": (found, 400_000, TABLE),
    "retrieved_zh": (retrieved, 50_000, [*TABLE, "--lang", "zh"]),
    "transactions_ndjson": (transactions, 50_000, ["--format", "ndjson"]),
    "letters_everywhere_ndjson": (letters_everywhere, 50_000, ["--format", "ndjson"]),
}
