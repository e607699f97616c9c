"""The job on a real cluster of two executors, held against one mailtap that reads everything, and the questions on Spark and on DuckDB.

    MAILTAP=PATH contrib/spark/test.sh

Two sensors are made from the repository's fixtures: packets of several captures, merged by time and cut into files in the midst of sessions,
one of them compressed, one cut off, and one that is no capture. Clients of the second sensor have other addresses, and what they do is
partly what those of the first do, so that there are journeys, reused passwords, and a server that offers STARTTLS to some.
"""

import collections
import contextlib
import datetime
import decimal
import gzip
import io
import json
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

import duckdb
import pyarrow.parquet as pq

import mailtap_job

HERE = pathlib.Path(__file__).resolve().parent
FIXTURES = HERE.parent.parent / "fixtures"
MAILTAP = str(pathlib.Path(os.environ["MAILTAP"]).resolve())
SESSIONS = {"sessions", "steps", "credentials", "transactions", "messages", "attachments", "details"}
# What is counted within a run, or says in which run it was: numbers of sessions and of files.
OF_THE_RUN = {"id", "session", "packet_source", "source", "last_source", "same_as", "session_uid", "uid", "day", "sensor", "task"}
SECRETS = ["looking-glass 7", "not her pass"]

EDGE = ["lab/msmtp", "lab/swaks-auth", "lab/smtp-auth-fails", "lab/smtp-relay-denied", "lab/smtp-recipient-rejected", "lab/exim-refusals",
        "lab/smtp-starttls", "lab/smtp-attachment-zh", "lab/curl-imap", "lab/smtp-auth-login", "lab/pop3-retrieve",
        "tls/real-dovecot-imap-starttls"]
CORE = ["lab/courier-pop3", "lab/cyrus-imap", "lab/mpop", "lab/getmail", "lab/cyrus-lmtp"]
# What clients of the second sensor do, and what is different there (as long as what it is instead of).
MOVED = [("lab/swaks-auth", b"250-STARTTLS", b"250-XXXXXXXX"), ("lab/smtp-attachment-zh", b"", b""), ("lab/smtp-auth-login", b"", b""),
         ("lab/msmtp", b"A line with a dot", b"A line with a hat"), ("lab/pop3-retrieve", b"USER group7_3", b"USER group7_4")]
KEYS = FIXTURES / "tls/real-dovecot-imap-starttls/keys.log"


def packets(name, old=b"", new=b"", moved=False):
    """The packets of a fixture: time in microseconds, octets, length on the wire."""
    content = (FIXTURES / name / "capture.pcap").read_bytes()
    magic, link = struct.unpack_from("<I", content)[0], struct.unpack_from("<I", content, 20)[0]
    assert magic == 0xA1B2C3D4 and link == 1, name
    at = 24
    while at < len(content):
        seconds, micros, held, length = struct.unpack_from("<IIII", content, at)
        frame = content[at + 16:at + 16 + held]
        if moved:
            frame = frame.replace(bytes([172, 16, 0, 73]), bytes([10, 7, 0, 73]))
            assert len(old) == len(new)
            frame = frame.replace(old, new) if old else frame
        yield seconds * 1_000_000 + micros, frame, length
        at += 16 + held


def rotated(folder, sent, each):
    """Writes packets into files of so many as dumpcap names them, with a new one also behind an hour without any. Returns the files."""
    folder.mkdir()
    files, written, last = [], [], None

    def close():
        if written:
            name = f"tap_{len(files):05}_{datetime.datetime.fromtimestamp(written[0][0] // 10**6, datetime.UTC):%Y%m%d%H%M%S}.pcap"
            records = b"".join(struct.pack("<IIII", *divmod(time, 10**6), len(frame), length) + frame for time, frame, length in written)
            (folder / name).write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1) + records)
            files.append(folder / name)
            written.clear()

    for packet in sorted(sent, key=lambda packet: packet[0]):
        if len(written) >= each or (last is not None and packet[0] - last > 3600 * 10**6):
            close()
        written.append(packet)
        last = packet[0]
    close()
    return files


