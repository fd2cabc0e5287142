"""Parts that users bring along: found in a folder of theirs, loaded on their word, and held to the form of ours."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import sys
from pathlib import Path
from types import ModuleType

from adaptive.knobs import Knob
from kg.errors import Unreadable

ROLES = ("sense", "respond", "act")
STATED = {
    "sense": ("SIGNAL", "SCOPE", "QUANTITY", "START"),
    "respond": ("TAKES", "START"),
    "act": ("TAKES", "SCOPES", "CHANGES"),
}
"""What a part of each role states, beside what all of them do."""
EVERY = ("EQUATION", "UNITS", "RANGE", "REFERENCE", "KNOBS", "NEUTRAL")
KINDS = {
    "SIGNAL": "loss held_out errors targets norm products displacement length gradient pair".split(),
    "SCOPE": "network tensor unit weight".split(),
    "QUANTITY": ["stress", "agreement"],
    "CHANGES": "rate momentum decay scale gradient pull weight reset".split(),
    "READS": "norm gradient weight anchor average importance noise chance rate decay".split(),
}
"""What these constants may say."""


def parts_in(folder: Path) -> dict[tuple[str, str], Path]:
    """Files of parts in ``folder`` by role and name; read, not run.

    Raises:
        Unreadable: no such folder, no part in it, a file that is no Python, or a name that cannot be one.
    """
    if not folder.is_dir():
        raise Unreadable(folder, "it is no folder")
    found: dict[tuple[str, str], Path] = {}
    for path in sorted([*folder.glob("*.py"), *(p for role in ROLES for p in folder.glob(f"{role}/*.py"))]):
        if path.name.startswith("_"):
            continue
        roles = [path.parent.name] if path.parent != folder else [role for role in _functions(path) if role in ROLES]
        if len(roles) != 1:
            continue
        if not (path.stem.isidentifier() and path.stem.isascii()):
            raise Unreadable(path, "the name of a part is letters, digits and underscores")
        found[roles[0], path.stem] = path.resolve()
    if not found:
        raise Unreadable(folder, "no file in it defines one function called sense, respond or act")
    return found


def loaded(role: str, name: str, path: Path) -> ModuleType:
    """The part, run as the Python file that it is.

    Raises:
        Unreadable: it fails to run, or lacks what a part has; says what.
    """
    full = f"own_parts.{role}.{name}"
    known = sys.modules.get(full)
    if known is not None and known.__file__ == str(path):
        return known
    spec = importlib.util.spec_from_file_location(full, path)
    if spec is None or spec.loader is None:
        raise Unreadable(path, "it is not a Python file")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise Unreadable(path, f"loading it failed with {type(error).__name__}: {error}") from error
    if wrong := _wrong(role, module):
        raise Unreadable(path, wrong)
    sys.modules[full] = module
    return module


def _functions(path: Path) -> list[str]:
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError) as error:
        raise Unreadable(path, f"it is no Python file ({error})") from error
    return [statement.name for statement in tree.body if isinstance(statement, ast.FunctionDef)]


def _wrong(role: str, module: ModuleType) -> str:
    """What keeps ``module`` from being a part, or nothing."""
    if missing := [name for name in (*EVERY, *STATED[role], role) if not hasattr(module, name)]:
        return f"a part to {role} needs {', '.join(missing)}"
    if not isinstance(module.KNOBS, dict) or not all(isinstance(knob, Knob) for knob in module.KNOBS.values()):
        return "KNOBS must be {name: Knob}"
    function = getattr(module, role)
    keywords = [p.name for p in inspect.signature(function).parameters.values() if p.kind is p.KEYWORD_ONLY]
    if keywords != list(module.KNOBS):
        known = ", ".join(module.KNOBS) or "none"
        return f"the keyword arguments of {role} are {', '.join(keywords) or 'none'}, and KNOBS has {known}"
    for constant, allowed in KINDS.items():
        said = getattr(module, constant, ())
        for word in (said,) if isinstance(said, str) else said:
            if word not in allowed:
                return f"{constant} says {word!r}; it may be {', '.join(allowed)}"
    return ""
