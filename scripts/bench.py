#!/usr/bin/env python3
"""Measures mailtap beside other programs that read captures, and prints tables in Markdown.

    scripts/bench.py [--megabytes N] [--runs N] [--kinds a,b] [--long] [--against OLD_BINARY]
                     [--wait MINUTES] [--write docs/performance.md]

The captures are made by the corpus generator, in target/bench. Each round runs every program once, one after the other,
so that other load on the machine slows them all alike; ratios are made within a round. The tables have medians, and the
quartiles in brackets. A program that takes longer than PATIENCE is run once. Programs that are not installed are named
as missing. With --against each mailtap is followed by the same of another binary, and a table has the ratio of both.
Figures are written only from a quiet machine: --write refuses, with exit status 1, where the load is above 0.5 when it
begins; with --wait it waits for a quiet one.
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
OVER_TLS = ROOT / "fixtures" / "make" / "tls" / "bulk.py"
CAPTURES = TARGET / "bench"
PATIENCE = 20.0
# The load, over a minute, above which no figures are written down.
QUIET = 0.5
CAT, TCPDUMP = "cat", "tcpdump -n -w /dev/null"
FIELDS = "tshark -T fields"
TABLE, LINES = "mailtap --show sessions", "mailtap --format ndjson"
ALONE = ", 1 thread"
BEFORE = "before: "


def keys(capture):
    """Where the secrets of a capture of TLS are, if it is one."""
    path = pathlib.Path(str(capture).removesuffix(".pcap") + ".keys")
    return path if path.exists() else None


def mailtap(binary, capture):
    read = [str(binary), "read", capture]
    if keys(capture):
        read += ["--keylog", str(keys(capture))]
    return [
        (TABLE, [*read, "--show", "sessions", "--threads", "2"]),
        (LINES, [*read, "--format", "ndjson", "--threads", "2"]),
        (TABLE + ALONE, [*read, "--show", "sessions", "--threads", "1"]),
        (LINES + ALONE, [*read, "--format", "ndjson", "--threads", "1"]),
    ]


def programs(capture, against=None):
    """Names and commands; each is run in a folder of its own, and its output is discarded."""
    ours = mailtap(MAILTAP, capture)
    if against:
        before = [(BEFORE + name, command) for name, command in mailtap(against, capture)]
        ours = [program for pair in zip(ours, before) for program in pair]
    mail = "smtp or pop or imap"
    tshark = ["tshark", "-r", capture]
    if keys(capture):
        # The others see no mail in TLS.
        tshark += ["-o", f"tls.keylog_file:{keys(capture)}", "-d", "tcp.port==465,tls"]
        return [
            (CAT, ["cat", capture]),
            (TCPDUMP, ["tcpdump", "-n", "-r", capture, "-w", "/dev/null"]),
            *ours,
            (FIELDS, [*tshark, "-Y", mail, "-T", "fields", "-e", "frame.number", "-e", "smtp.req.command"]),
            ("tshark -T json", [*tshark, "-Y", mail, "-T", "json"]),
        ]
    return [
        (CAT, ["cat", capture]),
        ("capinfos -c", ["capinfos", "-c", capture]),
        (TCPDUMP, ["tcpdump", "-n", "-r", capture, "-w", "/dev/null"]),
        *ours,
        ("suricata, 1 worker", ["suricata", "-r", capture, "-l", ".", "-S", "/dev/null", "--runmode", "single"]),
        ("suricata, a worker a core", ["suricata", "-r", capture, "-l", ".", "-S", "/dev/null", "--runmode", "autofp"]),
        ("zeek", ["zeek", "-r", capture]),
        ("tcpflow", ["tcpflow", "-r", capture, "-o", "."]),
        ("tshark -z credentials", [*tshark, "-q", "-z", "credentials"]),
        ("tshark -T json", [*tshark, "-Y", mail, "-T", "json"]),
    ]


# By kind of capture: what the generator calls it, how large it is when a usual one is 1, and the generator's other options.
KINDS = {
    "mixed": ("mixed", 4, None),
    "smtp": ("smtp", 1, None),
    "pop3": ("pop3", 1, None),
    "imap": ("imap", 1, None),
    "many-small": ("many-small", 1 / 2, None),
    "half-open": ("half-open", 1 / 4, None),
    # One letter, whose attachment fills the capture: base64 and the headers of packets make it half as large again.
    # Made by another script: mail over TLS 1.3, with its key log.
    "tls": ("tls", 1 / 2, None),
    "one-session": ("smtp", 1 / 2, lambda megabytes: ("--concurrent", "1", "--attachment", f"{megabytes * 660_000:.0f}")),
}

# The promises: for a kind of capture, this program takes at most so many times the time of that one.
PROMISES = [
    ("mixed", TABLE, 0.33, TCPDUMP),
    ("mixed", LINES, 0.45, TCPDUMP),
    ("smtp", TABLE, 1.0, TCPDUMP),
    ("smtp", LINES, 2.8, TCPDUMP),
    ("pop3", LINES, 2.8, TCPDUMP),
    ("imap", LINES, 3.2, TCPDUMP),
    ("one-session", LINES, 2.5, TCPDUMP),
    ("many-small", LINES, 9, TCPDUMP),
    ("many-small", TABLE, 5, TCPDUMP),
    ("tls", LINES, 1 / 10, "tshark -T json"),
    ("tls", TABLE, 1 / 10, FIELDS),
    *((kind, LINES, 1 / 8, "suricata, a worker a core") for kind in ("smtp", "pop3", "imap")),
    *((kind, LINES, 1 / 100, "tshark -T json") for kind in ("smtp", "pop3", "imap")),
    *((kind, LINES, 1 / 1.7, LINES + ALONE) for kind in ("smtp", "pop3", "imap")),
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
    generator = OVER_TLS if kind == "tls" else CORPUS
    if not path.exists() or path.stat().st_mtime < generator.stat().st_mtime:
        partial = path.with_suffix(".partial")
        command = [generator, kind, f"{megabytes:g}", partial, *more]
        if kind == "tls":
            command = [sys.executable, generator, partial, path.with_suffix(".keys"), "--megabytes", f"{megabytes:g}"]
        print("making", subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip(), file=sys.stderr)
        partial.rename(path)
    with path.open("rb") as file:  # into the page cache
        while file.read(1 << 22):
            pass
    return path


def output(path, threads, binary=None):
    """mailtap's output for a capture, in pieces: held whole, it would count as memory of each program started later."""
    command = [binary or MAILTAP, "read", path, "--format", "ndjson", "--threads", threads]
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


