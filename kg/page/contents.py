"""What the page holds: the most believed mappings with all of their evidence, as plain values that JSON can write."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, urlsplit

from kg.belief import Belief
from kg.model import Concept, Evidence, Mapping, Paper, Span
from kg.store import Store

Plain = dict[str, Any]
SHOWN_PASSAGE = 4000
"""Characters of a passage that are shown: some papers print no full stop."""


def contents(store: Store, *, limit: int) -> Plain:
    """Concepts, papers and mappings at one moment, as lists that name each other by place; empty values are left out.

    Args:
        limit: at most so many mappings, the most believed ones first; concepts that no mapping names come only where none
            of the mappings is left out, and at most as many of them.
    """
    with store.snapshot():
        return _contents(store, limit)


def _contents(store: Store, limit: int) -> Plain:
    beliefs = store.beliefs()
    every = sorted(store.mappings(), key=lambda one: (-beliefs[one.key].value, -beliefs[one.key].papers, one.key))
    kept = sorted(every[:limit], key=lambda one: one.key)
    known = {concept.key: concept for concept in store.concepts()}
    named = _named(kept, known)
    others = sorted(known.keys() - named)
    chosen = sorted(named | set(others[:limit] if len(kept) == len(every) else ()))
    concepts = {key: number for number, key in enumerate(chosen)}
    papers = _Papers(store)
    mappings = [_mapping(store, mapping, beliefs[mapping.key], known, concepts, papers) for mapping in kept]
    return {
        "concepts": [_concept(known[key], concepts) for key in chosen],
        "mappings": mappings,
        "papers": papers.rows,
        "left_out": {
            "mappings": len(every) - len(kept),
            "concepts": len(known) - len(chosen),
            "least": min((beliefs[one.key].value for one in kept), default=0.0),
        },
    }


def _named(mappings: Iterable[Mapping], known: dict[str, Concept]) -> set[str]:
    """Keys of the concepts that the mappings lead to: both ends, what they do, and the families of the ends."""
    found: set[str] = set()
    for mapping in mappings:
        ends = known[mapping.mechanism], known[mapping.technique]
        found |= {mapping.mechanism, mapping.technique, *_functions(mapping, *ends)}
        found |= {end.parent for end in ends if end.parent}
    return found & known.keys()


def _functions(mapping: Mapping, mechanism: Concept, technique: Concept) -> tuple[str, ...]:
    """What both sides do: as stated with the mapping, else what both concepts serve, else what the mechanism does."""
    both = tuple(key for key in mechanism.functions if key in technique.functions)
    return mapping.functions or both or mechanism.functions


def _concept(concept: Concept, places: dict[str, int]) -> Plain:
    return _full(
        key=concept.key,
        name=concept.name,
        kind=concept.kind,
        aliases=list(concept.aliases),
        domain=concept.domain,
        family=places.get(concept.parent or ""),
        functions=[places[key] for key in concept.functions if key in places],
        definition=concept.definition,
        see=[[name, _outside(name)] for name in concept.see],
        proposed=concept.status == "proposed",
    )


def _mapping(
    store: Store, mapping: Mapping, belief: Belief, known: dict[str, Concept], places: dict[str, int], papers: _Papers
) -> Plain:
    functions = _functions(mapping, known[mapping.mechanism], known[mapping.technique])
    evidence = sorted(store.evidence(mapping=mapping.key), key=lambda one: (-one.score, one.paper, one.passages, one.by))
    return _full(
        key=mapping.key,
        mechanism=places[mapping.mechanism],
        relation=mapping.relation,
        technique=places[mapping.technique],
        functions=[places[key] for key in functions if key in places],
        pairs=[[pair.mechanism_role, pair.technique_role] for pair in mapping.pairs],
        belief=belief.value,
        papers=belief.papers,
        words=belief.in_words,
        sum=[str(term) for term in belief.terms],
        evidence=[_evidence(store, item, papers) for item in evidence],
    )


def _evidence(store: Store, evidence: Evidence, papers: _Papers) -> Plain:
    place = papers.place(evidence.paper)
    quoted = store.quote(evidence)
    passages: list[list[list[str]]] = []
    if quoted.state == "quoted":
        passages = [_marked(text, span, evidence) for text, span in zip(quoted.texts, evidence.passages, strict=True)]
    return _full(
        paper=place,
        state=quoted.state,
        quotes=passages,
        place=", ".join(f"{span.field} {span.start}–{span.end}" for span in evidence.passages),
        by=evidence.by,
        score=round(evidence.score, 3),
        against=evidence.stance == "against",
        hedged=evidence.hedged,
    )


def _marked(text: str, passage: Span, evidence: Evidence) -> list[list[str]]:
    """``text`` cut into (words, "" or "mechanism" or "technique"), so that the page can mark what was read as what."""
    roles = [
        (span, role) for span, role in ((evidence.mechanism_span, "mechanism"), (evidence.technique_span, "technique")) if span
    ]
    pieces: list[list[str]] = []
    at = passage.start
    for span, role in sorted(roles):
        if span.field == passage.field and at <= span.start < span.end <= passage.end:
            pieces += [[text[at - passage.start : span.start - passage.start], ""]] if at < span.start else []
            pieces.append([text[span.start - passage.start : span.end - passage.start], role])
            at = span.end
    rest = text[at - passage.start :]
    if len(rest) > SHOWN_PASSAGE:
        rest = rest[:SHOWN_PASSAGE] + " …"
    return [*pieces, [rest, ""]] if rest else pieces


class _Papers:
    """Papers that evidence names, each once, in the order in which they are first named."""

    def __init__(self, store: Store) -> None:
        self._store, self._places = store, dict[str, int]()
        self.rows: list[Plain] = []

    def place(self, key: str) -> int:
        if key not in self._places:
            paper = self._store.paper(key)
            self._places[key] = len(self.rows)
            self.rows.append(
                _full(
                    key=key, title=paper.title, year=paper.year, url=_address(paper), venue=paper.venue,
                    authors=_authors(paper), source=", ".join(self._store.sources(key)),
                )
            )  # fmt: skip
        return self._places[key]


def _authors(paper: Paper) -> str:
    return ", ".join(paper.authors) if len(paper.authors) <= 3 else f"{paper.authors[0]} and {len(paper.authors) - 1} others"


def _address(paper: Paper) -> str | None:
    """Where a reader finds the paper: its address if it is one of the web, else what its DOI or arXiv id leads to."""
    if paper.url and _of_the_web(paper.url):
        return paper.url
    ids = dict(paper.ids)
    for scheme, start in (("doi", "https://doi.org/"), ("arxiv", "https://arxiv.org/abs/")):
        if scheme in ids:
            return start + quote(ids[scheme], safe="/.:;()")
    return None


def _of_the_web(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def _outside(name: str) -> str | None:
    """Address of an outside id such as ``"GO:0009408"``."""
    scheme, _, number = name.partition(":")
    pages = {
        "go": f"https://amigo.geneontology.org/amigo/term/GO:{quote(number)}",
        "mesh": f"https://meshb.nlm.nih.gov/record/ui?ui={quote(number)}",
        "wd": f"https://www.wikidata.org/wiki/{quote(number)}",
    }
    return pages.get(scheme.lower()) if number else None


def _full(**values: Any) -> Plain:
    # Zero is a place in a list, and belief may be none at all: both stay.
    return {name: value for name, value in values.items() if value is not None and value is not False and value not in ("", [])}
