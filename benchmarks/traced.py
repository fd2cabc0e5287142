"""Note down the SQL of one question: ``python -m benchmarks.traced STORE FILE '["functions"]'``."""

from __future__ import annotations

import json
import sqlite3
import sys
from pathlib import Path
from typing import Any

from click.testing import CliRunner


def main() -> None:
    store, file, asked = sys.argv[1], Path(sys.argv[2]), json.loads(sys.argv[3])
    statements: list[str] = []
    connect = sqlite3.connect

    def connecting(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*arguments, **options)
        connection.set_trace_callback(statements.append)
        return connection

    sqlite3.connect = connecting  # type: ignore[assignment]
    from queries.cli import cli

    question, *words = asked
    result = CliRunner().invoke(cli, ["--store", store, "ask", question, "--", *words])
    if result.exit_code:
        sys.exit(result.output)
    reading = [text for text in statements if text.lstrip().upper().startswith(("SELECT", "WITH"))]
    file.write_text(json.dumps(reading), encoding="utf-8")


if __name__ == "__main__":
    main()
