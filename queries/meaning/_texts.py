"""Short texts that speak of a known function: what the table of words is fitted on."""

from __future__ import annotations

import gzip
import json
import random
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from ingest import atlas
from kg.model import Concept, sha256
from queries.words import stems

DRAWN = 40
"""Made-up questions of a function: two to five of its lay words, drawn anew each time."""


MOST = 200
"""Sentences of a function that are drawn from the abstracts, and what they count together."""
BY_TERM = 4.0


class Text(NamedTuple):
    words: str
    function: str
    weight: float


class Lay(NamedTuple):
    """How people speak of a function who have no word for it."""

    words: tuple[str, ...]
    terms: tuple[str, ...]
    """How papers name it: where an abstract holds one of these, the abstract's other words are likely to speak of it too."""
    phrases: tuple[str, ...]


def lay_words() -> dict[str, Lay]:
    """Function id to its lay words and phrases."""
    lines = Path(__file__).with_name("lay_words.tsv").read_text(encoding="utf-8").splitlines()[1:]
    table = (line.split("\t") for line in lines)
    return {name: Lay(_split(words, ","), _split(terms, ","), _split(phrases, ";")) for name, words, terms, phrases in table}


def _split(text: str, at: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(at))


def definitions() -> dict[str, str]:
    """Function id to its name and definition in words."""
    return {
        concept.name.replace(" ", "_"): f"{concept.name}: {concept.definition}"
        for concept in atlas.concepts()
        if concept.kind == "function"
    }


def made(*, seed: int = 0) -> Iterator[Text]:
    """Definitions, lay words and phrases of all functions."""
    chance = random.Random(seed)
    lexicon = tomllib.loads(files("ingest").joinpath("lexicon", "functions.toml").read_text(encoding="utf-8"))
    lay = lay_words()
    for function, definition in definitions().items():
        words = tuple(dict.fromkeys((*lay[function].words, *lexicon[function].split())))
        yield Text(definition, function, 3.0)
        for phrase in lay[function].phrases:
            yield Text(phrase, function, 2.0)
        for _ in range(DRAWN):
            yield Text(" ".join(chance.sample(words, chance.randint(2, 5))), function, 0.35)
        for word in words:
            yield Text(word, function, 0.3)


def of_the_atlas() -> Iterator[Text]:
    """Names and families of concepts, names and titles of mappings, each for the functions that they serve."""
    families = {concept.key: concept.name for concept in atlas.concepts() if concept.kind == "family"}
    served: dict[str, tuple[str, tuple[str, ...]]] = {}
    names: dict[str, Concept] = {concept.key: concept for concept in atlas.concepts()}
    for concept in names.values():
        if concept.kind in ("mechanism", "technique"):
            text = " ".join((concept.name, *concept.aliases[:2], families.get(concept.parent or "", "")))
            yield from _shared(text, concept.functions)
    for entry in atlas.entries():
        for mapping in entry.mappings:
            text = f"{names[mapping.mechanism].name} {names[mapping.technique].name} {entry.paper.title}"
            served.setdefault(mapping.key, (text, mapping.functions))
    for text, functions in served.values():
        yield from _shared(text, functions)


def of_sentences(annotated: Path) -> Iterator[Text]:
    """The sentences that state the atlas's mappings, from the JSON lines that hold its abstracts."""
    abstracts: dict[str, str] = defaultdict(str)
    with annotated.open(encoding="utf-8") as lines:
        for line in lines:
            abstract = json.loads(line)["abstract"] or ""
            abstracts[sha256(abstract)] = abstract
    for entry in atlas.entries():
        for mapping, evidence in zip(entry.mappings, entry.evidence, strict=True):
            span = evidence.passages[0]
            if span.field == "abstract" and (text := abstracts[evidence.text_sha256]):
                yield from _shared(text[span.start : span.end], mapping.functions)


def _shared(text: str, functions: tuple[str, ...]) -> Iterator[Text]:
    for function in functions:
        yield Text(text, function.removeprefix("function:").replace("-", "_"), 0.5 / len(functions))


def of_abstracts(corpus: Path, *, most: int = MOST, seed: int = 0) -> Iterator[Text]:
    """Sentences of the ``corpus`` that hold a term of a function, each with its neighbours; at most ``most`` of a function.

    Nobody has read them: that a term stands in a text makes it likely, no more, that the text speaks of the function.
    """
    terms: dict[str, list[tuple[list[str], str]]] = defaultdict(list)
    for function, lay in lay_words().items():
        for term in lay.terms:
            words = stems(term)
            terms[words[0]].append((words, function))
    found: dict[str, list[str]] = defaultdict(list)
    for sentences in _passages(corpus):
        said = [stems(sentence) for sentence in sentences]
        for place, words in enumerate(said):
            held = {
                function
                for start, word in enumerate(words)
                for term, function in terms.get(word, ())
                if words[start : start + len(term)] == term
            }
            for function in held:
                found[function].append(" ".join(sentences[max(0, place - 1) : place + 2]))
    chance = random.Random(seed)
    for function, texts in sorted(found.items()):
        chosen = texts if len(texts) <= most else chance.sample(texts, most)
        for text in chosen:
            yield Text(text, function, BY_TERM / len(chosen))


def _passages(corpus: Path) -> Iterator[list[str]]:
    """Title and sentences of each abstract."""
    opened = gzip.open(corpus, "rt", encoding="utf-8") if corpus.suffix == ".gz" else corpus.open(encoding="utf-8")
    with opened as lines:
        for line in lines:
            row = json.loads(line)
            yield [row["title"], *re.split(r"(?<=[.!?])\s+", row.get("abstract") or "")]
