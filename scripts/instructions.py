#!/usr/bin/env python3
"""Counts the instructions that mailtap takes for fixed small captures, and compares them with benches/instructions.txt.

    scripts/instructions.py [--renew] [MAILTAP [CORPUS]]

Wall time on a shared machine says nothing about a change of a few per cent; instructions, counted by callgrind, hardly
vary. Exit status 1 where a workload takes 5 % more than the file says. A commit that makes something faster, or slower
for a reason, or changes the compiler, renews the figures with --renew and says why.

SHA-256's own rounds are left out: the processor that valgrind emulates has no instructions for them, so they would be
four fifths of the count; on a real processor they are a third.
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
STORED = ROOT / "benches" / "instructions.txt"
TOLERANCE = 0.05

# Name, arguments of the generator, arguments of mailtap. One thread: with more, the counts would vary.
WORKLOADS = [
    ("letters-json", ["smtp", "1"], ["--format", "ndjson"]),
    ("letters-table", ["smtp", "1"], ["--show", "sessions"]),
    ("fetched-json", ["imap", "1"], ["--format", "ndjson"]),
    ("small-json", ["many-small", "0.5"], ["--format", "ndjson"]),
    ("mixed-table", ["mixed", "4"], ["--show", "sessions"]),
    ("reordered-json", ["reordered", "1"], ["--format", "ndjson"]),
    ("half-open-table", ["half-open", "0.5"], ["--show", "sessions"]),
]


def counted(profile):
    """Instructions of a profile, without those of SHA-256's rounds."""
    names, total, inner = {}, 0, False
    inclusive = False
    for line in profile.read_text().splitlines():
        if line.startswith("fn="):
            number, name = re.fullmatch(r"fn=\((\d+)\)(?: (.*))?", line).groups()
            if name:
                names[number] = name
            inner = "compress" in names[number] and ("sha2::" in names[number] or "sha256_lanes::" in names[number])
        elif match := re.fullmatch(r"cfn=\((\d+)\) (.*)", line):
            names[match[1]] = match[2]
        elif line.startswith("calls="):
            inclusive = True
        elif match := re.fullmatch(r"[+*\d-]\S* (\d+)", line):
            if not inclusive and not inner:
                total += int(match[1])
            inclusive = False
    return total


def measure(mailtap, corpus):
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for name, made_of, asked in WORKLOADS:
            capture, profile = folder / "capture.pcap", folder / "profile"
            subprocess.run([corpus, *made_of, capture], check=True, stdout=subprocess.DEVNULL)
            command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile}", mailtap, "read", capture]
            # With an empty environment: colours, languages and widths from it would change the workload.
            subprocess.run([*command, "--threads", "1", "--lang", "en", *asked], check=True, env={"PATH": "/usr/bin:/bin"},
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            figures[name] = counted(profile)
    return figures


def stored():
    text = STORED.read_text() if STORED.exists() else ""
    lines = (line.split("#")[0].split() for line in text.splitlines())
    return {line[0]: int(line[1].replace("_", "")) for line in lines if line}


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--renew"]
    if not shutil.which("valgrind"):
        print("skipped: there is no valgrind")
        return 0
    mailtap = arguments[0] if arguments else ROOT / "target" / "release" / "mailtap"
    corpus = arguments[1] if len(arguments) > 1 else ROOT / "target" / "debug" / "examples" / "corpus"
    figures = measure(mailtap, corpus)
    if "--renew" in sys.argv:
        compiler = subprocess.run(["rustc", "--version"], capture_output=True, text=True, check=True).stdout.strip()
        head = ["# Instructions by workload (scripts/instructions.py, which also says what they are and how to renew them).",
                f"# {compiler}"]
        STORED.write_text("\n".join([*head, *(f"{name:<16} {count:_}" for name, count in figures.items())]) + "\n")
    known, slower = stored(), []
    for name, count in figures.items():
        before = known.get(name)
        change = count / before - 1 if before else 0
        verdict = "no figure is stored" if not before else f"{change:+.1%}"
        if not before or change > TOLERANCE:
            slower.append(name)
            verdict += "  FAILED"
        elif change < -TOLERANCE:
            verdict += "  (write it down: --renew)"
        print(f"{name:<16} {count:>15_}  {verdict}")
    if slower:
        print(f"more than {TOLERANCE:.0%} slower than {STORED.relative_to(ROOT)} says, or not in it: {', '.join(slower)}")
    return 1 if slower else 0


if __name__ == "__main__":
    sys.exit(main())
