"""What an error says fits a line."""

from __future__ import annotations

import pytest

from kg.errors import NotFound

MANY = [f"technique_number_{n}" for n in range(49)]


@pytest.mark.parametrize(
    ("name", "known", "told"),
    [
        ("sgf", ["sgd", "adamw"], "no baseline is called 'sgf'; did you mean sgd? (there are: sgd, adamw)"),
        ("xyz", [], "no baseline is called 'xyz'"),
        ("technique_numbr_7", MANY, "did you mean technique_number_7"),
        ("technique_numbr_7", MANY, "? (there are 49)"),
        ("xyz", MANY, f"no baseline is called 'xyz' (there are: {', '.join(MANY[:12])} and 37 more)"),
        ("x" * 500, MANY, "xxx...' (there are: technique_number_0"),
    ],
)
def test_a_name_that_is_not_there_is_told_with_what_is_near_or_with_what_there_is(name: str, known: list[str], told: str) -> None:
    assert told in str(NotFound("baseline", name, known))
    assert len(str(NotFound("baseline", name, known))) < 420
