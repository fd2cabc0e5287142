"""The steps that bring a store of any older version up to this one.

A step is a number, a name and SQL. The number that a store has reached is its ``user_version``, and each step is committed
together with its row in the ``migration`` table, so that a crash leaves a store at one version or the next and never between.
To change the schema, add a file ``kg/migration_N.sql`` and one line here; a step that was released is never edited.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import NamedTuple


class Migration(NamedTuple):
    number: int
    name: str
    file: str


MIGRATIONS = (
    Migration(1, "papers, concepts, mappings, evidence, merges and results", "schema.sql"),
    Migration(2, "answers of the network, pages of a run, watched queries, all sources of a paper", "migration_2.sql"),
    Migration(3, "what curators decide, and the names they give", "migration_3.sql"),
    Migration(4, "who has read which text; only papers that state something are indexed", "migration_4.sql"),
    Migration(5, "what serves which function, and what questions look up", "migration_5.sql"),
    Migration(6, "which papers wait to be read", "migration_6.sql"),
)
VERSION = MIGRATIONS[-1].number
APPLICATION_ID = 0x65786170
"""``"exap"`` in the file's header: tells an exapt store from any other SQLite file."""


def migrate(connection: sqlite3.Connection) -> None:
    """Bring ``connection`` up to :data:`VERSION`, one transaction a step; does nothing where it is there already."""
    for migration in MIGRATIONS:
        connection.execute("BEGIN IMMEDIATE")
        try:
            # Asked under the write lock: another process may have taken the step meanwhile.
            (reached,) = connection.execute("PRAGMA user_version").fetchone()
            if reached < migration.number:
                _take(connection, migration)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def _take(connection: sqlite3.Connection, migration: Migration) -> None:
    from importlib.resources import files  # slow to import, and only a store that is made or upgraded needs it

    for statement in _statements(files("kg").joinpath(migration.file).read_text("utf-8")):
        connection.execute(statement)
    connection.execute("INSERT INTO migration (number, name) VALUES (?, ?)", migration[:2])
    # A pragma takes no parameters; both values are integers of this file.
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID:d}")
    connection.execute(f"PRAGMA user_version = {migration.number:d}")


def _statements(script: str) -> Iterator[str]:
    # sqlite3's executescript commits before it starts, which would take the step out of its transaction.
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
