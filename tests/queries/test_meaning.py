from __future__ import annotations

import csv
import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.meaning import measured
from kg.errors import Refused, Unreadable
from kg.store import Store
from queries.meaning import _texts, table
from queries.words import functions_in, telling

HERE = Path(__file__).parent
FILES = ("questions.tsv", "questions_held_out.tsv", "questions_by_others.tsv")


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that holds the atlas."""
    from click.testing import CliRunner

    from queries.cli import cli

    path = tmp_path_factory.mktemp("meaning") / "atlas.db"
    result = CliRunner().invoke(cli, ["--store", str(path), "ingest", "atlas"])
    assert result.exit_code == 0, result.output
    return path


@pytest.mark.parametrize(
    ("name", "share", "found"),
    [("questions.tsv", 0.75, 0.92), ("questions_held_out.tsv", 0.55, 0.775), ("questions_by_others.tsv", 0.68, 0.88)],
)
def test_questions_in_anyones_words_find_what_serves(known: Path, name: str, share: float, found: float) -> None:
    with Store.open(known, write=False) as store:
        right = measured(store, HERE / name)["all"]
    assert sum(right) / 5 / len(right) >= share
    assert sum(hits > 0 for hits in right) / len(right) >= found


@pytest.mark.parametrize("name", FILES)
def test_questions_name_functions_that_there_are(name: str) -> None:
    with (HERE / name).open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    assert len({row["question"] for row in rows}) == len(rows) >= 40
    assert {function for row in rows for function in row["functions"].split(",")} <= set(_texts.definitions())


@pytest.mark.parametrize("name", FILES[1:])
def test_questions_that_measure_were_not_learned(name: str) -> None:
    with (HERE / name).open(encoding="utf-8", newline="") as lines:
        asked = {" ".join(telling(row["question"])) for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)}
    assert asked.isdisjoint(" ".join(telling(text.words)) for text in _texts.made())


def test_the_table_is_small_and_knows_every_function() -> None:
    assert table.FILE.stat().st_size <= 3_000_000
    assert set(table.shipped().functions) == set(_texts.definitions())


def test_words_that_are_used_alike_stand_near() -> None:
    forget = table.shipped().word("forget")
    assert forget is not None and "catastroph" in {near[:10] for near in forget.near}


def test_probabilities_add_up_and_unknown_words_say_nothing() -> None:
    assert sum(table.probabilities(telling("learn without labels"), table.shipped())) == pytest.approx(1)
    assert table.probabilities(["qqqqqqq"], table.shipped()) == []
    assert functions_in("qqqqqqq") == {}


def test_likeness_is_that_of_what_words_speak_of() -> None:
    words = table.shipped()
    one, other, third = (table.evidence(telling(text), words) for text in ("forgetting", "continual learning", "a walking gait"))
    assert table.likeness(one, one) == pytest.approx(1)
    assert table.likeness(one, other) > table.likeness(one, third)


@pytest.mark.parametrize("content", [b"", b"{}\n", b"no table\n\xff\xfe", b'{"format": "exapt words 9"}\n'])
def test_a_file_that_is_no_table_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "words.bin"
    path.write_bytes(content)
    with pytest.raises(Unreadable, match=r"words\.bin"):
        table.Table(path)


def test_a_question_needs_neither_numpy_nor_a_model() -> None:
    heavy = "[name for name in ('numpy', 'scipy', 'torch', 'sentence_transformers') if name in sys.modules]"
    code = f"import sys; from queries.words import functions_in; print(functions_in('it forgets')); assert not {heavy}"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_the_table_can_be_learned_anew(tmp_path: Path) -> None:
    """On a hundred made abstracts and the lay words of three functions."""
    pytest.importorskip("scipy")
    from queries.meaning import _train, _vectors

    corpus = tmp_path / "abstracts.jsonl.gz"
    with gzip.open(corpus, "wt", encoding="utf-8") as lines:
        for number in range(100):
            one, other = ("walker gait stumbles", "legged gait") if number % 2 else ("grape harvest picker", "orchard harvest")
            lines.write(json.dumps({"title": f"On the {one}", "abstract": f"The {one} goes on. An {other} is shown."}) + "\n")
    vectors = _vectors.learn(corpus)
    assert {"gait", "harv"} <= {word[:4] for word in vectors.words}
    texts = [
        *[_texts.Text("legs that walk with a gait", "generate_rhythm", 1.0)] * 3,
        *[_texts.Text("bring in the harvest", "forage", 1.0)] * 3,
    ]
    path = tmp_path / "words.bin"
    _train.write(path, vectors, texts)
    learned = table.Table(path)
    for said, function in (("gait", "generate_rhythm"), ("harvest", "forage")):
        odds = dict(zip(learned.functions, table.probabilities(telling(said), learned), strict=True))
        assert max(odds, key=odds.__getitem__) == function, said
    again = tmp_path / "again.bin"
    _train.write(again, _vectors.learn(corpus), texts)
    assert again.read_bytes() == path.read_bytes()


def test_sentences_with_a_term_are_taken_for_its_function(tmp_path: Path) -> None:
    corpus = tmp_path / "abstracts.jsonl"
    abstract = "Nets are large. Catastrophic forgetting hurts them. We help. Nothing else is said here."
    corpus.write_text(json.dumps({"title": "Nets", "abstract": abstract}) + "\n", encoding="utf-8")
    (text,) = _texts.of_abstracts(corpus)
    assert text.function == "protect_old"
    assert text.words == "Nets are large. Catastrophic forgetting hurts them. We help."


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    from queries.meaning import embed

    with pytest.raises(Unreadable, match="nowhere"):
        embed.functions_in("it forgets", tmp_path / "nowhere")
    # Without the extra it says what to install, with it that the folder is empty.
    with pytest.raises((Refused, Unreadable), match=r"exapt\[embed\]|no sentence-embedding model"):
        embed.functions_in("it forgets", tmp_path)
