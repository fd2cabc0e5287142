"""Optimizers that other libraries keep, imported only when one is built."""

from __future__ import annotations

import contextlib
import importlib
import io
from collections.abc import Callable
from typing import Any

import torch

from kg.errors import ExaptError


class MissingLibrary(ExaptError):
    """A baseline comes from a library that is not installed."""


def optimizer_of(package: str, name: str) -> Callable[..., torch.optim.Optimizer]:
    """The class ``name`` of ``package``, whose options are keyword arguments.

    Raises:
        MissingLibrary: the package is not installed; says how to install it.
    """
    try:
        found: Callable[..., torch.optim.Optimizer] = getattr(importlib.import_module(package), name)
    except ModuleNotFoundError as error:
        raise MissingLibrary(f"{package} is not installed: pip install 'exapt[optimizers]' (or pip install {package})") from error

    def quietly(*arguments: Any, **options: Any) -> torch.optim.Optimizer:
        # One of them prints what it was told; standard output is for data.
        with contextlib.redirect_stdout(io.StringIO()):
            return found(*arguments, **options)

    return quietly
