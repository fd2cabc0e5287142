"""What exapt itself notes of a race: kept as a paper so that evidence can quote it, and counted as none."""

from __future__ import annotations

from kg import evidence, papers
from kg.belief import CURATOR
from kg.database import Database


def remove(database: Database, key: str) -> None:
    """Take away the note of this key with all that was read in it; one that a curator decided on stays.

    A mapping that nothing states any more goes too.
    """
    with database.writing():
        number = papers.find(database, key)
        readers = [name for (name,) in database.all("SELECT DISTINCT reader FROM evidence WHERE paper = ?", (number,))]
        if CURATOR in readers:
            return
        for name in readers:
            evidence.replace(database, key, name, ())
        database.run("DELETE FROM paper WHERE id = ?", (number,))
