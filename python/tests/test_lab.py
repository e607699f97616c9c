"""The tables of the lab's captures: those of the command line, whoever loads them and however they are read."""

import ast
import csv
import gc
import os
import re
import signal
import subprocess
import sys
import threading
import time
from datetime import datetime, timezone
from pathlib import Path

import duckdb
import mailtap
import pandas
import polars
import pyarrow
import pytest

ROOT = Path(__file__).resolve().parents[2]
LAB = sorted((ROOT / "fixtures/lab").glob("*/capture.pcap*"))
ALL = ROOT / "fixtures/lab/lab-all/capture.pcapng"
TLS = ROOT / "fixtures/tls/gnutls-tls13"
# The command line that tables are held against.
PROGRAM = os.environ.get("MAILTAP", str(ROOT / "target/debug/mailtap"))

# Texts that CSV writes as they are.
PLAIN = re.compile(r"[\w./][\w.:/@ ()-]*")


def tables_as_csv(folder, *arguments):
    """What the command line writes: for each table its rows, with what is empty absent."""
    done = subprocess.run(
        [PROGRAM, "read", *map(str, arguments), "--lang", "en", "--format", "csv", "-o", f"{folder}/"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    tables = {}
    for path in folder.iterdir():
        with path.open(newline="", encoding="utf-8") as file:
            tables[path.stem] = list(csv.DictReader(file))
    return tables


def same(kind, cell, text):
    """Whether a value and a cell of CSV are the same. Texts that CSV escapes are left to the tests of CSV."""
    if pyarrow.types.is_list(kind):
        # CSV does not tell a list without items from one that is unknown.
        items = ["" if item is None else str(item) for item in cell or []]
        return "; ".join(items) == text or not all(map(PLAIN.fullmatch, filter(None, items)))
    if cell is None or text == "":
        return cell is None and text == ""
    if pyarrow.types.is_timestamp(kind):
        second, _, fraction = text.removesuffix("Z").partition(".")
        moment = datetime.fromisoformat(second).replace(tzinfo=timezone.utc)
        return cell == int(moment.timestamp()) * 1_000_000 + int(fraction[:6])
    if pyarrow.types.is_integer(kind):
        return cell == int(text)
    if pyarrow.types.is_floating(kind):
        return cell == float(text)
    if pyarrow.types.is_boolean(kind):
        return ("false", "true")[cell] == text
    return cell == text or not PLAIN.fullmatch(cell)


@pytest.mark.parametrize("capture", LAB, ids=lambda path: path.parent.name)
def test_tables_are_those_of_the_command_line(capture, tmp_path):
    expected = tables_as_csv(tmp_path / "csv", capture)
    read = mailtap.read(capture)
    assert read.problems == []
    assert sorted(read.tables) == sorted(expected)
    for name, rows in expected.items():
        table = pyarrow.table(read[name])
        table.validate(full=True)
        assert table.num_rows == len(rows) == len(read[name]), name
        if rows:
            assert table.column_names == list(rows[0]), name
        for field in table.schema:
            cells = table[field.name]
            if pyarrow.types.is_timestamp(field.type):
                cells = cells.cast("int64")
            for nth, cell in enumerate(cells.to_pylist()):
                assert same(field.type, cell, rows[nth][field.name]), (name, field.name, nth)


def test_who_logged_in():
    logins = pyarrow.table(mailtap.read(ALL, tables=["credentials"]).credentials)
    assert logins["username"].to_pylist() == ["group7_3@JServer.Netlab"] * 2
    assert logins["password"].to_pylist() == ["group7_3"] * 2
    assert logins.schema.metadata[b"mailtap.table"] == b"credentials"
    assert logins.schema.field("username").metadata[b"about"]


@pytest.mark.parametrize("name", mailtap.read(ALL).tables)
def test_pyarrow_polars_pandas_and_duckdb_load_each(name):
    table = mailtap.read(ALL)[name]
    arrow = pyarrow.table(table)
    assert (arrow.num_rows, arrow.column_names) == (table.num_rows, table.column_names)
    frame = polars.DataFrame(table)
    assert (frame.height, frame.columns) == (table.num_rows, table.column_names)
    assert frame.to_dicts() == arrow.to_pylist() or table.num_rows == 0
    loaded = pandas.DataFrame.from_arrow(table)
    assert (len(loaded), list(loaded.columns)) == (table.num_rows, table.column_names)
    # DuckDB knows it by its name in Python.
    table_ = table
    assert duckdb.sql("SELECT count(*) FROM table_").fetchall() == [(table.num_rows,)]
    # What has been taken does not depend on what it was taken from.
    del table, table_
    gc.collect()
    assert frame.height == arrow.num_rows and arrow.validate(full=True) is None


@pytest.mark.parametrize("name", ["steps", "sessions", "summary"])
@pytest.mark.parametrize("rows", [1, 7, None])
def test_a_stream_has_what_the_whole_has(name, rows):
    captures = LAB[:12]
    whole = pyarrow.table(mailtap.read(captures, tables=[name])[name])
    with mailtap.stream(captures, name, rows=rows, threads=1) as stream:
        batches = [pyarrow.record_batch(batch) for batch in stream]
        assert stream.problems == [] and list(stream) == []
    assert all(1 <= len(batch) <= (rows or 8192) for batch in batches)
    assert pyarrow.Table.from_batches(batches).equals(whole, check_metadata=True)
    assert len(batches) == whole.num_rows or rows != 1
    taken = pyarrow.RecordBatchReader.from_stream(mailtap.stream(captures, name, rows=rows, threads=2))
    assert taken.read_all().equals(whole, check_metadata=True)
    assert polars.DataFrame(mailtap.stream(captures, name, rows=rows)).height == whole.num_rows
    first = next(mailtap.stream(captures, name, rows=rows))
    assert polars.DataFrame(first).height == len(first) == pyarrow.table(first).num_rows


def test_a_stream_is_read_once():
    stream = mailtap.stream(ALL)
    assert pyarrow.table(stream).num_rows == 45
    with pytest.raises(RuntimeError, match="once"):
        pyarrow.table(stream)
    assert list(stream) == []
    closed = mailtap.stream(ALL)
    closed.close()
    assert list(closed) == []


def test_a_damaged_capture_gives_what_was_read(tmp_path):
    short = tmp_path / "short.pcapng"
    short.write_bytes(ALL.read_bytes()[:-700])
    read = mailtap.read(short)
    assert len(read.problems) == 1 and "short.pcapng: truncated in packet" in read.problems[0]
    assert 0 < len(read.steps) <= 45 and len(read.sessions) == 3
    stream = mailtap.stream(short)
    assert sum(map(len, stream)) == len(read.steps) and stream.problems == read.problems
    handed_on = mailtap.stream(short, lang="zh")
    assert pyarrow.table(handed_on).num_rows == len(read.steps)
    assert len(handed_on.problems) == 1 and handed_on.problems != read.problems


def test_what_cannot_be_opened(tmp_path):
    missing, text, secret = tmp_path / "missing.pcap", tmp_path / "text.pcap", tmp_path / "secret.pcap"
    text.write_text("no capture")
    for reading in (mailtap.read, mailtap.stream):
        with pytest.raises(FileNotFoundError, match="missing.pcap: no such file"):
            reading(missing)
        with pytest.raises(OSError, match="is not a capture"):
            reading(str(text))
        with pytest.raises(FileNotFoundError, match="missing.pcap: no such file"):
            reading(ALL, keylog=missing)
        with pytest.raises(ValueError, match="syntax"):
            reading(ALL, filter="ip ip")
    read = mailtap.read([ALL, missing])
    assert len(read.sessions) == 3 and len(read.problems) == 1 and "missing.pcap" in read.problems[0]
    secret.write_bytes(ALL.read_bytes())
    secret.chmod(0)
    if not os.access(secret, os.R_OK):
        with pytest.raises(PermissionError, match="no permission"):
            mailtap.read(secret)


@pytest.mark.parametrize(
    "wrong",
    [
        {"tables": ["nothing"]},
        {"lang": "fr"},
        {"ports": {25: "ftp"}},
        {"ports": {0: "smtp"}},
        {"shard": (3, 2)},
        {"redact": "a little"},
        {"threads": 0},
        {"memory": 1},
    ],
    ids=str,
)
def test_arguments_that_mean_nothing(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong)) if "tables" not in wrong else "no table"):
        mailtap.read(ALL, **wrong)


