"""Tokens and what they cost: guessed before anything is asked, counted from the answers afterwards."""

from __future__ import annotations

import math
import os
import threading
from collections import Counter
from dataclasses import dataclass

from ingest.extract._llm_prompt import Message
from kg.errors import Refused

_BYTES_PER_TOKEN = 4
"""Of English prose, whichever tokenizer; other scripts take more bytes a letter, and more tokens too."""
_TOKENS_OF_A_MESSAGE = 4
_LEAST_ANSWER = 100
_ANSWER_SHARE = 3
"""An answer has about a third of the tokens of the text that it is about."""


def tokens_in(asked: list[Message]) -> int:
    """About how many tokens a server will count for ``asked``."""
    return sum(_TOKENS_OF_A_MESSAGE + tokens_of(message["content"]) for message in asked)


def tokens_of(text: str) -> int:
    return math.ceil(len(text.encode("utf-8", "replace")) / _BYTES_PER_TOKEN)


def tokens_out(text: str) -> int:
    """About how long the answer about ``text`` will be."""
    return _LEAST_ANSWER + tokens_of(text) // _ANSWER_SHARE


@dataclass(frozen=True, slots=True)
class Prices:
    """What a million tokens cost, in the currency of whoever set them; ``None`` where no price is known."""

    reading: float | None = None
    writing: float | None = None

    @classmethod
    def from_environment(cls) -> Prices:
        """From ``EXAPT_LLM_PRICE_IN`` and ``EXAPT_LLM_PRICE_OUT``.

        Raises:
            Refused: one of them is no number, or below zero.
        """
        return cls(_price("EXAPT_LLM_PRICE_IN"), _price("EXAPT_LLM_PRICE_OUT"))

    def told(self, tokens_in: int, tokens_out: int) -> str:
        if self.reading is None or self.writing is None:
            return "unknown price (set EXAPT_LLM_PRICE_IN and EXAPT_LLM_PRICE_OUT, for a million tokens)"
        return f"cost {(tokens_in * self.reading + tokens_out * self.writing) / 1e6:.4f}"


def _price(name: str) -> float | None:
    value = os.environ.get(name)
    if not value:
        return None
    try:
        price = float(value)
    except ValueError:
        price = math.nan
    if not 0 <= price < math.inf:
        raise Refused(f"{name} is the price of a million tokens, a number from 0, not {value[:40]!r}")
    return price


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What reading some papers would take."""

    papers: int = 0
    requests: int = 0
    cached: int = 0
    tokens_in: int = 0
    tokens_out: int = 0

    def told(self, prices: Prices) -> str:
        """One line for a person."""
        return (
            f"{self.papers:,} papers: {self.requests:,} requests, {self.cached:,} answers from the cache (free); about "
            f"{self.tokens_in:,} tokens in and {self.tokens_out:,} out, {prices.told(self.tokens_in, self.tokens_out)}"
        )


class Usage:
    """What was asked, answered and dropped so far; many threads may add to it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.requests = self.cached = self.tokens_in = self.tokens_out = self.bad = self.skipped = 0
        self.guessed = False
        """Whether some answer did not say what it cost, so that its tokens are estimated."""
        self.dropped: Counter[str] = Counter()
        """Stated mappings that the text did not bear out, by the reason."""

    def answered(self, reading: int | None, writing: int | None, *, guess: tuple[int, int]) -> None:
        """One request more; ``guess`` stands in for the counts that the server did not give."""
        with self._lock:
            self.requests += 1
            self.tokens_in += guess[0] if reading is None else reading
            self.tokens_out += guess[1] if writing is None else writing
            self.guessed |= reading is None or writing is None

    def count(self, *, cached: int = 0, bad: int = 0, skipped: int = 0) -> None:
        with self._lock:
            self.cached += cached
            self.bad += bad
            self.skipped += skipped

    def drop(self, reason: str, number: int = 1) -> None:
        with self._lock:
            self.dropped[reason] += number

    def told(self, prices: Prices) -> str:
        """One line for a person: what it took, and what was left out."""
        about = "about " if self.guessed else ""
        parts = [
            f"{self.requests:,} requests, {self.cached:,} answers from the cache (free); {about}{self.tokens_in:,} tokens in "
            f"and {self.tokens_out:,} out, {prices.told(self.tokens_in, self.tokens_out)}"
        ]
        if self.bad or self.skipped:
            parts.append(f"{self.bad:,} bad answers, {self.skipped:,} papers skipped")
        if self.dropped:
            reasons = ", ".join(f"{number:,} {reason}" for reason, number in sorted(self.dropped.items()))
            parts.append(f"{self.dropped.total():,} mappings dropped ({reasons})")
        return "; ".join(parts)
