"""Made-up papers: as many as wanted, the same each time, a few of them inspired by biology."""

from __future__ import annotations

import json
import random
from pathlib import Path

_PLAIN = (
    "We prove lower bounds for sampling.",
    "We solve large linear programs faster by pruning constraints that cannot bind at the optimum.",
    "We prove upper bounds for the cost of sorting and of hashing.",
)
_INSPIRED = (
    "Inspired by synaptic plasticity in the brain, we propose Hebbian dropout, a regularization method for deep neural networks.",
    "Ant colony foraging inspired us to design a routing algorithm for networks.",
)


def write(path: Path, papers: int, *, inspired: int = 1000) -> Path:
    """Write ``papers`` as JSON lines; every ``inspired``-th names a mechanism and a technique."""
    chance = random.Random(papers)
    with path.open("w", encoding="utf-8") as file:
        for number in range(papers):
            about = _INSPIRED if number % inspired == 0 else _PLAIN
            text = f"{chance.choice(about)} The bound holds for {chance.randrange(10**6)} cases."
            record = {"id": f"made{number:06}", "title": f"Bounds of optimization, part {number}", "abstract": text, "year": 2020}
            file.write(json.dumps(record) + "\n")
    return path
