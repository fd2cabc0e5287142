"""What tests of races share: a brief race, and a prototype file with words changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from adaptive import bench
from adaptive.race import Race


def small(prototype: str, folder: Path, **options: Any) -> Race:
    settings: dict[str, Any] = {"seeds": 3, "trials": 2, "tier": "quick", "steps": 12, "alone": False, "folder": folder}
    settings["baselines"] = ("sgd", "adamw")
    return bench.run(prototype, options.pop("tasks", ("small_data_digits",)), **settings | options)


def variant(follower: str, path: Path, *changes: tuple[str, str]) -> str:
    """The prototype file with words changed."""
    text = Path(follower).read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return str(path)
