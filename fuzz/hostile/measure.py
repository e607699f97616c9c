#!/usr/bin/env python3
"""Measures what hostile captures cost, each at two sizes, the second four times the first: time must be linear, memory bounded.

  measure.py --bin target/release/mailtap --folder /tmp/hostile [--scale 0.1] [--format json] [CASE…]

A line a case: the sizes of the captures, seconds and MiB at both sizes, and the exponent of the time (1.0 is linear).
`make.py` writes a capture and leaves it. Exit status 1 where one did not end by itself, took more than `--memory` MiB, or
more than linear time.
"""
import argparse
import math
import os
import resource
import subprocess
import sys
import time

from cases import CASES


def run(options, paths, arguments):
    formatted = arguments if "--format" in arguments else ["--format", options.format, *arguments]
    def limits():
        resource.setrlimit(resource.RLIMIT_AS, (options.memory << 20, options.memory << 20))
    begun = time.monotonic()
    with open(os.devnull, "wb") as nowhere:
        child = subprocess.Popen([options.bin, "read", *paths, *formatted], stdout=nowhere,
                                 stderr=subprocess.PIPE, preexec_fn=limits)
        try:
            _, said = child.communicate(timeout=options.timeout)
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
            return options.timeout, 0, "did not end"
    took = time.monotonic() - begun
    bad = child.returncode not in (0, 3) or b"panicked" in said or b"allocation" in said
    return took, None, f"exit status {child.returncode}: {said[-200:]}" if bad else None


def peak(options, paths, arguments):
    """Seconds of processor time, and MiB at most: of a child of our own, so that no other's are counted."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _, _, problem = run(options, paths, arguments)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        os.write(writer, f"{used.ru_utime + used.ru_stime} {used.ru_maxrss / 1024} {problem or ''}".encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as told:
        text = told.read()
    os.waitpid(child, 0)
    seconds, mib, *problem = text.split(" ", 2)
    return float(seconds), float(mib), "".join(problem)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--folder", required=True, help="where captures are written, and removed again")
    parser.add_argument("--format", default="json")
    parser.add_argument("--scale", type=float, default=1.0, help="of the sizes (1.0)")
    parser.add_argument("--timeout", type=float, default=300)
    parser.add_argument("--memory", type=int, default=4096, help="MiB of address space (4096)")
    parser.add_argument("cases", nargs="*", metavar="CASE", help=", ".join(CASES))
    options = parser.parse_args()
    os.makedirs(options.folder, exist_ok=True)
    failed = 0
    print(f"{'case':20} {'n':>12} {'MB':>7} {'s':>7} {'MiB':>6}   {'4 n: MB':>8} {'s':>7} {'MiB':>6}  exponent", flush=True)
    for name in options.cases or CASES:
        function, full, arguments = CASES[name]
        measured, problems = [], []
        for n in (int(full * options.scale) // 4, int(full * options.scale)):
            path = os.path.join(options.folder, name)
            paths = function(path, n) or [path]
            size = sum(map(os.path.getsize, paths)) / 1e6
            seconds, mib, problem = peak(options, paths, arguments)
            for path in paths:
                os.unlink(path)
            measured.append((size, seconds, mib))
            problems += [problem] if problem else []
        (size1, s1, m1), (size4, s4, m4) = measured
        exponent = math.log(s4 / s1, 4) if s1 > 0.1 else float("nan")
        if exponent > 1.3:
            problems.append("more than linear")
        failed += bool(problems)
        print(f"{name:20} {n:12} {size1:7.1f} {s1:7.2f} {m1:6.0f}   {size4:8.1f} {s4:7.2f} {m4:6.0f}  {exponent:5.2f} {'; '.join(problems)}",
              flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
