"""Why believe a mapping? Every quote, the sum behind the belief, roles, functions and races."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from kg.errors import NotFound
from kg.model import Mapping
from queries.cite import mapping_row
from queries.show import Answer
from queries.verdicts import verdict_rows

if TYPE_CHECKING:
    from kg.view import View

QUESTION = """Explain one mapping: the sum behind its belief, every quote with its paper, role pairs, functions, races.

MAPPING is its key, the start of its key, or "mechanism -> technique" by name.

\b
Example:
  exapt ask explain "synaptic plasticity -> differentiable plasticity"
  exapt ask explain mdc146e --format json
"""
PARAMS: list[click.Parameter] = [click.Argument(["mapping"], nargs=-1, required=True)]
COLUMNS = ("mapping", "mechanism", "relation", "technique", "belief", "in words", "sum", "shared", "roles", "evidence", "races")
ARROW = re.compile(r"\s*(?:->|→|↔|<->)\s*")


def ask(store: View, *, mapping: tuple[str, ...]) -> Answer:
    rows = [_row(store, found) for found in mappings_called(store, " ".join(mapping))]
    return Answer(columns=COLUMNS, rows=rows, below=COLUMNS[5:])


def mappings_called(store: View, name: str) -> list[Mapping]:
    """The mapping of that key, or those between the two concepts named on either side of an arrow.

    Raises:
        NotFound: nothing is called so; names what is near.
    """
    sides = ARROW.split(name.strip())
    if len(sides) != 2 or not all(sides):
        return [store.mapping(name.strip())]
    mechanism = store.resolve_concept(sides[0], "mechanism")
    technique = store.resolve_concept(sides[1], "technique")
    found = list(store.mappings(mechanism=mechanism.key, technique=technique.key))
    if not found:
        others = store.mappings(mechanism=mechanism.key) or store.mappings(technique=technique.key)
        known = [f"{store.concept(other.mechanism).name} -> {store.concept(other.technique).name}" for other in others]
        hint = "" if known else "the graph knows both, and no mapping of either; `exapt ask path A B` shows what connects them"
        raise NotFound("mapping", f"{mechanism.name} -> {technique.name}", known, hint=hint)
    return found


def _row(store: View, mapping: Mapping) -> dict[str, object]:
    held = store.belief_of(mapping.key)
    return {
        **mapping_row(store, mapping, quotes=None),
        "in words": held.in_words,
        "sum": [{"text": str(term)} for term in held.terms],
        "roles": [f"{pair.mechanism_role} ~ {pair.technique_role}" for pair in mapping.pairs],
        "races": verdict_rows(store.results(mapping=mapping.key)),
    }
