#!/usr/bin/env python3
"""Checks that time is linear in the input: reads hostile captures of sizes n and 4n, and compares what the two took.

    scripts/linear.py [--at-least SECONDS] [--most RATIO] [--memory MB] [--longest SECONDS] [--format FORMAT] MAILTAP [KIND...]

The kinds are those of fuzz/hostile/cases.py. Each is made larger, beginning small, until it takes SECONDS (0.3) of
user time or has the size that is given there, and then four times as large. A kind that names no format is read as
FORMAT (ndjson: its memory is bounded, while a json document is as large as all that it holds). A line a kind: n, seconds
and peak MB at n and at 4n, and the ratio of the seconds. A ratio that is too high is measured again, up to three times,
and the least of each counts, so that another program's noise fails nothing. If it is still too high, 4n and 16n decide:
up to some size each thing more may cost what there is already, if a bound ends that. Exit status 1 where a ratio is
above RATIO (4.4), a peak above MB (600), or a run did not end as it should; 2 for wrong usage.
"""

import argparse
import concurrent.futures
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "fuzz" / "hostile"))
sys.dont_write_bytecode = True

from cases import CASES  # noqa: E402

TIMES = 3
# Processor seconds after which a run is ended.
LONGEST = 300


def run(options, paths, arguments):
    """Seconds of the program's own work (not the system's) and peak MB of one run, and what was wrong with it."""
    formatted = arguments if "--format" in arguments else ["--format", options.format, *arguments]
    # With an empty environment: colours, languages and widths from it would change the work.
    with subprocess.Popen([options.mailtap, "read", *formatted, "--", *paths], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, env={"PATH": "/usr/bin:/bin"}, preexec_fn=limited) as child:
        said = child.stderr.read()
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    problem = None
    # 3: the capture is damaged, as some of these are.
    if child.returncode not in (0, 3) or b"panicked" in said:
        problem = f"exit status {child.returncode}: {said[-200:].decode(errors='replace').strip()}"
    return used.ru_utime, used.ru_maxrss / 1000, problem


def limited():
    import resource
    resource.setrlimit(resource.RLIMIT_CPU, (LONGEST, LONGEST))


def made(folder, kind, n):
    """Writes the capture in a process of its own: what that takes in memory would count as what a later child takes."""
    path = str(folder / f"{kind}-{n}")
    with concurrent.futures.ProcessPoolExecutor(1) as pool:
        return pool.submit(CASES[kind][0], path, n).result() or [path]


def removed(paths):
    for path in paths:
        os.unlink(path)


def beginning(options, folder, kind):
    """The size to begin at, its capture, [seconds, MB] and the problem."""
    _, largest, arguments = CASES[kind]
    n = max(largest // 1024, 1)
    while True:
        paths = made(folder, kind, n)
        *small, problem = run(options, paths, arguments)
        if problem or small[0] >= options.at_least or n >= largest:
            return n, paths, small, problem
        removed(paths)
        n = min(n * max(2, min(8, int(options.at_least / max(small[0], 0.001)))), largest)


def measure(options, folder, kind):
    """The size, [seconds, MB] there and at four times the size, and the problem."""
    _, largest, arguments = CASES[kind]
    n, paths, small, problem = beginning(options, folder, kind)
    while True:
        larger = made(folder, kind, 4 * n)
        large = [0, 0]
        for time in range(TIMES):
            if problem:
                break
            *again, problem = run(options, larger, arguments)
            large = [min(large[0] or again[0], again[0]), max(large[1], again[1])]
            if problem or large[0] <= options.most * small[0] or time + 1 == TIMES:
                break
            *again, problem = run(options, paths, arguments)
            small = [min(small[0], again[0]), max(small[1], again[1])]
        removed(paths)
        if problem or large[0] <= options.most * small[0] or 4 * n > largest or large[0] > options.longest:
            removed(larger)
            return n, small, large, problem
        n, paths, small = 4 * n, larger, large


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--at-least", type=float, default=0.3, metavar="SECONDS")
    parser.add_argument("--longest", type=float, default=30, metavar="SECONDS", help="what took longer is not made larger (30)")
    parser.add_argument("--most", type=float, default=4.4, metavar="RATIO")
    parser.add_argument("--memory", type=float, default=600, metavar="MB")
    parser.add_argument("--format", choices=["json", "ndjson", "table"], default="ndjson")
    parser.add_argument("mailtap", metavar="MAILTAP")
    parser.add_argument("kinds", nargs="*", metavar="KIND")
    options = parser.parse_args()
    unknown = [kind for kind in options.kinds if kind not in CASES]
    if unknown:
        parser.error(f"no kind of capture is named {', '.join(unknown)}; there are {', '.join(CASES)}")
    if not os.access(options.mailtap, os.X_OK):
        parser.error(f"{options.mailtap} is not a program; build it with `make build`, and name target/release/mailtap")
    failed = 0
    print(f"{'kind':26} {'n':>10} {'s':>7} {'MB':>5}  {'4n: s':>7} {'MB':>5}  ratio", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for kind in options.kinds or CASES:
            n, small, large, problem = measure(options, pathlib.Path(folder), kind)
            ratio = large[0] / max(small[0], 0.001)
            wrong = [problem] if problem else []
            if ratio > options.most:
                wrong.append("more than linear")
            if max(small[1], large[1]) > options.memory:
                wrong.append("too much memory")
            failed += bool(wrong)
            print(f"{kind:26} {n:10} {small[0]:7.2f} {small[1]:5.0f}  {large[0]:7.2f} {large[1]:5.0f}  {ratio:5.2f} {'; '.join(wrong)}".rstrip(),
                  flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
