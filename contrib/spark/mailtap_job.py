#!/usr/bin/env python3
"""Reads many captures on a Spark cluster, and writes their tables as one Parquet data set, partitioned by day.

    spark-submit mailtap_job.py --captures 'PATTERN' … --out DIR [--mailtap PATH] [--shards N] [--keylog FILE …]

The driver lists the captures and makes groups of those that one mailtap has to read together: the captures of one sensor. Each task
is one run of mailtap over a group, for one N-th of its hosts (`--shard I/N`). It writes into a folder of its own, and renames that
once all of it is there, so a task may run any number of times. Then Spark writes DIR/TABLE/day=YYYY-MM-DD/. See README.md beside this file.

Exit status: 0 done; 1 a task failed, or nothing could be written; 2 wrong usage; 3 a capture could not be read to its end. What could be
read is written in any case, and DIR/_problems.jsonl says what could not.
"""

import argparse
import datetime
import glob
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import uuid

# The tables of mailtap that are of one session each. `findings`, `journeys` and `summary` are of one run: questions.sql makes them anew.
TABLES = ["sessions", "steps", "credentials", "transactions", "messages", "attachments", "details"]
# What finished parts of an older form would not have.
FORM = 1
# Packet time after which mailtap gives up a silent connection, in minutes: no session goes through a longer pause.
PATIENCE_MINUTES = 120
# How captures begin: pcap of either order of bytes and unit of time, pcapng, gzip, zstd, LZ4.
MAGIC = [bytes.fromhex(text) for text in
         ["a1b2c3d4", "d4c3b2a1", "a1b23c4d", "4d3cb2a1", "a1b2cd34", "34cdb2a1", "0a0d0d0a", "1f8b", "28b52ffd", "04224d18"]]
# Linux takes no more bytes of arguments (2 MiB, the environment among them).
ARGUMENT_BYTES = 1_800_000
# So much of what a mailtap says is kept.
SAID_BYTES = 1 << 16

COMPRESSED = (".gz", ".zst", ".zstd", ".lz4")
CAPTURES = (".pcap", ".pcapng", ".cap", ".ntar", ".dmp", ".dump")


def set_name(name):
    """The name of a file with `#` for each count and each time in it: the same for all files of a rotated capture, by the rule of mailtap
    itself (src/capture/names.rs)."""
    for end in COMPRESSED:
        if name.endswith(end):
            name = name[:-len(end)]
            break
    made, in_time, separators, at = "", False, 0, 0
    while at < len(name):
        number = re.match("[0-9]*", name[at:]).group()
        if not number:
            separators += 1
            in_time = in_time and separators == 1 and name[at] in "-_.:Tt hm"
            made += name[at]
            at += 1
            continue
        rest = name[at + len(number):]
        is_last = not rest and made.endswith(CAPTURES)
        is_count = not made[-1:].isalnum() and len(number) >= 5
        goes_on = in_time and separators == 1 and len(number) % 2 == 0 and len(number) <= 6
        is_year = len(number) == 4 and number[:2] in ("19", "20") and re.match("[-_.][0-9][0-9]", rest)
        is_time = is_year or len(number) in (8, 10) or len(number) >= 12
        if is_last or is_count or goes_on or is_time:
            made += "#"
            in_time = not is_last
        else:
            made += number
            in_time = False
        separators = 0
        at += len(number)
    # The first file of `tcpdump -C` has no count.
    return made + "#" if made.endswith(CAPTURES) else made


def listed(patterns):
    """The captures that the patterns and folders lead to, each once, sorted; of a folder, what begins as captures do, as mailtap does it."""
    found = {}
    for pattern in patterns:
        # A name that exists is no pattern, whatever is in it.
        matches = [pattern] if os.path.exists(pattern) else sorted(glob.glob(pattern, recursive=True))
        if not matches:
            raise SystemExit(usage(f"{pattern}: no such file"))
        for match in matches:
            if not os.path.isdir(match):
                found.setdefault(os.path.realpath(match), os.path.abspath(match))
                continue
            for folder, below, names in os.walk(match):
                below[:] = sorted(name for name in below if not name.startswith("."))
                for name in sorted(names):
                    path = os.path.join(folder, name)
                    if not name.startswith(".") and begins_as_capture(path):
                        found.setdefault(os.path.realpath(path), os.path.abspath(path))
    return sorted(found.values())


