"""What a question reads: the graph as merges and renames show it, whichever store holds it.

:class:`kg.store_view.StoreView` reads it from one SQLite file, :class:`kg.mirror.view.MirrorView` from Neo4j. Both give the
same records in the same order for the same graph, so a question is written once and knows of neither. A question names keys;
what it wants of many mappings at once is here as one call, so that it costs one query and not one for each.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    from kg.belief import Belief
    from kg.evidence import Quote
    from kg.model import Concept, Evidence, Kind, Mapping, Paper, Relation, Result

ANSWERED: tuple[Relation, ...] = ("inspires", "analogous")
"""Relations by which a mechanism has become a technique: neither a contrast nor an idea."""


class Edge(NamedTuple):
    """A mapping without what it says: its key, relation and two ends, as keys."""

    mapping: str
    mechanism: str
    relation: Relation
    technique: str


class Dispute(NamedTuple):
    """A mapping on which papers or races disagree, or that another mapping between the same two concepts denies."""

    mapping: str
    mechanism: str
    relation: Relation
    technique: str
    for_: int
    """Papers that state it; notes of races are none."""
    against: int
    """Papers that speak against it."""
    lost: int
    """Races that its prototype lost."""
    noted: int
    """Races of which a note states it."""


class Link(NamedTuple):
    """One step from a concept to another: over a mapping, to a function that it serves, to its family, or back from these."""

    source: str
    how: str
    """The relation of the mapping, ``"serves"`` or ``"in family"``; the same in both directions."""
    target: str
    mapping: str
    """Key of the mapping that says so; empty where the concept itself does."""


class Appearance(NamedTuple):
    """The first dated paper that states a mapping."""

    published: str
    paper: str
    mapping: str


class FunctionCount(NamedTuple):
    """How many concepts serve a function, as the concepts themselves or their mappings say."""

    function: str
    mechanisms: int
    techniques: int
    """Of those only such as a mechanism became: by a mapping that inspires or is analogous."""
    waiting: int
    """Mechanisms that have become no technique."""
    example: str
    """Key of the first mapping that names it and that no curator rejected, empty where none does."""


class View(Protocol):
    """The reading methods of a store."""

    def paper(self, key: str) -> Paper: ...
    def sources(self, key: str) -> tuple[str, ...]: ...
    def concept(self, key: str) -> Concept: ...
    def concepts(self, kind: Kind | None = None) -> list[Concept]: ...
    def find_concept(self, text: str, kind: Kind | None = None) -> Concept | None: ...
    def resolve_concept(self, text: str, kind: Kind | None = None) -> Concept: ...
    def mapping(self, key: str) -> Mapping: ...
    def mappings(
        self,
        *,
        relation: Relation | None = None,
        mechanism: str | None = None,
        technique: str | None = None,
        function: str | None = None,
    ) -> list[Mapping]: ...
    def evidence(
        self, mapping: str | None = None, paper: str | None = None, *, stance: Literal["for", "against"] | None = None
    ) -> list[Evidence]: ...
    def evidence_in(self, papers: Iterable[str]) -> list[Evidence]: ...
    def results(
        self, *, race: str | None = None, prototype: str | None = None, mapping: str | None = None, arm: str | None = None
    ) -> list[Result]: ...
    def search(self, text: str, *, kinds: Sequence[Kind] = ..., limit: int = 20) -> list[tuple[str, float]]: ...
    def search_passages(self, text: str, *, limit: int = 20) -> list[tuple[str, float]]: ...
    def near_names(self, text: str, *, limit: int = 5) -> list[str]: ...
    def quote(self, evidence_: Evidence) -> Quote: ...
    def mismatches(self) -> list[Evidence]: ...
    def belief_of(self, mapping: str) -> Belief: ...
    def beliefs(self, keys: Iterable[str] | None = None) -> dict[str, Belief]: ...
    def counts(self) -> dict[str, int]: ...
    def gather(self, mappings: Iterable[str]) -> None: ...
    def edges(
        self,
        *,
        relation: Relation | None = None,
        concept: str | None = None,
        function: str | None = None,
        limit: int | None = None,
    ) -> list[Edge]: ...
    def edges_of(self, mappings: Iterable[str]) -> list[Edge]: ...
    def rejected(self) -> list[str]: ...
    def serving(self, function: str) -> list[str]: ...
    def unanswered(self, function: str | None = None) -> list[str]: ...
    def function_counts(self) -> list[FunctionCount]: ...
    def neighbours(self, keys: Iterable[str]) -> list[Link]: ...
    def disputes(self) -> list[Dispute]: ...
    def appearances(
        self,
        *,
        mappings: Iterable[str] | None = None,
        first: str | None = None,
        last: str | None = None,
        limit: int | None = None,
    ) -> list[Appearance]: ...
    def statements(self, mappings: Iterable[str]) -> list[tuple[str, str]]: ...
    def papers_stating(self, relation: Relation, *, at_least: int) -> list[str]: ...