def plain(value):
    """A cell in a form that is equal wherever it is."""
    if isinstance(value, datetime.datetime):
        value = value if value.tzinfo else value.replace(tzinfo=datetime.UTC)
        return value.astimezone(datetime.UTC).isoformat()
    if isinstance(value, datetime.date):
        return value.isoformat()
    return int(value) if isinstance(value, decimal.Decimal) else value


def rows_of(files, kind):
    """The rows of a table, each as JSON by the session's uid, without what is of the run: sorted."""
    found = []
    for file in files:
        for row in pq.ParquetFile(file).read().to_pylist():
            uid = row.get("uid") if kind == "sessions" else row["session_uid"]
            kept = {name: plain(value) for name, value in row.items() if name not in OF_THE_RUN}
            # `2:12` is packet 12 of the second file of the run.
            kept["no"] = re.sub(r"\d+:", "", kept.get("no") or "")
            kept["packets_elsewhere"] = [packet.split(":")[1] for packet in kept.get("packets_elsewhere") or []]
            if kind == "messages":
                kept["message_uid"] = row["uid"]
            found.append(json.dumps([uid, kept], sort_keys=True, ensure_ascii=False))
    return sorted(found)


def columns(file):
    return {name for name in pq.read_schema(file).names}


def job(*options):
    environment = os.environ | {"SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": sys.executable, "TZ": "UTC"}
    command = [sys.executable, HERE / "mailtap_job.py", *options]
    return subprocess.run(command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, timeout=150)


def wrapper(path, code):
    """A program in mailtap's place: `code` runs before it."""
    path.write_text(f"#!{sys.executable}\nimport os, signal, sys, time\nreal = {MAILTAP!r}\nhere = {str(path)!r}\n{code}\n"
                    "os.execv(real, [real, *sys.argv[1:]])\n")
    path.chmod(0o755)
    return path


# Kills the JVM of the executor that started it, once, and waits for its own end.
KILLS = """
if "2/2" in sys.argv and not os.path.exists(here + ".killed"):
    open(here + ".killed", "x").close()
    pid = os.getppid()
    while pid > 1:
        command = open(f"/proc/{pid}/cmdline").read()
        if "CoarseGrainedExecutorBackend" in command:
            open(here + ".killed", "w").write(str(pid))
            os.kill(pid, signal.SIGKILL)
            time.sleep(30)
            sys.exit(9)
        pid = int(open(f"/proc/{pid}/stat").read().rsplit(") ", 1)[1].split()[1])
    sys.exit("no executor is above this process")
"""
DIES = """
if any("/core/tap_00000" in argument for argument in sys.argv) and "--shard" in sys.argv:
    print("it dies here", file=sys.stderr)
    sys.exit(70)
"""


