"""Search: what a person types finds what they mean, and nothing that they type breaks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.model import Concept, Paper
from kg.store import Store


@pytest.fixture(scope="module")
def graph() -> Iterator[Store]:
    with Store.open(":memory:") as store:
        store.add_concept(Concept(kind="mechanism", name="heat shock response", aliases=("chaperone upregulation",)))
        store.add_concept(Concept(kind="mechanism", name="homeostasis", definition="A cell keeps its state, as in heat or cold."))
        store.add_concept(Concept(kind="mechanism", name="memory", aliases=("the", "naïve T cell")))
        store.add_concept(Concept(kind="technique", name="heat kernel"))
        store.add_concept(
            Concept(kind="function", name="respond to stress", definition="Protect what heat or shock would break.")
        )
        yield store


def found(store: Store, text: str, **options: object) -> list[str]:
    return [key for key, _ in store.search(text, **options)]  # type: ignore[arg-type]


def test_names_come_before_definitions(graph: Store) -> None:
    assert found(graph, "heat") == [
        "technique:heat-kernel", "mechanism:heat-shock-response", "function:respond-to-stress", "mechanism:homeostasis",
    ]  # fmt: skip


def test_word_forms_and_aliases_are_found(graph: Store) -> None:
    assert found(graph, "how do cells upregulate chaperones?")[0] == "mechanism:heat-shock-response"
    assert found(graph, "naive T cells")[0] == "mechanism:memory"


def test_an_exact_name_or_alias_comes_first(graph: Store) -> None:
    assert found(graph, "Chaperone-Upregulation")[0] == "mechanism:heat-shock-response"
    assert found(graph, "the") == ["mechanism:memory"]


def test_kinds_and_limit_narrow(graph: Store) -> None:
    assert found(graph, "heat", kinds=("technique",)) == ["technique:heat-kernel"]
    assert len(found(graph, "heat", limit=2)) == 2
    assert found(graph, "heat", limit=0) == found(graph, "heat", kinds=()) == []


HOSTILE = (
    '"',
    "heat AND",
    "NEAR(heat shock, 2)",
    "name:heat*",
    "heat -shock ^",
    "(((",
    "'; DROP TABLE concept",
    "a\0b",
    "\ud800",
    "*",
    "",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_operators_are_only_words(graph: Store, text: str) -> None:
    found(graph, text)
    graph.search_passages(text)
    if "heat" in text:
        assert "technique:heat-kernel" in found(graph, text)


@given(text=st.text(), limit=st.integers(1, 5))
def test_any_string_is_a_search(graph: Store, text: str, limit: int) -> None:
    hits = graph.search(text, limit=limit)
    assert len(hits) <= limit and all(score > 0 for _, score in hits)
    assert sorted(hits, key=lambda hit: -hit[1]) == hits
    assert graph.search_passages(text, limit=limit) == []


def test_a_long_text_is_a_search(graph: Store) -> None:
    assert "technique:heat-kernel" in found(graph, "heat " + " ".join(f"word{number}" for number in range(50_000)))


def test_mappings_are_found_by_the_words_of_their_papers(
    store: Store, state: Callable[..., str], paper: Callable[..., Paper]
) -> None:
    first = state(
        store, "a", "x", paper=paper(1, title="On frogs", abstract="A frog regulates its temperature in the pond all day.")
    )
    second = state(
        store, "b", "y", paper=paper(2, title="On toads", abstract="A toad of the pond, with no word on temperature at all.")
    )
    store.add_paper(paper(3, title="Frogs alone", abstract="Frogs and nothing that any mapping says of them."))
    assert [key for key, _ in store.search_passages("frogs")] == [first]
    assert {key for key, _ in store.search_passages("ponds")} == {first, second}
    assert len(store.search_passages("ponds", limit=1)) == 1
