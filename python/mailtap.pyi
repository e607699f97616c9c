"""The tables of mail captures (SMTP, LMTP, POP3, IMAP) as Arrow."""

from collections.abc import Iterator, Mapping, Sequence
from os import PathLike
from types import TracebackType
from typing import Any, Literal, final

__version__: str

_Path = str | PathLike[str]
_Paths = _Path | Sequence[_Path]
_Name = Literal[
    "steps",
    "sessions",
    "credentials",
    "transactions",
    "messages",
    "attachments",
    "findings",
    "details",
    "journeys",
    "summary",
]
_Protocol = Literal["smtp", "smtps", "lmtp", "pop3", "pop3s", "imap", "imaps"]
_Redact = bool | Literal["mask", "pseudonym"]
_Lang = Literal["en", "zh"]

@final
class Table:
    """A table, or as much of it as there is. It has the Arrow PyCapsule interface."""

    @property
    def name(self) -> str: ...
    @property
    def num_rows(self) -> int: ...
    @property
    def column_names(self) -> list[str]: ...
    def __len__(self) -> int: ...
    def __bool__(self) -> bool: ...
    def __arrow_c_schema__(self) -> Any: ...
    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any: ...

@final
class Batch:
    """Rows of a table, as `stream` gives them. It has the Arrow PyCapsule interface."""

    @property
    def num_rows(self) -> int: ...
    @property
    def column_names(self) -> list[str]: ...
    def __len__(self) -> int: ...
    def __arrow_c_schema__(self) -> Any: ...
    def __arrow_c_array__(self, requested_schema: Any = None) -> tuple[Any, Any]: ...
    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any: ...

@final
class Capture:
    """The tables of a capture. One that was not asked for is no attribute."""

    @property
    def tables(self) -> list[str]: ...
    @property
    def problems(self) -> list[str]: ...
    @property
    def steps(self) -> Table: ...
    @property
    def sessions(self) -> Table: ...
    @property
    def credentials(self) -> Table: ...
    @property
    def transactions(self) -> Table: ...
    @property
    def messages(self) -> Table: ...
    @property
    def attachments(self) -> Table: ...
    @property
    def findings(self) -> Table: ...
    @property
    def details(self) -> Table: ...
    @property
    def journeys(self) -> Table: ...
    @property
    def summary(self) -> Table: ...
    def __getitem__(self, name: _Name) -> Table: ...

@final
class Stream:
    """Batches of a table, while the capture is being read. It is read once."""

    @property
    def name(self) -> str: ...
    @property
    def column_names(self) -> list[str]: ...
    @property
    def problems(self) -> list[str]: ...
    def close(self) -> None: ...
    def __iter__(self) -> Iterator[Batch]: ...
    def __next__(self) -> Batch: ...
    def __enter__(self) -> Stream: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def __arrow_c_schema__(self) -> Any: ...
    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any: ...

def read(
    paths: _Paths,
    *,
    tables: Sequence[_Name] | None = None,
    keylog: _Paths | None = None,
    tls_key: _Paths | None = None,
    ports: Mapping[int, _Protocol] | None = None,
    any_port: bool = False,
    filter: str | None = None,
    redact: _Redact = False,
    lang: _Lang = "en",
    threads: int | None = None,
    memory: int | None = None,
    shard: tuple[int, int] | None = None,
) -> Capture:
    """Read captures, and return their tables."""

def stream(
    paths: _Paths,
    table: _Name = "steps",
    *,
    rows: int | None = None,
    keylog: _Paths | None = None,
    tls_key: _Paths | None = None,
    ports: Mapping[int, _Protocol] | None = None,
    any_port: bool = False,
    filter: str | None = None,
    redact: _Redact = False,
    lang: _Lang = "en",
    threads: int | None = None,
    memory: int | None = None,
    shard: tuple[int, int] | None = None,
) -> Stream:
    """Read one table of captures in batches, while they are being read."""
