"""How alike are two things? Two concepts or two mappings side by side: what both have, and what only one has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import click

from kg.errors import NotFound
from kg.model import Concept, Evidence, Mapping
from queries.ask.explain import ARROW, mappings_called
from queries.cite import best, cited, function_names, listed, shared_functions
from queries.show import Answer, Row

if TYPE_CHECKING:
    from kg.view import View

QUESTION = """Lay two concepts or two mappings side by side: kind, domain, family, functions, mappings, role pairs, evidence.

A and B are each a key or name of a mechanism, technique, function or family, or a mapping: its key, or
"mechanism -> technique".

\b
Example:
  exapt ask compare "synaptic pruning" "memory consolidation"
  exapt ask compare "synaptic plasticity -> differentiable plasticity" mb81de9c --format md
"""
PARAMS: list[click.Parameter] = [
    click.Argument(["first"], metavar="A"),
    click.Argument(["second"], metavar="B"),
    click.Option(
        ["--limit"], type=click.IntRange(1, 1000), default=10, show_default=True, help="At most so many mappings a side."
    ),
]
COLUMNS = ("what", "first", "second", "both", "evidence")


class Side(NamedTuple):
    """One of the two: a concept, or a mapping with its two ends."""

    concepts: tuple[Concept, ...]
    mappings: tuple[Mapping, ...]
    functions: tuple[str, ...]
    is_mapping: bool


def ask(store: View, *, first: str, second: str, limit: int = 10) -> Answer:
    one, other = (_side(store, text, limit) for text in (first, second))
    store.gather(mapping.key for side in (one, other) for mapping in side.mappings)
    sides = one, other
    facts: list[tuple[str, Callable[[Side], list[str]]]] = [
        ("name", lambda side: [_title(store, side)]),
        ("kind", lambda side: ["mapping"] if side.is_mapping else [side.concepts[0].kind]),
        ("domain", lambda side: _texts(concept.domain for concept in side.concepts)),
        ("family", lambda side: _texts(store.concept(c.parent).name if c.parent else None for c in side.concepts)),
    ]
    rows = [_row(name, [of(side) for side in sides], [listed(store, c) for s in sides for c in s.concepts]) for name, of in facts]
    rows.append(
        _row("functions", [function_names(store, side.functions) for side in sides], _said(store, sides, by_function=True))
    )
    rows.append(_row("mappings", [_told(store, side) for side in sides], _said(store, sides)))
    if not (one.is_mapping or other.is_mapping):
        rows.append(_row("mapped to", [_partners(store, side) for side in sides], _said(store, sides)))
    rows.append(_row("role pairs", [_roles(side) for side in sides], _said(store, sides, with_roles=True)))
    rows.append(_row("papers", [_papers(store, side) for side in sides], _said(store, sides)))
    note = ""
    if not set(one.functions) & set(other.functions):
        note = "no function in common; `exapt ask path A B` shows what connects them all the same"
    shown = [row for row in rows if row["first"] or row["second"] or row["both"]]
    return Answer(columns=COLUMNS, rows=shown, below=("evidence",), note=note)


def _side(store: View, text: str, limit: int) -> Side:
    try:
        concept = store.resolve_concept(text)
    except NotFound:
        if len(ARROW.split(text.strip())) != 2 and not text.startswith("m"):
            raise
        try:
            (mapping, *_) = mappings_called(store, text)
        except NotFound as error:
            if len(ARROW.split(text.strip())) == 2:
                raise
            raise NotFound("concept or mapping", text, hint=error.hint) from None
        ends = store.concept(mapping.mechanism), store.concept(mapping.technique)
        return Side(ends, (mapping,), shared_functions(mapping, *ends), True)
    edges = store.edges(concept=concept.key)
    beliefs = store.beliefs(edge.mapping for edge in edges)
    keys = sorted(beliefs, key=lambda key: (-beliefs[key].value, key))[:limit]
    store.gather(keys)
    mappings = tuple(store.mapping(key) for key in keys)
    functions = dict.fromkeys([*concept.functions, *(function for mapping in mappings for function in mapping.functions)])
    return Side((concept,), mappings, tuple(functions), False)


def _texts(values: Iterable[str | None]) -> list[str]:
    return list(dict.fromkeys(value for value in values if value))


def _title(store: View, side: Side) -> str:
    return _told(store, side)[0] if side.is_mapping else side.concepts[0].name


def _told(store: View, side: Side) -> list[str]:
    return [
        f"{store.concept(mapping.mechanism).name} → {store.concept(mapping.technique).name} ({mapping.relation},"
        f" {store.belief_of(mapping.key).value:.2f})"
        for mapping in side.mappings
    ]


def _partners(store: View, side: Side) -> list[str]:
    own = side.concepts[0].key
    others = [mapping.technique if mapping.mechanism == own else mapping.mechanism for mapping in side.mappings]
    return [store.concept(key).name for key in dict.fromkeys(others)]


def _roles(side: Side) -> list[str]:
    return _texts(f"{pair.mechanism_role} ~ {pair.technique_role}" for mapping in side.mappings for pair in mapping.pairs)


def _papers(store: View, side: Side) -> list[str]:
    keys = dict.fromkeys(item.paper for mapping in side.mappings for item in store.evidence(mapping=mapping.key))
    return [store.paper(key).title for key in keys]


def _said(store: View, sides: Sequence[Side], *, by_function: bool = False, with_roles: bool = False) -> list[dict[str, object]]:
    """The surest evidence of each side, for what the row tells: the mappings that name a function, or role pairs."""
    shown = []
    for side in sides:
        telling = [mapping for mapping in side.mappings if not with_roles or mapping.pairs]
        if by_function:
            telling = [mapping for mapping in side.mappings if mapping.functions] or telling
        said: list[Evidence] = [item for mapping in telling for item in store.evidence(mapping=mapping.key)]
        shown += [cited(store, item) for item in best(said, 1)] or [listed(store, concept) for concept in side.concepts]
    return shown


def _row(what: str, values: Sequence[list[str]], evidence: list[dict[str, object]]) -> Row:
    one, other = values
    return {
        "what": what,
        "first": [value for value in one if value not in other],
        "second": [value for value in other if value not in one],
        "both": [value for value in one if value in other],
        "evidence": evidence,
    }
