"""The next letter of a play, from the eight before it: a small language model.

The first nine tenths of the text train; the next twentieth judges tuning seeds, the last twentieth all others.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy
import torch

from adaptive.tasks import Batch, Episode, _data, is_tuning, network, order_of, seed_of

TITLE = "Characters"
DESCRIPTION = (
    "The next character of Shakespeare's plays from the 8 before it: embeddings of 16 numbers, 64 hidden units, 32 at a time."
)
METRIC = "test loss (nats a character)"
DIRECTION = "lower"
REVEALS = ("lookahead", "labels")
STREAM = False
STEPS = {"quick": 800, "standard": 5000}
FILES, WHAT = ("tinyshakespeare.txt",), "the text of Shakespeare's plays"
CONTEXT, WIDTH, HIDDEN, BATCH, JUDGED = 8, 16, 64, 32, 2000


def missing() -> str:
    """What is not here; empty where the task can run."""
    return _data.missing(*FILES, what=WHAT)


@functools.lru_cache(maxsize=1)
def _text(path: Path) -> tuple[torch.Tensor, int]:
    """Every character as its number in the alphabet of the text, and how many there are."""
    text = path.read_text(encoding="utf-8")
    alphabet = {character: number for number, character in enumerate(sorted(set(text)))}
    return torch.tensor([alphabet[character] for character in text]), len(alphabet)


def make(seed: int, *, steps: int, reorder: bool = False) -> Episode:
    """A life of ``steps`` batches from random places.

    Raises:
        Refused: the text is not here.
    """
    text, letters = _text(_data.needed(*FILES, what=WHAT))
    stack = network((CONTEXT * WIDTH, HIDDEN, letters), task="char_lm", seed=seed)
    embedding = torch.nn.utils.skip_init(torch.nn.Embedding, letters, WIDTH)  # type: ignore[no-untyped-call]
    generator = torch.Generator().manual_seed(seed_of("char_lm", "init of letters", seed))
    with torch.no_grad():
        embedding.weight.normal_(generator=generator)
    return Episode(
        model=torch.nn.Sequential(embedding, torch.nn.Flatten(), *stack),
        loss=torch.nn.functional.cross_entropy,
        batches=_places(text, seed, steps, reorder),
        steps=steps,
        score=_surprise,
        held_out=_judge(text, seed),
    )


def _surprise(outputs: torch.Tensor, targets: torch.Tensor) -> float:
    return float(torch.nn.functional.cross_entropy(outputs, targets))


def _batch(text: torch.Tensor, ids: numpy.ndarray) -> Batch:
    places = torch.from_numpy(ids)[:, None] + torch.arange(CONTEXT + 1)
    shown = text[places]
    return Batch(inputs=shown[:, :-1], targets=shown[:, -1], ids=ids)


def _places(text: torch.Tensor, seed: int, steps: int, reorder: bool) -> Iterator[Batch]:
    order = order_of("char_lm", seed, reorder=reorder)
    last = len(text) * 9 // 10 - CONTEXT - 1
    for _ in range(steps):
        yield _batch(text, order.integers(last, size=BATCH))


def _judge(text: torch.Tensor, seed: int) -> Callable[[torch.nn.Module], float]:
    first = len(text) * (90 if is_tuning(seed) else 95) // 100
    room = len(text) // 20 - CONTEXT - 1
    judged = _batch(text, first + numpy.linspace(0, room - 1, JUDGED).astype(numpy.int64))

    def loss(model: torch.nn.Module) -> float:
        with torch.no_grad():
            return _surprise(model(judged.inputs), judged.targets)

    return loss
