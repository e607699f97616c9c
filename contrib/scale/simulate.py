#!/usr/bin/env python3
"""Makes the tables of many sensors, without any capture, and asks them the questions that span sensors, in DuckDB on one machine.

    contrib/scale/simulate.py [--sensors 1000] [--letters 150] [--seed 1] [--out DIR]

Each sensor sees one site with a mail server. A letter is submitted at one site, relayed to another (both sensors see that session, or
the one of the sender alone), and retrieved there, so it is in three sessions and in three or four rows; its header grows on the way and
its body does not. Some have attachments, some of which travel in many letters; some users have their password at a second server; some
sessions hold a log-in and nothing else. With the same options the rows are the same.

The columns are those of a run of mailtap (`read --format parquet`, of one capture of fixtures/), with `day`, `sensor` and `task` as
contrib/spark adds them; a column that this fills and mailtap does not write is an error. Columns that no question asks for, texts
among them, are empty, so files are smaller than real ones. Rows, bytes and times are printed. What is known of the answers (how many
letters travel, how many attachments, who reuses a password) is compared with what the questions answer.

Needs duckdb, numpy and pyarrow: `pip install -r contrib/recipes/requirements.txt`. Exit status: 0 done; 1 an answer is wrong, or a
column is not one of mailtap's; 2 wrong usage, or no mailtap.
"""
import argparse
import hashlib
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parent.parent.parent
TABLES = ["sessions", "steps", "credentials", "transactions", "messages", "attachments", "details"]
# The names that the questions have for tables.
VIEWS = {"details": "findings"}
BEGIN = 1_798_761_600_000_000  # 2027-01-01, in microseconds
DAY = 86_400_000_000

# What is said in a session of each kind: (kind, command, code, enhanced, phase, the step that it answers, whether it is of the message).
SUBMIT, RELAY, RETRIEVE, LOGIN = range(4)
GREETED = [("greeting", None, 220, None, "connection", None, False), ("command", "EHLO", None, None, "connection", None, False),
           ("reply", None, 250, None, "connection", 2, False)]
HANDED = [("command", "MAIL", None, None, "transaction", None, True), ("reply", None, 250, "2.1.0", "transaction", -1, False),
          ("command", "RCPT", None, None, "transaction", None, True), ("reply", None, 250, "2.1.5", "transaction", -1, False),
          ("command", "DATA", None, None, "transaction", None, True), ("reply", None, 354, None, "transaction", -1, False),
          ("data", None, None, None, "transaction", None, True), ("reply", None, 250, "2.0.0", "transaction", -1, True)]
QUIT = [("command", "QUIT", None, None, "release", None, False), ("reply", None, 221, "2.0.0", "release", -1, False)]
AUTH = [("command", "AUTH", None, None, "authentication", None, False), ("reply", None, 235, "2.7.0", "authentication", -1, False)]
ASKED = [("greeting", None, None, None, "connection", None, False), ("command", "LOGIN", None, None, "authentication", None, False),
         ("reply", None, None, None, "authentication", -1, False)]
FETCHED = [("command", "SELECT", None, None, "transaction", None, False), ("reply", None, None, None, "transaction", -1, False),
           ("command", "FETCH", None, None, "transaction", None, True), ("data", None, None, None, "transaction", None, True),
           ("reply", None, None, None, "transaction", -2, True), ("command", "LOGOUT", None, None, "release", None, False),
           ("reply", None, None, None, "release", -1, False)]
