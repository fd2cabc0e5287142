"""How plain words are read as a function: its name wins in any form, and where the reading is in doubt the answer says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kg.errors import NotFound
from kg.model import concept_key
from kg.store import Store
from queries.cli import cli
from queries.named import function_called, function_named, function_read, function_readings, likeliest


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("readings") / "atlas.db"
    assert CliRunner().invoke(cli, ["--store", str(path), "ingest", "atlas"]).exit_code == 0
    return path


def ask(known: Path, *words: str) -> Result:
    result = CliRunner().invoke(cli, ["--store", str(known), "ask", *words])
    assert result.exit_code == 0, result.output
    return result


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("protect_old", "protect_old"),
        ("Protect the old", "protect_old"),
        ("protecting old", "protect_old"),
        ("learn the new without losing the old", "protect_old"),
        ("localize sources", "localise_source"),
        ("specialize", "specialise"),
        ("dividing labor", "divide_labour"),
        ("hold in mind", "hold_in_mind"),
    ],
)
def test_a_name_in_any_form_is_read_as_that_function_and_nothing_is_said_of_it(known: Path, text: str, name: str) -> None:
    with Store.open(known, write=False) as store:
        function, how_read = function_read(store, text)
        assert (function.key, how_read) == (concept_key("function", name), "")
        assert [one.function for one in function_readings(store, text)] == [function]


def test_words_that_are_no_name_are_no_name(known: Path) -> None:
    with Store.open(known, write=False) as store:
        assert function_named(store, "the") is None
        assert function_named(store, "protect the old garden") is None
        with pytest.raises(NotFound, match="protect old"):
            function_called(store, "protct_olld")


def test_the_answer_for_a_name_is_that_of_the_function(known: Path) -> None:
    named, spoken = ask(known, "transfer", "protect_old"), ask(known, "transfer", "protect", "the", "old")
    assert named.stdout == spoken.stdout
    assert named.stderr == spoken.stderr and "read as" not in named.stderr


def test_a_likely_reading_is_told_alone(known: Path) -> None:
    first = ask(known, "transfer", "keep the old task").stderr.splitlines()[0]
    assert first == "'keep the old task' was read as protect old"


@pytest.mark.parametrize("text", ["find the source of an error", "stop overfitting", "decide when to learn"])
@pytest.mark.parametrize("question", ["transfer", "gaps"])
def test_a_reading_in_doubt_is_told_with_the_others(known: Path, question: str, text: str) -> None:
    with Store.open(known, write=False) as store:
        first, second, *_ = function_readings(store, text)
    asked = ("transfer", text) if question == "transfer" else ("gaps", "--function", text)
    told = ask(known, *asked).stderr.splitlines()[0]
    for one in (first, second):
        assert f"{one.function.name} ({one.odds:.2f}" in told, told
    assert "but may mean" in told and "exapt ask functions" in told


def test_a_whole_name_within_more_words_comes_first(known: Path) -> None:
    with Store.open(known, write=False) as store:
        readings = function_readings(store, "forget what we know and protect old habits, forgetting")
        assert readings[0].function.name == "protect old"
        assert len(readings) > 1
        assert {one.function.name for one in likeliest(readings)} >= {"protect old", "forget"}
        assert likeliest([]) == []


def test_a_name_leads_the_ranking_of_analogies(known: Path) -> None:
    rows = ask(known, "analogies", "protect the old", "--limit", "3", "--format", "csv").stdout.splitlines()[1:]
    assert rows and all("protect old" in row for row in rows)
