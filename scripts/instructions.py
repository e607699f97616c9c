#!/usr/bin/env python3
"""Counts the instructions that mailtap takes for fixed small captures, and compares them with benches/instructions.txt.

    scripts/instructions.py [--renew] [--figures FILE] [MAILTAP [CORPUS]]

Wall time on a shared machine says nothing about a change of a few per cent; instructions, counted by callgrind, hardly
vary. Exit status 1 where a workload takes 5 % more than the file says. A commit that makes something faster, or slower
for a reason, or changes the compiler, renews the figures with --renew and says why.

The last figures are differences: what one packet more that is not mail takes, one small session, one SYN without an
answer. Start-up, the same in both captures, falls out of them, so they show what it would cover.

The rounds of SHA-256 and SHA-1 are left out: the processor that valgrind emulates has no instructions for them, so they would
be four fifths of the count; on a real processor they are a third.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

import figures as kept  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent
TOLERANCE = 0.05

# Name, and arguments of the generator.
CAPTURES = {
    "letters": ["smtp", "1"],
    "fetched": ["imap", "1"],
    "small": ["many-small", "0.5"],
    "small-half": ["many-small", "0.25"],
    "mixed": ["mixed", "4"],
    # The same mail among twice as much of other traffic.
    "mixed-twice": ["mixed", "8", "--mail", "3"],
    "reordered": ["reordered", "1"],
    "half-open": ["half-open", "0.5"],
    "half-open-half": ["half-open", "0.25"],
}

# Arguments of mailtap. One thread: with more, the counts would vary.
VIEWS = {"json": ["--format", "ndjson"], "table": ["--show", "sessions"]}

# Capture and view; the first are figures of their own, the others only make the differences.
WORKLOADS = [("letters", "json"), ("letters", "table"), ("fetched", "json"), ("small", "json"), ("mixed", "table"),
             ("reordered", "json"), ("half-open", "table")]
PARTS = [("half-open", "json"), ("half-open-half", "table"), ("half-open-half", "json"), ("small", "table"), ("small-half", "json"),
         ("small-half", "table"), ("mixed", "json"), ("mixed-twice", "json"), ("mixed-twice", "table")]

# What one of it takes: the larger capture, the smaller one, and what they differ in.
EACH = {
    "a-foreign-packet": ("mixed-twice", "mixed", "packets"),
    "a-small-session": ("small", "small-half", "sessions"),
    # A session goes with each thousand: a few per cent of the figure at most.
    "an-unanswered-syn": ("half-open", "half-open-half", "packets"),
}


def counted(profile):
    """Instructions of a profile, without those of the rounds of SHA-256 and SHA-1."""
    names, total, inner = {}, 0, False
    inclusive = False
    for line in profile.read_text().splitlines():
        if line.startswith("fn="):
            number, name = re.fullmatch(r"fn=\((\d+)\)(?: (.*))?", line).groups()
            if name:
                names[number] = name
            inner = "compress" in names[number] and any(crate in names[number] for crate in ("sha1::", "sha2::", "sha256_lanes::"))
        elif match := re.fullmatch(r"cfn=\((\d+)\) (.*)", line):
            names[match[1]] = match[2]
        elif line.startswith("calls="):
            inclusive = True
        elif match := re.fullmatch(r"[+*\d-]\S* (\d+)", line):
            if not inclusive and not inner:
                total += int(match[1])
            inclusive = False
    return total


def made(corpus, folder, name):
    """Writes a capture. Its path, and how many packets and sessions it has."""
    path = folder / f"{name}.pcap"
    told = subprocess.run([corpus, *CAPTURES[name], path], check=True, capture_output=True, text=True).stdout
    packets, sessions = re.search(r"(\d+) packets, (\d+) sessions", told).groups()
    return path, {"packets": int(packets), "sessions": int(sessions)}


def run(mailtap, folder, path, name, view):
    profile = folder / f"{name}-{view}.profile"
    command = [shutil.which("valgrind"), "--tool=callgrind", f"--callgrind-out-file={profile}", mailtap, "read", path, "--threads", "1"]
    # With an empty environment: colours, languages and widths from it would change the workload.
    done = subprocess.run([*command, "--lang", "en", *VIEWS[view]], env={"PATH": "/usr/bin:/bin"},
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{name}, {view}: exit status {done.returncode} under valgrind: {done.stderr[-1000:].strip()}")
    return counted(profile)


def measure(mailtap, corpus):
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        folder = pathlib.Path(folder)
        captures = {name: made(corpus, folder, name) for name in CAPTURES}
        # The longest first, so that no processor waits for one of them at the end.
        order = sorted(WORKLOADS + PARTS, key=lambda workload: not workload[0].startswith("half-open"))
        jobs = {work: pool.submit(run, mailtap, folder, captures[work[0]][0], *work) for work in order}
        counts = {work: job.result() for work, job in jobs.items()}
    figures = {f"{name}-{view}": counts[name, view] for name, view in WORKLOADS}
    for what, (large, small, unit) in EACH.items():
        more = captures[large][1][unit] - captures[small][1][unit]
        for view in VIEWS:
            figures[f"{what}-{view}"] = round((counts[large, view] - counts[small, view]) / more)
    return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--renew", action="store_true", help="write the figures down")
    parser.add_argument("--figures", type=pathlib.Path, default=ROOT / "benches" / "instructions.txt")
    parser.add_argument("mailtap", nargs="?", default=ROOT / "target" / "release" / "mailtap")
    parser.add_argument("corpus", nargs="?", default=ROOT / "target" / "debug" / "examples" / "corpus")
    given = parser.parse_args()
    if not shutil.which("valgrind"):
        print("SKIPPED, nothing was counted: there is no valgrind (apt-get install valgrind)")
        return 0
    figures = measure(given.mailtap, given.corpus)
    if given.renew:
        compiler = subprocess.run(["rustc", "--version"], capture_output=True, text=True, check=True).stdout.strip()
        head = ["Instructions by workload (scripts/instructions.py, which also says what they are and how to renew them).", compiler]
        kept.write(given.figures, head, figures)
    return kept.held(figures, given.figures, TOLERANCE)


if __name__ == "__main__":
    sys.exit(main())
