"""Functions of new mappings: proposed from concepts, families and words, with probabilities, and never out of nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import atlas
from ingest.functions import LEAST, MOST, SHARED, Facts, keywords, probabilities, propose, served, trained
from ingest.ground import Grounder, lexicon_concepts
from kg.model import Concept, Found, Paper, Span

FUNCTIONS = [concept for concept in atlas.concepts() if concept.kind == "function"]


@pytest.fixture(scope="module")
def grounder() -> Grounder:
    return Grounder([*lexicon_concepts(), *atlas.concepts()])


def facts(grounder: Grounder, mechanism: str, technique: str, sentences: str = "") -> Facts:
    return Facts(
        mechanism=grounder.ground("mechanism", mechanism).concept,
        technique=grounder.ground("technique", technique).concept,
        mechanism_words=mechanism,
        technique_words=technique,
        sentences=sentences,
    )


@pytest.mark.parametrize(
    ("mechanism", "technique", "function"),
    [
        ("collision avoidance of locusts", "obstacle avoidance for drones", "avoid-collision"),
        ("sleep replay in the hippocampus", "generative replay for continual learning", "replay"),
        ("fovea of the raptor eye", "foveated image sampling", "allocate-resolution"),
        ("how infants imitate their parents", "imitation learning for robots", "learn-from-others"),
        ("moths tracking odor plumes", "odor source search", "find-source"),
    ],
)
def test_names_that_say_what_they_are_for_get_that_function(
    grounder: Grounder, mechanism: str, technique: str, function: str
) -> None:
    found = propose(facts(grounder, mechanism, technique))
    assert f"function:{function}" in [proposed.key for proposed in found]


def test_the_sentence_speaks_too(grounder: Grounder) -> None:
    said = "It navigates home by landmarks along learnt routes, as the animal navigates."
    bare = dict(
        zip(trained().functions, probabilities(facts(grounder, "a desert creature", "our controller"), trained()), strict=True)
    )
    told = probabilities(facts(grounder, "a desert creature", "our controller", said), trained())
    assert dict(zip(trained().functions, told, strict=True))["navigate"] > bare["navigate"] + 0.1


def test_what_both_concepts_are_known_for_is_proposed() -> None:
    key = "function:respond-to-stress"
    sides = [Concept(kind=kind, name="zzz", functions=(key,), status="curated") for kind in ("mechanism", "technique")]
    found = propose(Facts(mechanism=sides[0], technique=sides[1], mechanism_words="zzz", technique_words="zzz"))
    assert (found[0].key, found[0].score >= SHARED) == (key, True)


def test_words_that_say_nothing_get_no_function() -> None:
    sides = [Concept(kind=kind, name="qqq") for kind in ("mechanism", "technique")]
    assert propose(Facts(mechanism=sides[0], technique=sides[1], mechanism_words="qqq", technique_words="www")) == ()


@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=200))
def test_scores_are_probabilities_in_falling_order_and_few(mechanism: str, technique: str, sentences: str) -> None:
    sides = [Concept(kind=kind, name="x") for kind in ("mechanism", "technique")]
    found = propose(
        Facts(mechanism=sides[0], technique=sides[1], mechanism_words=mechanism, technique_words=technique, sentences=sentences)
    )
    scores = [proposed.score for proposed in found]
    assert scores == sorted(scores, reverse=True) and len(scores) <= MOST
    assert all(round(LEAST, 3) <= score <= 1 for score in scores)
    assert {proposed.key for proposed in found} <= {concept.key for concept in FUNCTIONS}


def test_a_finding_is_judged_by_the_passages_that_it_cites(grounder: Grounder) -> None:
    title, abstract = "Homing", "Ants find home. Ants navigate by landmarks and panoramas, and so does our robot navigation."
    found = Found(
        mechanism="Ants",
        mechanism_span=Span("abstract", 16, 20),
        technique="robot navigation",
        technique_span=Span("abstract", 75, 91),
        mechanism_concept="ant",
        technique_concept="robot navigation",
        relation="inspires",
        passages=(Span("abstract", 16, len(abstract)),),
        score=0.9,
    )
    keys = served(
        found,
        Paper(key="title:x", title=title, abstract=abstract),
        mechanism=grounder.ground("mechanism", "Ants").concept,
        technique=grounder.ground("technique", "robot navigation").concept,
    )
    assert "function:navigate" in keys


def test_the_weights_are_small_plain_and_of_the_vocabulary() -> None:
    weights = files("ingest").joinpath("_functions.json")
    assert len(weights.read_bytes()) < 1_000_000
    model = trained()
    assert {name.replace("_", " ") for name in model.functions} == {concept.name for concept in FUNCTIONS}
    assert set(keywords()) == set(model.functions)
    assert all(keywords().values())
    assert set(model.families) <= {concept.key for concept in atlas.concepts() if concept.kind == "family"}


def test_proposing_needs_no_heavy_library() -> None:
    code = "import sys, ingest.functions as f; f.trained(); print({'numpy', 'sklearn', 'torch', 'spacy'} & set(sys.modules))"
    root = Path(__file__).resolve().parents[2]
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert shown.stdout.strip() == "set()"


def test_training_on_a_few_papers_learns_their_functions(shared: Callable[[str], Path]) -> None:
    pytest.importorskip("sklearn")
    from ingest._annotated import annotated, grounded
    from ingest._train_functions import Trainer, rates
    from ingest.functions import model_of

    rows = annotated(shared("gold/train.jsonl"))
    assert len(rows) > 1600
    few = rows[:240]
    trainer = Trainer(few, grounded(few, given=True))
    train = [i for i, row in enumerate(few) if row.fold != 0]
    model = model_of(trainer.model(train))
    held = [i for i, row in enumerate(few) if row.fold == 0]
    _, _, f1 = rates([few[i] for i in held], [trainer.chosen(model, i) for i in held])
    assert f1 > 0.2
