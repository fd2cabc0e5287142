"""The parts of a sitting without a terminal: its queue, words found where they stand, lines drawn to a width."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kg.errors import Mismatch
from kg.model import Evidence, Paper, Span
from kg.store import Store
from queries.plain import cells, escaped
from queries.review import screen
from queries.review.sitting import Sitting, queue
from queries.review.spans import span_of, words_of
from tests.queries.review.findings import TEXTS, fill, key_of


def test_a_sitting_passes_over_what_was_decided_meanwhile(tmp_path: Path) -> None:
    with Store.open(tmp_path / "graph.db") as store:
        keys = fill(store, 1, 2)
        sitting = Sitting(store, queue(store))
        store.decide(keys[1], key_of(1), accept=True)
        finding = sitting.current()
        assert finding is not None and finding.evidence.paper == key_of(2)
        sitting.accept(finding)
        assert sitting.current() is None and sitting.left == 0
        assert (sitting.undo(), sitting.position) != (None, 2)
        assert dict(sitting.tally) == {}
        sitting.undo()
        assert sitting.current() is not None and sitting.current().evidence.paper == key_of(1)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("weight  DECAY", "weight decay"),
        ("9-10", "weight decay"),
        ("5", "stress"),
        ("cell", "Cell"),
        ("Paper number", "Paper number"),
    ],
)
def test_typed_words_are_found_where_they_stand(typed: str, words: str) -> None:
    paper = Paper(key="arxiv:1", title="Paper number 1", abstract=TEXTS[1])
    span = span_of(paper, (Span("abstract", 0, len(TEXTS[1])),), typed)
    assert (paper.text(span.field) or "")[span.start : span.end] == words


def test_of_several_places_the_nearest_is_meant() -> None:
    paper = Paper(key="arxiv:1", title="T", abstract="a cell, a celled cell; a cell.")
    passage = (Span("abstract", 0, 30),)
    assert span_of(paper, passage, "cell").start == 2
    assert span_of(paper, passage, "cell", near=Span("abstract", 28, 29)).start == 25
    assert len(words_of(paper, passage)) == 7
    for typed in ("cell division", "8", "", "(", "1-9"):
        with pytest.raises(Mismatch):
            span_of(paper, passage, typed)


def test_marks_may_cross_and_wide_letters_count_twice() -> None:
    paper = Paper(key="arxiv:1", title="T", abstract="ab cd 睡眠睡眠 e\u0301")
    evidence = Evidence(
        mapping="m", paper="arxiv:1", passages=(Span("abstract", 0, 14),), mechanism_span=Span("abstract", 0, 5),
        technique_span=Span("abstract", 3, 10),
    )  # fmt: skip
    lines = screen.quote(paper, evidence, 40)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(lines))
    assert plain.strip() == "[ab {cd] 睡眠睡眠} e\u0301"
    narrow = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in screen.quote(paper, evidence, 9)]
    assert max(map(cells, narrow)) <= 9 and "".join("".join(narrow).split()) == "[ab{cd]睡眠睡眠}e\u0301"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain é 漢", "plain é 漢"),
        ("a\x1b[0m", "a\\x1b[0m"),
        ("\u202e", "\\u202e"),
        ("\ud800", "\\ud800"),
        ("می\u200cرود", "می\u200cرود"),
    ],
)
def test_what_steers_a_terminal_is_shown_and_not_sent(text: str, shown: str) -> None:
    assert escaped(text) == shown
