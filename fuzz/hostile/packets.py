"""Hostile captures whose cost is in packets, files and connections; `cases.py` has the other functions and the list."""
import random
import struct

from wire import ACK, ETHERNET, FIN, PSH, RST, SERVER, SYN, Pcap, Talk, address

GREETING = b"220 mx.example ESMTP\r\n"


def waiting(path, n):
    """Connections that each wait for a byte that never comes, then packets of others: as many ends of batches as those make."""
    pcap = Pcap(path, step=1)
    for talk in [Talk(pcap, client=address(i)) for i in range(n)]:
        talk.send(1, ACK | PSH, b"250 ok\r\n", at=talk.next[1] + 100)
    others = [Talk(pcap, sport=50000 + i) for i in range(16)]
    for talk in others:
        talk.send(1, ACK | PSH, GREETING)
    for _ in range(n // 4):
        for talk in others:
            talk.ask(b"NOOP\r\n", b"250 ok\r\n")
    pcap.close()


def waiting_for_years(path, n):
    """The same, and the packets of the others jump by years, back and forth."""
    pcap = Pcap(path, step=1)
    for talk in [Talk(pcap, client=address(i)) for i in range(n)]:
        talk.send(1, ACK | PSH, b"250 ok\r\n", at=talk.next[1] + 100)
    talk = Talk(pcap, sport=50000)
    talk.send(1, ACK | PSH, GREETING)
    for i in range(n):
        pcap.time += (-1) ** i * 86_400_000_000 * 300
        talk.ask(b"NOOP\r\n", b"250 ok\r\n")
    pcap.close()


def holes_filled(path, n):
    """Connections that all wait behind a hole, which is filled in the reverse of the order in which they began."""
    pcap = Pcap(path, step=1)
    talks = [Talk(pcap, client=address(i)) for i in range(n)]
    for talk in talks:
        talk.send(1, ACK | PSH, GREETING[10:], at=talk.next[1] + 10)
    for talk in reversed(talks):
        talk.send(1, ACK | PSH, GREETING[:10])
    pcap.close()


def closed(path, n):
    """Short connections that all linger, one after another."""
    pcap = Pcap(path, step=10)
    for i in range(n):
        talk = Talk(pcap, client=address(i))
        talk.ask(b"HELO me\r\n", GREETING + b"250 mx\r\n")
        talk.end()
    pcap.close()


def closed_together(path, n):
    """Connections of which all begin, then all speak, then all end, then all have a straggler."""
    pcap = Pcap(path, step=1)
    talks = [Talk(pcap, client=address(i)) for i in range(n)]
    for talk in talks:
        talk.send(1, ACK | PSH, GREETING)
    for talk in talks:
        talk.ask(b"QUIT\r\n", b"221 bye\r\n")
    for talk in talks:
        talk.end()
    for talk in talks:
        talk.send(1, ACK | PSH, b"221 bye\r\n", at=talk.next[1] - 10)
    pcap.close()


def in_turn(path, n):
    """Connections that take turns, a packet each: every packet is of another than the one before."""
    pcap = Pcap(path, step=1)
    talks = [Talk(pcap, client=address(i)) for i in range(n)]
    for command, reply in ((b"HELO me\r\n", GREETING + b"250 mx\r\n"), (b"NOOP\r\n", b"250 ok\r\n"), (b"NOOP\r\n", b"250 ok\r\n")):
        for side, said in ((0, command), (1, reply)):
            for talk in talks:
                talk.send(side, ACK | PSH, said)
    pcap.close()


def resets(path, n):
    """A reset after each SYN, then a reset in each connection."""
    pcap = Pcap(path, step=1)
    for i in range(n):
        pcap.tcp(address(i), 40000, SERVER, 25, 1, 0, SYN)
        pcap.tcp(SERVER, 25, address(i), 40000, 0, 2, RST | ACK)
        talk = Talk(pcap, client=address(i), sport=50000)
        talk.send(1, ACK | PSH, GREETING)
        talk.send(0, RST)
    pcap.close()


def same_ports(path, n):
    """Connections one after another between the same ports."""
    pcap = Pcap(path)
    for i in range(n):
        talk = Talk(pcap, open=False)
        talk.next = [i * 100_000, i * 70_000]
        talk.send(0, SYN)
        talk.send(1, SYN | ACK)
        talk.ask(b"NOOP\r\n", GREETING)
        if i % 2:
            talk.end()
    pcap.close()


def syns_inside(path, n):
    """SYNs in the middle of a connection, each with another number."""
    pcap = Pcap(path)
    talk = Talk(pcap)
    talk.send(1, ACK | PSH, GREETING)
    for i in range(n):
        talk.send(0, SYN, at=1_000_000 + i * 10_007)
    pcap.close()


def calling(path, n):
    """SYNs with data, which nobody answers."""
    pcap = Pcap(path, step=1)
    for i in range(n):
        pcap.tcp(address(i), 40000, SERVER, 25, 1, 0, SYN, b"EHLO me\r\n")
    pcap.close()


def silent(path, n):
    """Connections without a word, in three waves with three hours between them."""
    pcap = Pcap(path, step=1)
    for i in range(n):
        if i % (n // 3 + 1) == 0:
            pcap.time += 3 * 3_600_000_000
        Talk(pcap, client=address(i))
    pcap.close()


def any_port(path, n):
    """Connections on other ports that say what no mail protocol says, a little at a time."""
    pcap = Pcap(path, step=1)
    talks = [Talk(pcap, port=8000, client=address(i)) for i in range(n)]
    for said in (b"GET", b" / ", b"HTTP", b"/1.1\r", b"\n"):
        for talk in talks:
            talk.send(0, ACK | PSH, said)
    for talk in talks:
        talk.send(1, ACK | PSH, b"+OK")
    pcap.close()


def any_port_one(path, n):
    """A connection on another port that goes on and on without a sign of what it is."""
    pcap = Pcap(path, step=1)
    talk = Talk(pcap, port=8000)
    for i in range(n):
        talk.send(i % 2, ACK | PSH, b"2")
    pcap.close()


def overlapping(path, n):
    """Segments each of which brings one byte more than the one before, backwards in blocks."""
    pcap = Pcap(path, step=1)
    talk = Talk(pcap)
    talk.send(1, ACK | PSH, GREETING)
    for _ in range(n // 2000 + 1):
        start = talk.next[0] + 1
        for i in reversed(range(2000)):
            talk.send(0, ACK | PSH, b"x" * 1000, at=start + i)
        talk.next[0] = start + 3000
        talk.send(1, ACK)
    pcap.close()


def bytes_backwards(path, n):
    """Segments of a byte in the reverse of their order, 8,192 at a time, and the hole is filled at last."""
    pcap = Pcap(path, step=1)
    talk = Talk(pcap)
    talk.send(1, ACK | PSH, GREETING)
    for _ in range(n // 8192 + 1):
        start = talk.next[0]
        for i in reversed(range(8192)):
            talk.send(0, ACK | PSH, b"\n" if i % 16 == 0 else b"x", at=start + i)
        talk.next[0] += 8192
        talk.send(1, ACK)
    pcap.close()


def repeated(path, n):
    """One segment again and again, once by its header and once with other numbers in it."""
    pcap = Pcap(path, step=1)
    talk = Talk(pcap)
    talk.send(1, ACK | PSH, GREETING)
    at = talk.next[0]
    talk.send(0, ACK | PSH, b"x" * 1000 + b"\r\n")
    for i in range(n):
        talk.next[1] += i % 2
        talk.send(0, ACK | PSH, b"y" * 1000, at=at)
    pcap.close()


def one_sided(path, n):
    """The server's side alone: every acknowledgement speaks of bytes that the capture does not have."""
    pcap = Pcap(path, step=1)
    talk = Talk(pcap)
    for _ in range(n):
        talk.next[0] += 6
        talk.send(1, ACK | PSH, b"250 ok\r\n")
    pcap.close()


def acknowledged_ahead(path, n):
    """A segment behind a hole, and acknowledgements of more and more that is not there."""
    pcap = Pcap(path, step=1)
    talk = Talk(pcap)
    for _ in range(n // 200):
        talk.send(0, ACK | PSH, b"NOOP\r\n", at=talk.next[0] + 60_000)
        for _ in range(200):
            talk.next[0] += 100
            talk.send(1, ACK)
        talk.next[0] += 60_000
    pcap.close()


def clock(path, n):
    """Times without any order, a packet of each of a thousand connections in turn."""
    pcap, times = Pcap(path), random.Random(7)
    talks = [Talk(pcap, client=address(i)) for i in range(1000)]
    for i in range(n):
        pcap.time += times.randrange(-10_000_000, 10_000_000)
        talks[i % 1000].send(i // 1000 % 2, ACK | PSH, b"250 ok\r\n")
    pcap.close()


def clock_backwards(path, n):
    """Times that fall from the first packet to the last."""
    pcap = Pcap(path, step=-50)
    talk = Talk(pcap)
    for _ in range(n):
        talk.ask(b"NOOP\r\n", b"250 ok\r\n")
    pcap.close()


def many_files(path, n):
    """As many files as packets by the hundred, all of the same time: a list of them."""
    paths = []
    for i in range(n // 100 + 1):
        paths.append(f"{path}.{i}")
        pcap = Pcap(paths[-1])
        talk = Talk(pcap, client=address(i))
        talk.send(1, ACK | PSH, GREETING)
        for _ in range(48):
            talk.ask(b"NOOP\r\n", b"250 ok\r\n")
        pcap.close()
    return paths


def one_in_all(path, n):
    """As many files as packets by the ten, each with a part of one connection, whose clock was set back in the middle."""
    paths, pcap = [], Pcap(f"{path}.0")
    talk = Talk(pcap)
    talk.send(1, ACK | PSH, GREETING)
    for i in range(n // 10 + 1):
        if i:
            time = talk.pcap.time
            talk.pcap.close()
            talk.pcap = Pcap(f"{path}.{i}")
            talk.pcap.time = time - (100_000_000 if i == n // 20 else 0)
        paths.append(f"{path}.{i}")
        for _ in range(5):
            talk.ask(b"NOOP\r\n", b"250 ok\r\n")
    talk.pcap.close()
    return paths


def fragment(pcap, source, number, at, payload, more):
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), number & 0xFFFF, (0x2000 if more else 0) | at, 64, 6, 0, source, SERVER)
    pcap.frame(ETHERNET + ip + payload)


def fragments_over(path, n):
    """Fragments that overlap one another, of datagrams of which the first is missing."""
    pcap = Pcap(path, step=1)
    for i in range(n):
        fragment(pcap, address(i // 4000), i // 4000, 1 + i * 7 % 4000, b"x" * 64, True)
    pcap.close()


def fragments_in_turn(path, n):
    """Fragments of a thousand datagrams in turn."""
    pcap = Pcap(path, step=1)
    for block in range(n // 64_000 + 1):
        for part in range(64):
            for i in range(1000):
                fragment(pcap, address(i), block, part, b"x" * 8, part < 63)
    pcap.close()


def urgent(path, n):
    """An urgent pointer in each segment, each to another byte far ahead."""
    pcap = Pcap(path, step=1)
    talk = Talk(pcap)
    for i in range(n):
        data = b"NOOP\r\n"
        head = struct.pack(">HHIIBBHHH", talk.ports[0], 25, talk.next[0], talk.next[1], 0x50, ACK | PSH | 32, 65535, 0, 100 + i * 7 % 60000)
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 40 + len(data), 0, 0x4000, 64, 6, 0, talk.ends[0], talk.ends[1])
        pcap.frame(ETHERNET + ip + head + data)
        talk.next[0] += len(data)
    pcap.close()


def half_closed(path, n):
    """One side closes, and the other goes on as long as it likes; then a FIN in each segment."""
    pcap = Pcap(path, step=1)
    talk = Talk(pcap)
    talk.send(0, ACK | FIN)
    for _ in range(n):
        talk.send(1, ACK | PSH, b"250 ok\r\n")
    for i in range(n):
        talk.send(1, ACK | PSH | FIN, b"250 ok\r\n", at=talk.next[1] + i * 8)
    pcap.close()


def option(subtype, body):
    """An option of Multipath TCP (RFC 8684), padded to a multiple of four bytes."""
    return struct.pack(">BB", 30, 2 + len(body)) + bytes([subtype << 4 | body[0]]) + body[1:] + b"\1" * (-(2 + len(body)) % 4)


def subflow_packet(pcap, ends, side, seq, ack, flags, options, payload=b""):
    head = struct.pack(">HHIIBBHHH", ends[side][1], ends[1 - side][1], seq & 0xFFFFFFFF, ack & 0xFFFFFFFF,
                       (20 + len(options)) // 4 << 4, flags, 65535, 0, 0)
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(head) + len(options) + len(payload), 0, 0x4000, 64, 6, 0,
                     ends[side][0], ends[1 - side][0])
    pcap.frame(ETHERNET + ip + head + options + payload)


def subflows(path, n):
    """Subflows that join connections of Multipath TCP by tokens that nobody has, eight of them for each that has a
    connection; each says something at a place of its own in the data."""
    pcap = Pcap(path, step=1)
    for i in range(n):
        joins, ends = i % 8 != 0, ((address(i), 40000), (SERVER, 25))
        keys = [struct.pack(">Q", i * 2 + side + 1) for side in (0, 1)]
        if joins:
            syns = [option(1, b"\0\1" + struct.pack(">II", i, i)), option(1, b"\0\1" + struct.pack(">QI", i, i))]
            third = option(1, b"\0\0" + b"h" * 20)
        else:
            syns = [option(0, b"\1\1"), option(0, b"\1\1" + keys[1])]
            third = option(0, b"\1\1" + keys[0] + keys[1])
        subflow_packet(pcap, ends, 0, 0, 0, SYN, syns[0])
        subflow_packet(pcap, ends, 1, 0, 1, SYN | ACK, syns[1])
        subflow_packet(pcap, ends, 0, 1, 1, ACK, third)
        mapping = option(2, b"\0\4" + struct.pack(">IIH", 1 + i * 100, 1, len(GREETING)))
        subflow_packet(pcap, ends, 1, 1, 1, ACK | PSH, mapping, GREETING)
    pcap.close()


class Cut:
    """A pcap file with a snap length of so many bytes."""

    def __init__(self, path, snaplen):
        self.pcap, self.snaplen = Pcap(path), snaplen
        self.pcap.frame = self.frame
        self.tcp = self.pcap.tcp

    def frame(self, frame):
        pcap = self.pcap
        pcap.time += pcap.step
        cut = frame[:self.snaplen]
        pcap.file.write(struct.pack("<IIII", pcap.time // 1_000_000, pcap.time % 1_000_000, len(cut), len(frame)) + cut)


def cut(path, n):
    """A letter, then as many commands, of all of which the capture has 96 bytes at most of each packet."""
    capture = Cut(path, 96)
    talk = Talk(capture)
    talk.send(1, ACK | PSH, GREETING)
    for i in range(n):
        talk.ask(b"MAIL FROM:<a@example.org> X=%s\r\n" % (b"x" * 80), b"250 ok %s\r\n" % (b"y" * (60 * (i % 2))))
    talk.ask(b"DATA\r\n", b"354 go\r\n")
    for _ in range(n):
        talk.send(0, ACK | PSH, b"some text\r\n" * 20)
    talk.end()
    capture.pcap.close()


def damaged(path, n):
    """A record of no length that there can be after each kilobyte of sound ones, and bytes that nearly are records."""
    pcap = Pcap(path)
    talk = Talk(pcap)
    talk.send(1, ACK | PSH, GREETING)
    for i in range(n):
        for _ in range(6):
            talk.ask(b"NOOP\r\n", b"250 ok\r\n")
        pcap.file.write(struct.pack("<IIII", pcap.time // 1_000_000, i % 1_000_000, 0x7FFFFFFF, 14))
        pcap.file.write(struct.pack("<IIII", pcap.time // 1_000_000, 0, 60, 60) * (i % 4))
    pcap.close()


def joined(path, n):
    """Files one after the other in one, a connection in each (`cat *.pcap`)."""
    with open(path, "wb", 1 << 20) as file:
        for i in range(n):
            talk = Talk(Pcap(file), client=address(i))
            talk.send(1, ACK | PSH, GREETING)
            talk.ask(b"QUIT\r\n", b"221 bye\r\n")
            talk.end()


def joined_sections(path, n):
    """Sections of a pcapng file one after the other, each with an interface and one packet."""
    tcp = struct.pack(">HHIIBBHHH", 40000, 25, 1, 0, 0x50, SYN, 65535, 0, 0)
    with open(path, "wb", 1 << 20) as file:
        for i in range(n):
            ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 40, 0, 0x4000, 64, 6, 0, address(i), SERVER)
            frame = ETHERNET + ip + tcp
            data = frame + b"\0" * (-len(frame) % 4)
            file.write(struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28) + struct.pack("<IIHHII", 1, 20, 1, 0, 0, 20))
            stamp = 1_700_000_000_000_000 + i
            file.write(struct.pack("<IIIIIII", 6, 32 + len(data), 0, stamp >> 32, stamp & 0xFFFFFFFF, len(frame), len(frame)))
            file.write(data + struct.pack("<I", 32 + len(data)))


def connections_in_files(path, n):
    """Files of ten thousand connections each, the last first: their order is looked for by what connections say."""
    paths = []
    for i in range(n // 10_000 + 1):
        paths.append(f"{path}.{i}")
        pcap = Pcap(paths[-1], step=1)
        pcap.time -= i * 1_000_000_000
        for number in range(i * 10_000, min((i + 1) * 10_000, n)):
            pcap.tcp(address(number), 40000, SERVER, 25, 1, 0, SYN)
        pcap.close()
    return paths


# As in `cases.py`.
CASES = {
    "subflows": (subflows, 200_000, []),
    "cut": (cut, 400_000, []),
    "damaged": (damaged, 200_000, []),
    "joined": (joined, 100_000, []),
    "joined_sections": (joined_sections, 1_000_000, []),
    "connections_in_files": (connections_in_files, 4_000_000, []),
    "waiting": (waiting, 400_000, []),
    "waiting_for_years": (waiting_for_years, 400_000, []),
    "holes_filled": (holes_filled, 400_000, []),
    "closed": (closed, 200_000, []),
    "closed_together": (closed_together, 200_000, []),
    "in_turn": (in_turn, 200_000, []),
    "resets": (resets, 200_000, []),
    "same_ports": (same_ports, 200_000, []),
    "syns_inside": (syns_inside, 400_000, []),
    "calling": (calling, 400_000, []),
    "silent": (silent, 400_000, []),
    "any_port": (any_port, 200_000, ["--any-port"]),
    "any_port_one": (any_port_one, 1_000_000, ["--any-port"]),
    "any_port_noops": (in_turn, 200_000, ["--any-port"]),
    "overlapping": (overlapping, 400_000, []),
    "bytes_backwards": (bytes_backwards, 1_000_000, []),
    "repeated": (repeated, 400_000, []),
    "one_sided": (one_sided, 1_000_000, []),
    "acknowledged_ahead": (acknowledged_ahead, 1_000_000, []),
    "clock": (clock, 1_000_000, []),
    "clock_backwards": (clock_backwards, 400_000, []),
    "many_files": (many_files, 400_000, []),
    "one_in_all": (one_in_all, 10_000, []),
    "fragments_over": (fragments_over, 1_000_000, []),
    "fragments_in_turn": (fragments_in_turn, 1_000_000, []),
    "urgent": (urgent, 1_000_000, []),
    "half_closed": (half_closed, 400_000, []),
}
