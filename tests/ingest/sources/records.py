"""Papers as a source reads them from bytes in hand."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

from ingest.sources import open_path
from kg.model import Paper

Shared = Callable[[str], Path]
PROSE = (
    "Cells refold damaged proteins with chaperones. We let an optimizer repair damaged weights in the same way. It learns faster."
)
LONG = PROSE + " " + PROSE.replace("Cells", "Bacteria")


def papers(data: str | bytes) -> list[Paper]:
    found = list(open_path(io.BytesIO(data.encode() if isinstance(data, str) else data)))
    assert all(isinstance(record, Paper) for record in found), found
    return [record for record in found if isinstance(record, Paper)]


def lines(*records: object) -> str:
    return "\n".join(json.dumps(record) for record in records)
