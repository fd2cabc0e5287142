"""Any file, folder, pattern or stream is opened by what it holds, or is told of in one line that says why not."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pytest

from ingest.sources import essay, open_path, open_paths
from ingest.sources._content import Skipped
from kg.errors import Unreadable
from kg.model import Paper
from kg.plugins import load, names
from tests.ingest.sources.records import papers


def test_each_source_says_what_it_reads() -> None:
    assert {"bibtex", "essay", "hf_daily", "hf_page", "jsonl", "pdf", "ris"} <= set(names("ingest.sources"))
    for name in names("ingest.sources"):
        source = load("ingest.sources", name, kind="source")
        assert source.DESCRIPTION and callable(source.read)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b" \n\t ", "empty"),
        (b"abc\x00def", "binary"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"PK\x03\x04....", "zip"),
        ("Un café noir".encode("latin-1"), "byte 0xE9 at offset 6"),
        (gzip.compress(b"An essay on sleep. " * 500, mtime=0)[:60], "ends too early"),
        (b"\x1f\x8bnot really gzip at all", "damaged"),
        (b"[1, 2, 3", "no words|not JSON"),
        (b'{"title": ', "not JSON"),
        (b"12345", "no words"),
        (b"[" * 100_000, "no words|not usable"),
    ],
)
def test_what_cannot_be_read_says_why(data: bytes, why: str, tmp_path: Path) -> None:
    path = tmp_path / "input.txt"
    path.write_bytes(data)
    with pytest.raises(Unreadable, match=why) as caught:
        list(open_path(path))
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_utf_16_with_a_mark_and_declared_latin_1_are_read() -> None:
    assert papers("On sleep\n\nBrains rest.".encode("utf-16"))[0].title == "On sleep"
    page = '<html><head><meta charset="iso-8859-1"><title>Café</title></head><body><p>Noir.</p></body></html>'
    assert papers(page.encode("latin-1"))[0].title == "Café"


def test_missing_files_and_folders_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="no such file"):
        list(open_path(tmp_path / "missing.txt"))
    with pytest.raises(Unreadable, match="folder"):
        list(open_path(tmp_path))


def test_folders_are_walked_in_order_and_what_fails_is_yielded(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "empty").mkdir()
    (tmp_path / "b" / "second.md").write_text("# Second\n\ntext", encoding="utf-8")
    (tmp_path / "a.txt").write_text("First\n\ntext", encoding="utf-8")
    (tmp_path / "c.bin").write_bytes(b"\x00\x01")
    (tmp_path / ".hidden").write_text("no", encoding="utf-8")
    found = list(open_paths([tmp_path, tmp_path / "gone", tmp_path / "empty"]))
    assert [record.title for record in found if isinstance(record, Paper)] == ["First", "Second"]
    skipped = [str(record) for record in found if isinstance(record, Skipped)]
    assert ["binary" in skipped[0], "no such file" in skipped[1], "no file" in skipped[2]] == [True] * 3


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(b"From a pipe\n\nwords"))
    monkeypatch.setattr("sys.stdin", stream)
    assert [paper.title for paper in open_paths(["-"]) if isinstance(paper, Paper)] == ["From a pipe"]
    assert not stream.buffer.closed


def test_a_stream_in_hand_stays_open() -> None:
    stream = io.BytesIO(b"On ants\n\nThey walk.")
    assert len(list(essay.read(stream))) == 1
    assert not stream.closed


def test_patterns_stand_for_the_files_that_fit_in_order_and_once(tmp_path: Path) -> None:
    for name in ("b.txt", "a.txt", "c.md", "deep/er/d.txt", ".hidden.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"On {path.stem}\n\nwords", encoding="utf-8")

    def titles(pattern: str) -> list[str]:
        return [record.title for record in open_paths([f"{tmp_path}/{pattern}"]) if isinstance(record, Paper)]

    assert titles("*.txt") == ["On a", "On b"]
    assert titles("**/*.txt") == ["On a", "On b", "On d"]
    assert titles("?.md") == ["On c"]
    assert titles("**") == titles("*") == ["On a", "On b", "On c", "On d"]
    (missing,) = open_paths([f"{tmp_path}/*.bib"])
    assert "*.bib: no file fits this pattern" in str(missing)


ARTICLE = '<?xml version="1.0"?>\n<!-- <p> -->\n<article><title>Heat</title><p>words</p></article>'


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ('<?xml version="1.0"?>\n<rss version="2.0"><channel><title>Heat</title></channel></rss>', "rss"),
        (ARTICLE, "article"),
        ('<!DOCTYPE article [<!ENTITY a "b">]><article><p>words</p></article>', "article"),
        ('<svg xmlns="http://www.w3.org/2000/svg"><text>words</text></svg>', "svg"),
        ('<?xml version="1.0"?> only words', "broken"),
        ('<?xml version="1.0" encoding="no-such"?><rss/>', "broken"),
    ],
)
def test_xml_of_another_kind_is_named_and_no_essay(data: str, kind: str) -> None:
    with pytest.raises(Unreadable, match=rf"it is XML \({kind}\)"):
        papers(data)


@pytest.mark.parametrize(
    "page",
    [
        '<?xml version="1.0" encoding="UTF-8"?>\n<!-- a -->\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "x.dtd">\n'
        '<html xmlns="http://www.w3.org/1999/xhtml"><head><title>Three</title></head><body><p>words</p></body></html>',
        '<?xml version="1.0"?><html><body><h1>Three</h1><p>words</p></body></html>',
        '<div xmlns="http://www.w3.org/1999/xhtml"><h1>Three</h1><p>words</p></div>',
    ],
)
def test_a_web_page_may_be_xml(page: str) -> None:
    (paper,) = papers(page)
    assert (paper.title, paper.source) == ("Three", "essay")
    assert paper.abstract is not None and "<" not in paper.abstract


def test_a_text_that_opens_with_a_tag_of_its_own_is_an_essay() -> None:
    assert papers("<thought> words and more")[0].source == papers("<https://example.org> has it.")[0].source == "essay"


def test_a_file_named_like_a_pattern_is_that_file(tmp_path: Path) -> None:
    path = tmp_path / "notes [draft].txt"
    path.write_text("On drafts\n\nwords", encoding="utf-8")
    assert [record.title for record in open_paths([str(path)]) if isinstance(record, Paper)] == ["On drafts"]


def test_every_kind_of_file_is_told_by_its_content_whatever_its_name(tmp_path: Path) -> None:
    contents = {
        "a": ('{"title": "One"}', "jsonl"),
        "b": ("# Second heat\n\nwords", "essay"),
        "c": ("<html><title>Three</title><p>words</p></html>", "essay"),
        "d": ("TY  - JOUR\nTI  - Four\nER  - \n", "ris"),
    }
    for name, (text, _) in contents.items():
        (tmp_path / f"{name}.pdf").write_text(text, encoding="utf-8")
    found = [record for record in open_paths([tmp_path]) if isinstance(record, Paper)]
    assert [(paper.title, paper.source) for paper in found] == [
        ("One", "jsonl"), ("Second heat", "essay"), ("Three", "essay"), ("Four", "ris"),
    ]  # fmt: skip
