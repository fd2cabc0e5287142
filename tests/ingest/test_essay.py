"""The essay reader finds what essays state by layout and prose, quotes it exactly, and keeps silent where no analogy is drawn."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.extract import essay
from ingest.extract._essay_sides import opposed, side_of
from ingest.score import Document, Gold, Score, Stated, evaluate, load_gold
from kg.model import Found, Paper, Reading

HERE = Path(__file__).parent / "essays"
OWN = sorted({row["file"] for row in json.loads((HERE / "expected.json").read_text(encoding="utf-8"))})
PLAIN = ("cells_plain.txt", "training_plain.md", "bread_plain.txt")


def read(body: str) -> Reading:
    return essay.read(Paper(key="title:1", title="An essay", abstract=body, kind="essay"))


def pairs(body: str) -> list[tuple[str, str, str]]:
    return [(found.mechanism, found.relation, found.technique) for found in read(body).found]


def answer(name: str, body: str) -> Document:
    reading = read(body)
    return Document(id=name, label=reading.label, mappings=tuple(stated(body, found) for found in reading.found))


def stated(body: str, found: Found) -> Stated:
    return Stated(
        mechanism=found.mechanism,
        technique=found.technique,
        relation=found.relation,
        evidence=tuple(body[passage.start : passage.end] for passage in found.passages),
        mechanism_concept=found.mechanism_concept,
        technique_concept=found.technique_concept,
        score=found.score,
    )


def score_of(gold: Gold, folder: Path) -> Score:
    answers = [answer(one.id, (folder / one.id).read_text(encoding="utf-8")) for one in gold.documents]
    return evaluate(gold, answers, min_confidence=2)


# Whole essays


@pytest.mark.parametrize("name", OWN)
def test_essays_of_other_styles_and_subjects_are_read(name: str) -> None:
    gold = load_gold(HERE / "expected.json")
    one = Gold(documents=tuple(document for document in gold.documents if document.id == name), form="essays")
    score = score_of(one, HERE)
    assert score.mapping.recall >= 0.6
    assert score.mapping.precision >= 0.85
    assert score.relation >= 0.85
    assert score.label == 1.0


def test_essays_together_reach_the_target() -> None:
    score = score_of(load_gold(HERE / "expected.json"), HERE)
    assert score.mapping.recall >= 0.85
    assert score.mapping.precision >= 0.9


@pytest.mark.parametrize("name", PLAIN)
def test_texts_that_draw_no_analogy_yield_nothing(name: str) -> None:
    reading = read((HERE / name).read_text(encoding="utf-8"))
    assert reading.found == ()
    assert reading.label == "other"


def test_seed_essays_reach_the_target(shared: Callable[[str], Path]) -> None:
    gold = load_gold(shared("gold/seeds_essays.json"))
    score = score_of(gold, shared("seeds"))
    assert score.mapping.recall >= 0.85
    assert score.mapping.precision >= 0.78
    assert score.relation >= 0.9


@pytest.mark.parametrize("name", OWN)
def test_every_span_is_a_quote(name: str) -> None:
    body = (HERE / name).read_text(encoding="utf-8")
    every = read(body).found
    assert every
    for found in every:
        assert found.mechanism_span.field == found.technique_span.field == "abstract"
        assert body[found.mechanism_span.start : found.mechanism_span.end] == found.mechanism
        assert body[found.technique_span.start : found.technique_span.end] == found.technique
        assert 1 <= len(found.passages) <= 2
        assert list(found.passages) == sorted(found.passages)
        assert found.why
        assert 0 < found.score <= 1
        for name_of_concept in (found.mechanism_concept, found.technique_concept):
            assert name_of_concept == name_of_concept.strip().lower() and name_of_concept


# Forms


def test_lists_under_parallel_labels_are_aligned_in_order() -> None:
    body = """Folding and fitting

Chaperones:

  • Rescue of Aggregates: ClpB pulls proteins out of clumps.
  • Shielding: Hsp60 encloses a protein while it folds.

Machine Learning Equivalents:

  • Gradient Clipping: It bounds the update of the weights.
  • Batch Normalization: It keeps the inputs of a layer in range.
"""
    assert pairs(body) == [
        ("Rescue of Aggregates", "analogous", "Gradient Clipping"),
        ("Shielding", "analogous", "Batch Normalization"),
    ]
    assert len(read(body).found[0].passages) == 2


def test_an_inventory_of_each_side_is_no_list_of_pairs() -> None:
    body = """The brain

Key components in neuroscience include:

  • Neurons: Cells that fire.
  • Synapses: Contacts between cells.

The network

Key components in deep learning include:

  • Layers: Stacks of units.
  • Optimizers: Rules that change the parameters.
"""
    assert pairs(body) == []


def test_sides_may_come_in_either_order_and_without_markdown() -> None:
    body = """Memory

Machine learning: A replay buffer stores transitions for later training.
Biology: The hippocampus stores episodes for later consolidation.

Machine learning: Dropout silences random units of the network.
Biology: Synapses release transmitter in only a fraction of cases.
"""
    found = read(body).found
    assert (found[0].mechanism_concept, found[0].technique_concept) == ("hippocampus", "replay buffer")
    assert len(found) == 2


def test_arrows_take_their_side_from_words_and_neighbours() -> None:
    body = """Layers of the analogy, from gene to network

- Model Architecture ↔ Genes: the plan
- Learning Rate ↔ Zorvax: an unknown name follows its neighbours
- Weights <-> Synapses
"""
    assert [(one, two) for one, _, two in pairs(body)] == [
        ("Genes", "Model Architecture"),
        ("Zorvax", "Learning Rate"),
        ("Synapses", "Weights"),
    ]


def test_tables_are_read_by_their_columns() -> None:
    body = """| Role | Algorithm | Organ |
