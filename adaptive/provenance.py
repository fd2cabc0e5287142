"""Which code and which versions a race ran with, as hashes: what makes two races the same race."""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.metadata
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

PACKAGES = ("exapt", "torch", "numpy", "scipy", "scikit-learn")
HERE = Path(__file__).parent
RECORDS = "race.py"
"""What every run goes through and no number depends on: how results are written down."""


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
    """Files that decide what ``plugin`` ("package:name", or a path) does on ``task``: its own, and what those import of ours."""
    if plugin.endswith(".py"):
        own = Path(plugin)
    else:
        package, _, name = plugin.rpartition(":")
        own = HERE / package.rpartition(".")[2] / f"{name}.py"
    found = imported(own)
    if HERE / "compile.py" in found:
        # Parts are loaded by name, which no import statement shows.
        found |= set((HERE / "parts").rglob("*.py"))
    # A task brings what it imports, its siblings among them; so does the loop that every life goes through.
    found |= imported(HERE / "trial.py") | imported(HERE / "tasks" / f"{task}.py")
    return tuple(sorted(found - {HERE / RECORDS}))


@functools.cache
def _imports(path: Path) -> frozenset[Path]:
    """Files of this package that ``path`` imports itself."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    ours = [HERE.parent.joinpath(*name.split(".")) for name in names if name.split(".")[0] == HERE.name]
    return frozenset(file for place in ours for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file())


def imported(path: Path) -> set[Path]:
    """``path`` and every file of this package that it reaches by imports."""
    found: set[Path] = set()
    waiting = [path] if path.is_file() else []
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            waiting += _imports(file)
    return found


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
