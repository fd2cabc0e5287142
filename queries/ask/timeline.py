"""What came when? Mappings in order of the first paper that states them, by year."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kg.view import Appearance
from queries.cite import best, cited, title_and_year
from queries.named import EMPTY, concepts_called, function_read, nearest
from queries.show import Answer, Row

if TYPE_CHECKING:
    from kg.model import Concept
    from kg.view import View

QUESTION = """Show when mappings appeared: year by year, each with the first paper here that states it.

TEXT is a mechanism, a technique, or words of their names. Papers without a date are left out.

\b
Example:
  exapt ask timeline "synaptic plasticity"
  exapt ask timeline --function protect_old --from 2015 --to 2020 --format csv
"""
PARAMS: list[click.Parameter] = [
    click.Argument(["text"], nargs=-1),
    click.Option(["--function"], metavar="NAME", help="Only mappings that serve this function."),
    click.Option(["--family"], metavar="NAME", help="Only mappings with an end in this family."),
    click.Option(
        ["--from", "first"], type=click.IntRange(1000, 9999), metavar="YEAR", help="Only what first appeared then or later."
    ),
    click.Option(
        ["--to", "last"], type=click.IntRange(1000, 9999), metavar="YEAR", help="Only what first appeared then or earlier."
    ),
    click.Option(["--limit"], type=click.IntRange(1, 1000), default=20, show_default=True, help="At most so many rows."),
]
COLUMNS = ("year", "mapping", "mechanism", "relation", "technique", "first paper", "papers", "belief", "evidence")


def ask(
    store: View,
    *,
    text: tuple[str, ...] = (),
    function: str | None = None,
    family: str | None = None,
    first: int | None = None,
    last: int | None = None,
    limit: int = 20,
) -> Answer:
    said = " ".join(text)
    served, how_read = function_read(store, function) if function else (None, "")
    wanted = _mappings(store, said, served, family)
    years = {"first": f"{first}" if first else None, "last": f"{last}" if last else None}
    found = store.appearances(mappings=None if wanted is None else sorted(wanted), limit=limit + 1, **years)
    shown = found[:limit]
    store.gather(one.mapping for one in shown)
    note = (
        f"the first {limit}, to {shown[-1].published[:4]}; --from {shown[-1].published[:4]} or --limit shows more"
        if len(found) > limit
        else ""
    )
    if not shown:
        note = _nothing(store, said, wanted)
    return Answer(
        columns=COLUMNS,
        rows=[_row(store, one) for one in shown],
        below=("evidence",),
        note="\n".join(filter(None, (how_read, note))),
    )


def _mappings(store: View, said: str, function: Concept | None, family: str | None) -> set[str] | None:
    """Keys of the mappings that fit all that is asked; ``None`` where nothing is."""
    sets: list[set[str]] = []
    if said:
        concepts = concepts_called(store, said)
        sets.append({edge.mapping for concept in concepts for edge in store.edges(concept=concept.key)})
    if function:
        sets.append({edge.mapping for edge in store.edges(function=function.key)})
    if family:
        parent = store.resolve_concept(family, "family").key
        members = [link.target for link in store.neighbours([parent]) if link.how == "in family"]
        sets.append({edge.mapping for member in members for edge in store.edges(concept=member)})
    return set.intersection(*sets) if sets else None


def _nothing(store: View, said: str, wanted: set[str] | None) -> str:
    if wanted:
        return f"none of the {len(wanted)} mappings that fit first appeared then, as far as papers here are dated"
    if said:
        return f"no mapping in the graph fits {said[:80]!r} and what else is asked; {nearest(store, said)}"
    if wanted is not None:
        return "no mapping in the graph fits all that is asked; ask for less"
    return "no dated paper of that time states a mapping here" if store.edges(limit=1) else EMPTY


def _row(store: View, appearance: Appearance) -> Row:
    mapping = store.mapping(appearance.mapping)
    belief = store.belief_of(mapping.key)
    said = [item for item in store.evidence(mapping=mapping.key) if item.paper == appearance.paper and item.stance == "for"]
    return {
        "year": int(appearance.published[:4]) if appearance.published[:4].isdigit() else appearance.published,
        "mapping": mapping.key,
        "mechanism": store.concept(mapping.mechanism).name,
        "relation": mapping.relation,
        "technique": store.concept(mapping.technique).name,
        "first paper": title_and_year(store.paper(appearance.paper)),
        "papers": belief.papers,
        "belief": round(belief.value, 3),
        "evidence": [cited(store, item) for item in best(said, 1)],
    }
