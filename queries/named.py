"""What a person calls a function, a concept, a paper: by key, by name or in other words; and what to suggest instead."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from kg.errors import NotFound
from kg.model import Concept, Kind, Paper, concept_key, title_key
from queries.words import content_words, functions_in, stem

if TYPE_CHECKING:
    from kg.view import View


def function_called(store: View, text: str) -> Concept:
    """The function of that name, or the one that the words speak of ("keep the old task").

    Raises:
        NotFound: none; names those that are near.
    """
    if concept := store.find_concept(text, "function"):
        return concept
    for name in functions_in(text):
        with suppress(NotFound):
            return store.concept(concept_key("function", name))
    known = [concept.name for concept in store.concepts("function")]
    raise NotFound("function", text, known, hint="`exapt ask functions` tells what each is" if known else EMPTY)


EMPTY = "the graph is empty; fill it: exapt ingest atlas"


def paper_called(store: View, text: str) -> Paper:
    """The paper of that key, outside id or title.

    Raises:
        NotFound: none; names papers that speak of the same words.
    """
    for key in (text, title_key(text)):
        with suppress(NotFound):
            return store.paper(key)
    found = store.statements(key for key, _ in store.search_passages(text, limit=3))
    near = [f"{store.paper(key).title} ({key})" for key in list(dict.fromkeys(paper for _, paper in found))[:2]]
    hint = (
        f"papers that speak of it: {'; '.join(near)}" if near else "give its key (arxiv:2205.08645, doi:10.1000/x) or its title"
    )
    raise NotFound("paper", text, hint=hint)


def concepts_called(store: View, text: str, kinds: tuple[Kind, ...] = ("mechanism", "technique")) -> list[Concept]:
    """The concepts of exactly that name, one of a kind at most, else those with all the words in their names, best first."""
    if called := [concept for kind in kinds if (concept := store.find_concept(text, kind))]:
        return called
    wanted = {stem(word) for word in content_words(text)}
    found = [store.concept(key) for key, _ in store.search(text, kinds=kinds, limit=60)] if wanted else []
    return [concept for concept in found if wanted <= {stem(word) for word in content_words(" ".join(names(concept)))}]


def names(concept: Concept) -> tuple[str, ...]:
    return concept.name, *concept.aliases


def nearest(store: View, text: str) -> str:
    """A hint after an empty answer: the names that are near, or how to find some."""
    near = store.near_names(text)
    return f"nearest names in the graph: {', '.join(near)}" if near else "`exapt concept list` lists what there is"
