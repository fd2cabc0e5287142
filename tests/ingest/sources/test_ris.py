"""RIS records give papers, and one that is broken costs no other."""

from __future__ import annotations

import io

import pytest

from ingest.sources import open_path, ris
from kg.errors import BadRecord, Unreadable
from kg.model import Paper, title_key

RECORD = """TY  - JOUR
TI  - Heat Shock for Gradient
  Descent
AU  - Quell, Boris
AU  - Prentice, Ada M.
A1  - Ruan, Chi, Jr.
PY  - 2024//
DA  - 2024/03/05/
JO  - Journal of Warm Things
AB  - Cells refold proteins.
We refold weights.
DO  - 10.1234/ABC.5
UR  - https://example.org/heat
KW  - heat
XX  - a tag that nobody knows
ER  - 
"""


def found(text: str | bytes) -> list[Paper | BadRecord]:
    return list(open_path(io.BytesIO(text.encode() if isinstance(text, str) else text)))


def test_a_record_has_all_its_fields_and_long_ones_go_on_over_lines() -> None:
    expected = Paper(
        key="doi:10.1234/abc.5",
        title="Heat Shock for Gradient Descent",
        abstract="Cells refold proteins. We refold weights.",
        authors=("Boris Quell", "Ada M. Prentice", "Chi Ruan Jr."),
        n_authors=3,
        published="2024-03-05",
        venue="Journal of Warm Things",
        url="https://example.org/heat",
        source="ris",
        ids=(("doi", "10.1234/abc.5"),),
    )
    assert found(RECORD) == [expected]
    assert found(RECORD.replace("\n", "\r\n")) == found("\ufeff" + RECORD) == found(RECORD.encode("utf-16")) == [expected]


def test_older_tags_say_the_same() -> None:
    (paper,) = found(
        "TY  - CONF\nT1  - Heat\nA1  - Bee, A.\nN2  - It warms.\nY1  - 1999\nT2  - Ants\n"
        "UR  - http://arxiv.org/abs/cs/9901001v1\nER  - \n"
    )
    assert isinstance(paper, Paper)
    assert (paper.title, paper.abstract, paper.published, paper.venue) == ("Heat", "It warms.", "1999", "Ants")
    assert paper.key == "arxiv:cs/9901001"


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ("arXiv:1706.03762 [cs.CL]", "arxiv:1706.03762"),
        ("https://arxiv.org/abs/1706.03762v5", "arxiv:1706.03762"),
        ("Comment on arXiv:1706.03762", title_key("A reply on attention")),
        ("arXiv:1706.03762 and what is wrong with it", title_key("A reply on attention")),
    ],
)
def test_a_note_is_the_papers_own_id_where_it_says_nothing_else(said: str, key: str) -> None:
    (paper,) = found(f"TY  - JOUR\nTI  - A reply on attention\nN1  - {said}\nER  - \n")
    assert isinstance(paper, Paper) and paper.key == key


def test_broken_records_are_named_and_the_rest_is_read() -> None:
    records = found(
        "TY  - JOUR\nTI  - One\nER  - \n\n"
        "TY  - JOUR\nTI  - No end\n\n"
        "TY  - JOUR\nAB  - No title\nER  - \n"
        "TI  - outside of any record\n"
        "TY  - JOUR\nTI  - Two\nER  -\n"
        "TY  - JOUR\nTI  - Cut sho"
    )
    assert [record.title for record in records if isinstance(record, Paper)] == ["One", "Two"]
    bad = [record for record in records if isinstance(record, BadRecord)]
    assert [record.line for record in bad] == [5, 8, 15]
    assert "no end" in str(bad[0]) and "'No end'" in str(bad[0]) and "no title" in str(bad[1]) and "\n" not in str(bad[2])


def test_a_record_in_another_encoding_is_bad_alone() -> None:
    records = found(b"TY  - JOUR\nTI  - One\nER  - \nTY  - JOUR\nTI  - Caf\xe9\nER  - \nTY  - JOUR\nTI  - Two\nER  - \n")
    assert [isinstance(record, Paper) for record in records] == [True, False, True]
    assert "0xE9" in str(records[1]) and "line 4" in str(records[1])


def test_a_record_that_never_ends_does_not_fill_the_memory() -> None:
    records = found("TY  - JOUR\nTI  - One\n" + "AB  - more\n" * 60_000 + "TY  - JOUR\nTI  - Two\nER  - \n")
    assert [isinstance(record, Paper) for record in records] == [False, True]
    assert "more than" in str(records[0])


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("Provider: Warm Press\nDatabase: Warm Things\nContent: text/plain\n\n\nTY  - JOUR\nTI  - One\nER  - \n", "ris"),
        ("\n\nTY - JOUR\nTI - One\nER -\n", "ris"),
        ("TY for asking\n\nHeat unfolds.", "essay"),
    ],
)
def test_ris_is_told_by_its_first_line(text: str, source: str) -> None:
    (paper,) = found(text)
    assert isinstance(paper, Paper) and paper.source == source


@pytest.mark.parametrize(("day", "published"), [("2021/3/5/", "2021-03-05"), ("2021///Spring", "2021"), ("n.d.", None)])
def test_dates_as_they_are_written(day: str, published: str | None) -> None:
    (paper,) = found(f"TY  - JOUR\nTI  - One\nPY  - {day}\nER  - \n")
    assert isinstance(paper, Paper) and (paper.published, paper.key) == (published, title_key("One"))


def test_text_without_records_says_so() -> None:
    with pytest.raises(Unreadable, match="no RIS record"):
        list(ris.read(io.BytesIO(b"just words")))
