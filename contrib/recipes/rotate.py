#!/usr/bin/env python3
"""Writes lines from standard input into files that are closed by age or size, so that another program can take them away.

    mailtap live -i eth0 --format ndjson --redact | rotate.py /var/spool/mailtap/sensor7

The file that is being written is NAME-TIME-N.ndjson.part, and NAME-TIME-N.ndjson once it is closed: what has no `.part` is whole and does
not change. A line is never in two files. What stands behind the last line end when the input ends is no line, and is left out with a word
on standard error; that happens only where the writer was killed. A `.part` of an earlier run, which was killed itself, is closed in the same
way when the next run with this NAME begins, so run one for each NAME.

Exit status: 0 the input has ended; 1 a file could not be written, or the input ended within a line; 2 wrong usage.
"""
import argparse
import glob
import os
import re
import select
import signal
import sys
import time

PIECE = 1 << 20


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", metavar="NAME", help="where the files are, and how their names begin")
    parser.add_argument("--seconds", type=float, default=3600, help="close a file that is so old (3600)")
    parser.add_argument("--mib", type=float, default=256, help="close a file that is so large, in MiB (256)")
    return parser.parse_args()


def close_left_over(name):
    """Cuts what is behind the last line end of a `.part` that nobody writes any more, and gives it its name, or removes it if it is empty."""
    ours = re.compile(re.escape(os.path.basename(name)) + r"-\d{8}T\d{6}Z-\d+\.ndjson\.part$")
    for part in glob.glob(glob.escape(name) + "-*.ndjson.part"):
        if not ours.match(os.path.basename(part)):
            continue
        with open(part, "r+b") as file:
            end = file.seek(0, os.SEEK_END)
            while end > 0:
                start = max(0, end - PIECE)
                file.seek(start)
                line_end = file.read(end - start).rfind(b"\n")
                if line_end >= 0:
                    end = start + line_end + 1
                    break
                end = start
            file.truncate(end)
        if end == 0:
            os.remove(part)
        else:
            os.rename(part, part[: -len(".part")])


class Files:
    """One file at a time, from its first line on."""

    def __init__(self, name, seconds, limit):
        self.name, self.seconds, self.limit = name, seconds, limit
        self.file, self.path, self.size, self.until, self.count = None, "", 0, 0.0, 0

    def write(self, lines):
        """Writes whole lines, each into the file that has room for it; one that is larger than a file has one of its own."""
        start = 0
        while start < len(lines):
            room = self.limit - self.size
            end = len(lines)
            if end - start > room:
                end = lines.rfind(b"\n", start, start + max(room, 0)) + 1
                if end <= start:
                    if self.size > 0:
                        self.close()
                        continue
                    end = lines.find(b"\n", start) + 1
            self.append(memoryview(lines)[start:end])
            start = end

    def append(self, view):
        if self.file is None:
            stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
            while True:
                self.count += 1
                self.path = f"{self.name}-{stamp}-{self.count}.ndjson"
                if not os.path.exists(self.path):
                    break
            # Passwords may be in it: for its owner alone.
            self.file = os.fdopen(os.open(self.path + ".part", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb", buffering=0)
            self.until = time.monotonic() + self.seconds
        self.size += len(view)
        while view:
            view = view[self.file.write(view):]
        if self.size >= self.limit:
            self.close()

    def due(self):
        """Seconds until the file has to be closed, or None."""
        return None if self.file is None else max(0.0, self.until - time.monotonic())

    def close(self):
        if self.file is not None:
            os.fsync(self.file.fileno())
            self.file.close()
            os.rename(self.path + ".part", self.path)
            self.file, self.size = None, 0


def main():
    args = arguments()
    # Ctrl-C is for mailtap, which then writes what is still open; this ends when its input does.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    files = Files(args.name, args.seconds, int(args.mib * (1 << 20)))
    pieces = []
    try:
        close_left_over(args.name)
        while True:
            ready, _, _ = select.select([0], [], [], files.due())
            if files.due() == 0.0:
                files.close()
            if not ready:
                continue
            piece = os.read(0, PIECE)
            if not piece:
                break
            end = piece.rfind(b"\n") + 1
            if end:
                pieces.append(piece[:end])
                files.write(b"".join(pieces))
                pieces = []
            if end < len(piece):
                pieces.append(piece[end:])
        files.close()
    except OSError as error:
        print(f"rotate.py: {error}", file=sys.stderr)
        return 1
    if pieces:
        print(f"rotate.py: the input ended within a line: {sum(map(len, pieces))} bytes left out", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
