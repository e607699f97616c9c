#!/usr/bin/env python3
"""Measures mailtap beside other programs that read captures, and prints tables in Markdown.

    scripts/bench.py [--megabytes N] [--runs N] [--kinds a,b] [--long] [--write docs/performance.md]

The captures are made by the corpus generator, in target/bench. Each round runs every program once, one after the other,
so that other load on the machine slows them all alike; the tables have medians. A program that takes longer than
PATIENCE is run once. Programs that are not installed are named as missing.
"""

import argparse
import hashlib
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
MAILTAP = TARGET / "release" / "mailtap"
CORPUS = TARGET / "release" / "examples" / "corpus"
CAPTURES = TARGET / "bench"
PATIENCE = 20.0
TABLE, LINES = "mailtap --show sessions", "mailtap --format ndjson"


def programs(capture):
    """Names and commands; each is run in a folder of its own, and its output is discarded."""
    mailtap = [str(MAILTAP), "read", capture]
    mail = "smtp or pop or imap"
    return [
        ("cat", ["cat", capture]),
        ("capinfos -c", ["capinfos", "-c", capture]),
        ("tcpdump -w /dev/null", ["tcpdump", "-r", capture, "-w", "/dev/null"]),
        (TABLE, [*mailtap, "--show", "sessions", "--threads", "2"]),
        (LINES, [*mailtap, "--format", "ndjson", "--threads", "2"]),
        (f"{TABLE}, 1 thread", [*mailtap, "--show", "sessions", "--threads", "1"]),
        (f"{LINES}, 1 thread", [*mailtap, "--format", "ndjson", "--threads", "1"]),
        ("suricata, 1 worker", ["suricata", "-r", capture, "-l", ".", "-S", "/dev/null", "--runmode", "single"]),
        ("suricata, a worker a core", ["suricata", "-r", capture, "-l", ".", "-S", "/dev/null", "--runmode", "autofp"]),
        ("zeek", ["zeek", "-r", capture]),
        ("tcpflow", ["tcpflow", "-r", capture, "-o", "."]),
        ("tshark -z credentials", ["tshark", "-r", capture, "-q", "-z", "credentials"]),
        ("tshark -T json", ["tshark", "-r", capture, "-Y", mail, "-T", "json"]),
    ]


# The promises: for a kind of capture, this program takes at most so many times the time of that one.
PROMISES = [
    ("mixed", TABLE, 0.5, "tcpdump -w /dev/null"),
    ("mixed", LINES, 1.0, "tcpdump -w /dev/null"),
    *((kind, TABLE, 1.0, "tcpdump -w /dev/null") for kind in ("smtp",)),
    *((kind, LINES, 3.0, "tcpdump -w /dev/null") for kind in ("smtp", "pop3", "imap")),
    *((kind, LINES, 1 / 8, "suricata, a worker a core") for kind in ("smtp", "pop3", "imap")),
    *((kind, LINES, 1 / 100, "tshark -T json") for kind in ("smtp", "pop3", "imap")),
    *((kind, LINES, 1 / 1.7, f"{LINES}, 1 thread") for kind in ("smtp", "pop3", "imap")),
]


class Run:
    """Seconds by the clock and of the processors, and the largest resident memory in MB."""

    def __init__(self, command):
        with tempfile.TemporaryDirectory() as folder:
            begun = time.monotonic()
            child = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                     stderr=subprocess.DEVNULL)
            _, status, used = os.wait4(child.pid, 0)
            self.wall = time.monotonic() - begun
            child.returncode = os.waitstatus_to_exitcode(status)
        self.processor = used.ru_utime + used.ru_stime
        self.memory = used.ru_maxrss / 1024
        self.failed = child.returncode != 0


def capture(kind, megabytes, *more):
    """The path of a capture, which is made if it is missing or older than the generator."""
    CAPTURES.mkdir(parents=True, exist_ok=True)
    path = CAPTURES / ("-".join([kind, f"{megabytes:g}", *(option.lstrip("-") for option in more)]) + ".pcap")
    if not path.exists() or path.stat().st_mtime < CORPUS.stat().st_mtime:
        partial = path.with_suffix(".partial")
        command = [CORPUS, kind, f"{megabytes:g}", partial, *more]
        print("making", subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip(), file=sys.stderr)
        partial.rename(path)
    with path.open("rb") as file:  # into the page cache
        while file.read(1 << 22):
            pass
    return path


def output(path, threads):
    """mailtap's output for a capture, in pieces: held whole, it would count as memory of each program started later."""
    command = [MAILTAP, "read", path, "--format", "ndjson", "--threads", threads]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as program:
        while piece := program.stdout.read(1 << 20):
            yield piece
    if program.returncode:
        raise subprocess.CalledProcessError(program.returncode, command)


def packets(path):
    """Packets of a capture, as mailtap counts them."""
    end = b""
    for piece in output(path, "1"):
        end = (end + piece)[-(1 << 20):]
    return int(re.search(rb'"read":(\d+)', end.splitlines()[-1])[1])


def rounds(commands, runs):
    """Runs by name. A program that takes longer than PATIENCE, or fails, is run once."""
    done = {name: [] for name, _ in commands}
    for _ in range(runs):
        for name, command in commands:
            before = done[name]
            if not (before and (before[0].wall > PATIENCE or before[0].failed)):
                before.append(Run(command))
    return done


