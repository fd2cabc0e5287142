"""Queries to save in Neo4j Browser, and how it should paint the graph."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from kg.errors import NotFound

FOLDER = Path(__file__).parent
STYLE = FOLDER / "style.grass"


class Query(NamedTuple):
    """One saved query."""

    name: str
    """Of its file, such as ``"01_the_graph"``."""
    title: str
    """Its first line, which Neo4j Browser shows in its list of favourites."""
    text: str
    path: Path


def queries() -> list[Query]:
    """All saved queries, in order of their names."""
    found = []
    for path in sorted(FOLDER.glob("*.cypher")):
        text = path.read_text("utf-8")
        found.append(Query(path.stem, text.partition("\n")[0].removeprefix("//").strip(), text, path))
    return found


def find(name: str) -> Query:
    """The query of this number or name, or of the only name that starts or goes on so.

    Raises:
        NotFound: none or several; carries the names that there are.
    """
    known = queries()
    wanted = name.casefold().replace("-", "_").replace(" ", "_")
    for fits in (
        lambda one: wanted in (one.name, one.name.partition("_")[2]),
        lambda one: wanted.isdecimal() and int(wanted) == int(one.name.partition("_")[0]),
        lambda one: one.name.startswith(wanted) or one.name.partition("_")[2].startswith(wanted),
    ):
        if len(matches := [one for one in known if fits(one)]) == 1:
            return matches[0]
    raise NotFound("saved query", name, [one.name for one in known])
