from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result

from ingest.pipeline import ingest
from kg.model import Found, Paper, Reading, Span
from kg.store import Store
from queries.reading import Named, extracted
from tests.loopback import Made, feed

Run = Callable[..., Result]
KEYS = [
    "mechanism", "mechanism_span", "technique", "technique_span", "relation", "evidence", "evidence_span",
    "mechanism_concept", "technique_concept", "score", "hedged",
]  # fmt: skip
ABSTRACT = "Inspired by the homeostasis of cells, we propose an adaptive learning rate for neural networks."
ESSAY = """Cells and nets

Chaperone proteins help other proteins to fold in a cell. Machine learning models are trained, and optimization helps.

In biology:

- Genes: written once.
- Epigenetics: how genes are read.

In machine learning:

- Model architecture: written once.
- Hyperparameters: how the model learns.

• Genes ↔ Model architecture: what stays.
• Epigenetics ↔ Hyperparameters: what is tuned.
"""


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.open(":memory:") as store:
        yield store


def test_a_line_in_is_a_line_out_under_its_own_id(run: Run, tmp_path: Path) -> None:
    documents = [{"id": "a", "title": "A title", "abstract": ABSTRACT}, {"id": 7, "title": "Another", "abstract": "No claim."}]
    file = tmp_path / "in.jsonl"
    file.write_text("\n".join(json.dumps(document) for document in documents), encoding="utf-8")
    result = run("extract", file)
    assert result.exit_code == 0, result.stderr
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["id"] for row in rows] == ["a", "7"]
    assert all(list(row) == ["id", "label", "label_score", "mappings"] for row in rows)
    assert run("extract", "-", input=file.read_text(encoding="utf-8")).stdout == result.stdout


