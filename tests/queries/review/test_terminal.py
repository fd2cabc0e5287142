"""``exapt review`` as a person drives it: single keys in a pseudo-terminal, its lines, its colours, its end."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from kg.store import Store
from queries.plain import cells
from tests.queries.review.findings import decided, key_of
from tests.queries.review.person import Person

WAITS, LAST = "q quit  ?", "that was the last"


def test_a_person_decides_with_single_keys(papers: Callable[..., Path], person: Callable[..., Person]) -> None:
    path = papers(1, 2, 3)
    curator = person(path)
    curator.sees("1 of 3")
    curator.sees(WAITS)
    curator.types("a")
    curator.sees("accepted")
    curator.sees("2 of 3")
    curator.sees(WAITS)
    curator.types("?")
    curator.sees("reject: it does not")
    curator.sees(WAITS)
    curator.types("\x1b[A")
    curator.sees("no such key")
    curator.sees(WAITS)
    curator.types("r")
    curator.sees("3 of 3")
    curator.sees(WAITS)
    curator.types("s")
    curator.sees(LAST)
    curator.types("u")
    curator.sees("taken back: rejected")
    curator.sees("2 of 3")
    curator.sees(WAITS)
    curator.types("r")
    curator.sees("3 of 3")
    curator.sees(WAITS)
    curator.types("s")
    curator.sees(LAST)
    curator.types("q")
    assert curator.leaves() == 0
    assert "1 accepted, 1 rejected, 2 skipped; 0 of 3 left" in curator.seen
    assert decided(path) == {key_of(1): "accept", key_of(3): "reject"}


def test_a_person_fixes_the_words(papers: Callable[..., Path], person: Callable[..., Person]) -> None:
    path = papers(1)
    curator = person(path)
    curator.sees(WAITS)
    curator.types("f")
    curator.sees("mechanism: ")
    curator.types("chaperones\n")
    curator.sees("technique: ")
    curator.types("9-10\n")
    curator.sees("fixed: chaperones -> decay")
    curator.sees(LAST)
    curator.types("q")
    assert curator.leaves() == 0
    with Store.open(path, write=False) as store:
        assert {(one.action, one.became is None) for one in store.decisions()} == {("fix", False), ("accept", True)}


@pytest.mark.parametrize("end", ["\x03", "\x04", "kill", "hang up"])
def test_nothing_decided_is_lost_however_it_ends(papers: Callable[..., Path], person: Callable[..., Person], end: str) -> None:
    path = papers(1, 2)
    curator = person(path)
    curator.sees(WAITS)
    curator.types("r")
    curator.sees("2 of 2")
    curator.sees(WAITS)
    if end == "kill":
        curator.process.send_signal(signal.SIGKILL)
    elif end == "hang up":
        curator.process.send_signal(signal.SIGHUP)
    else:
        curator.types(end)
    status = curator.leaves()
    assert status == {"\x03": 130, "\x04": 0, "kill": -signal.SIGKILL, "hang up": -signal.SIGHUP}[end]
    if end == "\x03":
        assert "1 rejected; 1 of 2 left" in curator.seen and "Traceback" not in curator.seen
    assert decided(path) == {key_of(1): "reject"}


@pytest.mark.parametrize(("number", "columns"), [(1, 80), (3, 80), (4, 80), (5, 80), (3, 60), (5, 40)])
def test_every_line_fits_and_nothing_steers_the_terminal(
    papers: Callable[..., Path], person: Callable[..., Person], number: int, columns: int
) -> None:
    curator = person(papers(number), columns=columns, NO_COLOR="1")
    curator.sees(WAITS)
    curator.types("f")
    curator.sees("mechanism: ")
    curator.types("\n")
    curator.sees("technique: ")
    curator.types("\x04")
    curator.sees(WAITS)
    curator.types("q")
    assert curator.leaves() == 0
    lines = curator.seen.replace("\r", "").split("\n")
    assert max(map(cells, lines)) <= columns
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", curator.seen.replace("\r", ""))
    if number == 5:
        flat = "".join(lines)
        assert "\\x1b" in flat and "\\u202e" in flat and "\\x9b" in flat


def test_colours_only_where_they_are_wanted(papers: Callable[..., Path], person: Callable[..., Person]) -> None:
    path = papers(1)
    for environment, coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
        curator = person(path, **environment)
        curator.sees(WAITS)
        curator.types("q")
        curator.leaves()
        assert ("\x1b[" in curator.seen) is coloured
        plain = re.sub(r"\x1b\[[0-9;]*m", "", curator.seen)
        assert "under [stress]" in plain and "the {weight decay} of" in plain