|---|---|---|
| storage | replay buffer | hippocampus |
| valuation | reward model | amygdala |
"""
    assert pairs(body) == [
        ("hippocampus", "analogous", "replay buffer"),
        ("amygdala", "analogous", "reward model"),
    ]


def test_examples_on_both_sides_are_a_weak_hedged_pair() -> None:
    body = """Adaptation

In biology:

  • Cells change their gene expression under stress.

Example: DNA methylation silences genes in honeybees.

In machine learning:

  • Models change their learning rate during training.

Example: The Adam optimizer scales every gradient.
"""
    weak = [found for found in read(body).found if found.hedged]
    assert [(found.mechanism, found.technique) for found in weak] == [("DNA methylation", "Adam optimizer")]
    assert weak[0].score < 0.5


CONTEXT = "Genes, cells and brains are compared with algorithms, neural networks and their training here.\n\n"


@pytest.mark.parametrize(
    ("sentence", "mechanism", "relation", "technique"),
    [
        ("There are analogies between synaptic pruning and weight pruning.", "synaptic pruning", "analogous", "weight pruning"),
        (
            "Both dopamine and temporal-difference algorithms encode surprise.",
            "dopamine",
            "analogous",
            "temporal-difference algorithms",
        ),
        ("Dropout is akin to synaptic failure.", "synaptic failure", "analogous", "Dropout"),
        ("The cortex plays the role of the slow network.", "cortex", "analogous", "slow network"),
        ("Agents (neurons or artificial units) interact.", "neurons", "analogous", "artificial units"),
        (
            "Regularization prevents overfitting, which can be seen as a “misfolded” state.",
            "misfolded” state",
            "analogous",
            "overfitting",
        ),
        ("Convolutional networks were inspired by the visual cortex.", "visual cortex", "inspires", "Convolutional networks"),
        ("Inspired by immune memory, detectors could keep old signatures.", "immune memory", "proposes", "detectors"),
        ("Developing optimizers that mimic chaperones could help.", "chaperones", "proposes", "optimizers"),
        (
            "Studying how cells repair DNA could lead to robust checkpoints.",
            "how cells repair DNA",
            "proposes",
            "robust checkpoints",
        ),
        ("Brains are far more efficient than language models.", "Brains", "contrasts", "language models"),
        ("Unlike neurons, hyperparameters are chosen by hand.", "neurons", "contrasts", "hyperparameters"),
        ("Genes evolved, whereas hyperparameters were chosen by engineers.", "", "", ""),
    ],
)
def test_cues_of_prose(sentence: str, mechanism: str, relation: str, technique: str) -> None:
    expected = [(mechanism, relation, technique)] if mechanism else []
    got = [(one.strip("“"), two, three) for one, two, three in pairs(CONTEXT + sentence)]
    assert got == expected


def test_a_contrast_reaches_back_to_the_sentence_of_the_other_side() -> None:
    body = (
        f"{CONTEXT}Limits of the analogy\n\n"
        "Neurons grow new synapses for decades. This takes energy. In contrast, most optimizers only change weights."
    )
    (found,) = read(body).found
    assert found.relation == "contrasts"
    assert [body[passage.start : passage.end].split()[0] for passage in found.passages] == ["Neurons", "In"]


def test_links_of_two_chains_are_paired() -> None:
    body = CONTEXT + "Just as genes lead to proteins and then to traits, parameters lead to activations and then to predictions."
    found = {(found.mechanism, found.technique) for found in read(body).found}
    assert {("genes", "parameters"), ("proteins", "activations"), ("traits", "predictions")} <= found


def test_one_claim_told_twice_is_one_mapping() -> None:
    body = CONTEXT + "Dropout is akin to synaptic failure. As we said, there is an analogy between synaptic failure and dropout."
    assert len(read(body).found) == 1


def test_references_are_not_read() -> None:
    body = CONTEXT + "References\n\n  • Doe, J. (2001). Networks inspired by the visual cortex. Journal of Algorithms.\n"
    assert pairs(body) == []


def test_least_score_leaves_out_the_unsure() -> None:
    body = (HERE / "neuromod.md").read_text(encoding="utf-8")
    paper = Paper(key="title:1", title="t", abstract=body, kind="essay")
    assert len(essay.read(paper, least_score=0.86).found) < len(essay.read(paper).found)


def test_a_paper_without_text_is_other() -> None:
    assert essay.read(Paper(key="title:1", title="t", kind="essay")).label == "other"


PIECES = [
    *"neurons genes algorithms networks both and how while could Unlike : . ( ) “ ” — # | ↔ • ** é 🧬 1.".split(),
    *("inspired by", "akin to", "In contrast,", "Example:", "\n", "\n\n"),
]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=120))
def test_no_text_breaks_the_reader(parts: list[str]) -> None:
    body = CONTEXT + " ".join(parts)
    for found in read(body).found:
        assert body[found.mechanism_span.start : found.mechanism_span.end] == found.mechanism != ""
        assert body[found.technique_span.start : found.technique_span.end] == found.technique != ""


def test_a_phrase_decides_before_its_words() -> None:
    assert side_of("genetic algorithm") == "machine"
    assert side_of("biological neural network") == "biology"
    assert opposed("genes", "neurons in ANNs") is True
    assert opposed("dropout", "synapses") is False
    assert opposed("flour", "water") is None
