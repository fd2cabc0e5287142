"""Reads papers with a language model at any OpenAI-compatible endpoint; the text has the last word on what it found.

``EXAPT_LLM_URL``, ``EXAPT_LLM_MODEL`` and ``EXAPT_LLM_KEY`` name it. Every phrase and quote of an answer is looked up in the
text, and what is not there is dropped and counted. Answers are kept on disk, so reading the same papers again is free.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TypeVar

from ingest.extract import _llm_endpoint
from ingest.extract._llm_answer import Answer, BadAnswer, answer
from ingest.extract._llm_cache import Cache, cache_folder
from ingest.extract._llm_endpoint import Endpoint, Unanswered
from ingest.extract._llm_order import in_order
from ingest.extract._llm_prompt import PROMPT_VERSION, Message, again, messages
from ingest.extract._llm_usage import Estimate, Prices, Usage, tokens_in, tokens_out
from ingest.extract._llm_verify import Dropped, Window, verified
from ingest.text import sentences
from kg.errors import Refused, Unreadable
from kg.model import LABELS, Found, Label, Paper, Reading

JOBS = 4
"""Requests at a time."""
TRIES = 3
"""Answers asked for one window, where they are bad."""
TOKENS = (4096, 8192, 8192)
"""That the answer of each try may have: one that was cut off gets more room."""
PATIENCE = 5
"""So many papers without any answer in a row, and the server is taken for gone."""
WINDOW = 12_000
"""Characters of an essay that are read at a time."""
OVERLAP = 1_500
"""Characters that a window shares with the one before, so that a mapping stated across a cut is seen whole."""

MOST_READY = 5_000
"""Papers asked about ahead of their reading; a batch of the pipeline is a tenth of it."""

Record = TypeVar("Record")
_Said = tuple[Window, Answer]


class LanguageModel:
    """A reader of papers, like the modules beside it: ``VERSION``, and ``read(paper) -> Reading``.

    Args:
        endpoint: the model.
        cache: where its answers are kept.
    """

    __name__ = "llm"

    def __init__(self, endpoint: Endpoint, *, cache: Cache) -> None:
        self._endpoint, self._cache = endpoint, cache
        self.VERSION = f"{endpoint.model}, prompt {PROMPT_VERSION}"
        self.usage = Usage()
        self._unanswered = 0
        self._ready: dict[tuple[str, str | None], list[_Said] | Unreadable] = {}
        self._lock = threading.Lock()

    @classmethod
    def from_environment(cls) -> LanguageModel:
        """The model that the environment names, and the user's cache.

        Raises:
            Refused: none is named, or the library is not installed.
        """
        return cls(_llm_endpoint.from_environment(), cache=Cache(cache_folder()))

    def read(self, paper: Paper, *, explain: bool = False) -> Reading:
        """What the model says of ``paper``, as far as the text bears it out.

        Raises:
            Unreadable: no usable answer came; the paper is skipped, and another may do better.
            Refused: no answer will come: wrong key, no such model, server gone, cache full.
        """
        with self._lock:
            said = self._ready.pop((paper.title, paper.abstract), None)
        if isinstance(said, Unreadable):
            raise said
        if said is None:
            said = self._asked(paper)
        found: dict[object, Found] = {}
        for window, answered in said:
            for one in self._found(window, answered, explain=explain):
                place = one.mechanism_span, one.technique_span, one.relation
                if place not in found or found[place].score < one.score:
                    found[place] = one
        label, score = _label([answered for _, answered in said])
        return Reading(label=label, label_score=score, found=tuple(found.values()))

    def ahead(self, records: Iterable[Record], *, jobs: int = JOBS) -> Iterator[Record]:
        """``records`` unchanged and in order, each paper among them asked about before it comes: ``read`` then need not wait.

        Raises:
            Refused: as ``read`` does; a paper without a usable answer raises nothing here, and is told by ``read``.
        """

        def prepare(record: Record) -> Record:
            if isinstance(record, Paper):
                said: list[_Said] | Unreadable
                try:
                    said = self._asked(record)
                except Unreadable as error:
                    said = error
                with self._lock:
                    self._ready[record.title, record.abstract] = said
                    if len(self._ready) > MOST_READY:  # nobody came for the oldest; the cache has it
                        del self._ready[next(iter(self._ready))]
            return record

        return in_order(prepare, records, jobs=jobs)

    def _asked(self, paper: Paper) -> list[_Said]:
        """The model's answers about the windows of ``paper``; nothing in them is verified yet."""
        try:
            return [(window, self._answer(window)) for window in windows(paper)]
        except (BadAnswer, Unanswered) as error:
            self.usage.count(skipped=1)
            if isinstance(error, Unanswered):
                self._lose_patience(error)
            raise Unreadable(paper.key, f"the language model gave no usable answer: {error}") from error

    def _answer(self, window: Window) -> Answer:
        """The model's answer about one window, from the cache or from the server."""
        asked = messages(window.paper.title, window.text)
        key = self._cache.key(self._endpoint.url, self._endpoint.model, asked)
        if (kept := self._cache.get(key)) is not None:
            try:
                said = answer(kept)
            except BadAnswer:  # a damaged file: ask again
                pass
            else:
                self.usage.count(cached=1)
                return said
        wrong = BadAnswer("it was never asked")
        for attempt in range(TRIES):
            try:
                return self._ask(asked if attempt == 0 else again(asked, str(wrong)), key, TOKENS[attempt], window.text)
            except BadAnswer as bad:
                self.usage.count(bad=1)
                wrong = bad
        raise wrong

    def _ask(self, asked: list[Message], key: str, tokens: int, text: str) -> Answer:
        guess = tokens_in(asked), tokens_out(text)
        try:
            said = self._endpoint.ask(asked, tokens=tokens)
        except BadAnswer:
            self._answered()
            self.usage.answered(None, None, guess=guess)
            raise
        self._answered()
        self.usage.answered(said.tokens_in, said.tokens_out, guess=guess)
        checked = answer(said)
        self._cache.put(key, said, self._endpoint.model)
        return checked

    def _answered(self) -> None:
        with self._lock:
            self._unanswered = 0

    def _lose_patience(self, error: Unanswered) -> None:
        with self._lock:
            self._unanswered += 1
            lost = self._unanswered
        if lost >= PATIENCE:
            raise Refused(
                f"{self._endpoint.url} left {lost} papers in a row without an answer ({error}); "
                "the answers so far are kept, run it again later"
            ) from error

    def _found(self, window: Window, said: Answer, *, explain: bool) -> Iterator[Found]:
        if said.surplus:
            self.usage.drop("too many in one answer", said.surplus)
        for stated in said.mappings:
            if said.label != "bio_inspired":
                self.usage.drop("of a text not called bio_inspired")
                continue
            try:
                yield verified(stated, window, why=(f"read by {self.VERSION}",) if explain else ())
            except Dropped as reason:
                self.usage.drop(str(reason))


