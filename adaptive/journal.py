"""What a race has done so far, one line a run, so that a race that is killed goes on where it was.

A line is known by the hash of all that decides its result: task, steps, arm's source, knobs, options, seed, versions. So a
line of another race in the same folder serves too where that run is the same one, as a baseline's is.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import os
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy

from adaptive.race import Run, as_json, from_json
from adaptive.trial import Job, Trajectory

Done = tuple[Run, Trajectory]


def run_key(job: Job, sources: str, versions: Iterable[tuple[str, str]]) -> str:
    """Hash of everything that decides what ``job`` gives; ``sources`` is the hash of the code that it runs."""
    facts = dataclasses.asdict(job) | {"sources": sources, "versions": sorted(versions)}
    # Where the file lies changes nothing about the run; what it says is in ``sources``.
    facts["plugin"] = Path(job.plugin).name
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:24]


def pack(trajectory: Trajectory) -> dict[str, Any]:
    """``trajectory`` as short text, exactly."""
    data = base64.b85encode(zlib.compress(trajectory.astype("<f8").tobytes())).decode()
    return {"shape": list(trajectory.shape), "b85": data}


def unpack(packed: dict[str, Any]) -> Trajectory:
    """The inverse of :func:`pack`."""
    flat = numpy.frombuffer(zlib.decompress(base64.b85decode(packed["b85"])), dtype="<f8")
    return flat.reshape(packed["shape"])


class Journal:
    """Finished runs of one race, kept in ``folder``/journal.jsonl."""

    def __init__(self, folder: Path, *, siblings: Iterable[Path] = ()) -> None:
        self.path = folder / "journal.jsonl"
        folder.mkdir(parents=True, exist_ok=True)
        self._lines: dict[str, dict[str, Any]] = {}
        for path in (*siblings, self.path):
            self._read(path)
        # A line that was cut off by a kill must not swallow the next one.
        whole = not self.path.exists() or self.path.read_bytes()[-1:] in (b"\n", b"")
        self._before = "" if whole else "\n"

    def _read(self, path: Path) -> None:
        if not path.is_file():
            return
        for text in path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                line = json.loads(text)
                self._lines[line["key"]] = {"run": line["run"], "trajectory": line["trajectory"]}
            except (ValueError, KeyError, TypeError):
                # The line that was being written when the race was killed: that run is done again.
                continue

    def __contains__(self, key: str) -> bool:
        return key in self._lines

    def __getitem__(self, key: str) -> Done:
        line = self._lines[key]
        return from_json(Run, line["run"]), unpack(line["trajectory"])

    def add(self, key: str, done: Done) -> None:
        """Appends a finished run, at once and for good."""
        line = {"run": as_json(done[0]), "trajectory": pack(done[1])}
        self._lines[key] = line
        with self.path.open("a", encoding="utf-8") as file:
            file.write(self._before + json.dumps({"key": key, **line}, allow_nan=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self._before = ""