def spread(values, digits):
    """The median, and the quartiles where there are several values."""
    middle = f"{statistics.median(values):.{digits}f}"
    if len(values) < 2:
        return middle
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return f"{middle} ({low:.{digits}f}-{high:.{digits}f})"


def succeeded(done, name):
    return bool(done.get(name)) and not done[name][0].failed


def ratios(done, name, than, what="wall"):
    """One as a multiple of the other, round by round."""
    if not (succeeded(done, name) and succeeded(done, than)):
        return []
    return [getattr(one, what) / max(getattr(other, what), 1e-4) for one, other in zip(done[name], done[than])]


def compared(kind, path, runs, against):
    """One capture, all programs: the tables, and the runs of each."""
    all_programs = programs(str(path), against)
    found = [(name, command) for name, command in all_programs if shutil.which(command[0])]
    missing = [name for name, command in all_programs if not shutil.which(command[0])]
    done = rounds(found, runs)
    size = path.stat().st_size / 1e6
    lines = [f"### {kind}: {size:.0f} MB, {packets(path):,} packets", "",
             "| program | seconds | of tcpdump's | of cat's | MB/s | processor seconds | resident MB |",
             "|---|--:|--:|--:|--:|--:|--:|"]
    for name, _ in found:
        if not succeeded(done, name):
            lines.append(f"| {name} | failed | | | | | |")
            continue
        walls = [run.wall for run in done[name]]
        multiples = [spread(ratio, 2) if (ratio := ratios(done, name, base)) else "" for base in (TCPDUMP, CAT)]
        processor = spread([run.processor for run in done[name]], 2)
        memory = max(run.memory for run in done[name])
        cells = [name, spread(walls, 3), *multiples, f"{size / statistics.median(walls):,.0f}", processor, f"{memory:.0f}"]
        lines.append(f"| {' | '.join(cells)} |")
    if missing:
        lines += ["", f"Not installed: {', '.join(missing)}."]
    same = "is the same, byte for byte," if len({digest(path, threads) for threads in ("1", "2", "3", "8")}) == 1 else "DIFFERS"
    lines += ["", f"The ndjson {same} with 1, 2, 3 and 8 threads.", ""]
    return lines + (before_and_after(kind, path, done, against) if against else []), done


def before_and_after(kind, path, done, against):
    """What each mailtap takes as a multiple of the other binary's, round by round."""
    lines = [f"### {kind}: as a multiple of {against}'s", "",
             "| program | seconds | processor seconds | resident |", "|---|--:|--:|--:|"]
    for name, _ in mailtap(MAILTAP, ""):
        found = [ratios(done, name, BEFORE + name, what) for what in ("wall", "processor", "memory")]
        lines.append(f"| {name} | {' | '.join(spread(ratio, 2) if ratio else 'failed' for ratio in found)} |")
    same = "is that of" if digest(path, "1") == digest(path, "1", against) else "differs from that of"
    return [*lines, "", f"The ndjson {same} {against}.", ""]


def promises(done):
    lines = ["### What was promised", "", "| capture | program | at most | measured | |", "|---|---|--:|--:|---|"]
    for kind, name, most, than in PROMISES:
        if name in done.get(kind, {}):
            ratio = ratios(done[kind], name, than)
            verdict = "" if not ratio else "kept" if statistics.median(ratio) <= most else "not kept"
            lines.append(f"| {kind} | {name} | {most:.3g} of {than} | {spread(ratio, 3) if ratio else 'not measured'} | {verdict} |")
    return [*lines, ""]


