"""What a person calls a function, a concept, a paper: by key, by name or in other words; and what to suggest instead."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from kg.errors import NotFound
from kg.model import Concept, Kind, Paper, concept_key, title_key
from queries.cite import readable
from queries.words import content_words, functions_in, stem, telling

if TYPE_CHECKING:
    from kg.view import View


SURE, CLOSE = 0.5, 0.5
"""A reading less likely than the first, or with another that is more than the second as likely, is told with the others."""
LEAST = 0.04
"""Less likely functions are no reading of the words."""
OTHERS = 3
"""Other readings that are told."""


class Reading(NamedTuple):
    """A function that a text may mean."""

    function: Concept
    odds: float
    """How likely it is, 0 to 1; 1 where the text is its name."""


def likeliest(readings: Sequence[Reading]) -> list[Reading]:
    """The first of ``readings``, and those that come close to the likeliest."""
    top = max((one.odds for one in readings), default=0.0)
    return [one for place, one in enumerate(readings) if place == 0 or one.odds >= CLOSE * top]


def function_named(store: View, text: str) -> Concept | None:
    """The function whose key, name or definition ``text`` is, whatever the forms and the spelling of its words."""
    if concept := store.find_concept(text, "function"):
        return concept
    if not (said := _spelled(text)):
        return None
    called = [one for one in store.concepts("function") if said in (_spelled(one.name), _spelled(one.definition))]
    return called[0] if len(called) == 1 else None


def function_readings(store: View, text: str) -> list[Reading]:
    """What ``text`` may mean is to be done, the likeliest first: the function of that name alone, else all that it speaks of.

    A function of which the text holds the whole name, two words at least, comes before all others.
    """
    if named := function_named(store, text):
        return [Reading(named, 1.0)]
    said, found = _spelled(text), list[tuple[bool, Reading]]()
    for name, odds in functions_in(text, least=0.0).items():
        words = _spelled(name)
        held = len(words) > 1 and words <= said
        if held or odds >= LEAST:
            with suppress(NotFound):
                found.append((held, Reading(store.concept(concept_key("function", name)), odds)))
    return [reading for _, reading in sorted(found, key=lambda one: not one[0])]


def function_read(store: View, text: str) -> tuple[Concept, str]:
    """The function that ``text`` names or speaks of, and how the text was read; nothing where it is the function's name.

    Raises:
        NotFound: none; names those that are near.
    """
    readings = function_readings(store, text)
    if not readings:
        known = [concept.name for concept in store.concepts("function")]
        raise NotFound("function", text, known, hint="`exapt ask functions` tells what each is" if known else EMPTY)
    return readings[0].function, _how_read(text, readings)


def function_called(store: View, text: str) -> Concept:
    """The function of that name, or the one that the words speak of ("keep the old task").

    Raises:
        NotFound: none; names those that are near.
    """
    return function_read(store, text)[0]


def _how_read(text: str, readings: list[Reading]) -> str:
    """``readings`` in words: the first alone where it is likely and far ahead, else beside those that come after."""
    (first, odds), *others = readings
    if odds == 1:
        return ""
    told = f"{text[:80]!r} was read as {readable(first.name)}"
    close = [other for other in others if odds < SURE or other.odds >= CLOSE * odds]
    if odds >= SURE and not close:
        return told
    told += f" ({odds:.2f}{f', {first.definition}' if first.definition else ''})"
    meant = ", ".join(f"{readable(other.function.name)} ({other.odds:.2f})" for other in close[:OTHERS])
    told += f", but may mean {meant}" if meant else ", but not surely"
    return f"{told}; give the name of one that `exapt ask functions` lists"


def _spelled(text: str) -> frozenset[str]:
    """Stems of the words of ``text`` that tell something; British and American spellings are one."""
    american = re.sub(r"is(e[drs]?|ing|ations?)\b", r"iz\1", text.casefold().replace("_", " "))
    return frozenset(telling(re.sub(r"our\b", "or", american)))


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
