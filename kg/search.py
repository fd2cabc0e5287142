"""Full-text search of concepts and of the papers behind mappings, for any string that a person may type."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from kg.database import Database
from kg.model import Kind
from kg.rows import folded

STOP_WORDS = frozenset(
    "a an and any are as at be by can could do does for from has have how i if in into is it its my of on or our should so such"
    " than that the their them then there these they this to was we were what when where which while who why will with would"
    " you".split()
)
_MOST_WORDS = 48
_EXACT = 100.0
"""Added to the score of a concept whose name or alias is the very text, so that it comes first."""


def concepts(database: Database, text: str, *, kinds: Sequence[Kind], limit: int) -> list[tuple[str, float]]:
    """(key, score) of the concepts whose name, aliases or definition share words with ``text``, best first."""
    query = words_query(text)
    if not query or not kinds or limit < 1:
        return []
    places = ", ".join("?" * len(kinds))
    # bm25 is negative, better the lower, and only works in the query that matches: hence the inner one.
    rows = database.all(
        "WITH hit AS MATERIALIZED (SELECT rowid AS id, -bm25(concept_text, 8.0, 4.0, 1.0) AS score FROM concept_text"
        " WHERE concept_text MATCH ?)"
        ", exact AS (SELECT concept AS id FROM concept_name WHERE folded = ?)"
        " SELECT t.key, max(hit.score + CASE WHEN hit.id IN (SELECT id FROM exact) THEN ? ELSE 0 END) AS score"
        " FROM hit JOIN concept c ON c.id = hit.id JOIN concept t ON t.id = c.root"
        f" WHERE t.kind IN ({places}) GROUP BY t.key ORDER BY score DESC, t.key LIMIT ?",
        (query, folded(text), _EXACT, *kinds, limit),
    )
    return [(key, max(score, 1e-9)) for key, score in rows]


def passages(database: Database, text: str, *, limit: int) -> list[tuple[str, float]]:
    """(key, score) of the mappings stated by papers whose title or abstract shares words with ``text``, best first."""
    query = words_query(text)
    if not query or limit < 1:
        return []
    # Very many papers may share a word, so only the best of them are asked what they state. That is all that is wanted unless
    # they state the same few mappings: then all are asked.
    rows: list[tuple[str, float]] = []
    for papers in (4 * limit, -1):
        rows = database.all(
            "WITH hit AS MATERIALIZED (SELECT rowid AS id, -bm25(paper_text, 4.0, 1.0) AS score FROM paper_text"
            " WHERE paper_text MATCH ?)"
            " SELECT m.shown, max(hit.score) AS score FROM hit CROSS JOIN evidence e ON e.paper = hit.id"
            " CROSS JOIN mapping m ON m.id = e.mapping"
            " WHERE hit.score >= (SELECT min(score) FROM (SELECT score FROM hit ORDER BY score DESC LIMIT ?))"
            " GROUP BY m.shown ORDER BY score DESC, m.shown LIMIT ?",
            (query, papers, limit),
        )
        if len(rows) == limit:
            break
    return [(key, max(score, 1e-9)) for key, score in rows]


def words_query(text: str) -> str:
    """A full-text query for any of the words of ``text``: each is quoted, so that no sign in it is an operator."""
    words = dict.fromkeys(re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", text).casefold()))
    telling = [word for word in words if word not in STOP_WORDS] or list(words)
    return " OR ".join(f'"{word}"' for word in telling[:_MOST_WORDS])