def digest(path, threads, binary=None):
    whole = hashlib.sha256()
    for piece in output(path, threads, binary):
        whole.update(piece)
    return whole.hexdigest()


def two(path):
    """The commands with two threads."""
    return [(name, command) for name, command in mailtap(MAILTAP, str(path)) if ALONE not in name]


def senders(megabytes, runs):
    """What it costs that many send at a time: the same letters, one after the other and 1,024 at once."""
    paths = {count: capture("smtp", megabytes, "--concurrent", str(count)) for count in (1, 1_024)}
    done = rounds([((count, name), command) for count, path in paths.items() for name, command in two(path)], runs)
    lines = ["### Senders at a time: processor time and memory, two threads", "",
             "| output | ns a packet with 1 | with 1,024 | as a multiple | resident MB with 1 | with 1,024 |", "|---|--:|--:|--:|--:|--:|"]
    for name in (TABLE, LINES):
        each = {count: [run.processor / packets(path) * 1e9 for run in done[count, name]] for count, path in paths.items()}
        memory = [f"{max(run.memory for run in done[count, name]):.0f}" for count in paths]
        multiple = ratios(done, (1_024, name), (1, name), "processor")
        cells = [name, *(spread(values, 0) for values in each.values()), spread(multiple, 2) if multiple else "failed", *memory]
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, ""]


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
        done, count = rounds(two(path), runs), packets(path)
        cells = []
        for name in (LINES, TABLE):
            each = [run.wall / count * 1e9 for run in done[name]]
            cells += [spread(each, 0), f"{max(run.memory for run in done[name]):.0f}"]
        name = " ".join([kind, *(option.lstrip("-") for option in more)])
        lines.append(f"| {name} | {path.stat().st_size / 1e6:.0f} | {count:,} | {' | '.join(cells)} |")
        if size > megabytes:
            path.unlink()  # ten times as long as the others
    return [*lines, ""]


def wait_for_quiet(most, minutes):
    """The load, as soon as it is `most` or less, or when the time is over."""
    until = time.monotonic() + 60 * minutes
    while (load := os.getloadavg()[0]) > most and (left := until - time.monotonic()) > 0:
        print(f"the load is {load:.2f}: waiting until it is {most:g}, {left / 60:.1f} minutes at most", file=sys.stderr)
        time.sleep(min(10, left))
    return load


def machine(load):
    cpu = re.search(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (f"{cpu[1] if cpu else os.uname().machine}, {os.cpu_count()} cores, {memory:.0f} GiB of memory, "
            f"Linux {os.uname().release.split('-')[0]}; load when it began: {load:.1f}.")


def write(path, text):
    """Puts the tables between the file's marks."""
    begin, end = "<!-- measured: begin -->", "<!-- measured: end -->"
    head, rest = path.read_text().split(begin)
    path.write_text(f"{head}{begin}\n\n{text}\n{end}{rest.split(end)[1]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--megabytes", type=float, default=250)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--long", action="store_true", help="also captures ten times as long, and a million sessions")
    parser.add_argument("--against", type=pathlib.Path, metavar="OLD_BINARY", help="another mailtap, run in turn with this one")
    parser.add_argument("--load", type=float, default=QUIET, help=f"the load above which --write refuses ({QUIET})")
    parser.add_argument("--wait", type=float, default=0, metavar="MINUTES", help="wait so long for a quiet machine")
    parser.add_argument("--write", type=pathlib.Path, help="put the tables between this file's marks")
    given = parser.parse_args()
    kinds = given.kinds.split(",")
    if unknown := [kind for kind in kinds if kind not in KINDS]:
        parser.error(f"no kind of capture is named {', '.join(unknown)}; there are {', '.join(KINDS)}")
    if given.against and not os.access(given.against, os.X_OK):
        parser.error(f"{given.against} is not a program")
    if given.against and given.write:
        parser.error("--write is for the tables of one version: leave out --against")
    against = given.against and given.against.resolve()
    load = wait_for_quiet(given.load, given.wait)
    if given.write and load > given.load:
        print(f"the load is {load:.2f}, and figures are written only where it is {given.load:g} or less: other programs would be\n"
              "measured too. End them, wait with --wait MINUTES, or leave out --write.", file=sys.stderr)
        return 1
    lines, done = [machine(load), ""], {}
    for kind in kinds:
        name, share, options = KINDS[kind]
        if name == "tls" and not shutil.which("openssl"):
            print("tls is left out: openssl, which makes its certificate, is not installed", file=sys.stderr)
            continue
        size = given.megabytes * share
        path = capture(name, size, *(options(size) if options else ()))
        table, done[kind] = compared(kind, path, given.runs, against)
        lines += table
    runs = min(given.runs, 3)
    lines += promises(done) + senders(given.megabytes, runs) + scaling(given.megabytes, runs, given.long)
    text = "\n".join(lines)
    print(text)
    if given.write:
        write(given.write, text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
