#!/usr/bin/env python3
"""The part of test.sh that runs the recipes: run.py ROOT WORK [RECIPE…].

A recipe of docs/streams.md is a fenced block whose first line names it, such as "```sh recipe=jq needs=jq", and what must come out is the
"```text" block behind it. `needs` are programs, or `packages`; `seconds` ends a recipe that does not end by itself.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

CAPTURES = ["lab-all/capture.pcapng", "smtp-attachment-zh/capture.pcap", "smtp-auth-plain/capture.pcap"]
BLOCK = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def recipes(page):
    """Yields (language, settings, code, expected) of each recipe; a recipe without a text block behind it is an error of the page."""
    blocks = [(match.group(1), dict(word.split("=", 1) for word in match.group(2).split()), match.group(3)) for match in BLOCK.finditer(page)]
    for index, (language, settings, code) in enumerate(blocks):
        if "recipe" not in settings:
            continue
        if index + 1 == len(blocks) or blocks[index + 1][0] != "text":
            raise SystemExit(f"recipes: {settings['recipe']} does not say what comes out")
        yield language, settings, code, blocks[index + 1][2]


def missing(needs, python):
    for need in needs:
        if need == "packages" and not python:
            return "Python packages"
        if need != "packages" and not shutil.which(need):
            return need
    return None


def run(language, settings, code, place, environment, python):
    command = ["bash", "-euo", "pipefail", "-c", code] if language == "sh" else [python or sys.executable, "-c", code]
    if "seconds" in settings:
        command = ["timeout", settings["seconds"], *command]
    done = subprocess.run(command, cwd=place, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120,
                          check=False)
    ended = done.returncode == 0 or ("seconds" in settings and done.returncode == 124)
    return done.stdout, done.stderr, ended


def strings(value):
    """Every text in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from strings(part)


SECRETS = ("password", "token", "response", "challenge")


def check_mappings(root, work, mailtap):
    """Runs the mappings on all captures, without --redact, and says what is wrong with the events: a list of texts."""
    captures = [str(root / "fixtures" / name) for name in ("lab", "software", "tls", "transport")]
    done = subprocess.run([mailtap, "read", "--no-progress", "--format", "ndjson", *captures], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, timeout=300, check=False)
    sessions = [line for line in map(json.loads, done.stdout.splitlines()) if line["type"] == "session"]
    credentials = [credential for session in sessions for credential in session["credentials"]]
    messages = [message for session in sessions for message in session["messages"]]
    # A password that is also a user's name, a word of a banner, or of mailtap's own (`wrong-secret`), says nothing when it is met.
    public = " ".join(text for session in sessions for text in strings(
        [session.get("banner"), session.get("client_name"), session["messages"], session["transactions"],
         [[credential.get("username"), credential.get("cause")] for credential in session["credentials"]]]))
    secrets = {credential[name] for credential in credentials for name in SECRETS if len(credential.get(name, "")) > 5}
    secrets = {secret for secret in secrets if secret not in public}
    wrong = [] if len(secrets) > 10 else [f"only {len(secrets)} secrets in the captures to look for"]
    smtp = [transaction for session in sessions if session["protocol"] == "smtp" for transaction in session["transactions"]]
    expected = {"ecs": len(sessions) + len(credentials) + len(messages), "ocsf": len(credentials) + len(messages), "zeek-smtp": len(smtp)}
    for name, count in expected.items():
        made = subprocess.run(["jq", "-c", "-f", str(root / "contrib/mappings" / f"{name}.jq")], input=done.stdout, capture_output=True,
                              timeout=300, check=False)
        if made.returncode:
            wrong.append(f"{name}: {made.stderr.decode().strip()}")
        events = [json.loads(line) for line in made.stdout.splitlines()]
        if len(events) != count:
            wrong.append(f"{name}: {len(events)} events, not {count}")
        wrong += [f"{name}: {problem}" for event in events for problem in faults(name, event)][:5]
        texts = "\n".join(text for event in events for text in strings(event))
        wrong += [f"{name}: a secret of {len(secret)} characters is in an event: {secret[:3]}…" for secret in secrets if secret in texts]
    return wrong


