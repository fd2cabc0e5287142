"""Stores with findings to decide on, and persons who decide."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kg.store import Store
from tests.queries.review.findings import fill
from tests.queries.review.person import Person


@pytest.fixture
def papers(tmp_path: Path) -> Callable[..., Path]:
    def make(*numbers: int) -> Path:
        path = tmp_path / "graph.db"
        with Store.open(path) as store:
            fill(store, *numbers)
        return path

    return make


@pytest.fixture
def person() -> Iterator[Callable[..., Person]]:
    opened: list[Person] = []

    def sit(*arguments: Any, **options: Any) -> Person:
        opened.append(Person(*arguments, **options))
        return opened[-1]

    yield sit
    for one in opened:
        one.close()
