"""Papers as lines of JSON, whole or cut off."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path

import pytest

from ingest.sources import jsonl, open_path
from kg.errors import BadRecord, Unreadable
from kg.model import Paper, title_key
from tests.ingest.sources.records import lines, papers


def test_a_paper_is_known_by_arxiv_then_doi_then_title() -> None:
    record = {
        "id": "p0854790852",
        "title": "Ants",
        "abstract": "They walk.",
        "year": 2021,
        "venue": "icra",
        "authors": ["A", "B"],
    }
    plain, doi, arxiv = papers(
        lines(
            record, record | {"doi": "https://doi.org/10.1000/ABC"}, record | {"doi": "10.1000/abc", "arxiv_id": "2101.00001v2"}
        )
    )
    assert (plain.key, plain.ids, plain.published, plain.year) == (title_key("Ants"), (("corpus", "p0854790852"),), "2021", 2021)
    assert doi.key == "doi:10.1000/abc"
    assert arxiv.key == "arxiv:2101.00001" and ("doi", "10.1000/abc") in arxiv.ids
    assert (plain.authors, plain.n_authors, plain.venue) == (("A", "B"), 2, "icra")


@pytest.mark.parametrize("doi", ["10.48550/arXiv.2205.08645", "https://doi.org/10.48550/ARXIV.2205.08645v2"])
def test_the_doi_that_arxiv_gives_is_its_id(doi: str) -> None:
    (paper,) = papers(lines({"title": "Ants", "doi": doi, "id": "p0854790852"}))
    assert (paper.key, paper.ids) == ("arxiv:2205.08645", (("arxiv", "2205.08645"), ("corpus", "p0854790852")))
    assert paper.url == "https://arxiv.org/abs/2205.08645"


def test_a_doi_that_only_looks_like_arxivs_stays_a_doi() -> None:
    (paper,) = papers(lines({"title": "Ants", "doi": "10.48550/arxiv.of-ants"}))
    assert (paper.key, paper.url) == ("doi:10.48550/arxiv.of-ants", "https://doi.org/10.48550/arxiv.of-ants")


def test_a_mere_number_is_not_taken_for_an_id() -> None:
    assert [paper.ids for paper in papers(lines({"id": 1, "title": "A"}, {"id": "2", "title": "B"}))] == [(), ()]


def test_bad_lines_are_named_and_the_rest_is_read() -> None:
    good = json.dumps({"title": "Good"})
    text = (
        f'{good}\n\n{{"title": broken}}\n["list"]\n{{"abstract": "no title"}}\n{{"title": 5}}\n{good}'.encode()
        + b'\n{"title": "\xe9"}\n'
    )
    found = list(jsonl.read(io.BytesIO(text)))
    bad = [record for record in found if isinstance(record, BadRecord)]
    assert len(found) - len(bad) == 2
    assert [record.line for record in bad] == [3, 4, 5, 6, 8]
    assert "line 3: it is not JSON" in str(bad[0]) and "0xE9" in str(bad[-1])


def test_a_broken_first_line_does_not_hide_the_rest() -> None:
    found = list(open_path(io.BytesIO(b'{"title": "cut off\n{"title": "whole"}\n')))
    assert isinstance(found[0], BadRecord) and found[0].line == 1
    assert isinstance(found[1], Paper)


@pytest.mark.parametrize("data", [b'{"title": \n "one"\n}', b'[{"title": "one"}]', b'\xef\xbb\xbf{"title": "one"}'])
def test_one_object_or_a_list_will_do(data: bytes) -> None:
    assert [paper.title for paper in papers(data)] == ["one"]


def test_lines_before_a_cut_are_read(tmp_path: Path) -> None:
    packed = gzip.compress("".join(f'{{"title": "{number} {number * 7919}"}}\n' for number in range(20000)).encode())
    path = tmp_path / "cut.jsonl.gz"
    path.write_bytes(packed[: len(packed) // 2])
    *read, last = open_path(path)
    assert len(read) > 1000 and isinstance(last, BadRecord)
    assert "ends too early" in str(last)


def test_a_reader_of_text_says_what_a_pdf_is_for(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="PDF, not text; use: exapt ingest files"):
        list(jsonl.read(io.BytesIO(b"%PDF-1.7 ...")))
