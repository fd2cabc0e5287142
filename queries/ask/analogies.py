"""What in biology answers this, and what technique came of it? Free text in, ranked mappings out."""

from __future__ import annotations

import shlex
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from kg.errors import NotFound, Refused
from kg.model import RELATIONS
from queries.cite import MAPPING_COLUMNS, mapping_row, readable
from queries.match import Match, Question, matches, unmapped
from queries.roles import alike_roles, suggestions
from queries.show import Answer
from queries.words import content_words, functions_in

if TYPE_CHECKING:
    from kg.model import Mapping, Pair
    from kg.view import View

QUESTION = """Rank the mappings that speak to a question in anyone's words, from either side.

A mapping ranks by what the words say is to be done (stress to be survived, an old task to be kept), however it is said; by the
names of its mechanism and technique; by the passages that state it; and by belief. What is called as the question is, or holds
all its words in one name, comes first. Where the words could mean several things to be done, the answer takes turns. A line on
standard error names mechanisms and techniques of such names that no mapping speaks of yet. Roles are shown in line,
mechanism ~ technique; roles that a mapping lacks are suggested from mappings that do the same.

\b
--far   only what does the same in another family and shares no word with the question: ideas from elsewhere
--near  only the rest: what is of the same family, or shares a word

With a sentence-embedding model on this machine (--model, or EXAPT_EMBED_MODEL) more questions find their answer.

\b
Example:
  exapt ask analogies "how do cells survive heat stress"
  exapt ask analogies my network forgets the first task --format json
  exapt ask analogies "memory consolidation" --far
"""
PARAMS: list[click.Parameter] = [
    click.Argument(["text"], nargs=-1, required=True),
    click.Option(["--far"], is_flag=True, help="Only other families that do the same, sharing no word."),
    click.Option(["--near"], is_flag=True, help="Only the same family, or a word in common."),
    click.Option(["--relation"], type=click.Choice(RELATIONS), help="Only mappings of this relation."),
    click.Option(["--limit"], type=click.IntRange(1, 1000), default=10, show_default=True, help="At most so many rows."),
    click.Option(
        ["--model"],
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        envvar="EXAPT_EMBED_MODEL",
        show_envvar=True,
        help="Folder of a sentence-embedding model that reads the question too; needs exapt[embed].",
    ),
]
SHOWN = 4
"""Names without a mapping that are told."""
COLUMNS = ("match", *MAPPING_COLUMNS[:-1], "why", "roles", "suggested", "evidence")


def ask(
    store: View,
    *,
    text: tuple[str, ...],
    far: bool = False,
    near: bool = False,
    relation: str | None = None,
    limit: int = 10,
    model: Path | None = None,
) -> Answer:
    if far and near:
        raise Refused("--far and --near exclude each other; ask twice")
    said = " ".join(text)
    question = Question.of(store, said, model=model)
    reach: Literal["far", "near"] | None = "far" if far else "near" if near else None
    found = matches(store, question, reach=reach, relation=relation, limit=limit)
    store.gather(match.mapping for match in found)
    donors: dict[str, list[Mapping]] = {}
    shown = [pair for match in found for pair in store.mapping(match.mapping).pairs]
    rows = [_row(store, question, match, donors, shown) for match in found]
    notes = (_unclear(question) if rows else _nothing(store, question, reach), _unmapped(store, question))
    return Answer(
        columns=COLUMNS,
        rows=rows,
        below=("why", "roles", "suggested", "evidence"),
        note="\n".join(filter(None, notes)),
    )


def _row(store: View, question: Question, match: Match, donors: dict[str, list[Mapping]], said: list[Pair]) -> dict[str, object]:
    mapping = store.mapping(match.mapping)
    why = [*match.why]
    if same := alike_roles(question.pairs, mapping.pairs):
        why.append(f"{same} of {len(question.pairs)} roles alike")
    return {
        "match": round(match.score, 3),
        **mapping_row(store, mapping),
        "why": why,
        "roles": _in_line(mapping),
        "suggested": suggestions(store, question.concepts, mapping, donors, said),
    }


def _in_line(mapping: Mapping) -> list[str]:
    return [f"{pair.mechanism_role} ~ {pair.technique_role}" for pair in mapping.pairs]


def _unclear(question: Question) -> str:
    said = f"no name in the graph holds a word of {question.text[:80]!r}, and what is to be done is not clear from it"
    return f"{said}: rows are what words used alike lead to" if question.unclear else ""


def _unmapped(store: View, question: Question) -> str:
    """What the question names and no mapping speaks of yet, and how to go on from there."""
    if not (waiting := unmapped(store, question)):
        return ""
    listed = ", ".join(readable(concept.name) for concept in waiting[:SHOWN])
    more = f" and {len(waiting) - SHOWN} more" if len(waiting) > SHOWN else ""
    first = waiting[0]
    # What nobody says to serve anything gives no ground for a suggestion.
    how = ("what could be tried", "exapt ask suggest") if first.functions else ("what is known of it", "exapt concept show")
    return f"in the graph by name, but in no mapping yet: {listed}{more}; {how[0]}: {how[1]} {shlex.quote(first.name)}"


def _nothing(store: View, question: Question, reach: str | None) -> str:
    """What to say where nothing matches: the nearest words that the graph knows."""
    said = question.text
    if not store.edges(limit=1):
        return "the graph is empty; fill it: exapt ingest atlas"
    near: list[str] = []
    for word in content_words(said)[:12]:
        near += store.near_names(word, limit=2)
    for name in functions_in(said, least=0.0) if not near else ():
        with suppress(NotFound):
            near.append(store.resolve_concept(name, "function").name.replace("_", " "))
    hint = (
        f"nearest terms in the graph: {', '.join(list(dict.fromkeys(near))[:6])}" if near else "`exapt ask functions` lists more"
    )
    if reach and matches(store, question, reach=None, relation=None, limit=1):
        hint = f"without --{reach} there is some; {hint}"
    return f"nothing {reach or ''}".rstrip() + f" in the graph speaks to {said[:80]!r}; {hint}"