def median(runs, what):
    return statistics.median(getattr(run, what) for run in runs)


def compared(kind, path, runs):
    """One capture, all programs: the table, and the time of each."""
    found = [(name, command) for name, command in programs(str(path)) if shutil.which(command[0])]
    missing = [name for name, command in programs(str(path)) if not shutil.which(command[0])]
    done = rounds(found, runs)
    walls = {name: median(done[name], "wall") for name, _ in found if not done[name][0].failed}
    size, base = path.stat().st_size / 1e6, walls.get("tcpdump -w /dev/null")
    lines = [f"### {kind}: {size:.0f} MB, {packets(path):,} packets", "",
             "| program | seconds | of tcpdump's | MB/s | processor seconds | resident MB |", "|---|--:|--:|--:|--:|--:|"]
    for name, _ in found:
        if name not in walls:
            lines.append(f"| {name} | failed | | | | |")
            continue
        wall, ratio = walls[name], f"{walls[name] / base:.2f}" if base else ""
        processor, memory = median(done[name], "processor"), max(run.memory for run in done[name])
        lines.append(f"| {name} | {wall:.3f} | {ratio} | {size / wall:,.0f} | {processor:.2f} | {memory:.0f} |")
    if missing:
        lines += ["", f"Not installed: {', '.join(missing)}."]
    return [*lines, ""], walls


def promises(walls):
    lines = ["### What was promised", "", "| capture | program | at most | measured | |", "|---|---|--:|--:|---|"]
    for kind, name, most, than in PROMISES:
        times = walls.get(kind, {})
        if name in times:
            ratio = times[name] / times[than] if than in times else None
            told = f"{ratio:.3g}" if ratio else "not measured"
            verdict = "" if ratio is None else "kept" if ratio <= most else "not kept"
            lines.append(f"| {kind} | {name} | {most:.3g} of {than} | {told} | {verdict} |")
    return [*lines, ""]


def identical(path):
    """Whether the output is the same whatever the number of threads."""
    digests = set()
    for threads in ("1", "2", "3", "8"):
        digest = hashlib.sha256()
        for piece in output(path, threads):
            digest.update(piece)
        digests.add(digest.digest())
    return len(digests) == 1


def scaling(megabytes, runs, long):
    """Cost per packet and memory, by length and by concurrent sessions."""
    captures = [("smtp", megabytes / 10, ()), ("smtp", megabytes, ()), ("mixed", megabytes / 10, ()), ("mixed", megabytes, ())]
    captures += [("many-small", megabytes / 2, ("--concurrent", str(count))) for count in (10, 1_000, 100_000)]
    captures.append(("half-open", megabytes / 2, ()))
    if long:
        captures += [("smtp", megabytes * 10, ()), ("mixed", megabytes * 10, ())]
        captures.append(("many-small", megabytes * 2, ("--concurrent", "1000000")))
    lines = ["### Flat: cost per packet and memory, two threads", "",
             "| capture | MB | packets | ndjson, ns a packet | resident MB | sessions' table, ns a packet | resident MB |",
             "|---|--:|--:|--:|--:|--:|--:|"]
    for kind, size, more in captures:
        path = capture(kind, size, *more)
        commands = [(name, command) for name, command in programs(str(path)) if name in (TABLE, LINES)]
        done, count = rounds(commands, runs), packets(path)
        cells = []
        for name in (LINES, TABLE):
            cells += [f"{median(done[name], 'wall') / count * 1e9:.0f}", f"{max(run.memory for run in done[name]):.0f}"]
        name = " ".join([kind, *(option.lstrip("-") for option in more)])
        lines.append(f"| {name} | {path.stat().st_size / 1e6:.0f} | {count:,} | {' | '.join(cells)} |")
        if size > megabytes:
            path.unlink()  # ten times as long as the others
    return [*lines, ""]


def machine():
    cpu = re.search(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    return (f"{cpu[1] if cpu else os.uname().machine}, {os.cpu_count()} cores, {memory:.0f} GiB of memory, "
            f"Linux {os.uname().release.split('-')[0]}; load when it began: {load:.1f}.")


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--megabytes", type=float, default=250)
    arguments.add_argument("--runs", type=int, default=5)
    arguments.add_argument("--kinds", default="mixed,smtp,pop3,imap")
    arguments.add_argument("--long", action="store_true", help="also captures ten times as long, and a million sessions")
    arguments.add_argument("--write", type=pathlib.Path, help="put the tables between this file's marks")
    given = arguments.parse_args()
    lines, walls = [machine(), ""], {}
    for kind in given.kinds.split(","):
        path = capture(kind, given.megabytes * (4 if kind == "mixed" else 1))
        table, walls[kind] = compared(kind, path, given.runs)
        same = "is the same, byte for byte," if identical(path) else "DIFFERS"
        lines += [*table, f"The ndjson {same} with 1, 2, 3 and 8 threads.", ""]
    lines += promises(walls) + scaling(given.megabytes, min(given.runs, 3), given.long)
    text = "\n".join(lines)
    print(text)
    if given.write:
        document = given.write.read_text()
        begin, end = "<!-- measured: begin -->", "<!-- measured: end -->"
        head, rest = document.split(begin)
        given.write.write_text(f"{head}{begin}\n\n{text}\n{end}{rest.split(end)[1]}")


if __name__ == "__main__":
    main()
