"""What every prototype must pass before it may race.

The points are those that optimizers of PyTorch, timm and pytorch_optimizer are held to, and our own on top: that a mechanism
acts at all, that it is exactly its base when neutral, that what is not a number does not spread, that controls replay. Each point
is exercised on a small world that changes halfway; one that cannot apply says why.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from kg import plugins

Twin = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Finding:
    """One point of the contract: whether it holds, and what was checked, or why not."""

    point: str
    title: str
    passed: bool
    detail: str
    applies: bool = True


def check(prototype: ModuleType | str, *, twin: Twin | None = None) -> list[Finding]:
    """Holds ``prototype`` (a module, or the name of one) to every point of the contract.

    One whose ``build`` makes a regularizer is held to the points of regularizers.

    Args:
        twin: a slow, readable form of the same optimizer, from :class:`adaptive.contract.world.Record` to final weights.

    Raises:
        NotFound: no prototype is called so.
    """
    import torch

    from adaptive.contract import behaviour, keeping, options, regularizer, regularizer_world

    module = plugins.load("adaptive.prototypes", prototype, kind="prototype") if isinstance(prototype, str) else prototype
    points: list[tuple[str, str, Callable[[ModuleType], str]]] = [*regularizer.POINTS]
    if not regularizer_world.is_regularizer(module):
        points = [*options.POINTS, *behaviour.POINTS, *keeping.POINTS]
        points.append(("11", "a slow readable twin agrees", lambda it: behaviour.twin_agrees(it, twin)))
    # The world is so small that a second thread would only wait for the first.
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return [examine(module, *point) for point in sorted(points, key=lambda point: int(point[0]))]
    finally:
        torch.set_num_threads(threads)


def examine(module: ModuleType, number: str, title: str, exercise: Callable[[ModuleType], str]) -> Finding:
    """One point: what ``exercise`` says of ``module``, or why it does not hold or cannot apply.

    It is the same in every process: what takes its seed from torch when none is given finds one here, whoever called.
    """
    import torch

    from adaptive.contract.world import NotApplicable

    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return Finding(number, title, True, exercise(module))
    except NotApplicable as reason:
        return Finding(number, title, True, str(reason), applies=False)
    except Exception as error:
        # Whatever goes wrong in a prototype is what is to be reported here.
        return Finding(number, title, False, f"{type(error).__name__}: {error}")
