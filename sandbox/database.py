"""The SQLite file: one connection, write-ahead log, statements short enough to run on the event loop.

`synchronous=NORMAL`: a killed process loses nothing that was committed; a power cut may lose the last moments, whole
transactions at a time.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

SCHEMA_VERSION = 2
SCHEMA = Path(__file__).with_name("schema.sql")


class WrongFile(Exception):
    """The file is not a database of this version; the text says what to do."""


class Database:
    """`with Database(path) as db:`; every statement outside `transaction()` commits by itself."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection: sqlite3.Connection | None = None

    def __enter__(self) -> Self:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self.path, isolation_level=None, timeout=5.0)
        connection.row_factory = sqlite3.Row
        try:
            self._prepare(connection)
        except sqlite3.DatabaseError as error:
            connection.close()
            raise WrongFile(f"{self.path}: {error}; choose another --db or remove the file") from error
        except WrongFile:
            connection.close()
            raise
        self._connection = connection
        return self

    def _prepare(self, connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA foreign_keys=ON")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version not in (0, SCHEMA_VERSION):
            raise WrongFile(f"{self.path}: made by another version ({version}, not {SCHEMA_VERSION}); remove the file")
        connection.executescript(SCHEMA.read_text(encoding="utf-8"))
        connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @property
    def connection(self) -> sqlite3.Connection:
        if self._connection is None:
            raise RuntimeError(f"{self.path}: used outside `with Database(...)`")
        return self._connection

    def one(self, sql: str, *values: Any) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self.connection.execute(sql, values).fetchone()
        return row

    def all(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        return self.connection.execute(sql, values).fetchall()

    def number(self, sql: str, *values: Any) -> int:
        """The first column of the first row, an integer; 0 if it is NULL."""
        return int(self.connection.execute(sql, values).fetchone()[0] or 0)

    def run(self, sql: str, *values: Any) -> int:
        """Returns how many rows were changed."""
        return self.connection.execute(sql, values).rowcount

    def insert(self, table: str, **columns: Any) -> None:
        names, marks = ", ".join(columns), ", ".join("?" * len(columns))
        self.connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(columns.values()))  # noqa: S608

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, also against other processes on the same file."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    @contextmanager
    def undoable(self) -> Iterator[None]:
        """Inside a transaction: what is done here is undone if it raises, what was done before is not."""
        self.connection.execute("SAVEPOINT undoable")
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK TO undoable")
            raise
        finally:
            self.connection.execute("RELEASE undoable")
