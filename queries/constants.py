"""The plain constants of a plug-in file, read without importing it: a listing must not load PyTorch."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from kg import plugins
from kg.errors import NotFound


def constants(package: str, name: str) -> dict[str, object]:
    """Upper-case names of the file ``name`` of ``package`` that are bound to literals, and ``"doc"``, its docstring."""
    return constants_in(source_path(package, name))


def constants_in(path: Path) -> dict[str, object]:
    """The same of the file at ``path``."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found: dict[str, object] = {"doc": ast.get_docstring(tree) or ""}
    for statement in tree.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        for target in targets:
            found |= dict(_bound(target, getattr(statement, "value", None)))
    return found


def _bound(target: ast.AST | None, value: ast.AST | None) -> Iterator[tuple[str, object]]:
    """Names and literals of ``A = "x"`` or of ``A, B = "x", "y"``."""
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for inner, part in zip(target.elts, value.elts, strict=False):
            yield from _bound(inner, part)
    elif isinstance(target, ast.Name) and target.id.isupper() and isinstance(value, ast.expr):
        with suppress(ValueError, TypeError):
            yield target.id, ast.literal_eval(value)


def source_path(package: str, name: str, *, kind: str = "plug-in") -> Path:
    """The file of a plug-in.

    Raises:
        NotFound: no such file; lists what exists.
    """
    wanted = name.replace("-", "_")
    spec = find_spec(package)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / f"{wanted}.py"
        if path.is_file() and wanted in plugins.names(package):
            return path
    raise NotFound(kind, name, plugins.names(package) if spec else ())
