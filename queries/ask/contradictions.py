"""On what do papers disagree? Pairs that one paper likens and another contrasts, speaks against, or a race did not bear out."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import click

from kg.model import Evidence
from kg.view import Dispute
from queries.cite import best, cited
from queries.named import names, nearest
from queries.show import Answer, Row
from queries.verdicts import lost, verdict_rows
from queries.words import content_words, stem

if TYPE_CHECKING:
    from kg.view import View

QUESTION = """Show mechanisms and techniques on which papers or races disagree: likened by some, denied by others.

TEXT keeps the pairs that have one of its words in a name. What is only contrasted, with nobody saying otherwise, is in
`exapt ask contrasts`.

\b
Example:
  exapt ask contradictions
  exapt ask contradictions reasoning --format json
"""
PARAMS: list[click.Parameter] = [
    click.Argument(["text"], nargs=-1),
    click.Option(["--limit"], type=click.IntRange(1, 1000), default=20, show_default=True, help="At most so many rows."),
]
COLUMNS = ("mechanism", "technique", "how", "for", "against", "belief", "mappings", "evidence")


def ask(store: View, *, text: tuple[str, ...] = (), limit: int = 20) -> Answer:
    said = " ".join(text)
    found = [case for case in _cases(store) if case.for_ and case.against]
    wanted = {stem(word) for word in content_words(said)}
    if wanted:
        found = [case for case in found if _words(store, case) & wanted]
    found.sort(key=Case.rank)
    note = f"{limit} of {len(found)}; --limit shows more" if len(found) > limit else ""
    if not found:
        note = "nothing that one paper says is denied by another here; `exapt ask contrasts` shows where analogies end"
        if wanted:
            note = f"no disagreement speaks of {said[:80]!r}; {nearest(store, said)}"
    store.gather(edge.mapping for case in found[:limit] for edge in case.edges)
    rows = [_row(store, case) for case in found[:limit]]
    return Answer(columns=COLUMNS, rows=rows, below=("evidence",), aside=("mappings",), note=note)


class Case(NamedTuple):
    """All mappings between two concepts, and how many papers and races are on either side."""

    mechanism: str
    technique: str
    edges: list[Dispute]
    for_: int
    against: int

    def rank(self) -> tuple[int, int, str, str]:
        """First where the lesser side is strong, then where much is said."""
        return -min(self.for_, self.against), -self.for_ - self.against, self.mechanism, self.technique


def _cases(store: View) -> list[Case]:
    pairs: dict[tuple[str, str], list[Dispute]] = defaultdict(list)
    for dispute in store.disputes():
        pairs[dispute.mechanism, dispute.technique].append(dispute)
    return [_case(*pair, disputes) for pair, disputes in pairs.items()]


def _case(mechanism: str, technique: str, disputes: list[Dispute]) -> Case:
    # Where there is no likeness, the contrast is what is said and denied.
    likenesses = [one for one in disputes if one.relation != "contrasts"]
    held = likenesses or disputes
    contrasted = sum(one.for_ for one in disputes if one.relation == "contrasts") if likenesses else 0
    # What a race told as a contrast is one race with the verdict that it lost.
    raced = sum(one.lost for one in held) or (sum(one.noted for one in disputes) if likenesses else 0)
    against = contrasted + raced + sum(one.against for one in held)
    return Case(mechanism, technique, disputes, sum(one.for_ for one in held), against)


def _words(store: View, case: Case) -> set[str]:
    ends = store.concept(case.mechanism), store.concept(case.technique)
    return {stem(word) for end in ends for name in names(end) for word in content_words(name)}


def _row(store: View, case: Case) -> Row:
    # Of the likenesses, or where there is none, of what is contrasted.
    held = [edge.mapping for edge in case.edges if edge.relation != "contrasts"] or [edge.mapping for edge in case.edges]
    beliefs = store.beliefs(held)
    said = {edge: store.evidence(mapping=edge.mapping) for edge in case.edges}
    likened = [item for edge, items in said.items() if edge.relation != "contrasts" for item in items if item.stance == "for"]
    contrasted = [item for edge, items in said.items() if edge.relation == "contrasts" for item in items if item.stance == "for"]
    denied = [item for items in said.values() for item in items if item.stance == "against"]
    races = [race for edge in case.edges for race in verdict_rows(store.results(mapping=edge.mapping)) if lost(race)]
    relations = sorted({edge.relation for edge in case.edges if edge.relation != "contrasts"})
    how = [
        *relations,
        *(["contrasts"] if contrasted else []),
        *(["spoken against"] if denied else []),
        *(["race lost"] if races else []),
    ]
    return {
        "mechanism": store.concept(case.mechanism).name,
        "technique": store.concept(case.technique).name,
        "how": " / ".join(how),
        "for": case.for_,
        "against": case.against,
        "belief": round(max(belief.value for belief in beliefs.values()), 3),
        "mappings": [edge.mapping for edge in case.edges],
        "evidence": [
            *(_on(store, "for", item) for item in best(likened, 2)),
            *(_on(store, "contrast", item) for item in best(contrasted, 2)),
            *(cited(store, item) for item in best(denied, 2)),
            *races,
        ],
    }


def _on(store: View, side: str, item: Evidence) -> dict[str, object]:
    shown = cited(store, item)
    return shown | {"text": f"{side}: {shown['text']}", "side": side}
