"""Which papers think alike? Papers that share mechanisms, techniques or functions with one, and what they share."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from typing import TYPE_CHECKING

import click

from kg.model import Mapping, Paper
from kg.view import Edge
from queries.cite import cited, readable, shared_functions, title_and_year
from queries.named import paper_called
from queries.show import Answer, Row

if TYPE_CHECKING:
    from kg.view import View

QUESTION = """Show papers that state the same mapping as PAPER, or share a mechanism, a technique or a function with it, and why.

PAPER is a key (arxiv:2205.08645, doi:10.1000/x), a bare arXiv id or DOI, the address of either, or a title. What few papers share
counts for more than what many do.

\b
Example:
  exapt ask related arxiv:2312.14878
  exapt ask related https://arxiv.org/abs/2312.14878
  exapt ask related "REMIND Your Neural Network to Prevent Catastrophic Forgetting" --format json
"""
PARAMS: list[click.Parameter] = [
    click.Argument(["paper"], nargs=-1, required=True),
    click.Option(["--limit"], type=click.IntRange(1, 1000), default=10, show_default=True, help="At most so many papers."),
]
_ARXIV = re.compile(
    r"(?:(?:https?://)?(?:www\.|export\.)?(?:arxiv\.org/(?:abs|pdf|html|format)|alphaxiv\.org/abs|huggingface\.co/papers)/)?"
    r"(?P<id>\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d{7})(?:v\d+)?(?:\.pdf)?/?(?:[?#]\S*)?",
    re.IGNORECASE,
)
_DOI = re.compile(r"(?:(?:https?://)?(?:dx\.)?doi\.org/)?(?P<id>10\.\d{4,9}/\S+)", re.IGNORECASE)
COLUMNS = ("paper", "title", "year", "match", "why", "mappings", "evidence")
MAPPING, MECHANISM, TECHNIQUE, FUNCTION = 4.0, 2.0, 1.5, 0.5
"""What it is worth to share one of each, before how common it is."""
MOST = 2000
"""Mappings of one function that are looked through, in order of key: what thousands share tells little."""


def ask(store: View, *, paper: tuple[str, ...], limit: int = 10) -> Answer:
    asked = paper_called(store, _key(" ".join(paper)))
    own = list(dict.fromkeys(item.mapping for item in store.evidence(paper=asked.key)))
    store.gather(own)
    reasons = _reasons(store, asked, [store.mapping(key) for key in own])
    ranked = sorted(reasons, key=lambda key: (-sum(worth for worth, _ in reasons[key].values()), key))
    note = f"{limit} of {len(ranked)}; --limit shows more" if len(ranked) > limit else ""
    if not own:
        note = f"{asked.title!r:.80} states no mapping here; `exapt ask timeline` shows papers that do"
    elif not ranked:
        note = f"no other paper here shares a mechanism, a technique or a function with {asked.title!r:.80}"
    shown = ranked[:limit]
    store.gather(mapping for key in shown for mapping in _mappings(reasons[key]))
    rows = [_row(store, store.paper(key), reasons[key]) for key in shown]
    return Answer(columns=COLUMNS, rows=rows, below=("why", "evidence"), aside=("mappings",), note=note)


def _key(text: str) -> str:
    """The key of a paper that is given as a bare arXiv id or DOI, or as an address of either; else ``text`` as it is."""
    text = text.strip()
    for scheme, pattern in (("arxiv", _ARXIV), ("doi", _DOI)):
        if found := pattern.fullmatch(text):
            return f"{scheme}:{found['id']}"
    return text


Reasons = dict[str, tuple[float, list[str]]]
"""What is shared, in words, to what that is worth and the mappings of the other paper that say so."""


def _reasons(store: View, asked: Paper, own: list[Mapping]) -> dict[str, Reasons]:
    """By key of the other paper, what it shares with the one that is asked about."""
    found: dict[str, Reasons] = defaultdict(dict)

    def share(what: str, worth: float, edges: list[Edge]) -> None:
        papers: dict[str, list[str]] = defaultdict(list)
        for mapping, paper in store.statements(dict.fromkeys(edge.mapping for edge in edges)):
            papers[paper].append(mapping)
        for paper, mappings in papers.items():
            if paper != asked.key:
                found[paper][what] = (worth / math.log2(1 + len(papers)), mappings)

    for mapping in own:
        ends = store.concept(mapping.mechanism), store.concept(mapping.technique)
        edge = Edge(mapping.key, mapping.mechanism, mapping.relation, mapping.technique)
        share(f"states {ends[0].name} → {ends[1].name} too", MAPPING, [edge])
    for key in dict.fromkeys(mapping.mechanism for mapping in own):
        share(f"same mechanism: {store.concept(key).name}", MECHANISM, store.edges(concept=key))
    for key in dict.fromkeys(mapping.technique for mapping in own):
        share(f"same technique: {store.concept(key).name}", TECHNIQUE, store.edges(concept=key))
    for key in dict.fromkeys(function for mapping in own for function in _served(store, mapping)):
        share(f"same function: {readable(store.concept(key).name)}", FUNCTION, store.edges(function=key, limit=MOST))
    return found


def _served(store: View, mapping: Mapping) -> tuple[str, ...]:
    return shared_functions(mapping, store.concept(mapping.mechanism), store.concept(mapping.technique))


def _mappings(reasons: Reasons) -> list[str]:
    """The other paper's mappings, those first that share most."""
    ranked = sorted(reasons.values(), key=lambda reason: -reason[0])
    return list(dict.fromkeys(key for _, mappings in ranked for key in mappings))[:3]


def _row(store: View, paper: Paper, reasons: Reasons) -> Row:
    mappings = _mappings(reasons)
    said = [item for key in mappings for item in store.evidence(mapping=key) if item.paper == paper.key and item.stance == "for"]
    return {
        "paper": paper.key,
        "title": title_and_year(paper),
        "year": paper.year,
        "match": round(sum(worth for worth, _ in reasons.values()), 3),
        "why": list(reasons),
        "mappings": mappings,
        "evidence": [cited(store, item) for item in said[:2]],
    }