def test_spans_are_places_in_the_text_and_concepts_are_readable(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "essay.txt"
    file.write_text(ESSAY, encoding="utf-8")
    (row,) = map(json.loads, run("extract", file).stdout.splitlines())
    assert row["label"] == "bio_inspired"
    assert row["mappings"]
    for mapping in row["mappings"]:
        assert list(mapping) == KEYS
        for name in ("mechanism", "technique"):
            field, start, end = mapping[f"{name}_span"]
            assert field == "abstract"
            assert ESSAY[start:end] == mapping[name]
            assert ":" not in mapping[f"{name}_concept"]
        spans = mapping["evidence_span"]
        two = isinstance(mapping["evidence"], list)
        quotes, spans = (mapping["evidence"], spans) if two else ([mapping["evidence"]], [spans])
        assert quotes == [ESSAY[start:end] for _, start, end in spans]
        assert not two or len(quotes) == 2
    assert "why" in json.loads(run("extract", file, "--explain").stdout)["mappings"][0]


def test_a_bad_line_is_named_and_the_rest_goes_on(run: Run, tmp_path: Path) -> None:
    file, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    file.write_text(
        f'{{"id": "a", "title": "A", "abstract": "x"}}\n{{"broken\n[1]\n{json.dumps({"id": "b", "title": "B"})}\n',
        encoding="utf-8",
    )
    result = run("extract", file, "-o", out)
    assert result.exit_code == 0
    assert [line.split(":")[1].strip() for line in result.stderr.splitlines()] == [f"{file}, line 2", f"{file}, line 3"]
    assert [json.loads(line)["id"] for line in out.read_text(encoding="utf-8").splitlines()] == ["a", "b"]


@pytest.mark.parametrize("content", [None, b"", b"\0\1", b"\xff\xfe\xfa"])
def test_a_file_that_cannot_be_read_is_one_line(run: Run, tmp_path: Path, content: bytes | None) -> None:
    file, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    if content is not None:
        file.write_bytes(content)
    result = run("extract", file, "-o", out)
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert str(file) in result.stderr
    assert not out.exists()


def test_an_output_that_cannot_be_written_is_one_line(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text('{"title": "A"}', encoding="utf-8")
    result = run("extract", file, "-o", tmp_path / "no" / "such" / "folder.jsonl")
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1


def test_concepts_are_named_as_the_store_names_them(store: Store) -> None:
    text = "Spiking neural networks (SNNs) learn by plasticity of synapses. As synapses change, so do SNNs."
    found = Found(
        mechanism="synapses", mechanism_span=Span("abstract", 67, 75), mechanism_concept="",
        technique="SNNs", technique_span=Span("abstract", 90, 94), technique_concept="",
        relation="inspires", passages=(Span("abstract", 64, 95),), score=0.9,
    )  # fmt: skip
    assert [text[span.start : span.end] for span in (found.mechanism_span, found.technique_span)] == ["synapses", "SNNs"]

    class One:
        __name__ = "one"
        VERSION = "1"

        def read(self, paper: Paper, *, explain: bool = False) -> Reading:
            return Reading(label="bio_inspired", label_score=0.9, found=(found,))

    paper = Paper(key="arxiv:2405.00001", title="On synapses", abstract=text, source="x")
    row = extracted(Named("a", paper), reader=One())
    assert isinstance(row, dict)
    ingest(store, [paper], readers=lambda paper: One())
    (mapping,) = store.mappings()
    names = tuple(store.concept(key).name for key in (mapping.mechanism, mapping.technique))
    assert (row["mappings"][0]["mechanism_concept"], row["mappings"][0]["technique_concept"]) == names
    assert names[1] == "spiking neural network"


def test_a_saved_answer_of_arxiv_is_read_and_other_xml_is_named(run: Run, tmp_path: Path) -> None:
    saved, other = tmp_path / "saved.atom", tmp_path / "news.rss"
    saved.write_bytes(feed([Made("2405.00001", "A title", ABSTRACT)], 500))
    other.write_text('<?xml version="1.0"?><rss/>', encoding="utf-8")
    result = run("extract", saved, other)
    assert [json.loads(line)["id"] for line in result.stdout.splitlines()] == ["arxiv:2405.00001"]
    assert "XML (rss)" in result.stderr
    assert run("extract", other).exit_code == 1


def test_an_unknown_extractor_lists_the_known_ones(run: Run, tmp_path: Path) -> None:
    for words in (("extract", tmp_path / "x"), ("ingest", "files", tmp_path / "x"), ("read",)):
        result = run(*words, "--extractor", "oracle")
        assert result.exit_code == 2
        assert "'auto', 'llm'" in result.stderr


def values(result: Result) -> dict[str, float]:
    return {row["what"]: row["exapt"] for row in json.loads(result.stdout)}


def test_eval_counts_mappings_in_papers_drawn_from_a_corpus(run: Run, tmp_path: Path) -> None:
    gold, corpus = tmp_path / "gold.jsonl", tmp_path / "corpus.jsonl"
    gold.write_text(json.dumps({"id": "a", "title": "A", "abstract": "No claim.", "label": "other"}), encoding="utf-8")
    lines = [{"id": f"p{n}", "title": f"Sorting in time {n}", "abstract": "We sort numbers on a cluster."} for n in range(30)]
    corpus.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    found = values(run("eval", gold, "--corpus", corpus, "--sample", "20", "--format", "json"))
    assert found["mappings in 20 random papers of corpus.jsonl"] == 0


def test_eval_scores_the_gold_on_its_own_texts(run: Run, tmp_path: Path) -> None:
    gold = tmp_path / "gold.jsonl"
    gold.write_text(
        json.dumps({"id": "a", "title": "A", "abstract": "No claim.", "label": "other", "mappings": []}), encoding="utf-8"
    )
    rows = json.loads(run("eval", gold, "--format", "json").stdout)
    (row,) = (row for row in rows if row["what"] == "label accuracy")
    assert (row["cues"], row["exapt"], row["low"], row["high"]) == (1.0, 1.0, 1.0, 1.0)


def test_eval_scores_what_extract_wrote(run: Run, tmp_path: Path) -> None:
    gold, predicted = tmp_path / "gold.jsonl", tmp_path / "predicted.jsonl"
    mapping = {"mechanism": "place cell", "technique": "navigation map", "relation": "inspires", "evidence": "as place cells do"}
    gold.write_text(json.dumps({"id": "a", "label": "bio_inspired", "mappings": [mapping]}), encoding="utf-8")
    predicted.write_text(gold.read_text(encoding="utf-8"), encoding="utf-8")
    rows = values(run("eval", gold, "--predicted", predicted, "--format", "json"))
    assert [rows[f"mapping, {rate}"] for rate in ("precision", "recall", "F1")] == [1.0, 1.0, 1.0]
    assert run("eval", gold, "--texts", tmp_path / "none").exit_code == 1


def test_essays_reach_what_was_promised(run: Run, shared: Callable[[str], Path]) -> None:
    shared("seeds")
    result = run("eval", shared("gold/seeds_essays.json"), "--least-confidence", "2", "--format", "json")
    assert values(result)["mapping, precision"] >= 0.7
    assert values(result)["mapping, recall"] >= 0.8


def test_the_page_reaches_what_was_promised(run: Run, shared: Callable[[str], Path]) -> None:
    shared("seeds")
    result = run("eval", shared("gold/seeds_papers.json"), "--format", "json")
    assert "26 documents" in result.stderr
    assert "no text" not in result.stderr
    assert values(result)["document is bio_inspired, F1"] >= 0.8
