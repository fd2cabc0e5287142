"""The daily papers as the API returns them."""

from __future__ import annotations

import gzip
import io
import json

import pytest

from ingest.sources import hf_daily, open_path
from kg.errors import Unreadable
from kg.model import Paper
from tests.ingest.sources.records import Shared, papers

ENTRY = {
    "paper": {
        "id": "2305.14314",
        "title": "Sleep\n  for Networks",
        "summary": "Networks\nsleep.",
        "authors": [{"name": "A B", "hidden": False}, {"name": "C D", "hidden": True}, {"user": {}}],
        "publishedAt": "2023-05-23T17:50:33.000Z",
        "submittedOnDailyAt": "2023-05-24T00:00:00.000Z",
    },
    "publishedAt": "2023-05-23T13:50:33.000Z",
    "title": "Sleep for Networks",
}


def test_daily_papers_are_read_packed_or_plain() -> None:
    plain = json.dumps([ENTRY]).encode()
    (paper,) = papers(gzip.compress(plain))
    assert paper == Paper(
        key="arxiv:2305.14314",
        title="Sleep for Networks",
        abstract="Networks sleep.",
        authors=("A B", "C D"),
        n_authors=2,
        published="2023-05-23",
        listed="2023-05-24",
        url="https://arxiv.org/abs/2305.14314",
        source="hf_daily",
        ids=(("arxiv", "2305.14314"),),
    )
    assert papers(plain) == [paper] == list(hf_daily.read(io.BytesIO(plain)))


def test_a_bad_entry_is_told_by_its_place_and_the_rest_is_read() -> None:
    found = list(hf_daily.read(io.BytesIO(json.dumps([ENTRY, {"paper": {"id": "1"}}, 7, ENTRY]).encode())))
    assert [isinstance(record, Paper) for record in found] == [True, False, False, True]
    assert "entry 2 of its list it has no title" in str(found[1]) and "entry 3" in str(found[2])


def test_json_of_another_shape_is_one_complaint() -> None:
    with pytest.raises(Unreadable, match="not of Hugging Face daily papers"):
        list(hf_daily.read(io.BytesIO(json.dumps([{"name": "x"}, {"name": "y"}]).encode())))
    with pytest.raises(Unreadable, match="not of papers"):
        list(hf_daily.read(io.BytesIO(b'["a", "b"]')))


def test_every_stored_month_is_read_whole(shared: Shared) -> None:
    for month in sorted(shared("corpora/hf_daily_papers").glob("*.json.gz"))[::8]:
        with gzip.open(month) as file:
            ids = [entry["paper"]["id"] for entry in json.load(file)]
        found = list(open_path(month))
        assert [record.key for record in found if isinstance(record, Paper)] == [f"arxiv:{number}" for number in ids]
