"""Which paper a PDF is: ids and years count where the paper prints them of itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.pipeline import ingest
from ingest.sources import open_paths
from kg.model import title_key
from kg.store import Store
from tests.ingest.pdf.pages import (
    ABSTRACT,
    TITLE,
    only,
    reads,
    two_columns,
)


def test_a_stamp_in_the_margin_and_a_doi_in_the_foot_say_which_paper_it_is() -> None:
    paper = only(two_columns(stamp="arXiv:2403.01234v1  [cs.LG]  2 Mar 2024", footer="https://doi.org/10.1234/ABC.5"))
    assert paper.key == "arxiv:2403.01234"
    assert paper.ids == (("arxiv", "2403.01234"), ("doi", "10.1234/abc.5"))
    assert (paper.published, paper.url) == ("2024-03-02", "https://arxiv.org/abs/2403.01234")
    assert paper.abstract == reads(ABSTRACT)


def test_a_later_version_tells_the_year_of_the_first() -> None:
    assert only(two_columns(stamp="arXiv:1912.01234v3  [cs.LG]  2 Mar 2021")).published == "2019"


def test_an_id_in_the_references_is_of_another_paper() -> None:
    paper = only(two_columns())
    assert (paper.ids, paper.key) == ((), title_key(TITLE))


def test_the_year_is_the_printed_one() -> None:
    assert only(two_columns()).published is None
    assert only(two_columns(footer="Proceedings of the Workshop on Warm Things, Example City, 2023")).published == "2023"


def test_one_paper_from_json_bibtex_ris_and_pdf_is_one_paper_with_all_ids(tmp_path: Path) -> None:
    pytest.importorskip("bibtexparser")
    (tmp_path / "1.jsonl").write_text(
        '{"title": "Chaperones for weights", "doi": "10.1234/abc.5", "year": 2024}', encoding="utf-8"
    )
    (tmp_path / "2.bib").write_text(
        "@inproceedings{p, title = {{CHAPERONES} for {W}eights}, doi = {10.1234/ABC.5}, booktitle = {Workshop}}", encoding="utf-8"
    )
    (tmp_path / "3.ris").write_text("TY  - CONF\nTI  - Chaperones for Weights\nAU  - Prentice, Ada\nER  - \n", encoding="utf-8")
    (tmp_path / "4.pdf").write_bytes(two_columns(stamp="arXiv:2403.01234v1  [cs.LG]  2 Mar 2024"))
    with Store.open(tmp_path / "store.db", write=True) as store:
        summary = ingest(store, open_paths([tmp_path / "[1-4].*"]), extract=False)
        (paper,) = store.papers()
    assert not summary.failed
    assert paper.ids == (("arxiv", "2403.01234"), ("doi", "10.1234/abc.5"))
    assert (paper.key, paper.venue, paper.abstract) == ("arxiv:2403.01234", "Workshop", reads(ABSTRACT))
