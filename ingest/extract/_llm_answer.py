"""From the bytes that a server sends to an answer of the right shape, or one line on what was wrong with it. Pure."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from kg.model import LABELS, Label

LONGEST = 200_000
"""Characters of an answer: far more than the mappings of one window need."""
MOST_MAPPINGS = 60
"""Of one answer; a window of an essay states a dozen or two."""
SCORES = {1: 0.6, 2: 0.85, 3: 0.97}
"""The model's confidence as a probability, on the scale of the atlas's annotators."""
_THOUGHT = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
_MOST_TOKENS = 100_000_000


class BadAnswer(Exception):
    """An answer that cannot be used; its text says why, in words that the model can be told."""


@dataclass(frozen=True, slots=True)
class Completion:
    """What a server answered, as far as its form was right, and what it says that this cost."""

    content: str
    finish: str = "stop"
    refused: bool = False
    tokens_in: int | None = None
    tokens_out: int | None = None


class Answer(NamedTuple):
    """What a model says of one text; nothing in ``mappings`` is verified yet."""

    label: Label
    score: float
    mappings: list[Any]
    surplus: int
    """Mappings past the most that are looked at."""


def completion(body: bytes) -> Completion:
    """The first choice of a chat completion.

    Raises:
        BadAnswer: no JSON (a page of HTML, a body cut short), or JSON of another shape.
    """
    value = _json(body.decode("utf-8", "replace"))
    try:
        choice = value["choices"][0]
        message = choice["message"]
        content, refusal, finish = message.get("content"), message.get("refusal"), choice.get("finish_reason")
    except (LookupError, TypeError, AttributeError) as error:
        raise BadAnswer("the server's reply was no chat completion") from error
    if isinstance(content, list):  # some servers send the text in parts
        content = "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    usage = value.get("usage") if isinstance(value, dict) else None
    usage = usage if isinstance(usage, dict) else {}
    return Completion(
        content=content if isinstance(content, str) else "",
        finish=finish if isinstance(finish, str) else "stop",
        refused=bool(refusal),
        tokens_in=_tokens(usage.get("prompt_tokens")),
        tokens_out=_tokens(usage.get("completion_tokens")),
    )


def answer(said: Completion) -> Answer:
    """The label and the stated mappings.

    Raises:
        BadAnswer: cut off, refused, empty, far too long, no JSON object, or without a label and a list of mappings.
    """
    if said.finish == "length":
        raise BadAnswer("it was cut off before its end; be brief")
    if said.refused or said.finish == "content_filter":
        raise BadAnswer("it was a refusal")
    if len(said.content) > LONGEST:
        raise BadAnswer("it was far too long; be brief")
    value = _json(_THOUGHT.sub("", said.content))
    label, mappings = value.get("label"), value.get("mappings")
    if label not in LABELS:
        raise BadAnswer(f"its label was none of {', '.join(LABELS)}")
    if not isinstance(mappings, list):
        raise BadAnswer("it had no list of mappings")
    return Answer(
        label=cast(Label, label),
        score=score(value.get("label_confidence")),
        mappings=mappings[:MOST_MAPPINGS],
        surplus=max(0, len(mappings) - MOST_MAPPINGS),
    )


def score(confidence: object) -> float:
    """Confidence 1, 2 or 3 as a probability; what is none of these counts as the least."""
    return SCORES.get(confidence, SCORES[1]) if isinstance(confidence, int) else SCORES[1]


def _json(text: str) -> dict[str, Any]:
    """The JSON object that ``text`` holds, also where words or a code fence stand around it."""
    start = text.find("{")
    if start < 0:
        raise BadAnswer("it held no JSON object" if text.strip() else "it was empty")
    try:
        value, _ = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError) as error:
        raise BadAnswer("it was no valid JSON") from error
    assert isinstance(value, dict)  # it begins with a brace
    return value


def _tokens(count: object) -> int | None:
    return count if isinstance(count, int) and not isinstance(count, bool) and 0 <= count < _MOST_TOKENS else None