DIALOGUES = {SUBMIT: GREETED + AUTH + HANDED + QUIT, RELAY: GREETED + HANDED + QUIT, RETRIEVE: ASKED + FETCHED, LOGIN: ASKED}
PROTOCOL = ["smtp", "smtp", "imap", "imap"]
PORT = [587, 25, 143, 143]
# Findings of a session: the rule, its severity, and of which part of the sessions.
RULES = [("plaintext-password", "high", 0.2), ("plaintext-message", "medium", 0.4), ("tls-offered-not-used", "medium", 0.3),
         ("slow-reply", "info", 0.05)]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sensors", type=int, default=1000, help="sites, each with a sensor (1000)")
    parser.add_argument("--letters", type=int, default=150, help="letters submitted at each site (150)")
    parser.add_argument("--days", type=int, default=7, help="days over which they are spread (7)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", help="a new folder for the tables, which are kept (default: a temporary one)")
    parser.add_argument("--mailtap", help="the program whose columns are taken (default: the built one)")
    parser.add_argument("--sql", help="questions, each after a line `-- name: …` (default: contrib/spark/questions.sql, or else questions.sql "
                        "beside this file)")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="threads of DuckDB (all cores)")
    args = parser.parse_args()
    if args.sensors < 2 or args.letters < 1 or args.days < 1:
        parser.error("it takes two sensors, a letter and a day")
    if args.out and os.path.exists(args.out):
        parser.error(f"{args.out} is there already")
    if args.sensors > 65_000 or args.sensors * args.letters > 20_000_000:
        parser.error("at most 65,000 sensors and 20,000,000 letters")
    return args


def refused(text):
    print(f"simulate: {text}", file=sys.stderr)
    sys.exit(2)


