"""One paper that came as two, and was read as two, ends as if it had come as one."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest

from ingest.pipeline import ingest, read_waiting
from ingest.sources import Export, open_path
from kg.errors import BadRecord
from kg.model import Paper
from kg.store import Store

FIRST = "Inspired by the heat shock response of cells, we propose a weight decay that adapts to the loss. It learns faster."
SECOND = "We propose an adaptive weight decay. It is inspired by the heat shock response of cells, and learns faster than before."
PREPRINT = Paper(key="arxiv:2401.00001", title="Heat shock for optimizers", abstract=FIRST, source="hf_daily")
PRINTED = Paper(key="doi:10.1/x", title="An adaptive weight decay", abstract=SECOND, source="jsonl")
BOTH = Paper(key="arxiv:2401.00001", title="Heat shock for optimizers", ids=(("doi", "10.1/x"),), source="bibtex")


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.open(":memory:") as opened:
        yield opened


def read_from(*records: object) -> list[Paper | BadRecord]:
    found = open_path(io.BytesIO("\n".join(json.dumps(record) for record in records).encode()))
    return [one for one in found if not isinstance(one, Export)]


@pytest.mark.parametrize("extract", [True, False])
def test_what_was_read_of_a_text_that_is_not_kept_goes_when_the_paper_is_next_read(store: Store, extract: bool) -> None:
    assert ingest(store, [PREPRINT, PRINTED], jobs=1).read == 2
    assert len(store.evidence()) == 2
    summary = ingest(store, [BOTH], jobs=1, extract=extract)
    assert (summary.completed, summary.known, summary.read) == (1, 0, int(extract))
    assert store.count_waiting() == int(not extract)
    assert read_waiting(store, jobs=1).read == int(not extract)
    assert [store.quote(one).state for one in store.evidence()] == ["quoted"]
    with Store.open(":memory:") as other:
        ingest(other, [PREPRINT], jobs=1)
        assert [one.mapping for one in other.evidence()] == [one.mapping for one in store.evidence()]
    assert ingest(store, [BOTH, PREPRINT, PRINTED], jobs=1).read == 0
    assert store.counts()["papers"] == 1


def test_a_preprint_with_its_journals_doi_meets_the_doi_that_arxiv_gave_it(store: Store) -> None:
    ingest(store, read_from({"title": "Ants", "arxiv_id": "2205.08645", "doi": "10.1000/abc"}), extract=False)
    ingest(store, read_from({"title": "Ants", "doi": "10.48550/arXiv.2205.08645"}), extract=False)
    (paper,) = store.papers()
    assert (paper.key, paper.ids) == ("arxiv:2205.08645", (("arxiv", "2205.08645"), ("doi", "10.1000/abc")))


def test_two_editorials_of_a_corpus_are_two(store: Store) -> None:
    told = ({"abstract": "We welcome readers of the first issue.", "authors": ["Ada Prentice"], "year": 2001},
            {"abstract": "After ten years, a farewell.", "authors": ["Chi Ruan"], "year": 2011})  # fmt: skip
    records = [{"title": "Editorial", "id": f"p08547908{number}", **facts} for number, facts in enumerate(told)]
    for _ in range(2):
        ingest(store, read_from(*records), extract=False)
        assert {paper.abstract for paper in store.papers()} == {facts["abstract"] for facts in told}


def test_a_reply_to_a_paper_is_not_that_paper(store: Store) -> None:
    pytest.importorskip("bibtexparser")
    entry = "@article{k, title={A reply on attention}, note={Comment on arXiv:1706.03762}, abstract={Reply.}}"
    ingest(store, read_from({"title": "On attention", "arxiv_id": "1706.03762"}), extract=False)
    ingest(store, open_path(io.BytesIO(entry.encode())), extract=False)
    assert {(paper.title, paper.abstract) for paper in store.papers()} == {
        ("On attention", None),
        ("A reply on attention", "Reply."),
    }


def test_an_old_arxiv_id_is_one_with_and_without_its_class(store: Store) -> None:
    pytest.importorskip("bibtexparser")
    for title, name in (("Bees", "q-bio.NC/0401001"), ("Bees, again", "q-bio/0401001v2")):
        ingest(store, open_path(io.BytesIO(f"@misc{{k, title={{{title}}}, eprint={{{name}}}}}".encode())), extract=False)
    assert [paper.key for paper in store.papers()] == ["arxiv:q-bio/0401001"]
