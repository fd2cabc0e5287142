"""What a candidate may not reach: the data that judge it, and the harness around it. Whoever peeks is refused.

Its file is read before the race (:func:`check`), and while it runs in a process of its own that process watches what is imported,
opened and looked up (:func:`seal`). This stops shortcuts and slips, and says so; it is no prison for code that means harm.
"""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from kg.errors import Refused

HARNESS = tuple(
    f"adaptive.{name}"
    for name in (
        "bench", "contest", "field", "isolated", "journal", "population", "race", "serving", "sweep", "tasks", "trial", "tuning",
    )
)  # fmt: skip
DATA = ("sklearn.datasets", "torchvision.datasets")
BUNDLED = tuple(
    f"{os.sep}{Path(way)}{os.sep}" for way in ("sklearn/datasets/data", "dataset-fashion-mnist", "datasets/fashion-mnist")
)
"""Folders of data that come with other packages, wherever these are."""
MIRRORS = ("gc", "inspect", "ctypes")
"""Modules with which one sees what one was not given."""
LOOKS = ("gc.get_objects", "gc.get_referrers", "gc.get_referents", "sys._getframe", "object.__getattr__")
PREFIX = "Peeking: "


class Peeking(RuntimeError):
    """A candidate reached for what judges it."""


seen: list[str] = []
"""What was reached for in this process since it was sealed; also what the candidate then hushed up."""


def check(path: Path) -> None:
    """Reads the file of a candidate.

    Raises:
        Refused: it imports tasks, the harness, data sets, or a module that looks into other objects.
    """
    for name, line in _imports(ast.parse(path.read_bytes())):
        if _within(name, (*HARNESS, *DATA, *MIRRORS)) or name == "adaptive":
            raise Refused(
                f"{path.name}, line {line}: a candidate may not import {name}; it learns from its parameters, its gradients and "
                "what it is told by observe()"
            )


def _imports(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def _within(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def seal(candidate: str) -> None:
    """From here on, and for good, this process refuses ``candidate`` (a file) what it may not reach.

    An audit hook cannot be taken off again: call it only in a process that ends with the run.
    """
    folders, files = _of_the_data(candidate)
    # What was loaded before is hidden, so that whoever wants it must import it, which is noticed.
    for name in [name for name in sys.modules if _within(name, (*HARNESS, *DATA))]:
        package, _, last = name.rpartition(".")
        del sys.modules[name]
        if package in sys.modules and hasattr(sys.modules[package], last):
            delattr(sys.modules[package], last)
    own = {candidate, str(Path(candidate).resolve())}
    busy: list[bool] = []

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if busy or (event != "open" and event not in LOOKS):
            return
        busy.append(True)
        try:
            reached = ""
            if event == "open":
                place = _opened(arguments[0])
                of_data = place.startswith(folders) or place in files or any(folder in place for folder in BUNDLED)
                reached = place if of_data else ""
            elif (event != "object.__getattr__" or arguments[1] == "tb_frame") and _asked_by(own):
                reached = str(arguments[1]) if event == "object.__getattr__" else event
            if reached:
                _caught(Path(reached).name)
        finally:
            busy.clear()

    sys.addaudithook(hook)
    # Not every way to import a module is audited; every way asks the finders.
    sys.meta_path.insert(0, _Finder())


def _of_the_data(candidate: str) -> tuple[tuple[str, ...], set[str]]:
    """How the paths of the data begin, and whole paths of others, all of them with links followed.

    Where that folder is one for other things, too, such as the working directory, only the files in it that tasks name are data.
    """
    from adaptive.tasks import _data

    living = [Path(place).resolve() for place in (".", candidate, __file__, os.__file__, sys.prefix)]
    folders, files = [], set()
    for folder in {folder.resolve() for folder in _data.folders()}:
        if any(place.is_relative_to(folder) for place in living):
            files |= {str((folder / name).resolve()) for name in _named(Path(_data.__file__).parent)}
        else:
            folders.append(f"{folder}{os.sep}")
    return tuple(folders), files


def _named(tasks: Path) -> set[str]:
    """Every text in the source of the tasks that may be the name of a file, also as it is called when it is packed."""
    trees = (ast.parse(path.read_bytes()) for path in tasks.glob("*.py"))
    texts = {node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    words = (text for text in texts if isinstance(text, str) and text.strip(".") and len(text.split()) == 1)
    names = {word for word in words if "." in word or "-" in word}
    return names | {f"{name}.gz" for name in names}


def _opened(place: Any) -> str:
    """The file that is meant, links followed; empty for one that is open already and goes by its number."""
    try:
        return os.path.realpath(os.fsdecode(place))
    except (TypeError, ValueError, OSError):
        return ""  # Not a path, or none that can be opened.


class _Finder:
    """Finds nothing, and notices who looks for what."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if _within(name, (*HARNESS, *DATA)):
            _caught(name)


def _caught(reached: str) -> None:
    seen.append(f"the candidate reached for {reached}")
    raise Peeking(seen[-1])


def _asked_by(files: set[str]) -> bool:
    """Whether the code that is running is of ``files``, or is ``inspect`` on their behalf; called two frames above it.

    Much of the standard library looks at its caller, for the name of its module, say: that is no peeking.
    """
    frame: FrameType | None = sys._getframe(2)
    if frame is not None and frame.f_code.co_filename == sys.modules.get("inspect", sys).__dict__.get("__file__"):
        frame = frame.f_back
    return frame is not None and frame.f_code.co_filename in files