def test_tables_that_were_not_asked_for():
    read = mailtap.read(ALL, tables=["sessions", "steps", "sessions"])
    assert read.tables == ["sessions", "steps"]
    with pytest.raises(AttributeError, match="not asked for"):
        read.credentials
    with pytest.raises(AttributeError, match="no attribute"):
        read.nothing
    with pytest.raises(KeyError):
        read["nothing"]
    with pytest.raises(ValueError, match="'nothing' is no table"):
        mailtap.stream(ALL, "nothing")


def test_secrets_of_tls_open_what_is_closed(tmp_path):
    capture = TLS / "capture.pcap"
    closed = pyarrow.table(mailtap.read(capture).steps)
    opened = pyarrow.table(mailtap.read(capture, keylog=TLS / "keys.log").steps)
    assert "decrypted" not in closed["channel"].to_pylist()
    assert "decrypted" in opened["channel"].to_pylist()
    by_list = pyarrow.table(mailtap.stream(capture, keylog=[str(TLS / "keys.log")]))
    assert by_list.equals(opened)
    rows = tables_as_csv(tmp_path / "csv", capture, "--keylog", TLS / "keys.log")["steps"]
    assert [row["channel"] for row in rows] == opened["channel"].to_pylist()


def test_what_is_read_and_shown():
    def column(name, table="sessions", **asked):
        return pyarrow.table(mailtap.read(ALL, tables=[table], **asked)[table])[name].to_pylist()

    assert column("protocol") == ["smtp", "pop3", "imap"]
    assert column("protocol", filter="port 143") == ["imap"]
    shards = [column("uid", shard=(nth, 2)) for nth in (1, 2)]
    assert sorted(sum(shards, [])) == sorted(column("uid"))
    assert column("uid", threads=1) == column("uid", threads=4, memory=64)
    masked = column("password", "credentials", redact=True)
    assert len(masked) == 2 and all(set(secret) == {"*"} for secret in masked)
    names = column("password", "credentials", redact="pseudonym")
    assert len(set(names)) == 1 and "group7_3" not in names
    assert column("purpose", "steps", lang="zh") != column("purpose", "steps")