def begins_as_capture(path):
    if not os.path.isfile(path):
        return False
    try:
        with open(path, "rb") as file:
            return file.read(4).startswith(tuple(MAGIC))
    except OSError:
        # mailtap says why.
        return True


def sensors(files, by):
    """The files of each sensor: `name`, by what their names say before times and counts, in each folder; `folder`; or `all` are one."""
    sets = {}
    for file in files:
        folder, name = os.path.split(file)
        key = {"name": (folder, set_name(name)), "folder": (folder, ""), "all": ("", "")}[by]
        sets.setdefault(key, []).append(file)

    def shown(key):
        folder, name = key
        return os.path.join(folder, re.sub(r"[-_.#]*(\.(pcap|pcapng|cap|ntar|dmp|dump))?#?$", "", name)).rstrip("/") or by

    names = [shown(key) for key in sets]
    unique = len(set(names)) == len(names)
    return {name if unique else os.path.join(*key): sets[key] for name, key in zip(names, sets)}


def span(mailtap, file):
    """The times of the first and the last packet of a file, as seconds, or None. No packet passes the filter, so this is as fast as mailtap
    reads."""
    command = [mailtap, "read", "--no-progress", "--show", "summary", "--format", "json", "--filter", "port 1", "--", file]
    run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True)
    try:
        source = json.loads(run.stdout)["capture"]["sources"][0]
        return [datetime.datetime.fromisoformat(re.sub(r"(\.\d{6})\d*Z$", r"\1+00:00", source[which])).timestamp()
                for which in ("first", "last")]
    except (ValueError, KeyError, IndexError):
        return None


def cut_at_gaps(files, spans, seconds):
    """The files in runs between which no packet was captured for so long. Those without times come first: they have no sessions, or if one
    has, nobody knows where it belongs, and nothing is cut."""
    known = sorted((spans[file], file) for file in files if spans[file])
    unknown = [file for file in files if not spans[file]]
    runs, last = [], None
    for (first, end), file in known:
        if last is None or first - last >= seconds:
            runs.append([])
        runs[-1].append(file)
        last = end if last is None else max(last, end, first)
    if not runs:
        return [unknown]
    runs[0] = unknown + runs[0]
    return runs


def planned(groups, args, version):
    """The tasks: groups are of (sensor, files), each in so many shards. The name of a task is made of all that its rows depend on."""
    tasks = []
    for group, (sensor, files) in enumerate(groups):
        size = sum(len(os.fsencode(file)) + 9 for file in files)
        if size > ARGUMENT_BYTES:
            raise SystemExit(usage(f"{sensor}: the names of its {len(files)} files are {size} bytes long, and a command takes "
                                   f"{ARGUMENT_BYTES}: use --gap, shorter paths, or larger files"))
        depends = [FORM, version, args.keylog, args.redact, args.lang, args.memory, [stamp(file) for file in files + args.keylog]]
        for index in range(1, args.shards + 1):
            shard = f"{index}/{args.shards}"
            digest = hashlib.sha256(json.dumps([depends, sensor, shard]).encode()).hexdigest()[:16]
            name = re.sub("[^A-Za-z0-9._-]+", "-", sensor)[-60:].lstrip("-.")
            options = [argument for file in args.keylog for argument in ("--keylog", file)]
            if args.redact:
                options += ["--redact"]
            if args.memory:
                options += ["--memory", str(args.memory)]
            options += ["--lang", args.lang, "--threads", str(args.threads), "--shard", shard]
            tasks.append({"part": f"{name}-{index}-{digest}", "sensor": os.fsencode(sensor).decode("utf-8", "replace"), "group": group,
                          "mailtap": args.mailtap, "options": options, "parts": args.parts, "again": args.again})
    return tasks


def stamp(file):
    try:
        about = os.stat(file)
        return [file, about.st_size, about.st_mtime_ns]
    except OSError:
        return [file, None, None]