class Job(unittest.TestCase):
    maxDiff = 2000

    @classmethod
    def setUpClass(cls):
        cls.top = pathlib.Path(tempfile.mkdtemp(prefix="mailtap-spark-"))
        cls.addClassCleanup(shutil.rmtree, cls.top, ignore_errors=True)
        edge = [packet for name in EDGE for packet in packets(name)]
        core = [packet for name in CORE for packet in packets(name)]
        core += [packet for name, old, new in MOVED for packet in packets(name, old, new, moved=True)]
        edge, core = rotated(cls.top / "edge", edge, 90), rotated(cls.top / "core", core, 130)
        cls.assertGreater(cls(), len(edge), 6)
        # One is compressed, one breaks off, and one is none.
        edge[1].with_suffix(".pcap.gz").write_bytes(gzip.compress(edge[1].read_bytes()))
        edge[1].unlink()
        os.truncate(core[1], core[1].stat().st_size - 5)
        (cls.top / "core/tap_00099_20261124000000.pcap").write_bytes(b"\xd4\xc3\xb2\xa1 but no capture")
        # A session that another sensor has seen, too, in a folder whose name is no UTF-8.
        copy = cls.top / os.fsdecode(b"copy\xff")
        copy.mkdir()
        shutil.copy(FIXTURES / "lab/smtp-auth-login/capture.pcap", copy / "again.pcap")
        cls.patterns = [cls.top / "edge", f"{cls.top}/core/*.pcap*"]
        cls.single = cls.top / "single"
        read = subprocess.run([MAILTAP, "read", "--no-progress", "--lang", "en", "--keylog", KEYS, "--format", "parquet", "-o",
                               f"{cls.single}/", *cls.patterns], stderr=subprocess.PIPE, text=True)
        assert read.returncode == 3, read.stderr
        cls.out = cls.top / "out"
        killer = wrapper(cls.top / "killer", KILLS)
        cls.done = job("--master", "local-cluster[2,1,1024]", "--captures", *cls.patterns, copy, "--out", cls.out,
                       "--mailtap", killer, "--shards", "2", "--keylog", KEYS)
        cls.killed = pathlib.Path(f"{killer}.killed")

    def same_rows(self, out, ignored=()):
        for kind in SESSIONS:
            single = rows_of([self.single / f"{kind}.parquet"], kind)
            files = sorted((out / kind).glob("day=*/*.parquet"))
            missing = columns(self.single / f"{kind}.parquet") - columns(files[0])
            self.assertEqual(missing, set(), kind)
            for file in files:
                for row in pq.ParquetFile(file).read().to_pylist():
                    self.assertTrue(row["session_uid"] and row["source_file"] and row["sensor"] and row["task"], row)
            self.assertGreater(len(single), 0, kind)
            found = collections.Counter(rows_of(files, kind))
            self.assertEqual(collections.Counter(single) - found, {}, f"{kind}: rows that are missing")
            more = [row for row in (found - collections.Counter(single)).elements() if not any(text in row for text in ignored)]
            self.assertEqual(more, [], f"{kind}: rows that are too many")

    def test_the_rows_are_those_of_one_run_although_an_executor_was_killed(self):
        self.assertEqual(self.done.returncode, 3, self.done.stderr)
        self.assertTrue(self.killed.read_text().isdigit(), "an executor was killed")
        self.assertIn("Lost executor", self.done.stderr)
        self.same_rows(self.out, ignored=["/again.pcap"])
        sessions = pq.read_table(self.single / "sessions.parquet", columns=["source", "last_source"]).to_pylist()
        self.assertGreater(sum(row["source"] != row["last_source"] for row in sessions), 5, "sessions go through several files")
        self.assertFalse((self.out / "_parts").exists(), "no parts are left")

    def test_rows_are_in_the_folder_of_the_day_on_which_their_session_began(self):
        days = {}
        for file in (self.out / "sessions").glob("day=*/*.parquet"):
            for row in pq.ParquetFile(file).read().to_pylist():
                days[row["uid"]] = file.parent.name
                self.assertEqual(file.parent.name, f"day={row['started']:%Y-%m-%d}")
        self.assertEqual(set(days.values()), {"day=2026-11-23", "day=2026-11-29"})
        for kind in SESSIONS:
            for file in (self.out / kind).glob("day=2*/*.parquet"):
                for row in pq.ParquetFile(file).read().to_pylist():
                    self.assertEqual(file.parent.name, days[row["session_uid"]], kind)

    def test_a_session_that_two_sensors_saw_has_its_rows_twice(self):
        sensors = collections.defaultdict(set)
        for file in (self.out / "sessions").glob("day=*/*.parquet"):
            for row in pq.ParquetFile(file).read().to_pylist():
                self.assertNotIn(row["sensor"], sensors[row["uid"]], "once within a sensor")
                sensors[row["uid"]].add(row["sensor"])
        twice = [seen for seen in sensors.values() if len(seen) > 1]
        self.assertEqual(twice, [{f"{self.top}/copy\ufffd/again", f"{self.top}/edge/tap"}])

    def test_what_cannot_be_read_is_told_once(self):
        told = [json.loads(line) for line in (self.out / "_problems.jsonl").read_text().splitlines()]
        self.assertEqual([(one["sensor"], one["status"], len(one["parts"])) for one in told], [(f"{self.top}/core/tap", 3, 2)])
        text = "\n".join(told[0]["said"])
        self.assertIn("tap_00099_20261124000000.pcap", text)
        self.assertIn("tap_00001", text)

    def test_a_mailtap_that_dies_is_told_and_the_next_run_makes_what_is_missing(self):
        out = self.top / "again"
        dies = wrapper(self.top / "dies", DIES)
        options = ["--master", "local[2]", "--captures", *self.patterns, "--out", out, "--keylog", KEYS, "--gap", "120"]
        first = job(*options, "--mailtap", dies)
        self.assertEqual(first.returncode, 1, first.stderr)
        self.assertIn("mailtap ended with 70", first.stderr)
        self.assertIn("it dies here", first.stderr)
        tasks = int(re.search(r"(\d+) tasks\n", first.stderr).group(1))
        self.assertGreater(tasks, 3, "captures are cut where nothing was captured for long")
        sensors = {row["sensor"] for file in (out / "sessions").glob("day=*/*.parquet") for row in pq.ParquetFile(file).read().to_pylist()}
        self.assertIn(f"{self.top}/edge/tap", sensors)
        second = job(*options, "--mailtap", MAILTAP)
        self.assertEqual(second.returncode, 3, second.stderr)
        self.assertIn(f"{tasks - 1} of {tasks} tasks were there already", second.stderr)
        self.same_rows(out)
        self.assertEqual(job("--captures", self.top / "edge", "--out", self.top).returncode, 2, "a folder with other things is left alone")

    def test_both_engines_answer_the_questions_alike(self):
        from pyspark.sql import SparkSession

        os.environ |= {"SPARK_LOCAL_IP": "127.0.0.1", "TZ": "UTC"}
        text = (HERE / "questions.sql").read_text()
        questions = re.findall(r"^-- name: (\w+)\n(.*?);$", text, re.S | re.M)
        self.assertEqual(len(questions), text.count("-- name:"))
        spark = (SparkSession.builder.master("local[2]").config("spark.sql.session.timeZone", "UTC").config("spark.ui.enabled", "false")
                 .config("spark.sql.shuffle.partitions", "2").config("spark.ui.showConsoleProgress", "false").getOrCreate())
        self.addCleanup(spark.stop)
        self.assertEqual(spark.conf.get("spark.sql.ansi.enabled"), "true")
        duck = duckdb.connect()
        duck.execute("SET TimeZone = 'UTC'")
        for kind in SESSIONS:
            view = "findings" if kind == "details" else kind
            spark.read.parquet(f"file://{self.out}/{kind}").createOrReplaceTempView(view)
            duck.execute(f"CREATE VIEW {view} AS FROM read_parquet('{self.out}/{kind}/*/*.parquet', hive_partitioning = true)")
        for name, query in questions:
            with self.subTest(name):
                frame = spark.sql(query)
                on_spark = [[plain(cell) for cell in row] for row in frame.collect()]
                answer = duck.execute(query)
                self.assertEqual(frame.columns, [column[0] for column in answer.description])
                on_duck = [[plain(cell) for cell in row] for row in answer.fetchall()]
                self.assertEqual(on_spark, on_duck)
                self.assertTrue(on_spark, "there is an answer")
                self.assertFalse([secret for secret in SECRETS if secret in str(on_spark)], "no secret is in it")
                self.no_secret_moves(frame)
                answers = [dict(zip(frame.columns, row)) for row in on_spark]
                getattr(self, f"expect_{name}", lambda rows: None)(answers)

    def no_secret_moves(self, frame):
        """What goes from one machine to another: the columns that come into an exchange."""
        with contextlib.redirect_stdout(io.StringIO()) as plan:
            frame.explain("formatted")
        moved = re.findall(r"^\(\d+\) (?:Broadcast)?Exchange\nInput \[\d+\]: \[(.*)\]$", plan.getvalue(), re.M)
        self.assertTrue(moved, plan.getvalue())
        names = set(re.findall(r"(\w+)#", ", ".join(moved)))
        content = {"password", "token", "challenge", "response", "text", "summary", "arguments", "subject", "reply", "detail", "facts"}
        self.assertEqual(names & content, set())

    def expect_journeys(self, rows):
        self.assertTrue(any(row["hop"] > 1 and row["sensor"].endswith("/core/tap") for row in rows))
        self.assertEqual(max(row["sensors"] for row in rows), 2, "what two sensors saw is one hop")

    def expect_starttls_here_and_not_there(self, rows):
        self.assertIn("10.7.0.73", {row["client_ip"] for row in rows if row["without_offer"] and not row["with_offer"]})
        self.assertIn("172.16.0.73", {row["client_ip"] for row in rows if row["with_offer"]})

    def expect_credential_reuse(self, rows):
        alice = [row for row in rows if row["username"].startswith("alice")]
        self.assertTrue(any(row["clients"] > 1 and row["sensors"] > 1 for row in alice), rows)

    def expect_exposure_by_server(self, rows):
        self.assertTrue(any(row["in_clear"] for row in rows) and any(row["inside_tls"] for row in rows), rows)
        self.assertTrue(any(row["closed_sessions"] for row in rows))


