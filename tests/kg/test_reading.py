"""What questions read at once from a large store is what a plain look at every record tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.made_graph import MadeGraph
from kg.model import Concept, Evidence, Mapping, Paper, Span, sha256
from kg.store import Store
from kg.view import ANSWERED, FunctionCount


@pytest.fixture
def merged(tmp_path: Path) -> Store:
    """A graph of 500 mappings in which functions, mechanisms and techniques were merged."""
    store = Store.open(tmp_path / "graph.db")
    store.restore(MadeGraph(500).rows())
    for kind in ("function", "mechanism", "technique"):
        first, second, third, *_ = store.concepts(kind)  # type: ignore[arg-type]
        store.merge_concepts(first.key, second.key)
        store.merge_concepts(third.key, second.key)
    return store


def counted(store: Store) -> list[FunctionCount]:
    """The counts, one record at a time."""
    mappings = [one for one in store.mappings() if not rejected(store, one.key)]
    answered = {end for one in mappings if one.relation in ANSWERED for end in (one.mechanism, one.technique)}
    found = []
    for function in store.concepts("function"):
        serving = {concept.key for concept in store.concepts() if function.key in concept.functions}
        naming = [one for one in mappings if function.key in one.functions]
        saying = [one for one in store.mappings() if function.key in one.functions]
        serving |= {end for one in saying for end in (one.mechanism, one.technique)}
        mechanisms = {key for key in serving if key.startswith("mechanism:")}
        techniques = {key for key in serving if key.startswith("technique:")} & answered
        example = min((one.key for one in naming), default="")
        if serving:
            found.append(FunctionCount(function.key, len(mechanisms), len(techniques), len(mechanisms - answered), example))
    return found


def rejected(store: Store, mapping: str) -> bool:
    """Whether a curator rejected every reading that states it."""
    said = store.evidence(mapping=mapping)
    gone = {one.paper for one in said if one.by == "curator" and one.stance == "against"}
    return bool(gone) and all(one.paper in gone for one in said if one.stance == "for")


def test_what_a_curator_rejected_answers_nothing(merged: Store) -> None:
    with merged as store:
        some = {concept.key for concept in store.concepts("mechanism")[:5]}
        for mapping in [one for one in store.mappings() if one.mechanism in some]:
            for paper in {one.paper for one in store.evidence(mapping=mapping.key) if one.by != "race"}:
                store.decide(mapping.key, paper, accept=False)
        gone = {one.key for one in store.mappings() if rejected(store, one.key)}
        assert gone and store.rejected() == sorted(gone)
        assert store.function_counts() == counted(store)
        answered = {one.mechanism for one in store.mappings() if one.relation in ANSWERED and one.key not in gone}
        assert store.unanswered() == sorted({concept.key for concept in store.concepts("mechanism")} - answered) != []


def test_functions_are_counted_once_however_many_names_merges_left(merged: Store) -> None:
    with merged as store:
        assert store.function_counts() == counted(store)


def test_belief_in_some_mappings_is_the_belief_among_all(merged: Store) -> None:
    with merged as store:
        everything = store.beliefs()
        for relation in ("contrasts", "inspires"):
            keys = [edge.mapping for edge in store.edges(relation=relation)]  # type: ignore[arg-type]
            assert keys and store.beliefs(keys) == {key: everything[key] for key in keys}


def test_a_mapping_that_few_papers_state_is_found_beside_one_that_most_of_the_best_do(tmp_path: Path) -> None:
    with Store.open(tmp_path / "graph.db") as store:
        ends = [store.add_concept(Concept(kind="mechanism", name="heat shock response", status="curated"))]
        ends += [store.add_concept(Concept(kind="technique", name=name, status="curated")) for name in ("dropout", "decay")]
        often, once = (store.add_mapping(Mapping(mechanism=ends[0], relation="inspires", technique=end)) for end in ends[1:])
        texts = [(often, f"Heat {number}") for number in range(30)]
        texts.append((once, "Of heat, among very many other things that are spoken of here at some length"))
        for number, (mapping, title) in enumerate(texts):
            paper, _ = store.add_paper(Paper(key=f"arxiv:1234.{number:05}", title=title))
            span = (Span("title", 0, 4),)
            store.add_evidence(Evidence(mapping=mapping, paper=paper, passages=span, text_sha256=sha256(title), by="abstract"))
        assert [key for key, _ in store.search_passages("heat", limit=2)] == [often, once]
        assert [key for key, _ in store.search_passages("heat", limit=1)] == [often]


def test_what_is_called_so_is_found_and_what_is_not_is_none(merged: Store) -> None:
    with merged as store:
        for kind in ("mechanism", "function"):
            concept = store.concepts(kind)[-1]  # type: ignore[arg-type]
            assert store.find_concept(concept.name.upper(), kind) == store.resolve_concept(concept.name) == concept  # type: ignore[arg-type]
        assert store.find_concept("zzqq") is None
