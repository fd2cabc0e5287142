"""The encoder: word pieces with true offsets, its arithmetic against torch, and which phrase is given."""

from __future__ import annotations

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.extract._choice import choose
from ingest.extract._encoder import Phrase, encode, read, unpack, weights
from ingest.extract._pieces import LONGEST, cut
from kg.model import Span

VOCABULARY = {word: n for n, word in enumerate("[UNK] [CLS] [SEP] bio - inspired hebb ##ian learning cafe".split())}


def test_a_word_is_cut_into_the_longest_known_pieces() -> None:
    pieces = cut("Hebbian", "Bio-inspired LEARNING in a café", VOCABULARY)
    assert pieces.ids == [1, 6, 7, 2, 3, 4, 5, 8, 0, 0, 9, 2]
    assert pieces.spans[1] == pieces.spans[2] == Span("title", 0, 7)
    assert [pieces.first[1], pieces.last[1], pieces.first[2], pieces.last[2]] == [True, False, False, True]
    assert pieces.spans[7] == Span("abstract", 13, 21)


@given(st.text(max_size=300), st.text(max_size=900))
def test_pieces_of_any_text_lie_in_it(title: str, abstract: str) -> None:
    pieces = cut(title, abstract, VOCABULARY)
    assert len(pieces.ids) == len(pieces.spans) == len(pieces.first) == len(pieces.last) <= LONGEST
    for span in pieces.spans:
        assert span is None or (title if span.field == "title" else abstract)[span.start : span.end].strip()


def test_the_arithmetic_is_that_of_the_network_that_was_trained() -> None:
    torch = pytest.importorskip("torch")
    from ingest.extract._train_network import Encoder, packed

    torch.manual_seed(0)
    words = list(VOCABULARY)
    network = Encoder(len(words)).eval()
    trained = unpack(packed(network, words))
    # The trained network with the rounded weights, so that only the arithmetic differs.
    network.load_state_dict({name: torch.from_numpy(trained.arrays[name]) for name in network.state_dict()})
    title, abstract = "Hebbian learning", "Bio-inspired learning in a cafe. Hebbian learning is bio-inspired."
    pieces = cut(title, abstract, trained.vocabulary)
    with torch.no_grad():
        mask = torch.ones(1, len(pieces.ids), dtype=torch.bool)
        states = network(torch.tensor([pieces.ids]), mask)
        labels = network.labels(states, mask).softmax(-1)[0].numpy()
    numpy.testing.assert_allclose(encode(pieces, trained), states[0].numpy(), atol=2e-5)
    numpy.testing.assert_allclose(list(read(title, abstract, trained=trained).labels.values()), labels, atol=1e-5)


def test_a_title_that_fills_all_pieces_is_read() -> None:
    assert len(cut("spiking " * 500, "And more.", weights().vocabulary).ids) <= LONGEST
    assert abs(sum(read("spiking " * 500, "And more.").labels.values()) - 1) < 1e-4


def test_a_student_learns_from_annotated_papers_and_from_what_teachers_say() -> None:
    torch = pytest.importorskip("torch")
    import random

    from ingest.extract._train_encoder import BATCH, fine_tuned, heard
    from ingest.extract._train_examples import example
    from ingest.extract._train_network import Encoder, body_of, with_body
    from kg.model import LABELS

    words = [*VOCABULARY, *"network rule cortex fast code plain".split()]
    vocabulary = {word: n for n, word in enumerate(words)}
    said = "Bio-inspired cortex learning in a fast network."
    mapping = {
        "mechanism": "cortex learning", "mechanism_concept": "cortex learning", "technique": "fast network",
        "technique_concept": "network", "evidence": said, "relation": "inspires",
    }  # fmt: skip
    inspired = {"title": "Cortex rule", "abstract": said, "label": "bio_inspired", "mappings": [mapping]}
    plain = {"title": "Fast code", "abstract": "A plain rule in plain code.", "label": "other", "mappings": []}
    examples = [example(d, vocabulary) for d in [inspired, plain] * BATCH]
    assert examples[0].gold[0][max(examples[0].gold[0], key=lambda phrase: examples[0].gold[0][phrase])] == 1.0
    torch.manual_seed(0)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        teacher = fine_tuned(Encoder(len(words), 1), examples, None, random.Random(0))
        told = heard([teacher], [e.pieces for e in examples[: 2 * BATCH]])
        assert told.labels.sum(-1) == pytest.approx(1.0, abs=1e-4)
        assert told.shares.sum(-1).numpy() == pytest.approx(1.0, abs=1e-4)
        start = with_body(body_of(teacher), len(words), 1)
        student = fine_tuned(start, examples, told, random.Random(0))
        with torch.no_grad():
            ids = torch.tensor([examples[1].pieces.ids])
            mask = torch.ones_like(ids, dtype=torch.bool)
            labels = student.labels(student(ids, mask), mask)[0]
    finally:
        torch.set_num_threads(threads)
    assert LABELS[int(labels.argmax())] == "other"


def test_the_weights_that_ship_are_small_and_plain() -> None:
    from importlib.resources import files

    file = files("ingest.extract").joinpath("_encoder.npz")
    assert len(file.read_bytes()) < 15_000_000
    assert weights().layers == 4


def test_the_phrase_that_others_agree_with_is_given() -> None:
    abstract = "the barn owl; lateral inhibition of the retina"
    inhibition, longer, owl = Span("abstract", 14, 32), Span("abstract", 14, len(abstract)), Span("abstract", 4, 12)
    phrases = [Phrase(owl, 0.4), Phrase(longer, 0.3), Phrase(inhibition, 0.25)]
    chosen = choose(phrases, "", abstract)
    assert chosen is not None and chosen.span == longer
    assert chosen.share == pytest.approx(0.55)
    apart = choose(phrases, "", abstract, apart_from=inhibition)
    assert apart is not None and apart.span == owl
    assert choose([], "", abstract) is None
