"""Which records are one paper: ids that say more count before those that say less, and a shared title is not always enough."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.model import Paper, title_key
from kg.store import Store


def article(title: str, *ids: tuple[str, str], **fields: Any) -> Paper:
    return Paper(key=f"{ids[0][0]}:{ids[0][1]}" if ids else title_key(title), title=title, ids=ids, **fields)


BEES = article("First paper about bees", ("arxiv", "2001.00001"), ("doi", "10.1/x"), abstract="Bees.")
ANTS = article("Second paper on ants", ("arxiv", "2001.00002"), ("doi", "10.1/x"), abstract="Ants.")


def test_two_arxiv_papers_with_one_doi_are_two_and_the_first_keeps_the_doi(store: Store) -> None:
    assert [store.add_paper(paper) for paper in (BEES, ANTS)] == [("arxiv:2001.00001", "new"), ("arxiv:2001.00002", "new")]
    assert store.paper("arxiv:2001.00002").ids == (("arxiv", "2001.00002"),)
    assert store.paper("arxiv:2001.00002").abstract == "Ants."
    assert store.paper("doi:10.1/x").key == "arxiv:2001.00001"
    assert [store.add_paper(paper)[1] for paper in (BEES, ANTS)] == ["known", "known"]
    assert store.add_paper(article("What a publisher calls it", ("doi", "10.1/x"))) == ("arxiv:2001.00001", "known")
    assert store.counts()["papers"] == 2


def test_a_record_with_a_doi_that_is_anothers_does_not_join_what_its_other_ids_name(store: Store) -> None:
    store.add_paper(BEES)
    store.add_paper(article("Ants", ("arxiv", "2001.00002"), ("corpus", "ants2001a")))
    assert store.add_paper(article("Ants", ("corpus", "ants2001a"), ("doi", "10.1/x"), venue="iclr")) == (
        "arxiv:2001.00001",
        "completed",
    )
    assert store.counts()["papers"] == 2
    assert store.paper("corpus:ants2001a").key == "arxiv:2001.00002"


@pytest.mark.parametrize("scheme", ["arxiv", "doi"])
def test_an_id_of_a_corpus_joins_no_two_arxiv_ids_or_dois(store: Store, scheme: str) -> None:
    for value in ("10.1/1", "10.1/2"):
        assert store.add_paper(article(f"Part {value}", (scheme, value), ("corpus", "p0854790852")))[1] == "new"
    assert store.paper("corpus:p0854790852").key == f"{scheme}:10.1/1"


def test_an_arxiv_paper_that_names_two_dois_is_one_paper(store: Store) -> None:
    store.add_paper(BEES)
    assert store.add_paper(article("Bees, printed", ("arxiv", "2001.00001"), ("doi", "10.1/y")))[1] == "completed"
    assert store.paper("doi:10.1/y").ids == (("arxiv", "2001.00001"), ("doi", "10.1/x"), ("doi", "10.1/y"))


FIRST: dict[str, Any] = {"abstract": "We welcome the readers.", "authors": ("Ada Prentice", "Boris Quell"), "published": "2001"}


@pytest.mark.parametrize(
    ("second", "same"),
    [
        ({"abstract": "A farewell.", "authors": ("Chi Ruan",), "published": "2011"}, False),
        ({"abstract": "A farewell.", "authors": ("Chi Ruan",)}, False),
        ({"abstract": "A farewell.", "published": "2003-01-01"}, False),
        ({"abstract": "A farewell.", "authors": ("Chi Ruan",), "published": "2002-01-05"}, True),
        ({"abstract": "A farewell.", "authors": ("B. QUÉLL",), "published": "2011"}, True),
        ({"abstract": "A farewell.", "authors": ("Quell, B., Jr.",), "published": "2011"}, True),
        ({"abstract": "A farewell.", "authors": ("Quell B",), "published": "2011"}, True),
        ({"abstract": "A farewell."}, True),
        ({"abstract": "We welcome new readers!", "authors": ("Chi Ruan",), "published": "2011"}, True),
        ({"authors": ("Chi Ruan",), "published": "2011"}, True),
        ({"abstract": "We welcome the readers.", "authors": ("Chi Ruan",), "published": "2011"}, True),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_articles_of_one_title_are_told_apart_by_text_authors_and_year(
    store: Store, second: dict[str, Any], same: bool, turned: bool
) -> None:
    papers = [article("Editorial", ("corpus", f"editorial{number}"), **facts) for number, facts in enumerate((FIRST, second))]
    if turned:
        papers.reverse()
    keys = [store.add_paper(paper)[0] for paper in papers]
    assert store.counts()["papers"] == (1 if same else 2)
    assert [store.add_paper(paper) for paper in papers] == [(store.paper(key).key, "known") for key in keys]
    if not same:
        assert [store.paper(f"corpus:editorial{number}").abstract for number in (0, 1)] == [FIRST["abstract"], "A farewell."]


def test_of_several_papers_of_a_title_the_one_that_fits_best_is_meant(store: Store) -> None:
    years = {"2001": "Ada Prentice", "2005": "Boris Quell", "2009": "Chi Ruan"}
    keys = [
        store.add_paper(article("Editorial", abstract=f"Of {year}.", authors=(author,), published=year))[0]
        for year, author in years.items()
    ]
    assert len(set(keys)) == 3
    assert store.add_paper(article("Editorial", published="2005-07-01"))[0] == keys[1]
    assert store.add_paper(article("Editorial", abstract="Of 2009.", venue="iclr"))[0] == keys[2]
    for key in keys:
        assert store.add_paper(store.paper(key)) == (key, "known")


def test_one_paper_of_several_sources_whose_abstracts_differ_a_little_is_one(store: Store) -> None:
    title, authors = "Heat shock for optimizers", ("Ada M. Prentice", "Boris Quell")
    sources = [
        article(
            title,
            ("arxiv", "2401.00001"),
            abstract="We refold weights. $O(n)$.",
            authors=authors,
            published="2024-01-02",
            source="arxiv",
        ),
        article(title, abstract="We refold weights. O(n).", published="2024-01-03", source="hf_daily"),
        article(
            title,
            ("corpus", "p0854790852"),
            abstract="By chaperones, weights fold again. We refold weights.",
            authors=("Prentice, Ada",),
            published="2026",
            source="jsonl",
        ),
    ]
    sources += [dataclasses.replace(sources[1], published=None, source="hf_page")]
    for order in itertools.permutations(sources):
        with Store.open(":memory:") as other:
            assert len({other.paper(key).key for key in [other.add_paper(paper)[0] for paper in order]}) == 1
            assert other.counts()["papers"] == 1
            assert other.paper(title_key(title)).ids == (("arxiv", "2401.00001"), ("corpus", "p0854790852"))


ids = st.lists(st.tuples(st.sampled_from(["arxiv", "doi", "corpus"]), st.sampled_from("123")), max_size=2, unique=True)
records = st.builds(
    lambda title, pairs, abstract, authors, published: article(
        title, *sorted(pairs), abstract=abstract, authors=authors, published=published
    ),
    st.sampled_from(["One", "Two"]),
    ids,
    st.none() | st.sampled_from(["a", "b", "c"]),
    st.sampled_from([(), ("A. Bee",), ("C. Dee",)]),
    st.none() | st.sampled_from(["2001", "2002", "2009"]),
)


@given(st.lists(records, max_size=8))
def test_papers_of_few_titles_and_ids_come_to_rest(papers: list[Paper]) -> None:
    with Store.open(":memory:") as store:
        for paper in (*papers, *papers):
            store.add_paper(paper)
        before = list(store.export())
        assert {store.add_paper(paper)[1] for paper in papers} <= {"known"}
        assert list(store.export()) == before
        for paper in store.papers():
            assert store.add_paper(paper) == (paper.key, "known")