def command_of(task, files, folder):
    return [task["mailtap"], "read", "--no-progress", "--format", "parquet", "-o", folder + "/", "--show", ",".join(TABLES),
            *task["options"], "--", *files]


def run_task(task, files, attempt):
    """Runs on an executor: one mailtap. Returns what became of it: part, status, said, found (an earlier attempt had finished it), rows of
    each table. A mailtap that dies is tried again once, on whichever executor, by failing the first attempt, unless
    Spark would give up all tasks for it."""
    final = os.path.join(task["parts"], task["part"])
    done = os.path.join(final, "_task.json")
    if os.path.exists(done):
        with open(done) as file:
            return json.load(file) | {"found": True}
    place = os.path.join(task["parts"], f".{task['part']}.{uuid.uuid4().hex}")
    os.makedirs(place)
    try:
        raw = os.path.join(place, "raw")
        command = command_of(task, files, raw)
        with tempfile.TemporaryFile(dir=place) as said:
            try:
                status = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said).returncode
            except OSError as error:
                # This executor has none, perhaps: what a shell would say.
                said.write(str(error).encode("utf-8", "replace"))
                status = 127
            said.seek(0)
            lines = said.read(SAID_BYTES).decode("utf-8", "replace").splitlines()
        report = {"part": task["part"], "status": status, "said": lines if status else [], "found": False, "rows": {}}
        # 3: something could not be read. Without a folder, nothing could.
        if status not in (0, 3):
            if attempt == 0 and task["again"]:
                raise RuntimeError(f"mailtap ended with {status}: {lines[-20:]}")
            return report
        if os.path.isdir(raw):
            report["rows"] = annotated(raw, place, task)
            shutil.rmtree(raw)
        with open(os.path.join(place, "_task.json"), "w") as file:
            json.dump(report, file)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.rename(place, final)
        except OSError:
            # Another attempt was faster, and has the same rows.
            if not os.path.exists(done):
                raise
        return report
    finally:
        shutil.rmtree(place, ignore_errors=True)


