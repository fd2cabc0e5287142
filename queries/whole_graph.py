"""A graph that exapt exported, taken into the store of this session."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from queries.session import progress_line, session

if TYPE_CHECKING:
    from ingest.pipeline import Summary
    from ingest.sources import Export


def take_in(export: Export) -> Summary:
    """Take in a whole graph; where that fails, no store is left that was not there before."""
    from ingest.pipeline import ingest_export

    path = Path(session().store)
    made = not path.exists()
    try:
        with session().open(write=True) as store:
            return ingest_export(store, export, progress=progress_line("rows"))
    except BaseException:
        if made:
            path.unlink(missing_ok=True)
        raise


def together(summaries: list[Summary]) -> Summary:
    """What several steps did, as one; what waits is what waits at the end."""
    from ingest.pipeline import Summary

    counted = ("new", "known", "completed", "read", "mappings", "evidence", "seconds")
    total: dict[str, Any] = {name: sum(getattr(summary, name) for summary in summaries) for name in counted}
    failed = tuple(chain.from_iterable(summary.failed for summary in summaries))
    return Summary(**total, failed=failed, waiting=summaries[-1].waiting)
