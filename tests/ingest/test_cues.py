"""The baseline reader finds what its cues say, at true places."""

from __future__ import annotations

from ingest.extract.cues import read
from kg.model import Paper

ABSTRACT = "Training is slow. Inspired by the foraging of honey bees, we propose a scheduler for clusters. It is fast."


def paper(abstract: str) -> Paper:
    return Paper(key="title:x", title="A title", abstract=abstract)


def test_a_cue_with_something_alive_and_something_made_is_a_mapping() -> None:
    reading = read(paper(ABSTRACT), explain=True)
    (found,) = reading.found
    assert (found.mechanism, found.technique, found.relation) == ("foraging of honey bees", "scheduler for clusters", "inspires")
    assert ABSTRACT[found.mechanism_span.start : found.mechanism_span.end] == found.mechanism
    assert reading.label == "bio_inspired"
    assert found.why


def test_a_cue_of_something_else_is_none() -> None:
    assert read(paper("Inspired by the success of large models, we propose a scheduler.")).found == ()
    assert read(paper("")).label == "other"
