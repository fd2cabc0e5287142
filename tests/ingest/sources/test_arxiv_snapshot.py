"""The bulk metadata of arXiv, line by line."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from ingest.sources import arxiv_snapshot
from kg.errors import BadRecord, Unreadable
from kg.model import Paper


def line(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"0704.{number:04d}", "submitter": "A. Example", "authors": "A. Example and B. Muster",
        "title": f"A made title\n  of number {number}", "comments": None, "journal-ref": None, "doi": None, "report-no": None,
        "categories": "cs.NE q-bio.NC", "license": None, "abstract": "  A made abstract\nof two lines.\n",
        "versions": [{"version": "v1", "created": "Mon, 2 Apr 2007 19:18:42 GMT"},
                     {"version": "v2", "created": "Tue, 24 Jul 2007 20:10:27 GMT"}],
        "update_date": "2008-11-26", "authors_parsed": [["Example", "Ada", ""], ["Muster", "B.", "Jr."]], **more,
    }  # fmt: skip


def saved(path: Path, *lines: object, packed: bool = False) -> Path:
    text = "".join((entry if isinstance(entry, str) else json.dumps(entry)) + "\n" for entry in lines).encode()
    path.write_bytes(gzip.compress(text) if packed else text)
    return path


def keys(path: Path, **more: Any) -> list[str]:
    return [record.key for record in arxiv_snapshot.read(path, **more) if isinstance(record, Paper)]


@pytest.mark.parametrize("packed", [False, True])
def test_a_line_is_a_paper(tmp_path: Path, packed: bool) -> None:
    path = saved(tmp_path / "dump", line(1, doi="10.1000/ABC 10.1000/def", **{"journal-ref": "Made J. 3 (2007)"}), packed=packed)
    (paper,) = arxiv_snapshot.read(path)
    assert paper == Paper(
        key="arxiv:0704.0001", title="A made title of number 1", abstract="A made abstract of two lines.",
        authors=("Ada Example", "B. Muster Jr."), n_authors=2, published="2007-04-02", venue="Made J. 3 (2007)",
        url="https://arxiv.org/abs/0704.0001", source="arxiv_snapshot", ids=(("arxiv", "0704.0001"), ("doi", "10.1000/abc")),
    )  # fmt: skip


def test_an_old_id_has_no_subject_class_and_arxivs_own_doi_is_none(tmp_path: Path) -> None:
    path = saved(tmp_path / "dump", line(1, id="q-bio.NC/0401001", doi="10.48550/arXiv.q-bio/0401001"))
    (paper,) = arxiv_snapshot.read(path)
    assert isinstance(paper, Paper)
    assert (paper.key, paper.ids) == ("arxiv:q-bio/0401001", (("arxiv", "q-bio/0401001"),))


def test_categories_choose_by_name_or_archive(tmp_path: Path) -> None:
    lines = [line(1), line(2, categories="math.CO"), line(3, categories="cs.LG stat.ML"), line(4, categories=["hep-ph"])]
    path = saved(tmp_path / "dump", *lines)
    assert keys(path, categories=("cs.NE",)) == ["arxiv:0704.0001"]
    assert keys(path, categories=("cs",)) == keys(path, categories=("cs.*",)) == ["arxiv:0704.0001", "arxiv:0704.0003"]
    assert keys(path, categories=("math.CO", "hep-ph")) == ["arxiv:0704.0002", "arxiv:0704.0004"]


def test_days_are_those_of_the_first_version(tmp_path: Path) -> None:
    path = saved(
        tmp_path / "dump", line(1), line(2, versions=[], update_date="2010-01-02"), line(3, versions=None, update_date="")
    )
    assert keys(path, first="2007-04-02", last="2007-04-02") == ["arxiv:0704.0001"]
    assert keys(path, first="2008-01-01") == ["arxiv:0704.0002"]
    assert len(keys(path)) == 3


def test_a_bad_line_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    strange = line(4, versions=[{"created": "no day"}], authors_parsed=[["Example"], None, [1, 2]])
    odd = ["{cut", line(2, id=7), line(3, title=None), strange]
    found = list(arxiv_snapshot.read(saved(tmp_path / "dump", line(1), *odd, line(5))))
    assert [record.line for record in found if isinstance(record, BadRecord)] == [2, 3, 4]
    assert [record.key for record in found if isinstance(record, Paper)] == [
        "arxiv:0704.0001",
        "arxiv:0704.0004",
        "arxiv:0704.0005",
    ]


@pytest.mark.parametrize("strange", [7, True, {"cs.NE": 1}])
def test_categories_that_are_no_text_cost_their_line_alone(tmp_path: Path, strange: object) -> None:
    path = saved(tmp_path / "dump", line(1), line(2, categories=strange), line(3), line(4, categories=None))
    found = list(arxiv_snapshot.read(path, categories=("cs.NE",)))
    assert [str(record) for record in found if isinstance(record, BadRecord)] == [
        f"{path}, line 2: its categories {strange!r} are no text"
    ]
    assert [record.key for record in found if isinstance(record, Paper)] == ["arxiv:0704.0001", "arxiv:0704.0003"]
    assert len(keys(path)) == 4, "nobody asked for categories"


def test_other_json_is_one_complaint(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="not arXiv's metadata"):
        list(arxiv_snapshot.read(saved(tmp_path / "dump", *[{"name": "x"}] * 50)))
