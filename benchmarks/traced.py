"""Note down the SQL of one question: ``python -m benchmarks.traced STORE FILE '["functions"]'``."""

from __future__ import annotations

import functools
import json
import sqlite3
import sys
from pathlib import Path
from typing import Any

from click.testing import CliRunner

Noted = list[Any]
"""A statement, its values, and how many rows were read of it: ``None`` for all."""


class NotingCursor(sqlite3.Cursor):
    """Notes each statement in ``noted``, and how far it is read: a question may stop at the rows that it shows."""

    noted: list[Noted]

    def execute(self, sql: str, parameters: Any = (), /) -> NotingCursor:
        self.mine: Noted = [sql, list(parameters), 0]
        if sql.lstrip().upper().startswith(("SELECT", "WITH")):
            self.noted.append(self.mine)
        super().execute(sql, parameters)
        return self

    def fetchall(self) -> list[Any]:
        self.mine[2] = None
        return super().fetchall()

    def fetchone(self) -> Any:
        self.mine[2] += 1
        return super().fetchone()

    def __next__(self) -> Any:
        row = super().__next__()
        self.mine[2] += 1
        return row


class NotingConnection(sqlite3.Connection):
    """Gives out cursors that note what they run in ``noted``."""

    def __init__(self, *arguments: Any, noted: list[Noted], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._noted = noted

    def execute(self, sql: str, parameters: Any = (), /) -> NotingCursor:
        cursor = self.cursor(NotingCursor)
        cursor.noted = self._noted
        return cursor.execute(sql, parameters)


def main() -> None:
    store, file, asked = sys.argv[1], Path(sys.argv[2]), json.loads(sys.argv[3])
    noted: list[Noted] = []
    sqlite3.connect = functools.partial(sqlite3.connect, factory=functools.partial(NotingConnection, noted=noted))  # type: ignore[assignment]
    from queries.cli import cli

    question, *words = asked
    result = CliRunner().invoke(cli, ["--store", store, "ask", question, "--", *words])
    if result.exit_code:
        sys.exit(result.output)
    file.write_text(json.dumps(noted), encoding="utf-8")


if __name__ == "__main__":
    main()
