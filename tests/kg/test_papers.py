"""One paper however many sources bring it."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import NotFound, Refused
from kg.model import Paper, Span, sha256, title_key
from kg.store import Store

MakePaper = Callable[..., Paper]
TITLE = "Heat shock for optimizers"


def exported(store: Store) -> list[dict[str, object]]:
    return list(store.export())


def test_a_paper_comes_back_as_it_went_in(store: Store) -> None:
    paper = Paper(
        key="arxiv:2401.00001", title=TITLE, abstract="Text.", abstract_sha256=sha256("Text."), authors=("A. Adams", "Ö. Öst"),
        n_authors=2, published="2024-01-02", published_text="Jan 2", listed="2024-01-03", venue="iclr", url="https://example.org/1",
        source="hf_daily", ids=(("arxiv", "2401.00001"), ("doi", "10.1/x")), raw_sha256="0" * 64,
        label="bio_inspired", label_score=0.5,
    )  # fmt: skip
    assert store.add_paper(paper) == (paper.key, "new")
    assert store.paper(paper.key) == paper
    assert store.add_paper(paper) == (paper.key, "known")


@pytest.mark.parametrize(
    "name", ["arxiv:2401.00001", "arXiv:2401.00001v3", "doi:10.1/X", "doi:https://doi.org/10.1/x", "corpus:p7"]
)
def test_any_outside_id_finds_the_paper(store: Store, name: str) -> None:
    key, _ = store.add_paper(Paper(key="arxiv:2401.00001v2", title=TITLE, ids=(("doi", "10.1/X"), ("corpus", "p7"))))
    assert key == "arxiv:2401.00001"
    assert store.paper(name).key == key
    assert store.add_paper(Paper(key=name, title="Another title")) == (key, "known")


def test_a_title_alone_is_completed_by_text_and_id(store: Store) -> None:
    by_title = title_key(TITLE)
    assert store.add_paper(Paper(key=by_title, title=TITLE, published="2024", source="atlas")) == (by_title, "new")
    full = Paper(
        key="arxiv:2401.00001", title="Heat-shock for Optimizers!", abstract="Text.", published="2024-01-02", source="hf_daily"
    )
    assert store.add_paper(full) == ("arxiv:2401.00001", "completed")
    paper = store.paper(by_title)
    assert (paper.key, paper.title, paper.abstract, paper.published, paper.source) == (
        "arxiv:2401.00001", TITLE, "Text.", "2024-01-02", "atlas",
    )  # fmt: skip
    assert store.counts()["papers"] == 1
    assert store.add_paper(Paper(key=by_title, title=TITLE, published="2024", source="atlas")) == ("arxiv:2401.00001", "known")


def test_nothing_known_is_lost_or_overwritten(store: Store, paper: MakePaper) -> None:
    store.add_paper(paper(1, venue="iclr", abstract="First."))
    assert store.add_paper(paper(1, venue="icml", abstract="Second.", url="https://example.org"))[1] == "completed"
    kept = store.paper("arxiv:2401.00001")
    assert (kept.venue, kept.abstract, kept.url) == ("iclr", "First.", "https://example.org")


def test_a_label_is_replaced(store: Store, paper: MakePaper) -> None:
    store.add_paper(paper(1, label="other", label_score=0.9))
    assert store.add_paper(paper(1, label="bio_inspired", label_score=0.6))[1] == "known"
    assert store.add_paper(paper(1))[1] == "known"
    assert (store.paper("arxiv:2401.00001").label, store.paper("arxiv:2401.00001").label_score) == ("bio_inspired", 0.6)
    with pytest.raises(Refused, match="bio_inspired"):
        store.add_paper(paper(2, label="biology"))


@pytest.mark.parametrize("scheme", ["arxiv", "doi"])
def test_two_ids_are_two_papers_whatever_their_title(store: Store, scheme: str) -> None:
    for value in ("10.1", "10.2"):
        assert store.add_paper(Paper(key=f"{scheme}:{value}", title="Editorial"))[1] == "new"
    assert store.counts()["papers"] == 2


def test_an_arxiv_paper_and_its_doi_meet_by_title(store: Store) -> None:
    store.add_paper(Paper(key="doi:10.1/x", title=TITLE))
    assert store.add_paper(Paper(key="arxiv:1", title=TITLE)) == ("arxiv:1", "completed")
    assert store.paper("doi:10.1/x").ids == (("arxiv", "1"), ("doi", "10.1/x"))


def test_two_known_papers_become_one_when_a_third_record_joins_them(store: Store, state: Callable[..., str]) -> None:
    first = Paper(key="arxiv:1", title=TITLE, abstract="Chaperones set the decay of weights.")
    second = Paper(key="doi:10.1/x", title="Chaperones and decay", abstract="Chaperones set the decay of weights.", venue="iclr")
    state(store, "heat shock", "weight decay", paper=first, start=0, end=10)
    mapping = state(store, "heat shock", "weight decay", paper=second, start=0, end=20)
    assert store.add_paper(Paper(key="arxiv:1", title=TITLE, ids=(("doi", "10.1/x"),))) == ("arxiv:1", "completed")
    assert store.counts()["papers"] == 1
    assert store.paper("doi:10.1/x").venue == "iclr"
    assert [one.passages[0] for one in store.evidence(mapping)] == [Span("abstract", 0, 10), Span("abstract", 0, 20)]
    assert store.belief_of(mapping).papers == 1
    assert len(store.search_passages("chaperones")) == 1
    before = exported(store)
    assert {store.add_paper(paper)[1] for paper in (first, second)} == {"known"}
    assert exported(store) == before


def test_another_title_of_a_known_paper_is_remembered_whatever_the_order() -> None:
    records = [
        Paper(key="arxiv:2001.00001", title="Old working title"),
        Paper(key="arxiv:2001.00001", title="New final title"),
        Paper(key=title_key("New final title"), title="New final title"),
    ]
    for order in itertools.permutations(records):
        with Store.open(":memory:") as store:
            for record in order:
                store.add_paper(record)
            assert [paper.key for paper in store.papers()] == ["arxiv:2001.00001"]
            assert store.paper(title_key("New final title")).key == store.paper(title_key("Old working title")).key


@pytest.mark.parametrize(
    "name",
    ["arxiv:q-bio.NC/0401001v2", "arXiv:q-bio/0401001", "arxiv:Q-BIO/0401001", "doi:10.48550/arXiv.q-bio/0401001",
     "doi:https://doi.org/10.48550/arXiv.q-bio.NC/0401001"],
)  # fmt: skip
def test_an_arxiv_id_is_one_however_it_is_written(store: Store, name: str) -> None:
    assert store.add_paper(Paper(key=name, title=TITLE)) == ("arxiv:q-bio/0401001", "new")
    assert store.paper(name).ids == (("arxiv", "q-bio/0401001"),)
    assert store.add_paper(Paper(key="arxiv:q-bio/0401001", title="Another title"))[1] == "known"


def two_texts(store: Store, state: Callable[..., str], *, readers: tuple[str, str] = ("abstract", "abstract")) -> tuple[str, str]:
    """Two papers with a text each, both read, each with a mapping; the keys of both mappings."""
    texts = ("Chaperones set the decay of weights.", "Our pruning is like apoptosis of cells.")
    papers = [
        Paper(key=key, title=title, abstract=text)
        for key, title, text in zip(("arxiv:1", "doi:10.1/x"), ("Chaperones", "Apoptosis"), texts, strict=True)
    ]
    found = [
        state(store, *ends, paper=paper, by=by, version="1")
        for ends, paper, by in zip((("heat shock", "weight decay"), ("apoptosis", "pruning")), papers, readers, strict=True)
    ]
    for paper, by in zip(papers, readers, strict=True):
        store.add_reading(paper, by, "1")
    return found[0], found[1]


JOINING = Paper(key="arxiv:1", title="Chaperones", ids=(("doi", "10.1/x"),))


def quoted(store: Store) -> list[tuple[str, str]]:
    return [(one.by, store.quote(one).state) for one in store.evidence()]


@pytest.mark.parametrize("readers", [("abstract", "abstract"), ("abstract", "llm")])
def test_a_paper_that_two_became_is_read_again(store: Store, state: Callable[..., str], readers: tuple[str, str]) -> None:
    first, second = two_texts(store, state, readers=readers)
    assert store.waiting() == []
    assert store.add_paper(JOINING) == ("arxiv:1", "completed")
    assert set(quoted(store)) == {(readers[0], "quoted"), (readers[1], "mismatch")}
    assert [key for key, _ in store.waiting()] == ["arxiv:1"]
    (paper,) = store.to_read(["arxiv:1"])
    assert (readers[1], "1") not in store.known("arxiv:1").readers
    for by in readers:
        store.replace_readings(paper.key, by, [one for one in store.evidence(mapping=first) if one.by == by])
        store.add_reading(paper, by, "1")
    assert quoted(store) == [(readers[0], "quoted")]
    assert store.evidence(mapping=first) and second not in {mapping.key for mapping in store.mappings()}
    assert store.waiting() == []
    assert store.add_paper(JOINING) == ("arxiv:1", "known")
    assert store.waiting() == []


def test_joining_one_that_has_no_text_leaves_what_was_read(store: Store, state: Callable[..., str]) -> None:
    two_texts(store, state)
    store.add_paper(Paper(key=title_key("Chaperones again"), title="Chaperones again"))
    assert store.add_paper(Paper(key="arxiv:1", title="Chaperones again")) == ("arxiv:1", "completed")
    assert store.waiting() == []
    assert store.known("arxiv:1").readers == {("abstract", "1")}


def test_what_a_curator_decided_outlives_the_joining_and_the_reading_again(store: Store, state: Callable[..., str]) -> None:
    first, second = two_texts(store, state)
    store.decide(first, "arxiv:1", accept=False)
    store.decide(second, "doi:10.1/x", accept=True)
    store.add_paper(JOINING)
    store.replace_readings("arxiv:1", "abstract", ())
    store.add_reading(store.paper("arxiv:1"), "abstract", "1")
    assert [(one.mapping, one.by, one.stance) for one in store.evidence()] == sorted(
        [(first, "curator", "against"), (second, "curator", "for")]
    )
    assert {(one.subject, one.paper, one.action) for one in store.decisions()} == {
        (first, "arxiv:1", "reject"),
        (second, "arxiv:1", "accept"),
    }
    undone = store.undo_decision()
    assert undone is not None and undone.subject == second
    assert [one.mapping for one in store.evidence()] == [first]


def test_essays_of_one_title_are_told_apart_by_their_text(store: Store) -> None:
    key = title_key("Notes")
    essays = [Paper(key=key, title="Notes", abstract=f"Text {number}.", kind="essay") for number in range(3)]
    keys = [store.add_paper(essay)[0] for essay in essays]
    assert len(set(keys)) == 3
    assert [store.add_paper(essay) for essay in essays] == [(key, "known") for key in keys]
    assert [store.paper(key).abstract for key in keys] == ["Text 0.", "Text 1.", "Text 2."]
    assert store.add_paper(Paper(key=key, title="Notes"))[0] not in keys


def test_titles_without_words_do_not_meet(store: Store) -> None:
    assert {store.add_paper(Paper(key=title_key(title), title=title))[1] for title in ("???", "!!!")} == {"new"}


@pytest.mark.parametrize("title", ["", "  \n"])
def test_a_paper_without_a_title_is_refused(store: Store, title: str) -> None:
    with pytest.raises(Refused, match="title"):
        store.add_paper(Paper(key="arxiv:1", title=title))


def test_papers_are_listed_by_key_and_source_while_the_store_changes(store: Store, paper: MakePaper) -> None:
    with store.transaction():
        for number in range(1200):
            store.add_paper(paper(number, source="even" if number % 2 == 0 else "odd"))
    listed = []
    for one in store.papers(source="odd"):
        listed.append(one.key)
        store.add_paper(dataclasses.replace(one, label="other"))
    assert listed == [f"arxiv:2401.{number:05d}" for number in range(1, 1200, 2)]


def test_an_unknown_paper_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound, match="arxiv:9"):
        store.paper("arxiv:9")


HOSTILE = (
    "'); DROP TABLE paper; --",
    "a\0b",
    "\x01\x1b[31m\x7f",
    "\N{PILE OF POO} e\u0301 \u202e",
    "x" * 10_000,
    '" OR 1 NEAR(',
    "%s{0}",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_goes_through_unharmed(store: Store, text: str) -> None:
    key, _ = store.add_paper(Paper(key=f"corpus:{text}", title=text, abstract=text, authors=(text,), venue=text, source=text))
    paper = store.paper(key)
    assert (paper.title, paper.abstract, paper.authors, paper.venue, paper.source) == (text, text, (text,), text, text)
    assert store.add_paper(paper)[1] == "known"
    assert store.counts()["papers"] == 1


@pytest.mark.parametrize("field", ["title", "abstract", "venue", "key"])
def test_half_a_character_is_refused_and_leaves_no_trace(store: Store, paper: MakePaper, field: str) -> None:
    with store.transaction():
        with pytest.raises(Refused, match=r"U\+D800"):
            store.add_paper(paper(1, **{field: "cut \ud800 off"}))
        store.add_paper(paper(2))
    assert [one.key for one in store.papers()] == ["arxiv:2401.00002"]


def test_a_number_beyond_the_file_format_is_refused(store: Store, paper: MakePaper) -> None:
    with pytest.raises(Refused, match="64 bits"):
        store.add_paper(paper(1, n_authors=10**30))


words = st.text(alphabet="abc ", min_size=1, max_size=6).map(lambda text: f"t{text}")
ids = st.lists(st.tuples(st.sampled_from(["arxiv", "doi", "corpus"]), st.sampled_from("123")), max_size=2, unique=True)
records = st.builds(
    lambda title, pairs, abstract, kind, venue: Paper(
        key=f"{pairs[0][0]}:{pairs[0][1]}" if pairs else title_key(title),
        title=title, abstract=abstract, kind=kind, venue=venue, ids=tuple(sorted(pairs)),
    ),
    words, ids, st.none() | words, st.sampled_from(["article", "essay"]), st.none() | words,
)  # fmt: skip


@given(st.lists(records, max_size=8))
def test_the_same_papers_twice_change_nothing(papers: list[Paper]) -> None:
    with Store.open(":memory:") as store:
        for paper in papers:
            key, _ = store.add_paper(paper)
            assert store.paper(key).key == key
        for paper in papers:
            store.add_paper(paper)
        before = exported(store)
        for paper in papers:
            assert store.add_paper(paper)[1] == "known"
        assert exported(store) == before
        # The full-text index is in step with the papers.
        store._database.run("INSERT INTO paper_text (paper_text, rank) VALUES ('integrity-check', 1)")
        assert not store._database.all("PRAGMA foreign_key_check")


@given(st.permutations(range(6)))
def test_the_order_of_arrival_does_not_show(order: list[int]) -> None:
    papers = [Paper(key=f"arxiv:{number}", title=f"Part {number}", abstract="Text.", source="x") for number in range(6)]
    with Store.open(":memory:") as one, Store.open(":memory:") as other:
        for number in range(6):
            one.add_paper(papers[number])
            other.add_paper(papers[order[number]])
        assert exported(one) == exported(other)
