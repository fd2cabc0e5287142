"""Which code and which versions a race ran with, as hashes: what makes two races the same race."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

PACKAGES = ("exapt", "torch", "numpy", "scipy", "scikit-learn")
HERE = Path(__file__).parent
SHARED = ("trial.py", "tasks/__init__.py", "tasks/_images.py")
"""What every run goes through."""


def versions() -> tuple[tuple[str, str], ...]:
    """(package, version) of what decides a run's numbers."""
    found = []
    for package in PACKAGES:
        try:
            found.append((package, importlib.metadata.version(package)))
        except importlib.metadata.PackageNotFoundError:
            continue
    return tuple(found)


def source_files(plugin: str, task: str) -> tuple[Path, ...]:
    """Files that decide what ``plugin`` ("package:name", or a path) does on ``task``."""
    files = [HERE / name for name in SHARED] + [HERE / "tasks" / f"{task}.py"]
    if plugin.endswith(".py"):
        files.append(Path(plugin))
    else:
        package, _, name = plugin.rpartition(":")
        folder = HERE / package.rpartition(".")[2]
        files += [folder / "__init__.py", folder / f"{name}.py"]
        if package.endswith("prototypes"):
            files += [HERE / "compile.py", *sorted((HERE / "parts").rglob("*.py")), *sorted(folder.glob("_*.py"))]
    return tuple(dict.fromkeys(path for path in files if path.is_file()))


def hashes(files: Iterable[Path]) -> tuple[tuple[str, str], ...]:
    """(name, SHA-256) of each file; files of this package are named from its top folder, others by their last part."""
    named = []
    for path in files:
        inside = path.resolve().is_relative_to(HERE.resolve())
        name = path.resolve().relative_to(HERE.resolve().parent).as_posix() if inside else path.name
        named.append((name, hashlib.sha256(path.read_bytes()).hexdigest()))
    return tuple(sorted(set(named)))


def digest(facts: Any) -> str:
    """Hash of plain values."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
