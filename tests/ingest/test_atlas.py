"""The atlas gives answers before any paper is ingested, and quotes as soon as one is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ingest import atlas
from ingest.ground import lexicon_concepts
from ingest.pipeline import ingest, ingest_atlas
from ingest.sources import open_path
from kg.model import Concept, Evidence, Mapping, Paper, Span, sha256, title_key
from kg.store import Store


@pytest.fixture(scope="module")
def filled() -> Iterator[Store]:
    with Store.open(":memory:") as store:
        ingest_atlas(store)
        yield store


def test_it_holds_what_its_card_says() -> None:
    entries = list(atlas.entries())
    assert len(entries) == 1395
    assert sum(len(entry.evidence) for entry in entries) == 1629
    card = Path(atlas.__file__).with_name("CARD.md").read_text(encoding="utf-8")
    assert "1,629 mappings" in card and "1,395 papers" in card


def test_it_holds_no_text_of_the_papers() -> None:
    for entry in atlas.entries():
        assert entry.paper.abstract is None
        assert entry.paper.abstract_sha256 is not None and len(entry.paper.abstract_sha256) == 64
        for evidence in entry.evidence:
            assert all(0 <= span.start < span.end for span in evidence.passages)


def test_every_concept_function_and_family_that_is_referred_to_is_there() -> None:
    concepts = {concept.key: concept for concept in atlas.concepts()}
    for concept in (*concepts.values(), *lexicon_concepts()):
        assert concept.parent is None or concepts[concept.parent].kind == "family"
        assert all(concepts[key].kind == "function" and concepts[key].definition for key in concept.functions)
    for entry in atlas.entries():
        for mapping in entry.mappings:
            assert {mapping.mechanism, mapping.technique, *mapping.functions} <= concepts.keys()


def test_loading_it_fills_an_empty_store_and_again_changes_nothing(filled: Store) -> None:
    counts = filled.counts()
    assert (counts["papers"], counts["evidence"], counts["evidence_mismatch"]) == (1395, 1629, 0)
    assert counts["evidence_by_reference"] > 1600
    before = list(filled.export())
    ticks = iter([10.0, 12.5])
    summary = ingest_atlas(filled, clock=lambda: next(ticks))
    assert (summary.new, summary.known, summary.evidence, summary.mappings, summary.seconds) == (0, 1395, 0, 0, 2.5)
    assert list(filled.export()) == before


def test_curated_mechanisms_bring_their_regulatory_profiles(filled: Store) -> None:
    heat_shock = filled.resolve_concept("chaperone upregulation", "mechanism")
    assert heat_shock.name == "heat shock response" and heat_shock.status == "curated"
    assert heat_shock.profile is not None and heat_shock.profile.respond == "titration"


def test_title_spans_are_quoted_at_once(filled: Store) -> None:
    quoted = [evidence for evidence in filled.evidence() if evidence.passages[0].field == "title"]
    assert quoted
    for evidence in quoted:
        title = filled.paper(evidence.paper).title
        (span,) = evidence.passages
        assert filled.quote(evidence).texts == (title[span.start : span.end],)


def test_a_reference_becomes_a_quote_when_the_paper_is_ingested_and_only_from_the_same_text() -> None:
    title, abstract = "Weights that fold", "Chaperones refold proteins. Like chaperones, our decay refolds weights."
    mechanism = Concept(kind="mechanism", name="chaperone", status="curated")
    technique = Concept(kind="technique", name="weight refolding", status="curated")
    mapping = Mapping(mechanism=mechanism.key, relation="inspires", technique=technique.key)
    fact = Evidence(
        mapping=mapping.key,
        paper=title_key(title),
        passages=(Span("abstract", 28, len(abstract)),),
        text_sha256=sha256(abstract),
        by="atlas",
    )
    for text, state in ((abstract, "quoted"), (abstract + " Really.", "mismatch")):
        with Store.open(":memory:") as store:
            store.add_concept(mechanism)
            store.add_concept(technique)
            store.add_mapping(mapping)
            store.add_paper(Paper(key=title_key(title), title=title, abstract_sha256=sha256(abstract), source="atlas"))
            store.add_evidence(fact)
            assert store.quote(fact).state == "by_reference"
            summary = ingest(store, [Paper(key=title_key(title), title=title, abstract=text, source="jsonl")], extract=False)
            assert (summary.completed, summary.new) == (1, 0)
            quote = store.quote(fact)
            assert quote.state == state
            assert quote.texts == (("Like chaperones, our decay refolds weights.",) if state == "quoted" else ())


def test_quotes_appear_from_the_real_corpus(shared: Callable[[str], Path], tmp_path: Path) -> None:
    """Papers of the first months of the daily listing that the atlas knows: all their evidence turns into quotes."""
    known = {entry.paper.key for entry in atlas.entries()}
    months = sorted(shared("corpora/hf_daily_papers").glob("*.json.gz"))[:3]
    papers = [paper for month in months for paper in open_path(month) if isinstance(paper, Paper) and paper.key in known]
    assert papers
    with Store.open(":memory:") as store:
        ingest_atlas(store)
        summary = ingest(store, papers, extract=False)
        assert summary.completed == len({paper.key for paper in papers})
        for paper in papers:
            for evidence in store.evidence(paper=paper.key):
                quote = store.quote(evidence)
                assert quote.state == "quoted"
                assert quote.texts[0] in (paper.abstract or "") + paper.title


def test_the_shipped_copy_differs_from_its_source_only_where_a_text_was_mended(shared: Callable[[str], Path]) -> None:
    shipped = Path(atlas.__file__).with_name("atlas.jsonl").read_text(encoding="utf-8").splitlines()
    source = shared("atlas/atlas.jsonl").read_text(encoding="utf-8").splitlines()
    changed = [(json.loads(a), json.loads(b)) for a, b in zip(shipped, source, strict=True) if a != b]
    assert len(changed) == 2
    for ours, theirs in changed:
        assert ours["paper"] == theirs["paper"]
        facts = [
            [{k: v for k, v in fact.items() if not k.endswith("_span")} for fact in row["mappings"]] for row in (ours, theirs)
        ]
        assert facts[0] == facts[1]


def test_a_mapping_stated_by_a_paper_of_another_key_hangs_on_that_paper() -> None:
    entry = next(entry for entry in atlas.entries() if entry.paper.key.startswith("title:"))
    with Store.open(":memory:") as store:
        store.add_paper(replace(entry.paper, key="doi:10.1000/x", abstract=None, abstract_sha256=None, source="jsonl"))
        ingest_atlas(store)
        assert len(store.evidence(paper="doi:10.1000/x")) == len(entry.evidence)
