"""A file is a plug-in and its name is the plug-in's name.

Listing imports nothing, so a command line with a hundred plug-ins starts as fast as one with none.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from types import ModuleType

from kg.errors import NotFound


def names(package: str) -> tuple[str, ...]:
    """Names of the plug-ins in ``package`` (dotted, such as ``"queries.ask"``), sorted; a leading underscore hides a file."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.submodule_search_locations is None:
        raise NotFound("plug-in folder", package)
    return tuple(sorted(m.name for m in pkgutil.iter_modules(spec.submodule_search_locations) if not m.name.startswith("_")))


def load(package: str, name: str, *, kind: str = "plug-in") -> ModuleType:
    """The plug-in ``name`` of ``package``; a name with dashes means the file with underscores.

    Raises:
        NotFound: no such file; carries the names that exist.
    """
    wanted = name.replace("-", "_")
    known = names(package)
    if wanted not in known:
        raise NotFound(kind, name, known)
    return importlib.import_module(f"{package}.{wanted}")
