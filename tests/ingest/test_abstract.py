"""The reader of abstracts: spans are true to the text, labels are probabilities, and plain papers cost little."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.extract import reader_for
from ingest.extract.abstract import read
from ingest.score import token_f1
from kg.model import LABELS, RELATIONS, Paper

ANT = Paper(
    key="title:ant",
    title="AntNav: Path Integration for Small Robots",
    abstract="Robots lose their way when wheels slip. Inspired by the path integration of desert ants, we propose AntNav, a "
    "neural network controller that brings a robot home without a map. It imitates how ants sum their steps. Experiments on "
    "three robots show shorter ways home.",
)
PLAIN = Paper(
    key="title:plain",
    title="Faster Matrix Products on Clusters",
    abstract="We study what matrix products cost in communication. A new blocking scheme halves it. Benchmarks agree.",
)


def test_a_stated_inspiration_is_found() -> None:
    reading = read(ANT)
    assert reading.label == "bio_inspired"
    (found,) = reading.found
    assert found.mechanism == "path integration of desert ants"
    assert found.relation == "inspires"
    assert not found.hedged


def test_a_plain_paper_has_no_mapping() -> None:
    reading = read(PLAIN)
    assert (reading.label, reading.found) == ("other", ())


def test_reading_is_the_same_every_time() -> None:
    assert read(ANT) == read(ANT)


def test_why_is_told_on_demand() -> None:
    assert not read(ANT).found[0].why
    assert read(ANT, explain=True).found[0].why


def test_hedging_is_noted() -> None:
    hedged = replace(
        ANT,
        abstract="Inspired by desert ants, we propose AntNav, a controller that may work as path integration in ants does.",
    )
    assert [found.hedged for found in read(hedged).found] in ([True], [])


def test_title_alone_is_enough_to_read() -> None:
    reading = read(Paper(key="title:x", title="A Robot Controller Inspired by the Path Integration of Desert Ants"))
    assert reading.label in LABELS
    assert all(found.passages[0].field == "title" for found in reading.found)


def test_a_phrase_without_a_word_names_nothing() -> None:
    assert read(Paper(key="title:x", title="“", abstract="inspired")).found == ()


def test_essays_go_to_the_reader_of_essays() -> None:
    assert reader_for(ANT).__name__.endswith(".abstract")
    assert reader_for(replace(ANT, kind="essay")).__name__.endswith(".essay")


def _check(paper: Paper) -> None:
    reading = read(paper)
    assert reading.label in LABELS
    assert 0.0 <= reading.label_score <= 1.0
    for found in reading.found:
        assert reading.label == "bio_inspired"
        assert 0.0 <= found.score <= 1.0
        assert found.relation in RELATIONS
        for name, span in ((found.mechanism, found.mechanism_span), (found.technique, found.technique_span)):
            assert (paper.text(span.field) or "")[span.start : span.end] == name
            assert name.strip() == name != ""
        assert len({passage.field for passage in found.passages}) == 1
        assert all(0 <= p.start < p.end <= len(paper.text(p.field) or "") for p in found.passages)
        assert found.mechanism_concept and found.technique_concept


WORDS = st.sampled_from(
    "inspired by the brain ants propose network a of we novel . , ( ) Hebbian learning human visual system — “ ” é".split()
)


@settings(max_examples=40)
@given(st.lists(WORDS, max_size=60), st.lists(WORDS, max_size=12))
def test_whatever_the_words_spans_are_true(abstract: list[str], title: list[str]) -> None:
    _check(Paper(key="title:x", title=" ".join(title), abstract=" ".join(abstract)))


@settings(max_examples=40)
@given(st.text(max_size=400))
def test_any_text_can_be_read(text: str) -> None:
    _check(Paper(key="title:x", title=text[:40], abstract=f"Inspired by the brain of ants, we propose a neural network. {text}"))


def test_reading_needs_numpy_and_nothing_heavier() -> None:
    program = (
        "import sys; from ingest.extract.abstract import read; from kg.model import Paper; "
        "read(Paper(key='title:x', title='Ants inspire', abstract='Inspired by the brain of ants, we propose a network.')); "
        "print(sorted({'sklearn', 'spacy', 'torch', 'scipy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_every_span_in_annotated_papers_is_true(shared: Callable[[str], Path]) -> None:
    with shared("gold/train.jsonl").open(encoding="utf-8") as lines:
        papers = [json.loads(line) for _, line in zip(range(300), lines, strict=False)]
    for paper in papers:
        _check(Paper(key="title:x", title=paper["title"], abstract=paper["abstract"]))


def test_concepts_are_named_as_careful_readers_name_them(shared: Callable[[str], Path]) -> None:
    with shared("gold/dev.jsonl").open(encoding="utf-8") as lines:
        gold = [g for g in map(json.loads, lines) if g["mappings"]]
    spans = names = given = 0
    for g in gold:
        for found in read(Paper(key="title:x", title=g["title"], abstract=g["abstract"])).found:
            given += 2
            for role, span, name in (
                ("mechanism", found.mechanism, found.mechanism_concept),
                ("technique", found.technique, found.technique_concept),
            ):
                spans += max(token_f1(m[f"{role}_concept"], span) for m in g["mappings"]) >= 0.5
                names += max(token_f1(m[f"{role}_concept"], name) for m in g["mappings"]) >= 0.5
    assert given > 100
    assert names >= spans
    assert names / given > 0.45


@pytest.mark.parametrize(("least_label", "least_bio"), [(0.65, 0.66)])
def test_held_out_papers_are_told_apart(shared: Callable[[str], Path], least_label: float, least_bio: float) -> None:
    with shared("gold/dev.jsonl").open(encoding="utf-8") as lines:
        gold = [json.loads(line) for line in lines]
    said = [read(Paper(key="title:x", title=g["title"], abstract=g["abstract"])).label for g in gold]
    assert sum(s == g["label"] for s, g in zip(said, gold, strict=True)) / len(gold) > least_label
    both = sum(s == g["label"] == "bio_inspired" for s, g in zip(said, gold, strict=True))
    f1 = 2 * both / (said.count("bio_inspired") + sum(g["label"] == "bio_inspired" for g in gold))
    assert f1 > least_bio
