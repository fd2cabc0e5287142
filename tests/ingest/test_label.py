"""The fast look at the words says what the plain form of it says."""

from __future__ import annotations

import math

from hypothesis import example, given
from hypothesis import strategies as st

from ingest.extract import _label
from ingest.extract._label import label_features, label_model, label_probabilities
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
    assert list(_label._signals(text)) == [signal.span() for signal in _label._SIGNAL.finditer(text)]
