"""Who races, on what: the arms with their search spaces, checked before the first run.

Who is asked for no task gets the tier's own, which need no file and fit the candidate; who names no baseline gets those that fit
the task: some for every task, some for streams or for worlds that stay as they are, and the nearest rivals of what the candidate
acts on. The tier "full" sends every baseline that can live in the task.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from adaptive import guard
from adaptive.race import CANDIDATE, Tier
from adaptive.trial import plugin_file, plugin_module
from adaptive.tuning import Space
from kg import plugins
from kg.errors import ExaptError, Refused, Unreadable

TASKS, BASELINES, CONTROLS, PROTOTYPES = (f"adaptive.{name}" for name in ("tasks", "baselines", "controls", "prototypes"))
OWN_TASKS: dict[Tier, tuple[str, ...]] = {
    "quick": ("label_swap_digits", "slow_regression", "small_data_digits"),
    "standard": ("label_swap_digits", "slow_regression", "small_data_digits", "permuted_digits", "noisy_label_digits"),
    "full": (),
}
"""Tasks of a race that names none: these, or all that can run here where there are none."""
BASE = "sgd"
"""What our prototypes regulate."""
ALWAYS = (BASE, "adamw")
STEADY = ("nadamw", "nesterov", "adamw_cosine", "schedule_free_adamw")
CHANGING = ("l2_init", "shrink_perturb", "continual_backprop", "upgd")
QUICK = 2
"""How many of those the quick tier takes, the rivals first."""
RIVALS = {
    "rate": ("multiplicative_hypergradient", "prodigy"),
    "momentum": ("nesterov",),
    "pull": ("l2_init", "ewc"),
    "decay": ("l2_init",),
    "gradient": ("upgd", "synaptic_intelligence"),
    "weight": ("shrink_perturb",),
    "reset": ("continual_backprop", "redo", "snr"),
}
"""The best-known others that change what a candidate changes."""
NEAREST = {"normalization": ("layer_norm",), "synaptic_scaling": ("layer_norm",), "dropout": ("dropout",)}
"""What is already known under a word, where the candidate's technique or its act is called so."""


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

    @property
    def tampered(self) -> bool:
        """Whether it is the candidate, told to do otherwise; a candidate switched off may be a plain baseline instead."""
        return self.control is not None and not self.plugin.startswith(f"{BASELINES}:")


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
        Refused: it imports what judges it.
    """
    try:
        file = Path(plugin_file(plugin_of(prototype)))
        if file.is_file():
            guard.check(file)
        module = plugin_module(plugin_of(prototype))
    except ExaptError:
        raise
    except Exception as error:
        raise Unreadable(prototype, f"loading it failed with {type(error).__name__}: {error}") from error
    missing = [name for name in ("KNOBS", "build") if not hasattr(module, name)]
    if missing:
        raise Unreadable(prototype, f"a prototype needs {' and '.join(missing)}")
    return module


def tasks_of(names: Sequence[str], module: ModuleType, prototype: str, *, tier: Tier = "full") -> dict[str, ModuleType]:
    """The tasks called ``names``; where there are no names, the ``tier``'s own that reveal what the prototype needs.

    Raises:
        NotFound: a task that does not exist.
        Refused: a task that does not reveal what the prototype needs; names those that do.
    """
    needs = {KNOWN_BY.get(need, need) for need in getattr(module, "NEEDS", ())}
    known = {name: plugins.load(TASKS, name, kind="task") for name in plugins.names(TASKS)}
    able = [name for name, task in known.items() if needs <= _offers(task) and not _missing(task)]
    if not names and not able:
        raise Refused(f"{prototype} needs {', '.join(sorted(needs))}, which no task reveals")
    chosen: dict[str, ModuleType] = {}
    for name in names or [name for name in able if name in OWN_TASKS[tier]] or able:
        task = plugins.load(TASKS, name, kind="task")
        short = task.__name__.rpartition(".")[2]
        if lacking := sorted(needs - _offers(task)):
            there = f"it can race on {', '.join(able)}" if able else "no task reveals that"
            raise Refused(f"{prototype} needs {' and '.join(lacking)}, which task {short} does not reveal; {there}")
        if lacking_data := _missing(task):
            raise Refused(f"task {short} cannot run here: {lacking_data}")
        chosen[short] = task
    return chosen


KNOWN_BY = {"errors": "labels"}
"""What a task that reveals the other lets a candidate know, too: who may see the labels may be told how many were missed."""


def _offers(task: ModuleType) -> set[str]:
    return set(task.REVEALS) | {"units"}  # The network is there for every arm; whether it has units, its attach() finds out.


def _missing(task: ModuleType) -> str:
    """What data of ``task`` are not here; empty where it can run."""
    return str(task.missing()) if hasattr(task, "missing") else ""


def baselines_of(task: ModuleType, module: ModuleType, tier: Tier) -> tuple[str, ...]:
    """The baselines that fit ``task`` and the candidate ``module``, where nobody says which."""
    known = plugins.names(BASELINES)
    if tier == "full":
        # On a stream every arm lives to the end, so passes of its own would be a budget that the others have not.
        wanted = [name for name in known if not (task.STREAM and _passes_of_its_own(name))]
    else:
        more = [*_nearest(module), *RIVALS.get(_acts_on(module), ()), *(CHANGING if task.STREAM else STEADY)]
        fitting = [name for name in dict.fromkeys(more) if name in known and _installed(name) and _lives_in(name, task)]
        wanted = [*ALWAYS, *(fitting[:QUICK] if tier == "quick" else fitting)]
    return tuple(name for name in wanted if _installed(name) and _lives_in(name, task))


def _nearest(module: ModuleType) -> list[str]:
    called = f"{getattr(module, 'TECHNIQUE', '')} {_act_of(module)}".lower()
    return [name for word, names in NEAREST.items() if word in called for name in names]


def _act_of(module: ModuleType) -> str:
    return str(getattr(getattr(module, "SPEC", None), "act", ""))


def _acts_on(module: ModuleType) -> str:
    """What the candidate changes; empty where it does not say."""
    act = _act_of(module)
    if not act:
        return ""
    from adaptive.parts import part

    return str(part("act", act).CHANGES)


def _passes_of_its_own(name: str) -> bool:
    return "lookahead" in getattr(plugins.load(BASELINES, name, kind="baseline"), "NEEDS", ())


def _installed(name: str) -> bool:
    package = getattr(plugins.load(BASELINES, name, kind="baseline"), "NEEDS_PACKAGE", "")
    return not package or importlib.util.find_spec(package) is not None


def _lives_in(name: str, task: ModuleType) -> bool:
    """Whether the network of ``task`` has the hidden units that the baseline ``name`` works on, if it does."""
    baseline = plugins.load(BASELINES, name, kind="baseline")
    if "units" not in getattr(baseline, "NEEDS", ()):
        return True
    model = task.make(0, steps=1).model
    try:
        baseline.build(model.parameters(), lr=1e-3).attach(model)
    except ValueError:
        return False
    return True


def _is_plain_when_off(prototype: str, module: ModuleType) -> bool:
    """Whether switched off it is SGD in the same ranges. The contract holds our prototypes to that, to the bit; then no trial of
    the arm is lost on knobs that do nothing, and its lives serve every race on the task."""
    base: Space = plugins.load(BASELINES, BASE, kind="baseline").KNOBS
    return not prototype.endswith(".py") and all(module.KNOBS.get(name) == knob for name, knob in base.items())


def arms_of(
    prototype: str, module: ModuleType, baselines: Sequence[str], controls: Sequence[str], *, off: str = ""
) -> dict[str, Arm]:
    """The candidate, then the baselines, then the controls, by name; ``off`` is the baseline that the candidate is when off."""
    knobs: Mapping[str, object] = module.KNOBS
    if "lr" not in knobs:
        raise Unreadable(prototype, "its KNOBS have no lr, which every arm tunes")
    arms = {CANDIDATE: Arm(name=CANDIDATE, plugin=plugin_of(prototype), space=module.KNOBS)}
    for name in baselines:
        baseline = plugins.load(BASELINES, name, kind="baseline")
        if not _installed(name):
            package = baseline.NEEDS_PACKAGE
            raise Refused(f"baseline {name} comes from {package}, which is not installed: pip install 'exapt[optimizers]'")
        arms[name] = Arm(name=name, plugin=f"{BASELINES}:{name}", space=baseline.KNOBS)
    for name in controls:
        control = plugins.load(CONTROLS, name, kind="control")
        plain = (off or (BASE if _is_plain_when_off(prototype, module) else "")) if name == "off" else ""
        space = plugins.load(BASELINES, plain, kind="baseline").KNOBS if plain else module.KNOBS
        plugin = f"{BASELINES}:{plain}" if plain else plugin_of(prototype)
        arms[name] = Arm(name=name, plugin=plugin, space=space, control=control)
    return arms
