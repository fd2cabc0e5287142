"""Words as their writer wrote them: line ends joined, hyphens of the typesetter taken out, ligatures undone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ingest.text import clean

# Only these: other compatibility characters (superscripts, fractions, bold mathematics) mean what they look like.
_LIGATURES = str.maketrans(
    {"\ufb00": "ff", "\ufb01": "fi", "\ufb02": "fl", "\ufb03": "ffi", "\ufb04": "ffl", "\ufb05": "ft", "\ufb06": "st"}
)
_CUT = re.compile(r"(?P<head>[^\W\d_][\w'’-]*)-$")
_NEXT = re.compile(r"[^\W\d_][\w'’]*")
# Second halves that are words of their own, as in "gradient-based", and never the rest of a word that was cut.
_OWN_WORDS = frozenset(
    "agent agnostic art assisted aware based centric class controlled crafted defined dependent designed driven "
    "efficient encoded end engineered evolved free generated guided induced informed inspired invariant layer "
    "learning level like made mediated memory mimetic modal motivated network networks of only order oriented "
    "plausible plus related rich scale sensitive shot specific stage step supervised task term the time to trained "
    "tuned tuning wise".split()
)
# First halves after which a hyphen stands by rule.
_OWN_STARTS = frozenset("self non well state all cross quasi vice brain nature real high low long short large small fine".split())
# Beginnings that are part of one word with what follows: "disorder", "likewise", "retrained".
_NO_STARTS = frozenset(
    "a con cor de dis en ex in inter like mal mean mis other over pre re some any life sub sur un under".split()
)


def unligated(text: str) -> str:
    return text.translate(_LIGATURES)


def vocabulary(texts: Iterable[str]) -> frozenset[str]:
    """Words that the document writes within its lines: they show which hyphens are its own."""
    found: set[str] = set()
    for text in texts:
        # The first and the last word of a line may be halves.
        found.update(word.casefold() for word in re.findall(r"[^\W\d_][\w'’-]*[^\W_]", text)[1:-1])
    return frozenset(found)


def joined(lines: Sequence[str], known: frozenset[str] = frozenset()) -> str:
    """``lines`` as one line of text; a word that a hyphen cuts at a line end is whole again, "bio-inspired" keeps its hyphen."""
    text = ""
    for line in map(clean, lines):
        if not line:
            continue
        cut, following = _CUT.search(text), _NEXT.match(line)
        if cut is None or following is None:
            # A hyphen before a digit, as in "COVID-19", is the writer's; a dash with a blank before it is a dash.
            glued = text.endswith("-") and not text.endswith((" -", "--"))
            text += line if not text or glued else f" {line}"
        elif _is_own(cut["head"], following.group(), known):
            text += line
        else:
            text = text[:-1] + line
    return clean(text)


def _is_own(head: str, rest: str, known: frozenset[str]) -> bool:
    """Whether the hyphen between ``head`` and ``rest`` is the writer's, not the typesetter's."""
    start, end = head.casefold(), rest.casefold()
    if rest[0].isupper():
        return True
    last = start.rpartition("-")[2]
    if f"{start}-{end}" in known or (f"{start}{end}" not in known and f"{last}-{end}" in known):
        return True
    if f"{start}{end}" in known:
        return False
    if last in _NO_STARTS:
        return False
    if len(last) > 3 and len(end) > 4 and last in known and end in known:
        # Two words that the document uses by themselves, as "context" and "sensitive".
        return True
    return "-" in start or start in _OWN_STARTS or (len(start) > 2 and end in _OWN_WORDS)
