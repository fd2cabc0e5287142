"""How long until the first question is answered, against a bare interpreter?"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks.command import exapt, timed


def run(*, quick: bool = False) -> list[tuple[object, ...]]:
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "atlas.db"
        timed(exapt("--store", store, "ingest", "atlas"))
        asked = {
            "bare interpreter": [sys.executable, "-c", "pass"],
            "exapt --help": exapt("--help"),
            "ask analogies": exapt("--store", store, "ask", "analogies", "heat stress"),
        }
        seconds: dict[str, list[float]] = {}
        for _ in range(3 if quick else 15):
            for label, command in asked.items():
                seconds.setdefault(label, []).append(timed(command).seconds)
    base = statistics.median(seconds["bare interpreter"])
    rows = ((label, statistics.median(s) * 1000, statistics.median(s) / base) for label, s in seconds.items())
    return [("what", "milliseconds (median)", "against bare"), *rows]