def mailtap_threads():
    names = (task / "comm" for task in Path("/proc/self/task").iterdir())
    return sum(1 for name in names if name.exists() and name.read_text().strip().startswith("mailtap"))


def until(condition, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc")
def test_a_stream_that_is_dropped_ends_its_thread():
    assert until(lambda: mailtap_threads() == 0)
    for end in ("close", "drop", "drop what was handed on"):
        stream = mailtap.stream(LAB, rows=1, threads=1)
        next(stream)
        # Many more rows than may wait.
        time.sleep(0.3)
        assert mailtap_threads() == 1, end
        if end == "close":
            stream.close()
        elif end == "drop what was handed on":
            reader = pyarrow.RecordBatchReader.from_stream(stream)
            reader.read_next_batch()
            del reader
        del stream
        gc.collect()
        assert until(lambda: mailtap_threads() == 0), end


def test_others_run_meanwhile_and_rows_come_before_the_end(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    go_on = threading.Event()

    def write():
        with pipe.open("wb") as file:
            file.write((ROOT / "fixtures/lab/lab-all/capture.pcapng").read_bytes())
            file.flush()
            assert go_on.wait(30)

    # It writes what is read here: neither would end if one did not let the other run.
    writer = threading.Thread(target=write)
    writer.start()
    stream = mailtap.stream(pipe, rows=1)
    first = next(stream)
    assert len(first) == 1 and not go_on.is_set()
    go_on.set()
    assert 1 + sum(map(len, stream)) == 45 and stream.problems == []
    writer.join()


@pytest.mark.parametrize(
    "read",
    [
        "mailtap.read(pipe)",
        "mailtap.stream(pipe)",
        "list(mailtap.stream(pipe))",
        "pyarrow.table(mailtap.stream(pipe))",
    ],
)
def test_ctrl_c_ends_it_within_a_second(read, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    program = f"import mailtap, pyarrow, sys\npipe = sys.argv[1]\nprint('ready', flush=True)\n{read}\n"
    with subprocess.Popen(
        [sys.executable, "-c", program, str(pipe)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout.readline() == "ready\n"
        writer = None
        if "(mailtap" in read:
            # It has begun, and nothing more comes.
            writer = pipe.open("wb")
            writer.write(ALL.read_bytes())
            writer.flush()
        time.sleep(0.5)
        assert child.poll() is None
        begun = time.monotonic()
        child.send_signal(signal.SIGINT)
        said = child.communicate(timeout=10)[1]
        assert time.monotonic() - begun < 1.5, said
        assert child.returncode != 0 and "KeyboardInterrupt" in said
        if writer:
            writer.close()


def test_the_stub_says_what_there_is():
    stub = ast.parse((ROOT / "python/mailtap.pyi").read_text())
    functions = {node.name: node for node in stub.body if isinstance(node, ast.FunctionDef)}
    classes = {node.name: node for node in stub.body if isinstance(node, ast.ClassDef)}
    assert {*functions, *classes, "__version__"} == set(mailtap.__all__)
    for name, node in functions.items():
        function = getattr(mailtap, name)
        assert function.__doc__
        parameters = function.__text_signature__.strip("()").split(", ")
        stubbed = [argument.arg for argument in node.args.args + node.args.kwonlyargs]
        assert [one.split("=")[0] for one in parameters if one != "*"] == stubbed, name
    for name, node in classes.items():
        for member in node.body:
            if isinstance(member, ast.FunctionDef) and not (name == "Capture" and member.name in mailtap.read(ALL).tables):
                assert hasattr(getattr(mailtap, name), member.name), (name, member.name)
    assert {member.name for member in classes["Capture"].body if isinstance(member, ast.FunctionDef)} >= set(
        mailtap.read(ALL).tables
    )
    assert re.fullmatch(r"\d+\.\d+\.\d+", mailtap.__version__)
