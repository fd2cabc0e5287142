"""Who races, on what: the arms with their search spaces, checked before the first run."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from adaptive.race import CANDIDATE
from adaptive.trial import plugin_module
from adaptive.tuning import Space
from kg import plugins
from kg.errors import ExaptError, Refused, Unreadable

TASKS, BASELINES, CONTROLS, PROTOTYPES = (f"adaptive.{name}" for name in ("tasks", "baselines", "controls", "prototypes"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One way to train: where its optimizer comes from, the ranges of its knobs, and the control that tampers with it."""

    name: str
    plugin: str
    space: Space
    control: ModuleType | None = None

    @property
    def tuned(self) -> bool:
        return self.control is None or bool(self.control.TUNED)


def plugin_of(prototype: str) -> str:
    """ "adaptive.prototypes:NAME" for a name, the path itself for the path of a Python file."""
    return prototype if prototype.endswith(".py") else f"{PROTOTYPES}:{prototype.replace('-', '_')}"


def name_of(prototype: str) -> str:
    return Path(prototype).stem if prototype.endswith(".py") else prototype.replace("-", "_")


def candidate(prototype: str) -> ModuleType:
    """The prototype's module, with what a race asks of it.

    Raises:
        NotFound: nothing is called so.
        Unreadable: the file cannot be loaded, or holds no ``KNOBS`` and ``build``.
    """
    try:
        module = plugin_module(plugin_of(prototype))
    except ExaptError:
        raise
    except Exception as error:
        raise Unreadable(prototype, f"loading it failed with {type(error).__name__}: {error}") from error
    missing = [name for name in ("KNOBS", "build") if not hasattr(module, name)]
    if missing:
        raise Unreadable(prototype, f"a prototype needs {' and '.join(missing)}")
    return module


def tasks_of(names: Sequence[str], module: ModuleType, prototype: str) -> dict[str, ModuleType]:
    """The tasks called ``names``, or all that reveal what the prototype needs where there are no names.

    Raises:
        NotFound: a task that does not exist.
        Refused: a task that does not reveal what the prototype needs; names those that do.
    """
    needs = set(getattr(module, "NEEDS", ()))
    known = {name: plugins.load(TASKS, name, kind="task") for name in plugins.names(TASKS)}
    able = [name for name, task in known.items() if needs <= set(task.REVEALS) and not _missing(task)]
    if not names and not able:
        raise Refused(f"{prototype} needs {', '.join(sorted(needs))}, which no task reveals")
    chosen: dict[str, ModuleType] = {}
    for name in names or able:
        task = plugins.load(TASKS, name, kind="task")
        short = task.__name__.rpartition(".")[2]
        if lacking := sorted(needs - set(task.REVEALS)):
            there = f"it can race on {', '.join(able)}" if able else "no task reveals that"
            raise Refused(f"{prototype} needs {' and '.join(lacking)}, which task {short} does not reveal; {there}")
        if lacking_data := _missing(task):
            raise Refused(f"task {short} cannot run here: {lacking_data}")
        chosen[short] = task
    return chosen


def _missing(task: ModuleType) -> str:
    """What data of ``task`` are not here; empty where it can run."""
    return str(task.missing()) if hasattr(task, "missing") else ""


def arms_of(prototype: str, module: ModuleType, baselines: Sequence[str], controls: Sequence[str]) -> dict[str, Arm]:
    """The candidate, then the baselines, then the controls, by name."""
    knobs: Mapping[str, object] = module.KNOBS
    if "lr" not in knobs:
        raise Unreadable(prototype, "its KNOBS have no lr, which every arm tunes")
    arms = {CANDIDATE: Arm(name=CANDIDATE, plugin=plugin_of(prototype), space=module.KNOBS)}
    for name in baselines:
        baseline = plugins.load(BASELINES, name, kind="baseline")
        package = getattr(baseline, "NEEDS_PACKAGE", "")
        if package and importlib.util.find_spec(package) is None:
            raise Refused(f"baseline {name} comes from {package}, which is not installed: pip install 'exapt[optimizers]'")
        arms[name] = Arm(name=name, plugin=f"{BASELINES}:{name}", space=baseline.KNOBS)
    for name in controls:
        control = plugins.load(CONTROLS, name, kind="control")
        arms[name] = Arm(name=name, plugin=plugin_of(prototype), space=module.KNOBS, control=control)
    return arms
