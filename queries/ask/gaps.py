"""What in biology is still waiting? Mechanisms that no technique answers, functions that few techniques serve."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import click

from kg.errors import NotFound
from kg.model import Concept, Evidence, Mapping
from queries.cite import best, cited, readable
from queries.show import Answer, Row

if TYPE_CHECKING:
    from kg.store import Store

QUESTION = """Show mechanisms that no technique answers yet, or that are only proposed, and functions that few techniques serve.

For each, `try` names techniques that do the same for other mechanisms: candidates to build on.

\b
Example:
  exapt ask gaps
  exapt ask gaps --function respond_to_stress --format csv
"""
PARAMS: list[click.Parameter] = [
    click.Option(["--function", "function"], metavar="NAME", help="Only what serves this function, such as respond_to_stress."),
    click.Option(["--limit"], type=click.IntRange(1, 1000), default=20, show_default=True, help="At most so many rows."),
]
COLUMNS = ("gap", "name", "why", "mechanisms", "techniques", "try", "evidence")
ANSWERED = ("inspires", "analogous")


def ask(store: Store, *, function: str | None = None, limit: int = 20) -> Answer:
    wanted = _function(store, function) if function else None
    mappings = store.mappings()
    served = _techniques_by_function(mappings)
    by_mechanism: dict[str, list[Mapping]] = defaultdict(list)
    for mapping in mappings:
        by_mechanism[mapping.mechanism].append(mapping)
    waiting: list[Waiting] = []
    for concept in store.concepts("mechanism"):
        stated = by_mechanism.get(concept.key, [])
        functions = tuple(dict.fromkeys([*concept.functions, *(key for mapping in stated for key in mapping.functions)]))
        if not any(mapping.relation in ANSWERED for mapping in stated) and (not wanted or wanted in functions):
            proposals = [mapping for mapping in stated if mapping.relation == "proposes"]
            evidence = [item for mapping in proposals or stated for item in store.evidence(mapping=mapping.key)]
            waiting.append(Waiting(concept, proposals, stated, evidence, functions))
    waiting.sort(key=Waiting.rank)
    bare = [] if wanted else _function_rows(store, mappings)
    # Functions get a quarter of the room, or whatever the mechanisms leave.
    room = max(limit - len(bare), limit - limit // 4)
    shown = [*(_mechanism_row(store, one, served) for one in waiting[:room]), *bare][:limit]
    note = f"{room} of {len(waiting)} mechanisms without a technique; --limit shows more" if len(waiting) > room else ""
    if not mappings:
        note = "the graph is empty; fill it: exapt ingest atlas"
    elif not shown:
        note = "no gap found: every mechanism here has a technique"
    return Answer(columns=COLUMNS, rows=shown, below=("try", "evidence"), note=note)


def _function(store: Store, name: str) -> str:
    known = store.concepts("function")
    for concept in known:
        if name.casefold().replace(" ", "_").replace("-", "_") in (concept.name.casefold().replace(" ", "_"), concept.key):
            return concept.key
    raise NotFound("function", name, [concept.name for concept in known])


def _techniques_by_function(mappings: list[Mapping]) -> dict[str, dict[str, int]]:
    """Function key to the techniques that serve it and how many mappings say so."""
    served: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for mapping in mappings:
        if mapping.relation in ANSWERED:
            for function in mapping.functions:
                served[function][mapping.technique] += 1
    return served


class Waiting(NamedTuple):
    """A mechanism that no technique answers, with the ideas that there are and all that is stated of it."""

    concept: Concept
    proposals: list[Mapping]
    stated: list[Mapping]
    evidence: list[Evidence]
    functions: tuple[str, ...]

    def rank(self) -> tuple[float, str]:
        """The surest proposals first, then what is only contrasted, then what no paper speaks of."""
        if self.proposals:
            return -max((item.score for item in self.evidence), default=0.0), self.concept.name
        return 1.0 if self.stated else 2.0, self.concept.name


def _mechanism_row(store: Store, waiting: Waiting, served: dict[str, dict[str, int]]) -> Row:
    why = "only contrasts are stated" if waiting.stated else "no paper here maps it to a technique"
    if waiting.proposals:
        ideas = dict.fromkeys(store.concept(mapping.technique).name for mapping in waiting.proposals)
        why = f"only proposed: {', '.join(ideas)}"
    counts: dict[str, int] = defaultdict(int)
    for function in waiting.functions:
        for technique, count in served.get(function, {}).items():
            counts[technique] += count
    candidates = sorted(counts, key=lambda key: (-counts[key], key))[:3]
    return {
        "gap": "mechanism",
        "name": waiting.concept.name,
        "why": why,
        "mechanisms": 1,
        "techniques": 0,
        "try": [store.concept(key).name for key in candidates],
        "evidence": [cited(store, item) for item in best(waiting.evidence, 2)],
    }


def _function_rows(store: Store, mappings: list[Mapping]) -> list[Row]:
    """Functions that at least three mechanisms serve and at most two thirds as many techniques, the barest first."""
    mechanisms, techniques = defaultdict(set), defaultdict(set)
    stated: dict[str, list[Mapping]] = defaultdict(list)
    for mapping in mappings:
        for function in mapping.functions:
            mechanisms[function].add(mapping.mechanism)
            stated[function].append(mapping)
            if mapping.relation in ANSWERED:
                techniques[function].add(mapping.technique)
    few = [key for key in mechanisms if len(mechanisms[key]) >= 3 and 3 * len(techniques[key]) <= 2 * len(mechanisms[key])]
    few.sort(key=lambda key: (len(techniques[key]) / len(mechanisms[key]), key))
    rows: list[Row] = []
    for key in few:
        evidence = [item for mapping in stated[key][:5] for item in store.evidence(mapping=mapping.key)]
        rows.append(
            {
                "gap": "function",
                "name": readable(store.concept(key).name),
                "why": "many mechanisms, few techniques",
                "mechanisms": len(mechanisms[key]),
                "techniques": len(techniques[key]),
                "try": [store.concept(name).name for name in sorted(techniques[key])[:3]],
                "evidence": [cited(store, item) for item in best(evidence, 2)],
            }
        )
    return rows
