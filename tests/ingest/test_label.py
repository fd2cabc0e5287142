"""The fast look at the words says what the plain form of it says."""

from __future__ import annotations

import math

from hypothesis import example, given
from hypothesis import strategies as st

from ingest.extract._label import label_features, label_model, label_probabilities, probabilities
from ingest.extract._signals import SIGNAL, signals
from ingest.extract._words import WORD, bytes_of, starts_of, words_of
from kg.model import LABELS

words = st.sampled_from(
    "inspired by the brain bio-inspired neuro neurobiomimetic akin to analog similar to like humans like animals brain- cogniti "
    "nature human mimic based on plausibly drawing . , - _ é ٣ 3d deep network the of a-b as humans do and ant ant".split(" ")
)
texts = st.lists(words, max_size=40).map(" ".join) | st.text(max_size=80)


def plainly(title: str, abstract: str) -> list[float]:
    model = label_model()
    scores = list(model.bias)
    for name, value in label_features(title, abstract).items():
        for label, weight in enumerate(model.weights.get(name, ())):
            scores[label] += model.unit * value * weight
    powers = [math.exp(score - max(scores)) for score in scores]
    return [power / sum(powers) for power in powers]


@given(texts, texts)
@example("", "")
@example("Brain-Inspired", "Inspired by the İstanbul brain, brain inspired.")
def test_probabilities_are_those_of_the_plain_form(title: str, abstract: str) -> None:
    found = label_probabilities(title, abstract)
    assert list(found) == list(LABELS)
    assert all(math.isclose(a, b, abs_tol=1e-12) for a, b in zip(found.values(), plainly(title, abstract), strict=True))


@given(texts)
@example("neurobiomimetic cognitive-inspired brain inspired- inspired")
@example("bio\n-mimic nature- akinakin like humanslike animals")
def test_signals_are_found_as_the_pattern_finds_them(text: str) -> None:
    text = text.lower()
    both = [text, f"{text} akin"]
    found = list(signals(both, bytes_of(both), starts_of(both)))
    assert found == [(number, *signal.span()) for number, one in enumerate(both) for signal in SIGNAL.finditer(one)]


@given(st.lists(st.tuples(texts, texts), max_size=5))
def test_it_makes_no_difference_which_papers_are_looked_at_together(papers: list[tuple[str, str]]) -> None:
    assert probabilities(papers * 60) == [probabilities([paper])[0] for paper in papers] * 60


runs = st.text(alphabet="ab1- .", max_size=30)


@given(st.lists(runs, max_size=4))
@example(["3d-print 12-ab ab-12-34 -a- a--b 7a-3d-", "", "-", "1"])
def test_words_are_those_of_the_pattern(several: list[str]) -> None:
    found = words_of(bytes_of(several), starts_of(several))
    plainly = [(number, word) for number, text in enumerate(several) for word in WORD.findall(text)]
    assert found.text.tolist() == [number for number, _ in plainly]
    words = [word for _, word in plainly]
    assert found.code.tolist() == words_of(bytes_of(words), starts_of(words)).code.tolist()
    assert len({*found.code.tolist()}) == len({*words})
