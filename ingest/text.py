"""Text as readers need it: cleaned once, then cut into sentences by character offsets that stay true to it.

Offsets count Unicode code points of the cleaned text, so ``text[start:end]`` is the quote, always.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
# Control and format characters say nothing; soft hyphen, zero-width space, byte-order mark and text direction are among them.
# The joiners U+200C and U+200D stay: words of Persian and of Indic scripts, and many emoji, are spelt with them.
_CONTROL = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ud800-\udfff]"
)

# UTF-8 that some program took for Latin-1 ("wearer\u00e2\u0080\u0099s"): known by the control characters that no writer types.
_MISREAD = re.compile("[\xc2-\xf4][\x80-\xbf]*[\x80-\x9f][\x80-\xbf]*")
# What some PDF readers make of a hyphen at a line end.
_LOST_HYPHEN = re.compile("(?<=\\w)\x02\\s?(?=\\w)")

# Words that end in a stop and rarely end a sentence; those in the second set do end one when a capitalised word follows.
_NEVER_LAST = frozenset(
    "e.g i.e cf viz vs fig figs eq eqs eqn eqns ref refs sec secs tab tabs chap ch no nos vol pp p v approx ca resp prof dr "
    "mr mrs ms st mt gen col lt sgt rev hon esp incl excl ed eds dept univ def thm prop lem cor alg app suppl supp op loc ibid "
    "sp spp subsp var cv".split()
)
_SELDOM_LAST = frozenset("al inc ltd co corp jr sr ph.d m.d b.sc m.sc u.s u.k u.n e.u a.m p.m d.c w.r.t i.i.d a.k.a s.t".split())
_ALSO_WORDS = frozenset("no p v ch ed app prop def cor sp".split())
_STOP = re.compile(r"[.!?\u2026\u3002\uff01\uff1f]+[\"'\u201d\u2019\u00bb)\]}*_]*")
_WORD_BEFORE = re.compile(r"[^\s(\[{\u201c\"'\u2018,;:/\u2013\u2014]+$")
_OPENERS = "\"'\u201c\u2018\u00ab([{*_`$\\"
_LIST_NUMBER = re.compile(r"(?:\d{1,3}|[ivxlc]{1,5}|[IVXLC]{1,5}|[A-Za-z])$")
_PRONOUNS = frozenset(
    "we our this these it its in the a an to for as by while however thus here moreover furthermore to using both such unlike "
    "inspired finally first second results experiments code there then when with from their they he she i".split()
)


def clean(text: str) -> str:
    """Make one line of ``text``: control characters go, every run of blanks becomes one space, the ends are trimmed.

    Letters are left as they are written (no Unicode normalisation), so that a text's digest is the same from every source
    that prints it alike. What a program on the way broke is mended where it is certain: misread UTF-8, hyphens lost in a PDF.
    """
    if text.isprintable() and "  " not in text:  # as most texts are; no blank but the space is printable
        return text.strip()
    return " ".join(_visible(text).split())


def _visible(text: str) -> str:
    """``text`` without control characters."""
    return _CONTROL.sub("", _LOST_HYPHEN.sub("-", _MISREAD.sub(_reread, text)))


def _reread(misread: re.Match[str]) -> str:
    try:
        return misread.group().encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return misread.group()


def clean_lines(text: str) -> str:
    """Like :func:`clean`, but lines stay lines: an essay's headings and bullets state its mappings.

    Every kind of line end becomes a newline, blanks at the end of a line go, indents and empty lines stay.
    """
    lines = _visible(_LINE_END.sub("\n", text)).split("\n")
    return "\n".join(line.rstrip() for line in lines).strip("\n")


def sentences(text: str) -> list[tuple[int, int]]:
    """Cut ``text`` into sentences, as (start, end) offsets in order; blanks between sentences belong to none.

    A stop ends a sentence unless it belongs to an abbreviation ("e.g.", "et al."), an initial, a decimal, a file name or
    address, or is followed by a lower-case word. A blank line always ends one, and so does the end of a line that is a
    heading or a bullet; other single line ends are wrapping and end nothing.
    """
    spans: list[tuple[int, int]] = []
    for start, end in _blocks(text):
        cut = _after_blanks(text, start, end)
        # Behind the last word nothing begins a sentence.
        last = start + len(text[start:end].rstrip(_OPENERS + " \n)]}"))
        for stop in _STOP.finditer(text, start, last):
            if stop.end() < last and _ends_sentence(text, cut, stop, end):
                _add(spans, text, cut, stop.end())
                cut = _after_blanks(text, stop.end(), end)
        _add(spans, text, cut, end)
    return spans


def _add(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    start = _after_blanks(text, start, end)
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        spans.append((start, end))


def _after_blanks(text: str, start: int, end: int) -> int:
    while start < end and text[start].isspace():
        start += 1
    return start


def _blocks(text: str) -> list[tuple[int, int]]:
    """Stretches that no sentence crosses: paragraphs, bullets and headings."""
    cuts = [0]
    position = 0
    lines = text.split("\n")
    for number, line in enumerate(lines):
        position += len(line) + 1
        following = lines[number + 1] if number + 1 < len(lines) else ""
        if not line.strip() or not following.strip() or _stands_alone(line, following):
            cuts.append(min(position, len(text)))
    cuts.append(len(text))
    return [(a, b) for a, b in pairwise(cuts) if a < b]


_BULLET = re.compile(r"\s*(?:[\u2022\u25e6\u2023\u2043*\u00b7\u25cf\u25aa\u2013\u2014-]|\d{1,3}[.)]|[a-z][.)]|#{1,6})\s+")


def _stands_alone(line: str, following: str) -> bool:
    """Whether ``line`` ends at its line end: the next is a bullet, or it is a heading, or too short to have been wrapped."""
    if _BULLET.match(following):
        return True
    body = line.strip()
    # Wrapped lines are long and followed by more of the sentence; a heading is short and the next line begins afresh.
    first = following.lstrip()[:1]
    afresh = first.isupper() or not first.isalnum()
    return body.endswith(":") or (len(body) < 60 and not body.endswith((",", ";", "-")) and afresh)


def _ends_sentence(text: str, start: int, stop: re.Match[str], end: int) -> bool:
    after = text[stop.end() : min(end, stop.end() + 60)]
    if not after[0].isspace():
        # "word.Next" comes from lost blanks or markup: a lower-case word, one stop, a capitalised word of three letters or more.
        return _glued(text, stop, after)
    rest = after.lstrip()
    if not rest:
        return True
    first = rest.lstrip(_OPENERS + " ")[:1]
    mark = stop.group()
    if "!" in mark or "?" in mark:
        return not first.islower()
    if "..." in mark or "\u2026" in mark:
        return first.isupper()
    if mark[0] in "\u3002\uff01\uff1f":
        return True
    return not first.islower() and not _abbreviates(text, start, stop, rest)


def _glued(text: str, stop: re.Match[str], after: str) -> bool:
    if stop.group() not in {".", "!", "?"} or not re.match(r"[A-Z][a-z]+(?=[\s,])", after):
        return False
    before = text[max(0, stop.start() - 40) : stop.start()].split()
    return bool(before) and bool(re.fullmatch(r"[(\"']*[a-z]{3,}[)\"']*", before[-1]))


def _abbreviates(text: str, start: int, stop: re.Match[str], rest: str) -> bool:
    """Whether the stop belongs to the word before it, as in "Fig. 2", "J. Smith" or "et al."; ``rest`` is what follows."""
    found = _WORD_BEFORE.search(text, max(start, stop.start() - 40), stop.start())
    if found is None or not stop.group().startswith("."):
        return False
    word = found.group().rstrip(")]}\"'\u201d\u2019")
    following = re.match(r"[^\s,.;:]+", rest)
    next_word = following.group() if following else ""
    lower = word.casefold()
    if lower in _NEVER_LAST:
        # "no. 3" is a number, "no. We" ends a sentence.
        return lower not in _ALSO_WORDS or next_word[:1].isdigit()
    if lower in _SELDOM_LAST:
        return next_word.casefold() not in _PRONOUNS
    if found.start() <= start and _LIST_NUMBER.fullmatch(word):
        return True  # "1. Introduction": the number opens the sentence.
    if len(word) == 1 and unicodedata.category(word) == "Lu":
        # An initial, unless the letter names something: "hepatitis B. We", "vitamin D. The".
        return next_word.casefold() not in _PRONOUNS
    return bool(re.fullmatch(r"(?:[A-Za-z]\.)+[A-Za-z]", word)) and next_word.casefold() not in _PRONOUNS
