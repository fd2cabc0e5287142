"""Every record of the store, one JSON object a line, sorted: what to keep, compare and share."""

from __future__ import annotations

import json
from typing import BinaryIO

from kg.store import Store

DESCRIPTION = "every record, one JSON object a line"
SUFFIX = ".jsonl"


def write(store: Store, out: BinaryIO) -> int:
    """Write ``store`` to ``out``; the number of lines."""
    rows = 0
    with store.snapshot():
        for row in store.export():
            out.write(json.dumps(row, ensure_ascii=False, sort_keys=True, allow_nan=False).encode() + b"\n")
            rows += 1
    return rows
