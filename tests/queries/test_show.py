from __future__ import annotations

import csv
import io
import json

from hypothesis import given
from hypothesis import strategies as st

from queries.show import Answer, as_csv, as_json, as_markdown, as_ndjson, as_table, lines_of

ANSWER = Answer(
    columns=("name", "belief", "evidence"),
    rows=[
        {"name": "heat | shock", "belief": 0.5, "evidence": [{"text": "“a quote”", "paper": "p1"}, {"text": "by reference"}]},
        {"name": "<b>bold</b>", "belief": None, "evidence": []},
    ],
    below=("evidence",),
)


def test_json_keeps_what_the_rows_hold() -> None:
    rows = json.loads(as_json(ANSWER))
    assert [row["name"] for row in rows] == ["heat | shock", "<b>bold</b>"]
    assert rows[0]["evidence"][0]["paper"] == "p1"
    assert [json.loads(line) for line in as_ndjson(ANSWER).splitlines()] == rows


def test_csv_has_a_header_and_one_line_a_row() -> None:
    header, first, second = csv.reader(io.StringIO(as_csv(ANSWER)))
    assert header == ["name", "belief", "evidence"]
    assert first == ["heat | shock", "0.50", "“a quote” | by reference"]
    assert second[1] == ""


def test_markdown_cells_cannot_break_the_table_or_become_html() -> None:
    lines = as_markdown(ANSWER).splitlines()
    assert len(lines) == 4
    assert "heat \\| shock" in lines[2]
    assert "<b>" not in lines[3]


def test_a_table_prints_evidence_under_its_row() -> None:
    lines = as_table(ANSWER).splitlines()
    assert lines[1].startswith("heat | shock")
    assert lines[2].strip() == "“a quote”"
    assert lines[3].strip() == "by reference"


def test_an_empty_answer_is_still_of_its_form() -> None:
    empty = Answer(columns=("a", "b"))
    assert json.loads(as_json(empty)) == []
    assert as_ndjson(empty) == ""
    assert as_csv(empty) == "a,b\n"
    assert as_table(empty) == ""


@given(st.text())
def test_text_of_papers_never_steers_the_terminal(text: str) -> None:
    shown = "".join(lines_of(text))
    assert not [letter for letter in shown if ord(letter) < 32 or 127 <= ord(letter) < 160]


@given(st.lists(st.text(max_size=300), min_size=1, max_size=4), st.text(max_size=50))
def test_every_form_takes_any_text(names: list[str], quote: str) -> None:
    answer = Answer(
        columns=("name", "evidence"), rows=[{"name": name, "evidence": [quote]} for name in names], below=("evidence",)
    )
    assert [row["name"] for row in json.loads(as_json(answer))] == names
    assert len(list(csv.reader(io.StringIO(as_csv(answer))))) == len(names) + 1
    assert len(as_markdown(answer).split("\n")) == len(names) + 2
    assert as_table(answer)