def annotated(raw, place, task):
    """Writes each table of `raw` into `place` with the columns `day` (of the session's first packet, UTC), `sensor` and `task`, and `sessions`
    with `session_uid`, batch by batch. The day is known here, from the part's own sessions, so that Spark need not move rows to find it.
    Returns how many rows each has."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    days = {}
    with pq.ParquetFile(os.path.join(raw, "sessions.parquet")) as file:
        for batch in file.iter_batches(columns=["uid", "started"]):
            day = pc.cast(pc.cast(batch["started"], pa.timestamp("us")), pa.date32(), safe=False)
            days.update(zip(batch["uid"].to_pylist(), pc.cast(day, pa.int32()).to_pylist()))
    rows = {}
    for table in TABLES:
        with pq.ParquetFile(os.path.join(raw, f"{table}.parquet")) as file:
            schema = file.schema_arrow.remove_metadata()
            more = [pa.field("day", pa.date32()), pa.field("sensor", pa.string()), pa.field("task", pa.string())]
            if table == "sessions":
                more.append(pa.field("session_uid", pa.string()))
            for field in more:
                schema = schema.append(field)
            rows[table] = 0
            with pq.ParquetWriter(os.path.join(place, f"{table}.parquet"), schema, compression="zstd") as writer:
                for batch in file.iter_batches(batch_size=16_384):
                    uid = batch["uid" if table == "sessions" else "session_uid"]
                    count = batch.num_rows
                    # The rows of a session follow one another, so a batch has few of them.
                    told = uid.dictionary_encode()
                    day = pa.array([days.get(one) for one in told.dictionary.to_pylist()], pa.int32()).cast(pa.date32())
                    columns = [*batch.columns, day.take(told.indices), pa.repeat(task["sensor"], count), pa.repeat(task["part"], count)]
                    if table == "sessions":
                        columns.append(uid)
                    writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))
                    rows[table] += count
    return rows


def written(spark, reports, args):
    """Writes DIR/TABLE/day=…/ from the parts, and only then puts them in the place of older ones. No row goes through a shuffle."""
    new = os.path.join(args.out, "_new")
    shutil.rmtree(new, ignore_errors=True)
    parts = [os.path.join(args.parts, report["part"]) for report in reports if report["rows"]]
    if not parts:
        said("nothing could be read: DIR has no new tables")
        return
    for table in TABLES:
        frame = spark.read.parquet(*[f"file://{part}/{table}.parquet" for part in parts])
        frame.write.partitionBy("day").option("compression", "zstd").parquet(f"file://{new}/{table}")
        if not any(report["rows"].get(table) for report in reports):
            no_rows(f"{parts[0]}/{table}.parquet", f"{new}/{table}/day=__HIVE_DEFAULT_PARTITION__")
    for table in TABLES:
        shutil.rmtree(os.path.join(args.out, table), ignore_errors=True)
        os.rename(os.path.join(new, table), os.path.join(args.out, table))
    shutil.rmtree(new, ignore_errors=True)


def no_rows(of, folder):
    """A file without rows: a table without any file has no columns either, and every question about it would be an error."""
    import pyarrow.parquet as pq

    os.makedirs(folder, exist_ok=True)
    schema = pq.read_schema(of)
    schema = schema.remove(schema.get_field_index("day"))
    pq.write_table(schema.empty_table(), os.path.join(folder, "none.parquet"))


def problems(tasks, reports, groups):
    """What could not be read, or failed: once for each group and saying, since all shards of a group read the same files."""
    told = {}
    for task, report in zip(tasks, reports):
        if report["status"] == 0:
            continue
        key = (task["group"], report["status"], tuple(report["said"]))
        if key not in told:
            command = command_of(task, groups[task["group"]][1], "OUT")
            told[key] = {"sensor": task["sensor"], "status": report["status"], "said": report["said"], "parts": [], "command": command}
        told[key]["parts"].append(report["part"])
    return list(told.values())


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--captures", nargs="+", required=True, metavar="PATTERN",
                        help="files, folders and patterns (*, ?, [...], **), on paths that driver and executors share")
    parser.add_argument("--out", required=True, metavar="DIR", help="where the data set goes, on a path that all share")
    parser.add_argument("--mailtap", default="mailtap", metavar="PATH", help="the program, as the executors have it")
    parser.add_argument("--shards", type=int, default=1, metavar="N", help="tasks of a group, each for one N-th of its hosts (1)")
    parser.add_argument("--sensor", choices=["name", "folder", "all"], default="name",
                        help="what the captures of one sensor have in common: name before time and count (default), folder, or all are of one")
    parser.add_argument("--gap", type=int, default=0, metavar="MINUTES",
                        help="cut a sensor's captures where no packet was captured for so long, 120 or more; 0, never (default)")
    parser.add_argument("--keylog", nargs="+", default=[], metavar="FILE", help="secrets of TLS, for all tasks")
    parser.add_argument("--redact", action="store_true", help="mask passwords (their reuse is then not seen)")
    parser.add_argument("--lang", choices=["en", "zh"], default="en")
    parser.add_argument("--threads", type=int, default=0, metavar="N", help="threads of each mailtap (default: spark.task.cpus)")
    parser.add_argument("--memory", type=int, default=0, metavar="MIB", help="memory for what each mailtap holds at once (mailtap's own default)")
    parser.add_argument("--keep-parts", action="store_true", help="keep DIR/_parts: another run then makes only what is new")
    parser.add_argument("--master", help="Spark's master, where it is not started by spark-submit")
    args = parser.parse_args()
    if not 1 <= args.shards <= 65_536:
        parser.error("--shards: from 1 to 65536")
    if args.gap and args.gap < PATIENCE_MINUTES:
        parser.error(f"--gap: a session may be silent for {PATIENCE_MINUTES} minutes: write 0, or {PATIENCE_MINUTES} or more")
    if set(args.out) & set("*?[]{}\\"):
        parser.error("--out: Spark takes these characters for a pattern: * ? [ ] { } \\")
    args.out = os.path.abspath(args.out)
    args.parts = os.path.join(args.out, "_parts")
    args.keylog = [os.path.abspath(file) for file in args.keylog]
    return args


def usage(text):
    print(f"mailtap_job: {text}", file=sys.stderr)
    return 2


def said(text):
    print(f"mailtap_job: {text}", file=sys.stderr, flush=True)


def main():
    args = arguments()
    files = listed(args.captures)
    if not files:
        return usage("no captures")
    marker = os.path.join(args.out, "_mailtap.json")
    # Passwords are in it. One that is there already keeps its mode.
    os.makedirs(args.out, mode=0o700, exist_ok=True)
    if os.listdir(args.out) and not os.path.exists(marker):
        return usage(f"{args.out}: is not empty, and not made by this job")
    pathlib.Path(marker).write_text(json.dumps({"form": FORM, "tables": TABLES}) + "\n")
    os.makedirs(args.parts, exist_ok=True)
    for left in os.listdir(args.parts):
        # Of attempts that were killed.
        if left.startswith("."):
            shutil.rmtree(os.path.join(args.parts, left), ignore_errors=True)
    try:
        version = subprocess.run([args.mailtap, "--version"], capture_output=True, text=True).stdout.strip()
    except OSError:
        # The executors have it, and this machine does not.
        version = ""

    from pyspark import TaskContext
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.appName("mailtap")
    if args.master:
        builder = builder.master(args.master)
    # Spark's own choice for times, INT96, has no time zone.
    spark = builder.config("spark.sql.session.timeZone", "UTC").config("spark.ui.showConsoleProgress", "false") \
        .config("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MICROS").config("spark.sql.debug.maxToStringFields", "200").getOrCreate()
    try:
        context = spark.sparkContext
        args.threads = args.threads or int(context.getConf().get("spark.task.cpus", "1"))
        # With a local master, Spark gives up at the first failure.
        args.again = not context.master.startswith("local") or context.master.startswith("local-cluster")
        if int(context.getConf().get("spark.task.maxFailures", "4")) < 2:
            args.again = False
        groups = list(sensors(files, args.sensor).items())
        if args.gap:
            mailtap = args.mailtap
            spans = dict(context.parallelize(files, len(files)).map(lambda file: (file, span(mailtap, file))).collect())
            groups = [(sensor, run) for sensor, members in groups for run in cut_at_gaps(members, spans, args.gap * 60)]
        tasks = planned(groups, args, version)
        said(f"{len(files)} captures of {len({sensor for sensor, _ in groups})} sensors, {len(tasks)} tasks")
        # Once for each executor, and not with each task: they may be many names.
        files_of = context.broadcast([members for _, members in groups])
        reports = context.parallelize(tasks, len(tasks)).map(
            lambda task: run_task(task, files_of.value[task["group"]], TaskContext.get().attemptNumber())).collect()
        written(spark, reports, args)
    except Exception as error:  # Of Spark, of Java, of the disk: what is finished is there in any case.
        said(f"it ends early, and a next run goes on from {args.parts}: {str(error)[:1000]}")
        return 1
    finally:
        spark.stop()
    told = problems(tasks, reports, groups)
    with open(os.path.join(args.out, "_problems.jsonl"), "w", encoding="utf-8", errors="replace") as file:
        file.writelines(json.dumps(problem, ensure_ascii=False) + "\n" for problem in told)
    failed = [problem for problem in told if problem["status"] != 3]
    for problem in told:
        for line in problem["said"][-5:]:
            said(f"{problem['sensor']}: {line}")
    for problem in failed:
        said(f"{problem['sensor']}: mailtap ended with {problem['status']}: {problem['command']}")
    rows = {table: sum(report["rows"].get(table, 0) for report in reports) for table in TABLES}
    said(f"{sum(report['found'] for report in reports)} of {len(tasks)} tasks were there already; rows: "
         + ", ".join(f"{table} {count}" for table, count in rows.items()))
    # Parts of a failed run are kept: the next run makes only what is missing.
    if not failed and not args.keep_parts:
        shutil.rmtree(args.parts)
    return 1 if failed else 3 if told else 0


if __name__ == "__main__":
    sys.exit(main())
