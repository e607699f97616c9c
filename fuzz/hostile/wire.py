"""Packets and captures for the hostile cases: Ethernet, IPv4, TCP, written as a classic pcap file as they are made."""
import struct

CLIENT, SERVER = b"\xac\x10\x00\x49", b"\xac\x10\x00\xfd"
ETHERNET = b"\2\0\0\0\0\2\2\0\0\0\0\1\x08\0"
SYN, FIN, RST, PSH, ACK = 2, 1, 4, 8, 16


class Pcap:
    """A pcap file, packets a tenth of a millisecond apart (or as `step` says, in microseconds)."""

    def __init__(self, path, step=100):
        self.file = open(path, "wb", 1 << 20) if isinstance(path, str) else path
        self.step, self.time = step, 1_700_000_000_000_000
        self.file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))

    def frame(self, frame):
        self.time += self.step
        self.file.write(struct.pack("<IIII", self.time // 1_000_000, self.time % 1_000_000, len(frame), len(frame)) + frame)

    def tcp(self, source, sport, destination, dport, seq, ack, flags, payload=b""):
        tcp = struct.pack(">HHIIBBHHH", sport, dport, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, 0x50, flags, 65535, 0, 0)
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 40 + len(payload), 0, 0x4000, 64, 6, 0, source, destination)
        self.frame(ETHERNET + ip + tcp + payload)

    def close(self):
        self.file.close()


class Talk:
    """One connection. `client(bytes)` and `server(bytes)` say something, in segments of at most `size` bytes."""

    def __init__(self, pcap, port=25, sport=40000, size=1400, client=CLIENT, server=SERVER, open=True):
        self.pcap, self.ports, self.size, self.ends = pcap, (sport, port), size, (client, server)
        self.next = [1000, 5000]
        if open:
            self.send(0, SYN)
            self.send(1, SYN | ACK)
            self.send(0, ACK)

    def send(self, side, flags, payload=b"", at=None):
        other = 1 - side
        seq = self.next[side] if at is None else at
        self.pcap.tcp(self.ends[side], self.ports[side], self.ends[other], self.ports[other], seq, self.next[other], flags, payload)
        if at is None:
            self.next[side] += len(payload) + (1 if flags & (SYN | FIN) else 0)

    def say(self, side, data):
        for start in range(0, len(data), self.size):
            self.send(side, ACK | PSH, data[start:start + self.size])
        self.send(1 - side, ACK)

    def client(self, data):
        self.say(0, data)

    def server(self, data):
        self.say(1, data)

    def ask(self, command, reply):
        """A command and its reply, without empty acknowledgements."""
        self.send(0, ACK | PSH, command)
        self.send(1, ACK | PSH, reply)

    def end(self):
        self.send(0, ACK | FIN)
        self.send(1, ACK | FIN)
        self.send(0, ACK)


def address(number):
    return struct.pack(">I", 0x0A000000 | number & 0xFFFFFF)


def smtp(pcap, **more):
    talk = Talk(pcap, **more)
    talk.server(b"220 mx.example ESMTP\r\n")
    talk.ask(b"EHLO me\r\n", b"250-mx.example\r\n250-PIPELINING\r\n250 CHUNKING\r\n")
    return talk


def envelope(talk, recipients=(b"b",)):
    """MAIL, a RCPT for each recipient, and DATA up to its 354."""
    talk.ask(b"MAIL FROM:<a@example.org>\r\n", b"250 2.1.0 ok\r\n")
    for name in recipients:
        talk.ask(b"RCPT TO:<%s@example.org>\r\n" % name, b"250 2.1.5 ok\r\n")
    talk.ask(b"DATA\r\n", b"354 go\r\n")


def letter(talk, chunks):
    envelope(talk)
    held = b""
    for chunk in chunks:
        held += chunk
        while len(held) >= talk.size:
            talk.send(0, ACK | PSH, held[:talk.size])
            held = held[talk.size:]
    talk.client(held + b"\r\n.\r\n")
    talk.server(b"250 2.0.0 queued\r\n")


def one_letter(path, chunks, size=1400):
    pcap = Pcap(path)
    talk = smtp(pcap, size=size)
    letter(talk, chunks)
    talk.ask(b"QUIT\r\n", b"221 bye\r\n")
    talk.end()
    pcap.close()
