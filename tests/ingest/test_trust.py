"""The trust in a reading: scores keep their order and mean what they say."""

from __future__ import annotations

import json
import random
from importlib.resources import files
from pathlib import Path

import pytest

from ingest.extract import _trust
from ingest.extract._trust import probability, trust


def test_the_trust_that_ships_is_in_range_and_in_order() -> None:
    trusted = trust()
    assert set(trusted.least) == {"look", "bio", "right"}
    assert all(0 < least < 1 for least in trusted.least.values())
    assert trusted.score[1] > 0
    scores = [probability(trusted.score, [odds]) for odds in (-2.0, 0.0, 2.0)]
    assert scores == sorted(scores)


def test_scores_are_drawn_towards_the_share_that_is_right() -> None:
    pytest.importorskip("sklearn")
    chance = random.Random(0)
    odds = [chance.gauss(0, 1) for _ in range(120)]
    yes = [chance.random() < 0.45 + 0.1 * (one > 0) for one in odds]
    scale = _trust._shrunk(odds, yes)
    scores = [probability(scale, [one]) for one in odds]
    assert sum(scores) / len(scores) == pytest.approx(sum(yes) / len(yes), abs=0.01)
    assert max(scores) - min(scores) < 0.4


def test_trust_is_fitted_on_papers_and_written(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    from ingest.extract._encoder import weights
    from ingest.extract._label import label_model

    def paper(number: int) -> dict[str, object]:
        if number % 2:
            return {"title": f"Sorting {number}", "abstract": "We sort numbers faster.", "label": "other", "mappings": []}
        said = f"Inspired by the foraging of ants, we propose AntSort{number}, a sorting algorithm."
        # In a third of them the annotator saw something else, so that nothing tells the right ones for sure.
        seen = "foraging of ants" if number % 3 else "waggle dance"
        mapping = {
            "mechanism": seen, "technique": f"AntSort{number}", "relation": "inspires", "evidence": said,
            "mechanism_concept": seen, "technique_concept": "sorting algorithm",
        }  # fmt: skip
        return {"title": "Ants Sort", "abstract": said, "label": "bio_inspired", "mappings": [mapping]}

    said = _trust.fit(
        [paper(number) for number in range(40)], weights(), label_model(), lambda document, choice: {}, tmp_path / "trust.json"
    )
    assert said.startswith("40 held-out papers: bio_inspired F1 1.000")
    written = json.loads((tmp_path / "trust.json").read_text(encoding="utf-8"))
    assert list(written) == ["bio", "right", "score", "least"]
    assert 0 < written["least"]["right"] < 1


def test_all_that_ships_is_small() -> None:
    folder = files("ingest.extract")
    parts = ("_encoder.npz", "_label.json", "_relation.json", "_naming.json.gz", "_quote.json", "_trust.json")
    assert sum(len(folder.joinpath(part).read_bytes()) for part in parts) <= 15_000_000
