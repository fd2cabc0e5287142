"""A title and abstract as words with their offsets, sentences, and the words that signal an analogy."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ingest.text import sentences
from kg.model import Span, TextField

_TOKEN = re.compile(r"[^\W_]+(?:[-'’/.&+^_][^\W_]+)*\+*|[^\w\s]|_")
_CUES: tuple[tuple[str, str], ...] = (
    (
        "bio",
        r"(?:bio|brain|neuro|nature|human|cognitive\w*|biological\w*|neural\w*|insect|animal)(?:-?inspired|-?mimetic|mimicry|mimetics)",
    ),
    ("ins", r"inspir\w+|motivat\w+|\w+-inspired|draw\w*|borrow\w*|stem\w*|reminiscent"),
    ("mim", r"mimic\w*|imitat\w+|emulat\w+|replicat\w+|reproduc\w+|copy\w*|simulat\w+|\w*mimetic\w*"),
    ("ana", r"akin|analog\w*|similar\w*|resembl\w+|like|\w+-like|parallel\w*|equivalen\w+|correspond\w*|match\w*|consistent|as"),
    ("pla", r"plausib\w+|realis\w+|biological\w*"),
    ("bas", r"based|deriv\w+|follow\w*|accord\w+|evidence|observ\w+|theor\w+|finding\w*|hypothes\w+|principle\w*"),
    (
        "pro",
        r"propos\w+|present\w*|introduc\w+|develop\w*|design\w*|describ\w+|call\w*|nam\w+|dub\w*|construct\w*|build\w*|investigat\w+",
    ),
    ("mod", r"model\w*|implement\w*|explain\w*|account\w*|learn\w*|perform\w*|achiev\w+"),
    ("con", r"unlike|contrast\w*|whereas|differ\w*|however|but|although|lack\w*|instead|cannot"),
)
_CUE = [(name, re.compile(rf"(?:{pattern})\Z")) for name, pattern in _CUES]


@dataclass(frozen=True, slots=True)
class Text:
    """The words of one paper, title first: one entry a word; ``bounds`` and ``passages`` have one entry a sentence."""

    words: list[str]
    lower: list[str]
    starts: list[int]
    ends: list[int]
    sentence: list[int]
    cues: list[str]
    bounds: list[tuple[int, int]]
    passages: list[Span]
    in_title: frozenset[str]

    def span(self, first: int, last: int) -> Span:
        """Words ``first`` to ``last`` (included), which lie in one sentence, as a span of their field."""
        return Span(self.passages[self.sentence[first]].field, self.starts[first], self.ends[last])


_seen_cues: dict[str, str] = {}


def cue(word: str) -> str:
    """The kind of signal that ``word`` (lower case) gives, or ``""``."""
    if (known := _seen_cues.get(word)) is None:
        known = next((name for name, pattern in _CUE if pattern.match(word)), "")
        if len(_seen_cues) < 100_000:
            _seen_cues[word] = known
    return known


def read_words(title: str, abstract: str) -> Text:
    """Cut a paper's title and abstract into words and sentences; the title is one sentence."""
    passages = [Span("title", 0, len(title))] if title.strip() else []
    passages += [Span("abstract", start, end) for start, end in sentences(abstract)]
    source: dict[TextField, str] = {"title": title, "abstract": abstract}
    words: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    sentence: list[int] = []
    bounds: list[tuple[int, int]] = []
    kept: list[Span] = []
    for passage in passages:
        first = len(words)
        for token in _TOKEN.finditer(source[passage.field], passage.start, passage.end):
            words.append(token.group())
            starts.append(token.start())
            ends.append(token.end())
        if len(words) > first:
            sentence.extend([len(bounds)] * (len(words) - first))
            bounds.append((first, len(words)))
            kept.append(passage)
    lower = [word.lower() for word in words]
    titled = frozenset(w for w, s in zip(lower, sentence, strict=True) if kept[s].field == "title" and len(w) > 3)
    return Text(words, lower, starts, ends, sentence, [cue(w) for w in lower], bounds, kept, titled)
