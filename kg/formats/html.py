"""The graph as one page of HTML to search and wander through, offline, in any browser."""

from __future__ import annotations

from typing import BinaryIO

from kg.page.render import page
from kg.store import Store

DESCRIPTION = "one page to search and wander through in a browser, offline"
SUFFIX = ".html"


def write(store: Store, out: BinaryIO) -> int:
    """Write ``store`` to ``out``; the number of concepts and mappings on the page."""
    text, held = page(store)
    out.write(text)
    return len(held["concepts"]) + len(held["mappings"])