class Names(unittest.TestCase):
    """The rule of src/capture/names.rs."""

    def test_files_of_one_capture_have_one_name(self):
        rings = [["x.pcap", "x.pcap1", "x.pcap2", "x.pcap10"], ["x.pcap00", "x.pcap01.gz", "x.pcap02"],
                 ["x-2026-11-29_04-06-43.pcap", "x-2026-11-29_04-07-43.pcap.zst", "x-2026-11-30_00-00-01.pcap"],
                 ["x20261129040643.pcap", "x20261129040743.pcap"], ["x-1795925203.cap", "x-1795925263.cap"],
                 ["x_00009_20261129040643.pcapng", "x_00010_20261129040744.pcapng.lz4"],
                 ["x_20261129040643_00009.pcapng", "x_20261129040744_00010.pcapng"],
                 ["x-20261129T040643.pcap", "x-20261129T040643.pcap1", "x-20261129T040744.pcap"],
                 ["x_99999_20261129040643.pcap", "x_100000_20261129040744.pcap"]]
        for ring in rings:
            self.assertEqual(len({mailtap_job.set_name(name) for name in ring}), 1, ring)
        files = ["/d/sensor1-2026-11-29.pcap", "/d/sensor2-2026-11-29.pcap", "/d/sensor1-2026-11-28.pcap", "/e/sensor1-2026-11-28.pcap",
                 "/d/lab12.pcap", "/d/lab13.pcap"]
        groups = mailtap_job.sensors(files, "name")
        self.assertEqual(groups, {"/d/sensor1": [files[0], files[2]], "/d/sensor2": [files[1]], "/e/sensor1": [files[3]],
                                  "/d/lab12": [files[4]], "/d/lab13": [files[5]]})
        self.assertEqual(set(mailtap_job.sensors(files, "folder")), {"/d", "/e"})
        self.assertEqual(mailtap_job.sensors(files, "all"), {"all": files})

    def test_captures_are_cut_only_where_nothing_was_captured_for_long(self):
        spans = {"a": [0, 50], "b": [40, 400], "c": [7599, 7700], "d": [14900, 15000], "x": None}
        self.assertEqual(mailtap_job.cut_at_gaps(list("dcbax"), spans, 7200), [["x", "a", "b", "c"], ["d"]])
        # A long file goes on while others begin and end.
        self.assertEqual(mailtap_job.cut_at_gaps(list("abcd"), spans | {"a": [0, 15000]}, 7200), [["a", "b", "c", "d"]])


if __name__ == "__main__":
    unittest.main()
