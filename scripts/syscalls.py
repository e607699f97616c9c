#!/usr/bin/env python3
"""Counts the system calls that mailtap makes for fixed small captures, and compares them with benches/syscalls.txt.

    scripts/syscalls.py [--renew] [--figures FILE] [MAILTAP [CORPUS]]

They are what callgrind does not see: a buffer that is read or written in small pieces, memory that is fetched and given
back again and again. strace counts them, of all threads, in three groups: those that read, those that write, those that
fetch and give back memory; and all others, except those that wait, which vary. Threads come to the allocator in another
order each time, so the least of three runs counts. Exit status 1 where a group of a
workload has 10 % and 4 more than the file says. A commit that needs more for a reason, or fewer, renews the figures with
--renew and says why.
"""

import argparse
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

import figures as kept  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent
TOLERANCE, SLACK = 0.10, 4
TIMES = 3

# Name, arguments of the generator, arguments of mailtap.
WORKLOADS = [
    ("mixed-1-thread", ["mixed", "16"], ["--show", "sessions", "--threads", "1"]),
    ("mixed-2-threads", ["mixed", "16"], ["--show", "sessions", "--threads", "2"]),
    ("letters-1-thread", ["smtp", "8"], ["--format", "ndjson", "--threads", "1"]),
    ("letters-2-threads", ["smtp", "8"], ["--format", "ndjson", "--threads", "2"]),
    ("small-1-thread", ["many-small", "4"], ["--format", "ndjson", "--threads", "1"]),
]

GROUPS = {
    "reads": {"read", "readv", "pread64", "preadv", "preadv2"},
    "writes": {"write", "writev", "pwrite64", "pwritev", "pwritev2"},
    "memory": {"mmap", "munmap", "mremap", "mprotect", "brk", "madvise"},
}
# How often a thread waits for another depends on what else the machine does.
WAITS = {"futex", "sched_yield", "nanosleep", "clock_nanosleep", "poll", "ppoll", "restart_syscall"}


def grouped(summary):
    """Calls by group, of what `strace -c` wrote: per cent, seconds, microseconds a call, calls, perhaps errors, name."""
    counts = dict.fromkeys([*GROUPS, "others"], 0)
    for line in summary.splitlines():
        words = line.split()
        if len(words) < 5 or not words[3].isdigit() or words[-1] == "total" or words[-1] in WAITS:
            continue
        group = next((group for group, names in GROUPS.items() if words[-1] in names), "others")
        counts[group] += int(words[3])
    return counts


def run(command, summary):
    # With an empty environment: colours, languages and widths from it would change the workload. Of glibc's arenas there is
    # one: which one a thread has, and so how much of which is given back, depends on who came first.
    counted = [shutil.which("strace"), "-f", "-c", "-o", summary, *command]
    done = subprocess.run(counted, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                          env={"PATH": "/usr/bin:/bin", "MALLOC_ARENA_MAX": "1"})
    if done.returncode:
        sys.exit(f"exit status {done.returncode} of {' '.join(map(str, command))} under strace: {done.stderr[-1000:].strip()}")
    return grouped(summary.read_text())


def measure(mailtap, corpus):
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        capture, summary = pathlib.Path(folder) / "capture.pcap", pathlib.Path(folder) / "summary"
        for name, made_of, asked in WORKLOADS:
            subprocess.run([corpus, *made_of, capture], check=True, stdout=subprocess.DEVNULL)
            command = [mailtap, "read", capture, "--lang", "en", *asked]
            runs = [run(command, summary) for _ in range(TIMES)]
            figures |= {f"{name}-{group}": min(counts[group] for counts in runs) for group in runs[0]}
    return figures


def missing():
    """Why there is nothing to count with; nothing where there is."""
    if not shutil.which("strace"):
        return "there is no strace (apt-get install strace)"
    tried = subprocess.run(["strace", "-f", "-c", "-o", "/dev/null", "true"], capture_output=True, text=True)
    if tried.returncode:
        return f"strace may not trace here: {tried.stderr.strip()}"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--renew", action="store_true", help="write the figures down")
    parser.add_argument("--figures", type=pathlib.Path, default=ROOT / "benches" / "syscalls.txt")
    parser.add_argument("mailtap", nargs="?", default=ROOT / "target" / "release" / "mailtap")
    parser.add_argument("corpus", nargs="?", default=ROOT / "target" / "debug" / "examples" / "corpus")
    given = parser.parse_args()
    if why := missing():
        print(f"SKIPPED, nothing was counted: {why}")
        return 0
    figures = measure(given.mailtap, given.corpus)
    if given.renew:
        head = ["System calls by workload (scripts/syscalls.py, which also says what they are and how to renew them)."]
        kept.write(given.figures, head, figures)
    return kept.held(figures, given.figures, TOLERANCE, SLACK)


if __name__ == "__main__":
    sys.exit(main())