def faults(name, event):
    """What an event of a mapping lacks of what its schema demands."""
    if '"password"' in json.dumps(event):
        yield "a field named password"
    if None in event.values():
        yield "a null"
    if name == "ecs":
        if not {"@timestamp", "ecs", "event", "source", "destination", "network", "related"} <= event.keys():
            yield f"lacks a field: {sorted(event)}"
        elif event["event"].get("outcome", "unknown") not in ("success", "failure", "unknown"):
            yield f"outcome {event['event']['outcome']}"
    if name == "ocsf":
        needed = {"activity_id", "category_uid", "class_uid", "metadata", "severity_id", "time", "type_uid", "status_id"}
        needed |= {"email", "direction_id"} if event.get("class_uid") == 4009 else {"user", "dst_endpoint"}
        if not needed <= event.keys():
            yield f"lacks {sorted(needed - event.keys())}"
        elif event["type_uid"] != event["class_uid"] * 100 + event["activity_id"] or event["category_uid"] != event["class_uid"] // 1000:
            yield f"type_uid {event['type_uid']}"
        elif not 1_000_000_000_000 < event["time"] < 4_000_000_000_000:
            yield f"time {event['time']} is not in milliseconds"
    if name == "zeek-smtp":
        if not {"ts", "uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "trans_depth", "tls"} <= event.keys():
            yield f"lacks a field: {sorted(event)}"
        elif not 1_000_000_000 < event["ts"] < 4_000_000_000:
            yield f"ts {event['ts']} is not in seconds"


def check_rotate(root, place):
    """Gives rotate.py what it must survive, and says what is wrong: a list of texts."""
    program, place = str(root / "contrib/recipes/rotate.py"), place / "rotated"
    place.mkdir()

    def rotated(name, text, *options):
        """Exit status, what is in the closed files in their order, and how many there are; a `.part` that is left counts as -1."""
        done = subprocess.run([sys.executable, program, str(place / name), *options], input=text, capture_output=True, timeout=60, check=False)
        paths = sorted(place.glob(f"{name}-*.ndjson"), key=lambda path: (path.name.split("-")[-2], int(path.stem.split("-")[-1])))
        left = list(place.glob(f"{name}-*.part"))
        return done.returncode, b"".join(path.read_bytes() for path in paths), -1 if left else len(paths)

    lines = b"".join(b"%d %s\n" % (number, b"x" * (number * 7 % 5000)) for number in range(2000))
    wrong = []
    status, content, count = rotated("many", lines, "--mib", "0.1")
    if status or content != lines or not 40 < count < 100:
        wrong.append(f"status {status}, {len(content)} of {len(lines)} bytes in {count} files")
    long = b"y" * 3_000_000 + b"\n"
    if rotated("long", b"a\n" + long + b"b\n", "--mib", "0.1") != (0, b"a\n" + long + b"b\n", 3):
        wrong.append("a line that is larger than a file")
    if rotated("cut", b"a\nb\nc") != (1, b"a\nb\n", 1):
        wrong.append("an input that ends within a line")
    if rotated("none", b"") != (0, b"", 0):
        wrong.append("an empty input")
    (place / "left-20260101T000000Z-1.ndjson.part").write_bytes(b"a\nb\n" + b"c" * 2_500_000)
    (place / "left-20260101T000000Z-2.ndjson.part").write_bytes(b"cut")
    (place / "left-over-20260101T000000Z-1.ndjson.part").write_bytes(b"of another name")
    if rotated("left", b"d\n")[:2] != (0, b"a\nb\nd\n") or not (place / "left-over-20260101T000000Z-1.ndjson.part").exists():
        wrong.append("what an earlier run left behind")
    # A file is closed by its age while nothing comes.
    with subprocess.Popen([sys.executable, program, str(place / "quiet"), "--seconds", "0.2"], stdin=subprocess.PIPE) as running:
        running.stdin.write(b"a\n")
        running.stdin.flush()
        for _ in range(100):
            if list(place.glob("quiet-*.ndjson")):
                break
            time.sleep(0.1)
        else:
            wrong.append("a file is not closed while nothing comes")
        running.stdin.close()
    return wrong


def main():
    root, work, wanted = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]
    python = os.environ.get("RECIPES_PYTHON")
    place = work / "place"
    (place / "captures").mkdir(parents=True)
    for capture in CAPTURES:
        shutil.copy(root / "fixtures/lab" / capture, place / "captures" / capture.replace("/", "."))
    (place / "contrib").symlink_to(root / "contrib")
    path = [str(work), *([str(Path(python).parent)] if python else []), os.environ["PATH"]]
    environment = {**os.environ, "PATH": os.pathsep.join(path), "TZ": "UTC", "LC_ALL": "C.UTF-8", "PYTHONUTF8": "1"}
    known, failed, skipped = set(), 0, 0
    for language, settings, code, expected in recipes((root / "docs/streams.md").read_text(encoding="utf-8")):
        name = settings["recipe"]
        known.add(name)
        if wanted and name not in wanted and name != "first":
            continue
        lacking = missing([need for need in settings.get("needs", "").split(",") if need], python)
        if lacking:
            skipped += 1
            print(f"recipes: {name}: SKIPPED: no {lacking}")
            continue
        try:
            out, err, ended = run(language, settings, code, place, environment, python)
        except subprocess.TimeoutExpired:
            out, err, ended = "", "it did not end", False
        if ended and out == expected:
            print(f"recipes: {name}: right")
        else:
            failed += 1
            print(f"recipes: {name}: WRONG. It says:\n{out}{err}The page says:\n{expected}")
    if not wanted and shutil.which("jq"):
        wrong = check_mappings(root, work, str(work / "mailtap"))
        failed += len(wrong)
        print("\n".join([f"recipes: mappings: WRONG: {text}" for text in wrong] or ["recipes: mappings on all captures: right"]))
    if not wanted:
        wrong = check_rotate(root, work)
        failed += len(wrong)
        print("\n".join([f"recipes: rotate.py: WRONG: {text}" for text in wrong] or ["recipes: rotate.py: right"]))
    if not wanted and python:
        # A few sensors only: whether the columns are those of mailtap, and the answers right.
        done = subprocess.run([python, str(root / "contrib/scale/simulate.py"), "--mailtap", str(work / "mailtap"), "--sensors", "25", "--letters", "20"],
                              capture_output=True, text=True, timeout=120, check=False)
        failed += done.returncode != 0
        print("recipes: simulate.py: right" if done.returncode == 0 else f"recipes: simulate.py: WRONG:\n{done.stdout}{done.stderr}")
    unknown = set(wanted) - known
    if unknown:
        raise SystemExit(f"recipes: docs/streams.md has no {', '.join(sorted(unknown))}")
    print(f"recipes: {failed} wrong, {skipped} SKIPPED")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