def windows(paper: Paper) -> Iterator[Window]:
    """The whole of a short text, or stretches of a long one that overlap; each begins and ends with a sentence if it can."""
    text = paper.abstract or ""
    if len(text) <= WINDOW:
        yield Window(paper, 0, len(text))
        return
    cuts = [start for start, _ in sentences(text)]
    start = 0
    while start + WINDOW < len(text):
        end = max((cut for cut in cuts if start + WINDOW // 2 < cut <= start + WINDOW), default=start + WINDOW)
        yield Window(paper, start, end)
        start = min((cut for cut in cuts if end - OVERLAP <= cut < end), default=end - OVERLAP)
    yield Window(paper, start, len(text))


def estimate(papers: Iterable[Paper]) -> Estimate:
    """What reading ``papers`` would take; asks nothing of any server, and needs neither key nor library."""
    url, model = _llm_endpoint.address(os.environ.get("EXAPT_LLM_URL", "")), os.environ.get("EXAPT_LLM_MODEL", "")
    cache = Cache(cache_folder())
    count: Counter[str] = Counter()
    for paper in papers:
        count["papers"] += 1
        for window in windows(paper):
            asked = messages(paper.title, window.text)
            if cache.get(cache.key(url, model, asked)) is not None:
                count["cached"] += 1
                continue
            count["requests"] += 1
            count["tokens_in"] += tokens_in(asked)
            count["tokens_out"] += tokens_out(window.text)
    return Estimate(**count)


def prices() -> Prices:
    """What tokens cost, by ``EXAPT_LLM_PRICE_IN`` and ``EXAPT_LLM_PRICE_OUT``."""
    return Prices.from_environment()


def _label(said: list[Answer]) -> tuple[Label, float]:
    """The label of a text from those of its windows: bio_inspired where one of them is, else what most are."""
    votes = Counter(one.label for one in said)
    label = "bio_inspired" if votes["bio_inspired"] else max(LABELS, key=lambda name: votes[name])
    return label, max(one.score for one in said if one.label == label)