def schemas(program):
    """The columns of each table, from a run of mailtap on a capture, with those that a job over many sensors adds."""
    builds = [Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / kind / "mailtap" for kind in ("release", "debug")]
    program = program or next((str(path) for path in builds if path.exists()), None)
    if program is None:
        refused("no mailtap: run `make build` first, or say --mailtap")
    with tempfile.TemporaryDirectory() as place:
        try:
            subprocess.run([program, "read", "--no-progress", "--redact", "--format", "parquet", "-o", f"{place}/tables/",
                            str(ROOT / "fixtures/lab/lab-all/capture.pcapng")], check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            refused(f"{program} writes no tables: {error}")
        found = {table: pq.read_schema(f"{place}/tables/{table}.parquet").remove_metadata() for table in TABLES}
    for table in TABLES:
        for field in [pa.field("day", pa.date32()), pa.field("sensor", pa.string()), pa.field("task", pa.string())]:
            found[table] = found[table].append(field)
    found["sessions"] = found["sessions"].append(pa.field("session_uid", pa.string()))
    return found


def words(values):
    """A column of few different texts, as an array of places in a list: (list, places)."""
    different = sorted({value for value in values if value is not None})
    place = {value: index for index, value in enumerate(different)}
    return pa.DictionaryArray.from_arrays(pa.array([None if value is None else place[value] for value in values], pa.int32()),
                                          pa.array(different, pa.string()))


def digest(*parts):
    return hashlib.sha256(":".join(map(str, parts)).encode()).hexdigest()


class World:
    """All sessions of all sites, as arrays, and who sees them."""

    def __init__(self, args):
        random = np.random.default_rng(args.seed)
        self.seed, sites, count = args.seed, args.sensors, args.sensors * args.letters
        self.users = 50  # of each site
        sender = np.repeat(np.arange(sites), args.letters)
        recipient = (sender + random.integers(1, sites, count)) % sites
        letter = np.arange(count)
        start = BEGIN + random.integers(0, args.days * DAY - 3_600_000_000, count)
        from_user, to_user = random.integers(0, self.users, count), random.integers(0, self.users, count)
        # One in five has an attachment, and one in ten of these is of 500 that travel in many letters.
        has = random.random(count) < 0.2
        travels = has & (random.random(count) < 0.1)
        self.attachment = np.where(travels, random.integers(0, 500, count), np.where(has, 500 + letter, -1))
        self.size = random.integers(600, 60_000, count)
        only = count * 2 // 3
        at = random.integers(0, sites, only)
        # Columns: kind, client site, server site, start, letter (or -1), user.
        parts = [(np.full(count, SUBMIT), sender, sender, start, letter, from_user),
                 (np.full(count, RELAY), sender, recipient, start + random.integers(100_000, 5_000_000, count), letter, np.full(count, -1)),
                 (np.full(count, RETRIEVE), recipient, recipient, start + random.integers(6_000_000, 3_000_000_000, count), letter, to_user),
                 (np.full(only, LOGIN), at, at, BEGIN + random.integers(0, args.days * DAY, only), np.full(only, -1),
                  random.integers(0, self.users, only))]
        self.kind, self.client, self.server, self.start, self.letter, self.user = (np.concatenate(column) for column in zip(*parts))
        session = np.arange(len(self.kind))
        # A user of one site in twenty has the same password at the next site's server, and logs in there too.
        self.elsewhere = (self.kind == LOGIN) & (self.user == 0) & (self.client % 20 == 0)
        self.server = np.where(self.elsewhere, (self.client + 1) % sites, self.server)
        self.clear = random.random(len(session)) < 0.2
        self.refused = (self.kind == RELAY) & (random.random(len(session)) < 0.02)
        self.rules = [random.random(len(session)) < share for _, _, share in RULES]
        # The sensor of the client's site sees all of it; that of the server's site half of what comes from elsewhere.
        both = (self.client != self.server) & (random.random(len(session)) < 0.5)
        sensor = np.concatenate([self.client, self.server[both]])
        seen = np.concatenate([session, session[both]])
        order = np.lexsort((self.start[seen], sensor))
        self.seen, self.bounds = seen[order], np.searchsorted(sensor[order], np.arange(sites + 1))

    def known(self):
        """Answers that the questions have to give: rows by the question's name, or else the number of different values of a column."""
        travelling = len(np.unique(self.attachment[self.attachment >= 0]))
        logged_in = (self.kind == SUBMIT) | (self.kind == RETRIEVE) | (self.kind == LOGIN)
        user = self.client * self.users + self.user
        there = np.unique(user[logged_in & self.elsewhere])
        here = np.unique(user[logged_in & ~self.elsewhere])
        return {"journeys": ("message_id", len(self.size)), "attachments_that_travel": (None, travelling),
                "credential_reuse": (None, len(np.intersect1d(there, here)))}


def ip(site, host):
    return f"10.{site >> 8}.{site & 255}.{host}"


def tables_of(world, sensor):
    """The tables of one sensor: a dictionary of columns each, all of one length."""
    rows = world.seen[world.bounds[sensor]:world.bounds[sensor + 1]]
    name, task = f"sensor{sensor:04}", f"sensor{sensor:04}-0"
    every = []
    for number, row in enumerate(rows.tolist(), 1):
        kind, client, server, letter = (int(column[row]) for column in (world.kind, world.client, world.server, world.letter))
        host = 100 + int(world.user[row]) if kind != RELAY else 10
        every.append((number, row, digest(world.seed, "session", row)[:20], kind, ip(client, host), ip(server, 10), letter, int(world.start[row])))
    number, row, uid, kind, client_ip, server_ip, letter, start = (list(column) for column in zip(*every)) if every else ([],) * 8
    day = (world.start[rows] // DAY).astype(np.int32)
    ports = [PORT[one] for one in kind]
    protocols = [PROTOCOL[one] for one in kind]

    def shared(index, uid_column=True):
        """The columns that say of which session a row is, for the sessions with these places."""
        made = {"session": [number[i] for i in index], "session_uid": [uid[i] for i in index],
                "day": pa.array(day[index], pa.int32()).cast(pa.date32()) if len(index) else pa.array([], pa.date32()),
                "sensor": words([name] * len(index)), "task": words([task] * len(index))}
        if not uid_column:
            del made["session"]
        return made

    all_of = list(range(len(every)))
    made = {}
    made["sessions"] = shared(all_of, False) | {
        "id": number, "uid": uid, "protocol": words(protocols), "started": start, "ended": [one + 2_000_000 for one in start],
        "client_ip": client_ip, "client_port": [40_000 + one % 20_000 for one in row], "server_ip": server_ip, "server_port": ports,
        "capabilities": [["STARTTLS", "SIZE"] if one % 8 else ["SIZE"] for one in row], "tls_mode": words(["none"] * len(every)),
        "tls_decrypted": [False] * len(every), "message_count": [1 if one >= 0 else 0 for one in letter],
        "step_count": [len(DIALOGUES[one]) for one in kind]}
    steps = [(i, n, *step) for i in all_of for n, step in enumerate(DIALOGUES[kind[i]], 1)]
    index = [step[0] for step in steps]
    # A relay that is refused for now is answered 451 in place of the last 250, and comes again unseen.
    refused = [bool(world.refused[row[step[0]]]) and step[2] == "reply" and step[8] for step in steps]
    made["steps"] = shared(index) | {
        "protocol": words([protocols[i] for i in index]), "n": [step[1] for step in steps],
        "time": [start[step[0]] + step[1] * 50_000 for step in steps], "kind": words([step[2] for step in steps]),
        "command": words([step[3] for step in steps]), "code": [451 if no else step[4] for step, no in zip(steps, refused)],
        "enhanced": words(["4.3.2" if no else step[5] for step, no in zip(steps, refused)]), "phase": words([step[6] for step in steps]),
        "answers": [None if step[7] is None else step[7] if step[7] > 0 else step[1] + step[7] for step in steps],
        "message": [1 if step[8] else None for step in steps],
        "from": words(["client" if step[2] in ("command", "data") and kind[step[0]] != RETRIEVE or step[2] == "command" else "server" for step in steps]),
        "source": [server_ip[step[0]] if step[2] in ("reply", "greeting") else client_ip[step[0]] for step in steps],
        "source_port": [ports[step[0]] if step[2] in ("reply", "greeting") else 40_000 + row[step[0]] % 20_000 for step in steps]}
    index = [i for i in all_of if kind[i] != RELAY]
    users = [(int(world.client[row[i]]), int(world.user[row[i]])) for i in index]
    made["credentials"] = shared(index) | {
        "n": [1] * len(index), "protocol": words([protocols[i] for i in index]), "time": [start[i] + 200_000 for i in index],
        "client_ip": [client_ip[i] for i in index], "server_ip": [server_ip[i] for i in index], "server_port": [ports[i] for i in index],
        "mechanism": words(["AUTH PLAIN" if kind[i] == SUBMIT else "LOGIN" for i in index]),
        "username": [f"user{user}@site{site}.example" for site, user in users],
        "password": [digest(world.seed, "password", site, user)[:12] for site, user in users],
        "exposure": words(["plaintext"] * len(index)), "outcome": words(["accepted"] * len(index)),
        "encrypted": [not world.clear[row[i]] for i in index]}
    index = [i for i in all_of if kind[i] in (SUBMIT, RELAY)]
    made["transactions"] = shared(index) | {
        "n": [1] * len(index), "protocol": words(["smtp"] * len(index)), "started": [start[i] + 200_000 for i in index],
        "size": [int(world.size[letter[i]]) + kind[i] * 200 for i in index],
        "outcome": words(["deferred" if world.refused[row[i]] else "accepted" for i in index]), "message": [1] * len(index)}
    index = [i for i in all_of if letter[i] >= 0]
    made["messages"] = shared(index) | {
        "n": [1] * len(index), "direction": words(["retrieved" if kind[i] == RETRIEVE else "sent" for i in index]),
        "message_id": [f"letter{letter[i]}.{world.seed}@simulated.example" for i in index],
        "size": [int(world.size[letter[i]]) + kind[i] * 200 for i in index], "complete": [True] * len(index),
        # Each hop adds a field to the header; the body stays as it was.
        "sha256": [digest(world.seed, "message", letter[i], kind[i]) for i in index],
        "body_sha256": [digest(world.seed, "body", letter[i]) for i in index],
        "outcome": words([None if kind[i] == RETRIEVE else "deferred" if world.refused[row[i]] else "accepted" for i in index])}
    index = [i for i in index if world.attachment[letter[i]] >= 0]
    attachment = [int(world.attachment[letter[i]]) for i in index]
    made["attachments"] = shared(index) | {
        "message": [1] * len(index), "n": [1] * len(index), "message_id": [f"letter{letter[i]}.{world.seed}@simulated.example" for i in index],
        "filename": [f"file{one % 1000}.pdf" for one in attachment], "content_type": words(["application/pdf"] * len(index)),
        "size": [1000 + one % 50_000 for one in attachment], "sha256": [digest(world.seed, "attachment", one) for one in attachment],
        "complete": [True] * len(index)}
    found = [(i, rule) for rule in range(len(RULES)) for i in all_of if world.rules[rule][row[i]]]
    index = [i for i, _ in found]
    made["details"] = shared(index) | {
        "protocol": words([protocols[i] for i in index]), "client_ip": [client_ip[i] for i in index], "server_ip": [server_ip[i] for i in index],
        "server_port": [ports[i] for i in index], "id": words([RULES[rule][0] for _, rule in found]),
        "severity": words([RULES[rule][1] for _, rule in found]), "class": words(["weakness"] * len(found))}
    return made


def written(columns, schema, path):
    """Writes a table; what the columns do not fill is empty. Returns its rows."""
    unknown = set(columns) - set(schema.names)
    if unknown:
        sys.exit(f"simulate: {path}: mailtap does not write {', '.join(sorted(unknown))} (any more)")
    count = len(columns["session_uid"])
    arrays = []
    for field in schema:
        values = columns.get(field.name)
        if values is None:
            arrays.append(pa.nulls(count, field.type))
        else:
            arrays.append(values.cast(field.type) if isinstance(values, pa.Array) else pa.array(values, field.type))
    pq.write_table(pa.Table.from_arrays(arrays, schema=schema), path, compression="zstd")
    return count


def questions(path):
    """(name, SQL) of each question."""
    parts = re.split(r"^-- name: *(\S+) *$", Path(path).read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [(name, sql.strip().rstrip(";")) for name, sql in zip(parts[1::2], parts[2::2])]


def answer(place, path, world, threads):
    """Asks each question, prints rows and times, and returns how many answers are wrong."""
    engine = duckdb.connect(config={"threads": threads})
    engine.execute("SET TimeZone = 'UTC'")
    engine.execute(f"SET temp_directory = '{place}/_spilt'")
    for table in TABLES:
        engine.execute(f"CREATE VIEW {VIEWS.get(table, table)} AS SELECT * FROM read_parquet('{place}/{table}/*.parquet')")
    wrong, known = 0, world.known()
    print("| question | rows | seconds |\n|---|--:|--:|")
    for name, sql in questions(path):
        begun = time.monotonic()
        engine.execute(f"CREATE OR REPLACE TEMP TABLE answered AS {sql}")
        taken = time.monotonic() - begun
        rows = engine.execute("SELECT count(*) FROM answered").fetchone()[0]
        print(f"| {name} | {rows:,} | {taken:.2f} |", flush=True)
        column, expected = known.get(name, (None, None))
        if expected is not None:
            got = rows if column is None else engine.execute(f"SELECT count(DISTINCT {column}) FROM answered").fetchone()[0]
            if got != expected:
                wrong += 1
                print(f"simulate: {name}: {got} where {expected} were made", file=sys.stderr)
    return wrong


def main():
    args = arguments()
    own = Path(__file__).resolve().parent / "questions.sql"
    spark = ROOT / "contrib/spark/questions.sql"
    sql = args.sql or (spark if spark.exists() else own)
    known_columns = schemas(args.mailtap)
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(args.out or temporary)
        for table in TABLES:
            (place / table).mkdir(parents=True)
        begun, rows = time.monotonic(), dict.fromkeys(TABLES, 0)
        world = World(args)
        for sensor in range(args.sensors):
            made = tables_of(world, sensor)
            for table in TABLES:
                rows[table] += written(made[table], known_columns[table], place / table / f"sensor{sensor:04}.parquet")
        print(f"{args.sensors:,} sensors, seed {args.seed}: made in {time.monotonic() - begun:.0f} s\n")
        print("| table | rows | MB |\n|---|--:|--:|")
        for table in TABLES:
            print(f"| {VIEWS.get(table, table)} | {rows[table]:,} | {sum(file.stat().st_size for file in (place / table).iterdir()) / 1e6:.1f} |")
        print()
        wrong = answer(place, sql, world, args.threads)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"\nDuckDB {duckdb.__version__}, {args.threads} threads; at most {peak:,.0f} MiB resident, the making included")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
