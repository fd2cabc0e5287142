"""What a reader found, between concepts of the graph: mentions are grounded, and the concepts that are named are kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ingest import atlas
from ingest.functions import served
from ingest.ground import Grounder, Grounding, lexicon_concepts
from kg.model import Concept, Evidence, Found, Mapping, Paper, concept_key, sha256
from kg.store import Store


def evidence_of(paper: Paper, mapping: Mapping, found: Found, *, by: str, version: str) -> Evidence:
    """Where ``paper`` states ``mapping``, as reader ``by`` found it."""
    return Evidence(
        mapping=mapping.key,
        paper=paper.key,
        passages=found.passages,
        mechanism_span=found.mechanism_span,
        technique_span=found.technique_span,
        text_sha256=sha256(paper.text(found.passages[0].field) or ""),
        by=by,
        version=version,
        score=found.score,
        hedged=found.hedged,
    )


def sides(grounder: Grounder, found: Found, paper: Paper) -> tuple[Grounding, Grounding]:
    """The mechanism and the technique that ``found`` names, with the short forms that ``paper`` explains written out."""
    text = f"{paper.title}\n{paper.abstract or ''}"
    return (
        grounder.ground("mechanism", found.mechanism, found.mechanism_concept, text=text),
        grounder.ground("technique", found.technique, found.technique_concept, text=text),
    )


class Statements:
    """Grounds mentions in the curated concepts (atlas, lexicon, and what a curator added), and keeps those that are named.

    The atlas's concepts count whether or not the atlas is in the store, so that a paper reads the same in every store.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        curated = [*atlas.concepts(), *lexicon_concepts()]
        own = [concept for concept in store.concepts() if concept.status == "curated"]
        self._known = {concept.key: concept for concept in [*own, *curated]}
        # The lexicon speaks first: its names were chosen to be read.
        self._grounder = Grounder([*lexicon_concepts(), *curated, *own])
        # In the order in which they were kept, so that the last can be taken back.
        self._kept: dict[str, None] = {}

    @contextmanager
    def undone_on_error(self) -> Iterator[None]:
        """Where a block fails, what it kept is taken to be kept no longer: the transaction around it takes it back."""
        before = len(self._kept)
        try:
            yield
        except BaseException:
            while len(self._kept) > before:
                self._kept.popitem()
            raise

    def mapping(self, found: Found, paper: Paper) -> Mapping:
        """What ``found`` states, between concepts; where the reader names no function, those that it likely serves."""
        mechanism, technique = (side.concept for side in sides(self._grounder, found, paper))
        named = [name if name.startswith("function:") else concept_key("function", name) for name in found.functions]
        functions = named or served(found, paper, mechanism=mechanism, technique=technique)
        return Mapping(
            mechanism=self._keep(mechanism),
            relation=found.relation,
            technique=self._keep(technique),
            functions=tuple(self._keep(self._of_key(key)) for key in functions),
        )

    def _keep(self, concept: Concept) -> str:
        if concept.key not in self._kept or concept.status == "proposed":
            self._kept[concept.key] = None
            for key in (concept.parent, *concept.functions):
                if key is not None and key not in self._kept:
                    self._keep(self._of_key(key))
            self._store.add_concept(concept)
        return concept.key

    def _of_key(self, key: str) -> Concept:
        if key in self._known:
            return self._known[key]
        kind, _, words = key.partition(":")
        return Concept(kind="function" if kind == "function" else "family", name=words.replace("-", " "))
