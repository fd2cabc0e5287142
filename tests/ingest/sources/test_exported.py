"""An export of exapt among the files that come in: told by its first line, read row by row, and refused where a row is wrong."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest

from ingest.pipeline import ingest, ingest_export
from ingest.sources import Export, jsonl, open_path, open_paths
from kg.errors import BadRecord, ExaptError, Unreadable
from kg.formats import jsonl as written
from kg.model import Concept, Evidence, Mapping, Pair, Paper, Profile, Result, Span, sha256
from kg.store import Store

Row = dict[str, Any]
TEXT = "Cells make chaperones under stress. We tie the weight decay of a network to its loss in the same way."
HOSTILE: tuple[object, ...] = (
    None, True, 5, -1, 1.5, 2**70, float("nan"), "", "x" * 10_000, "\x1b[31m", "\ud800", [], {}, ["a"], [["a", 1, 2]],
    [["abstract", 9, 3]], [["title", 0, 10**6]], {"a": 1},
)  # fmt: skip


def graph() -> bytes:
    """An export with a row of each type."""
    with Store.open(":memory:") as store:
        profile = Profile(sense="loss_spike", respond="titration", act="weight_decay", knobs=(("respond.capacity", 2.0),))
        store.add_concept(Concept(kind="mechanism", name="heat shock", aliases=("fever",), see=("GO:1",), profile=profile))
        for name in ("weight decay", "L2", "ridge"):
            store.add_concept(Concept(kind="technique", name=name))
        paper = Paper(
            key="arxiv:2401.00001", title="Of stress", abstract=TEXT, authors=("A",), n_authors=1, published="2020",
            source="jsonl", ids=(("arxiv", "2401.00001"),), label="other", label_score=0.5,
        )  # fmt: skip
        store.add_paper(paper)
        store.add_paper(Paper(key=paper.key, title=paper.title, source="ris"))
        roles = (Pair(mechanism_role="load", technique_role="loss"),)
        key = store.add_mapping(
            Mapping(mechanism="mechanism:heat-shock", relation="inspires", technique="technique:weight-decay", pairs=roles)
        )
        span = Span("abstract", 0, 35)
        store.add_evidence(
            Evidence(mapping=key, paper=paper.key, passages=(span,), mechanism_span=span, text_sha256=sha256(TEXT), by="abstract")
        )
        store.decide(key, paper.key, accept=True)
        store.merge_concepts("technique:l2", "technique:weight-decay")
        store.rename_concept("technique:ridge", "Tikhonov")
        store.add_result(
            Result(
                race="r", prototype="p", task="t", arm="sgd", seed=0, metric="loss", value=0.5, mapping=key, knobs=(("lr", 0.1),)
            )
        )
        out = io.BytesIO()
        written.write(store, out)
        return out.getvalue()


EXPORT = graph()
ROWS: list[Row] = [json.loads(line) for line in EXPORT.splitlines()]


def export(store: Store) -> bytes:
    out = io.BytesIO()
    written.write(store, out)
    return out.getvalue()


def lines(rows: list[Row]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def test_an_export_is_told_by_its_first_line_and_exports_the_same_again(tmp_path: Path) -> None:
    (tmp_path / "graph.jsonl.gz").write_bytes(gzip.compress(b"\n" + EXPORT))
    for source in (io.BytesIO(EXPORT), tmp_path / "graph.jsonl.gz"):
        for read in (jsonl.unread, open_path):
            with Store.open(":memory:") as store:
                for found in read(source):
                    assert isinstance(found, Export)
                    summary = ingest_export(store, found)
                assert export(store) == EXPORT
                assert (summary.new, summary.mappings, summary.evidence, summary.read) == (1, 1, 2, 0)
            if isinstance(source, io.BytesIO):
                source.seek(0)


def test_a_corpus_whose_rows_have_a_type_is_no_export() -> None:
    for row in ({"type": "paper", "title": "Ants"}, {"type": "article", "key": "a", "kind": "article", "title": "Ants"}):
        (found,) = open_path(io.BytesIO(lines([row])))
        assert isinstance(found, Paper)


def test_rows_of_an_export_are_never_made_papers() -> None:
    found = list(open_path(io.BytesIO(lines([{"title": "Ants"}, *ROWS]))))
    assert [isinstance(one, Paper) for one in found] == [True] + [False] * len(ROWS)
    damaged = b"\n".join([b'{"type": "paper", broken}', *EXPORT.splitlines()[1:]])
    assert all(isinstance(one, BadRecord) for one in open_path(io.BytesIO(damaged)))
    with pytest.raises(Unreadable, match="exapt ingest jsonl"):
        list(jsonl.read(io.BytesIO(EXPORT)))


def test_an_export_behind_papers_is_passed_over_and_said(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(lines([{"title": "Ants"}]))
    (tmp_path / "b.jsonl").write_bytes(EXPORT)
    with Store.open(":memory:") as store:
        summary = ingest(store, open_paths([tmp_path]), extract=False)
        assert summary.new == 1 and store.counts()["mappings"] == 0
    (failed,) = summary.failed
    assert "take it in by itself" in str(failed)


@pytest.mark.parametrize("place", range(len(ROWS)), ids=[f"{number}-{row['type']}" for number, row in enumerate(ROWS)])
def test_hostile_values_are_one_clear_error_and_leave_the_store_as_it_was(place: int) -> None:
    with Store.open(":memory:") as holding, Store.open(":memory:") as empty:
        holding.join(ROWS)
        for field in (*ROWS[place], "surplus"):
            for value in HOSTILE:
                data = lines([*ROWS[:place], ROWS[place] | {field: value}, *ROWS[place + 1 :]])
                for store in (holding, empty):
                    _refused_or_taken(store, data)
        assert export(empty) == b""


def _refused_or_taken(store: Store, data: bytes) -> None:
    """What a store could hold as well is taken, and undone again here."""
    before = export(store)

    class Undo(Exception):
        pass

    try:
        with store.transaction():
            for found in jsonl.unread(io.BytesIO(data)):
                if isinstance(found, Export):
                    ingest_export(store, found)
                    export(store)
            raise Undo
    except Undo:
        pass
    except ExaptError as error:
        assert 10 < len(str(error)) < 500 and str(error).isprintable(), str(error)
    assert export(store) == before


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"type": "paper"}, "a paper has no field that is called"),
        ({"relation": "eats"}, "'eats', not one of inspires, analogous, contrasts, proposes"),
        ({"relation": "x" * 10_000}, "not one of inspires"),
        ({"mechanism": "mechanism:ants"}, "has the key"),
        ({"mechanism": "\x1b[31mred"}, r"control character or half of a letter: '\x1b[31mred'"),
        ({"mechanism": "m" * 10_000}, "has 10,000 characters, and a name has 2,000 at most"),
        ({"pairs": [{"mechanism_role": "load"}]}, "the field pairs of this mapping is"),
        ({"technique": None}, "the field technique of this mapping is None, not a text"),
        ({"mood": "good"}, "a mapping has no field that is called 'mood'"),
    ],
)
def test_the_error_names_the_line_the_field_and_what_it_should_be(change: Row, why: str) -> None:
    place = next(number for number, row in enumerate(ROWS) if row["type"] == "mapping")
    rows = [*ROWS[:place], ROWS[place] | change, *ROWS[place + 1 :]]
    with Store.open(":memory:") as store, pytest.raises(BadRecord) as caught:
        for found in jsonl.unread(io.BytesIO(lines(rows))):
            assert isinstance(found, Export)
            ingest_export(store, found)
    assert str(caught.value).startswith(f"the stream, line {place + 1}: ") and why in str(caught.value)


def test_two_exports_put_together_are_told_so() -> None:
    with Store.open(":memory:") as store, pytest.raises(BadRecord, match="take each in by itself"):
        for found in jsonl.unread(io.BytesIO(EXPORT + EXPORT)):
            assert isinstance(found, Export)
            ingest_export(store, found)


def test_progress_is_told_of_a_large_graph() -> None:
    told: list[tuple[int, int | None]] = []
    paper = next(row for row in ROWS if row["type"] == "paper")
    many = lines(
        [{"type": "paper", "key": f"title:{number:05d}", "kind": paper["kind"], "title": f"T {number}"} for number in range(1200)]
    )
    with Store.open(":memory:") as store:
        for found in jsonl.unread(io.BytesIO(many)):
            assert isinstance(found, Export)
            ingest_export(store, found, progress=lambda done, total, what: told.append((done, total)))
    assert told == [(500, None), (1000, None)]
