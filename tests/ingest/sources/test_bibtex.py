"""A bibliography gives every paper in it, whatever else stands in the file."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pytest

from ingest.sources import bibtex, open_path
from ingest.sources._bibtex_entries import BLOCK
from ingest.sources._latex import plain
from kg.errors import BadRecord, Unreadable
from kg.model import Paper, title_key

pytest.importorskip("bibtexparser")


def found(text: str | bytes) -> list[Paper | BadRecord]:
    return list(open_path(io.BytesIO(text.encode() if isinstance(text, str) else text)))


def papers(text: str | bytes) -> list[Paper]:
    return [record for record in found(text) if isinstance(record, Paper)]


def only(text: str) -> Paper:
    (paper,) = found(text)
    assert isinstance(paper, Paper)
    return paper


def test_an_article_of_many_thousand_authors_has_them_all() -> None:
    names = ["{Lab and Sons}" if number % 2 else f"Ruan, Chi {number}" for number in range(6000)]
    paper = only(f"@article{{x, title = {{Collider}}, author = {{{' and '.join(names)}}}}}")
    assert paper.n_authors == len(paper.authors) == 6000
    assert paper.authors[-2:] == ("Chi 5998 Ruan", "Lab and Sons")


def test_an_article_has_all_its_fields() -> None:
    paper = only(
        r"""@Article{quell24,
          author   = {Quell, Boris and Ada M. Prentice and {The Warm Consortium} and Ruan, Jr., Chi},
          title    = "Heat Shock for {G}radient {D}escent",
          journal  = {Journal of Warm Things},
          year     = 2024, month = mar,
          doi      = {https://doi.org/10.1234/ABC.5},
          url      = {https://example.org/heat},
          abstract = {Cells refold proteins.
                      We refold weights at a cost of 5\% -- or 7%.},
        }"""
    )
    assert paper == Paper(
        key="doi:10.1234/abc.5",
        title="Heat Shock for Gradient Descent",
        abstract="Cells refold proteins. We refold weights at a cost of 5% – or 7%.",
        authors=("Boris Quell", "Ada M. Prentice", "The Warm Consortium", "Chi Ruan Jr."),
        n_authors=4,
        published="2024",
        venue="Journal of Warm Things",
        url="https://example.org/heat",
        source="bibtex",
        ids=(("doi", "10.1234/abc.5"),),
    )


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"{\'E}t{\'e} de No{\"e}l, Erd\H{o}s, \L ukasz", "Été de Noël, Erdős, Łukasz"),
        ("{BERT}-like {{N}ets}", "BERT-like Nets"),
        (r"A \& B, C & D, 5\% or 7%", "A & B, C & D, 5% or 7%"),
        (r"\emph{E. coli} and ``ants''", "E. coli and “ants”"),
        (r"error of $O(n^2)$", "error of $O(n^2)$"),
        (r"see \url{https://example.org/a_b}", "see https://example.org/a_b"),
        (r"known before~\cite{x}.", "known before ."),
        ("a { broken brace", "a broken brace"),
        ("{" * 2000 + "deep" + "}" * 2000, "deep"),
        (r"\unknown{thing}", "thing"),
        ("café – naïve", "café – naïve"),
    ],
)
def test_latex_becomes_the_text_that_it_prints(written: str, read: str) -> None:
    assert plain(written) == read


@pytest.mark.parametrize(
    "fields",
    [
        "eprint = {2403.01234v2}, archivePrefix = {arXiv}",
        "eprint = {2403.01234}, eprinttype = {arxiv}",
        "journal = {arXiv preprint arXiv:2403.01234}",
        "journal = {CoRR}, volume = {abs/2403.01234}",
        "url = {http://arxiv.org/abs/2403.01234v1}",
        "doi = {10.48550/arXiv.2403.01234}",
        r"howpublished = {\url{https://arxiv.org/pdf/2403.01234}}",
        "note = {arXiv:2403.01234 [cs.LG]}",
        "note = {arXiv: 2403.01234v3 [cs, q-bio].}",
        "note = {arXiv preprint arXiv:2403.01234}",
        "note = {arXiv e-prints, arXiv:2403.01234}",
        "note = {2403.01234}",
        r"note = {\_eprint: 2403.01234}",
    ],
)
def test_an_arxiv_id_is_found_wherever_it_stands(fields: str) -> None:
    paper = only(f"@misc{{x, title = {{Heat}}, {fields}}}")
    assert (paper.key, paper.ids, paper.venue) == ("arxiv:2403.01234", (("arxiv", "2403.01234"),), None)


@pytest.mark.parametrize("name", ["note", "howpublished"])
@pytest.mark.parametrize(
    "said", ["Comment on arXiv:1706.03762", "arXiv:1706.03762 is wrong", r"Reply to \url{https://arxiv.org/abs/1706.03762}"]
)
def test_a_note_about_another_paper_is_not_the_papers_own_id(name: str, said: str) -> None:
    paper = only(f"@article{{k, title={{A reply on attention}}, {name}={{{said}}}, abstract={{Reply.}}}}")
    assert (paper.key, paper.ids, paper.abstract) == (title_key("A reply on attention"), (), "Reply.")


def test_an_old_id_has_no_subject_class() -> None:
    fields = ("eprint={q-bio.NC/0401001}", "eprint={q-bio/0401001v1}", "journal={arXiv preprint arXiv:q-bio.NC/0401001}")
    assert {only(f"@misc{{x, title={{Heat}}, {one}}}").key for one in fields} == {"arxiv:q-bio/0401001"}


def test_a_number_of_another_archive_is_no_arxiv_id() -> None:
    assert only("@misc{x, title={Heat}, eprint={2403.01234}, eprinttype={pubmed}}").key == title_key("Heat")


def test_names_of_strings_are_put_in_and_joined() -> None:
    first, second = papers(
        '@string{jwt = "Journal of Warm {Things}"}\n@STRING(conf = {Proceedings of the })\n'
        '@article{a, title={One}, journal = JWT, year = "20" # 24}\n'
        '@inproceedings(b, title = "Two", booktitle = conf # "Ants" # {, Part~} # 2, date = {2023-05-17})\n'
    )
    assert (first.venue, first.published) == ("Journal of Warm Things", "2024")
    assert (second.venue, second.published) == ("Proceedings of the Ants, Part 2", "2023-05-17")


def test_what_a_cross_reference_names_is_filled_in_before_or_after() -> None:
    text = (
        "@inproceedings{a, title={One}, crossref={Ants24}}\n@proceedings{ants24, title={Ants and Nets}, year=2024}\n"
        "@inproceedings{b, title={Two}, crossref={ants24}, year=2025}\n@inproceedings{c, title={Three}, crossref={nowhere}}"
    )
    assert [(paper.title, paper.venue, paper.published) for paper in papers(text)] == [
        ("One", "Ants and Nets", "2024"),
        ("Two", "Ants and Nets", "2025"),
        ("Three", None, None),
    ]


def test_a_subtitle_belongs_to_the_title_and_others_to_no_name() -> None:
    paper = only("@article{x, title={Heat}, subtitle={A Shock}, author={A. Bee and others}}")
    assert (paper.title, paper.authors, paper.n_authors) == ("Heat: A Shock", ("A. Bee",), None)


def test_broken_entries_are_named_and_the_rest_is_read() -> None:
    records = found(
        "% a remark\n"
        "@article{good1, title={One}}\n"
        "@article{open, title={Never closed,\n  year = 2020\n\n"
        "@article{good2, title={Two}}\n"
        "@article{nothing, year={2020}}\n"
        "@article{comma title={No comma} year=1}\n"
        "between entries anything may stand, even an @ sign\n"
        "@comment{jabref-meta: databaseType:bibtex;}\n"
        "@article{good2, title={Three}, title={Again}}\n"
    )
    assert [record.title for record in records if isinstance(record, Paper)] == ["One", "Two", "Three"]
    bad = [record for record in records if isinstance(record, BadRecord)]
    assert [record.line for record in bad] == [3, 7, 8]
    assert "line 3" in str(bad[0]) and "'open'" in str(bad[0]) and "'nothing' has no title" in str(bad[1])


def test_an_entry_in_another_encoding_is_bad_alone() -> None:
    records = found(b"@misc{a, title={One}}\n" + "@misc{b, title={Café}}\n".encode("latin-1") + b"@misc{c, title={Two}}")
    assert [isinstance(record, Paper) for record in records] == [True, False, True]
    assert "line 2" in str(records[1]) and "0xE9" in str(records[1])


def test_many_entries_are_read_block_by_block_in_their_order_with_their_lines(capfd: pytest.CaptureFixture[str]) -> None:
    number = 2 * BLOCK + 7
    text = "@string{v = {Venue}}\n" + "".join(f"@misc{{k{i},\n title={{Title {i}}}, journal=v}}\n\n" for i in range(number))
    records = found(text + "@misc{last, year=1}")
    assert [paper.title for paper in records[:-1] if isinstance(paper, Paper)] == [f"Title {i}" for i in range(number)]
    assert {paper.venue for paper in records[:-1] if isinstance(paper, Paper)} == {"Venue"}
    last = records[-1]
    assert isinstance(last, BadRecord) and last.line == 2 + 3 * number
    assert capfd.readouterr() == ("", "")


def test_entries_before_a_cut_are_read(tmp_path: Path) -> None:
    packed = gzip.compress("".join(f"@misc{{k{i}, title={{Title {i * 7919}}}}}\n" for i in range(20000)).encode())
    path = tmp_path / "cut.bib.gz"
    path.write_bytes(packed[: len(packed) // 2])
    *read, last = open_path(path)
    assert len(read) > 1000 and isinstance(last, BadRecord) and "ends too early" in str(last)


def test_a_brace_never_closed_does_not_fill_the_memory() -> None:
    records = found("@misc{a, title={One}}\n@misc{b, title={" + "word " * 1_200_000 + "\n@misc{c, title={Two}}\n")
    assert [isinstance(record, Paper) for record in records] == [True, False, True]
    assert "larger than 4 MB" in str(records[1])


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("\ufeff@book{a, title={One}}", "bibtex"),
        ("% Encoding: UTF-8\n\n@misc{a, title={One}}", "bibtex"),
        ("This file was created with JabRef 2.1.\nEncoding: UTF8\n\n@misc{a, title={One}}", "bibtex"),
        ("@ada: what does {heat} do?\n\nIt unfolds.", "essay"),
        ("On citing\n\n@misc{a, title={One}}", "essay"),
    ],
)
def test_bibtex_is_told_by_its_first_entry(text: str, source: str) -> None:
    assert only(text).source == source


def test_a_bibliography_without_papers_says_so() -> None:
    with pytest.raises(Unreadable, match="no BibTeX entry"):
        found("@string{a = {b}}\n@comment{nothing}")
    with pytest.raises(Unreadable, match="no BibTeX entry"):
        list(bibtex.read(io.BytesIO(b"just words")))


def test_a_missing_library_is_told_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "bibtexparser", None)
    with pytest.raises(Unreadable, match=r"pip install 'exapt\[bibtex\]'"):
        found("@misc{a, title={One}}")
