"""A file is a plug-in and its name is the plug-in's name.

Listing imports nothing, so a command line with a hundred plug-ins starts as fast as one with none.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
from pathlib import Path
from types import ModuleType

from kg.errors import NotFound


def names(package: str) -> tuple[str, ...]:
    """Names of the plug-ins in ``package`` (dotted, such as ``"queries.ask"``), sorted; a leading underscore hides a file."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.submodule_search_locations is None:
        raise NotFound("plug-in folder", package)
    found = {name for folder in spec.submodule_search_locations for name in _modules(folder)}
    return tuple(sorted(name for name in found if not name.startswith("_")))


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


def _modules(folder: str) -> list[str]:
    """Names of the modules and packages in ``folder``."""
    if not Path(folder).is_dir():  # inside an archive
        import pkgutil

        return [module.name for module in pkgutil.iter_modules([folder])]
    # pkgutil itself asks of each file what kind of module it could be, which takes as long as the rest of a question.
    with os.scandir(folder) as entries:
        return [
            entry.name.removesuffix(".py")
            for entry in entries
            if entry.name.removesuffix(".py").isidentifier()
            and (entry.name.endswith(".py") or Path(entry.path, "__init__.py").is_file())
        ]
