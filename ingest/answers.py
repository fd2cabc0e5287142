"""The answers of one run of requests, each kept in the store as it comes, so that a run that was stopped goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

from ingest.http import Check, Fetcher
from kg.model import sha256
from kg.raw import Raw
from kg.store import Store

FRESH = timedelta(days=1)
"""A run that was stopped longer ago begins anew: what it would list has changed meanwhile."""

Get = Callable[[str, tuple[str, ...], Check], Raw]
"""Answers a request: address, content types that are an answer, a look at its body."""


class Answers:
    """What a source asks for its pages: from the store where this run has them already, else from the network."""

    def __init__(self, store: Store, fetcher: Fetcher, *, source: str, request: object) -> None:
        """``request`` is all that tells this run from another of ``source``, as JSON can hold it."""
        self._store, self._fetcher, self._source = store, fetcher, source
        self.run = f"{source}:{sha256(json.dumps(request, sort_keys=True, ensure_ascii=False))[:24]}"
        self.fetched = 0
        """Pages from the network."""
        self.used = 0
        """Pages from the run before."""
        self.resumed, since = store.pages(self.run)
        """Pages that a run which was stopped left behind."""
        oldest = (fetcher.now() - FRESH).strftime("%Y-%m-%dT%H:%M:%SZ")
        if self.resumed and since < oldest:
            store.end_run(self.run)
            self.resumed = 0

    def get(self, url: str, accept: tuple[str, ...], check: Check) -> Raw:
        """The answer to ``url``, fetched if need be and kept before it is returned.

        Raises:
            NoAnswer: as :meth:`ingest.http.Fetcher.fetch`; the pages before it stay for the next try.
        """
        kept = self._store.page(self.run, url) if self.resumed else None
        if kept is not None:
            self.used += 1
            return kept
        raw = self._fetcher.fetch(url, source=self._source, accept=accept, check=check)
        self._store.add_raw(raw, run=self.run)
        self.fetched += 1
        return raw

    def end(self) -> None:
        """The run is complete: the next one like it asks anew."""
        self._store.end_run(self.run)
