"""Train the encoder: ``python -m ingest.extract._train_encoder TRAIN.jsonl MODEL_FOLDER [CORPUS.jsonl.gz]``.

MODEL_FOLDER holds ``model.safetensors`` and ``vocab.txt`` of all-MiniLM-L6-v2 (Apache-2.0). Its lower four layers are fine-tuned
on nine tenths of TRAIN; on the rest the trust in a reading is fitted. Pieces that hardly occur in TRAIN and CORPUS are left out
of the vocabulary. Writes ``_encoder.npz``, ``_relation.json`` and ``_trust.json`` beside this file. Needs torch and scikit-learn;
takes about an hour on two cores.
"""

from __future__ import annotations

import gzip
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy
import torch
from torch import Tensor, nn
from torch.nn import functional

from ingest.extract import _relation, _train_label, _trust
from ingest.extract._encoder import HEADS, ROLES, WIDEST, unpack
from ingest.extract._pieces import START, STOP, UNKNOWN, Pieces, cut
from kg.model import LABELS, Span, TextField, sha256

LAYERS = 4
EPOCHS = 4
BATCH = 12
SHOWN = 64
KEPT_PIECES = 18_500
"""Few enough for all trained weights together to stay below 15 MB."""
HELD = 10
"""One document in so many is held out."""


class Layer(nn.Module):
    """One layer of the encoder: attention and a feed-forward part, each added and normalised."""

    def __init__(self, width: int = 384, inner: int = 1536) -> None:
        super().__init__()
        self.q, self.k, self.v, self.o = (nn.Linear(width, width) for _ in range(4))
        self.f1, self.f2 = nn.Linear(width, inner), nn.Linear(inner, width)
        self.n1, self.n2 = nn.LayerNorm(width, eps=1e-12), nn.LayerNorm(width, eps=1e-12)
        self.drop = nn.Dropout(0.1)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """States (batch, pieces, width) to the same; ``mask`` (batch, pieces) is true where there is a piece."""
        batch, length, width = x.shape
        q, k, v = (f(x).view(batch, length, HEADS, width // HEADS).transpose(1, 2) for f in (self.q, self.k, self.v))
        mixed = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask[:, None, None, :])
        x = self.n1(x + self.drop(self.o(mixed.transpose(1, 2).reshape(batch, length, width))))
        out: Tensor = self.n2(x + self.drop(self.f2(functional.gelu(self.f1(x)))))
        return out


class Encoder(nn.Module):
    """The encoder of :mod:`ingest.extract._encoder`, as torch trains it; the names of its weights are the same."""

    def __init__(self, pieces: int, width: int = 384, side: int = 128) -> None:
        super().__init__()
        self.word, self.pos, self.typ = nn.Embedding(pieces, width), nn.Embedding(512, width), nn.Embedding(2, width)
        self.norm, self.drop = nn.LayerNorm(width, eps=1e-12), nn.Dropout(0.1)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.left, self.right = nn.Linear(width, side * len(ROLES)), nn.Linear(width, side * len(ROLES))
        self.start, self.stop = nn.Linear(width, len(ROLES)), nn.Linear(width, len(ROLES))
        self.length = nn.Parameter(torch.zeros(len(ROLES), WIDEST))
        self.label = nn.Sequential(nn.Linear(3 * width, 128), nn.GELU(), nn.Dropout(0.2), nn.Linear(128, len(LABELS)))

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """States (batch, pieces, width) of piece numbers (batch, pieces)."""
        x = self.drop(self.norm(self.word(ids) + self.pos.weight[: ids.shape[1]] + self.typ.weight[0]))
        for layer in self.layers:
            x = layer(x, mask)
        out: Tensor = x
        return out

    def labels(self, x: Tensor, mask: Tensor) -> Tensor:
        """Scores (batch, labels)."""
        there = mask[..., None]
        mean = (x * there).sum(1) / there.sum(1)
        out: Tensor = self.label(torch.cat([x[:, 0], mean, x.masked_fill(~there, -1e4).amax(1)], -1))
        return out

    def phrases(self, x: Tensor) -> Tensor:
        """Scores (batch, role, first piece, last piece)."""
        batch, pieces, _ = x.shape
        left, right = (f(x).view(batch, pieces, len(ROLES), -1) for f in (self.left, self.right))
        scores = torch.einsum("birk,bjrk->brij", left, right) / left.shape[-1] ** 0.5
        scores = scores + self.start(x).permute(0, 2, 1)[..., None] + self.stop(x).permute(0, 2, 1)[:, :, None, :]
        place = torch.arange(pieces)
        out: Tensor = scores + self.length[:, (place[None] - place[:, None]).clamp(0, WIDEST - 1)][None]
        return out


class Example(NamedTuple):
    pieces: Pieces
    label: int
    gold: list[list[tuple[int, int]]]
    """For each role, the first and last piece of every annotated phrase."""


def main() -> None:
    train, folder = Path(sys.argv[1]), Path(sys.argv[2])
    torch.manual_seed(0)
    documents = _train_label.documents(train)
    held = [d for d in documents if int(sha256(d["title"])[:8], 16) % HELD == 0]
    chosen = {id(d) for d in held}
    learning = [d for d in documents if id(d) not in chosen]
    words = pruned(folder / "vocab.txt", (f"{d['title']} {d['abstract']}" for d in [*documents, *corpus(sys.argv[3:])]))
    network = started(folder, words)
    vocabulary = {word: number for number, word in enumerate(words)}
    # Written after every epoch, so that a training cut short leaves what it had learnt.
    for _ in fine_tune(network, [example(d, vocabulary) for d in learning]):
        stored = packed(network, words)
        numpy.savez_compressed(Path(__file__).with_name("_encoder.npz"), **stored)
    _relation.fit(learning, Path(__file__).with_name("_relation.json"))
    say(_trust.fit(held, unpack(stored), _train_label.fit(learning), Path(__file__).with_name("_trust.json")))


def corpus(names: Iterable[str]) -> Iterator[dict[str, Any]]:
    for name in names:
        with gzip.open(name, "rt", encoding="utf-8") as lines:
            yield from map(json.loads, lines)


def pruned(path: Path, texts: Iterable[str]) -> list[str]:
    """The pieces that occur most in ``texts``, and all single characters, in the order of the full vocabulary."""
    words = path.read_text(encoding="utf-8").splitlines()
    full = {word: number for number, word in enumerate(words)}
    seen: Counter[int] = Counter()
    for text in texts:
        seen.update(cut("", text, full).ids)
    always = {n for n, word in enumerate(words) if word in (UNKNOWN, START, STOP) or len(word.removeprefix("##")) == 1}
    kept = always | {number for number, _ in seen.most_common(KEPT_PIECES)}
    return [words[number] for number in sorted(kept)]


def started(folder: Path, words: list[str]) -> Encoder:
    """An encoder that begins where MiniLM ended."""
    given = safetensors(folder / "model.safetensors")
    full = {word: number for number, word in enumerate((folder / "vocab.txt").read_text(encoding="utf-8").splitlines())}
    network = Encoder(len(words))
    state = network.state_dict()
    state["word.weight"] = given["embeddings.word_embeddings.weight"][[full[word] for word in words]]
    state["pos.weight"] = given["embeddings.position_embeddings.weight"]
    state["typ.weight"] = given["embeddings.token_type_embeddings.weight"]
    names = {
        "q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value", "o": "attention.output.dense",
        "n1": "attention.output.LayerNorm", "f1": "intermediate.dense", "f2": "output.dense", "n2": "output.LayerNorm",
    }  # fmt: skip
    for kind in ("weight", "bias"):
        state[f"norm.{kind}"] = given[f"embeddings.LayerNorm.{kind}"]
        for number in range(LAYERS):
            for mine, theirs in names.items():
                state[f"layers.{number}.{mine}.{kind}"] = given[f"encoder.layer.{number}.{theirs}.{kind}"]
    network.load_state_dict(state)
    return network


def safetensors(path: Path) -> dict[str, Tensor]:
    """The 32-bit arrays of a safetensors file: a length, a JSON header, the numbers."""
    raw = path.read_bytes()
    size = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + size])
    found: dict[str, Tensor] = {}
    for name, entry in header.items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            begin, end = entry["data_offsets"]
            array = numpy.frombuffer(raw[8 + size + begin : 8 + size + end], numpy.float32).reshape(entry["shape"])
            found[name.removeprefix("bert.")] = torch.from_numpy(array.copy())
    return found


def example(document: dict[str, Any], vocabulary: dict[str, int]) -> Example:
    pieces = cut(document["title"], document["abstract"], vocabulary)
    gold: list[list[tuple[int, int]]] = [[], []]
    for mapping in document["mappings"]:
        found = [located(document, mapping["evidence"], mapping[role], pieces) for role in ROLES]
        if all(found):
            for role, place in enumerate(found):
                if place is not None and place not in gold[role]:
                    gold[role].append(place)
    return Example(pieces, LABELS.index(document["label"]), gold)


def located(document: dict[str, Any], evidence: str, phrase: str, pieces: Pieces) -> tuple[int, int] | None:
    """First and last piece of ``phrase``: in the evidence where it stands there, else where it first stands."""
    fields: tuple[TextField, ...] = ("abstract", "title")
    for field in fields:
        said = document[field].find(evidence)
        at = document[field].find(phrase, said) if said >= 0 else -1
        if 0 <= at <= said + len(evidence) - len(phrase):
            return covered(Span(field, at, at + len(phrase)), pieces)
    for field in fields:
        if (at := document[field].find(phrase)) >= 0:
            return covered(Span(field, at, at + len(phrase)), pieces)
    return None


def covered(span: Span, pieces: Pieces) -> tuple[int, int] | None:
    inside = [
        n for n, word in enumerate(pieces.spans)
        if word is not None and word.field == span.field and word.start < span.end and word.end > span.start
    ]  # fmt: skip
    return (inside[0], inside[-1]) if inside and inside[-1] - inside[0] < WIDEST else None


def fine_tune(network: Encoder, examples: list[Example]) -> Iterator[int]:
    """Label and phrases together; embeddings stay as they are. Gives the number of epochs done after each."""
    layers = [p for name, p in network.named_parameters() if name.startswith("layers.")]
    heads = [
        p for name, p in network.named_parameters() if name.split(".")[0] in ("left", "right", "start", "stop", "length", "label")
    ]
    optimizer = torch.optim.AdamW([{"params": layers, "lr": 1.5e-4}, {"params": heads, "lr": 1e-3}], weight_decay=0.01)
    steps = EPOCHS * (len(examples) // BATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda t: min(1.0, (t + 1) / 80) * max(0.02, 1 - t / steps))
    shuffler, began, done, total = random.Random(0), time.monotonic(), 0, 0.0
    for epoch in range(EPOCHS):
        network.train()
        for batch in batches(examples, shuffler):
            loss = loss_of(network, batch)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            done, total = done + 1, total + loss.item()
            if done % SHOWN == 0:
                say(f"step {done} of {steps}, loss {total / SHOWN:.3f}, {time.monotonic() - began:.0f} s")
                total = 0.0
        network.eval()
        yield epoch + 1


def batches(examples: list[Example], shuffler: random.Random) -> Iterator[list[Example]]:
    """Batches of papers of much the same length, in random order."""
    order = sorted(examples, key=lambda e: len(e.pieces.ids) + shuffler.random() * 60)
    found = [order[i : i + BATCH] for i in range(0, len(order) - BATCH + 1, BATCH)]
    shuffler.shuffle(found)
    yield from found


def loss_of(network: Encoder, batch: list[Example]) -> Tensor:
    length = max(len(e.pieces.ids) for e in batch)
    ids, mask = torch.zeros(len(batch), length, dtype=torch.long), torch.zeros(len(batch), length, dtype=torch.bool)
    for row, one in enumerate(batch):
        ids[row, : len(one.pieces.ids)] = torch.tensor(one.pieces.ids)
        mask[row, : len(one.pieces.ids)] = True
    states = network(ids, mask)
    loss = functional.cross_entropy(network.labels(states, mask), torch.tensor([e.label for e in batch]), label_smoothing=0.05)
    stated = [row for row, one in enumerate(batch) if one.gold[0]]
    if not stated:
        return loss
    allowed = torch.stack([possible(batch[row].pieces, length) for row in stated])
    shares = network.phrases(states[stated]).masked_fill(~allowed[:, None], -1e4).flatten(2).log_softmax(-1)
    missed = [
        -torch.logsumexp(shares[n, role, [first * length + last for first, last in batch[row].gold[role]]], 0)
        for n, row in enumerate(stated)
        for role in range(len(ROLES))
    ]
    return loss + 0.5 * torch.stack(missed).sum() / len(stated)


def possible(pieces: Pieces, length: int) -> Tensor:
    """Which first and last pieces may bound a phrase, shape (length, length)."""

    def padded(values: Iterable[int]) -> Tensor:
        row = torch.zeros(length, dtype=torch.long)
        given = torch.tensor(list(values))
        row[: len(given)] = given
        return row

    first, last = padded(pieces.first).bool(), padded(pieces.last).bool()
    field = padded(0 if span is None else 1 if span.field == "title" else 2 for span in pieces.spans)
    place = torch.arange(length)
    long = place[None] - place[:, None]
    return first[:, None] & last[None] & (long >= 0) & (long < WIDEST) & (field[:, None] == field[None])


def packed(network: Encoder, words: list[str]) -> dict[str, Any]:
    """Large matrices in eight bits with a scale a row; the rest in sixteen bits."""
    stored: dict[str, Any] = {"vocabulary": numpy.frombuffer("\n".join(words).encode(), numpy.uint8)}
    for name, tensor in network.state_dict().items():
        array = tensor.numpy()
        if name == "pos.weight":
            array = array[:400]
        if array.ndim == 2 and array.size > 10_000:
            scale = numpy.maximum(numpy.abs(array).max(axis=1), 1e-8) / 127
            stored[name] = numpy.rint(array / scale[:, None]).astype(numpy.int8)
            stored[f"{name}.scale"] = scale.astype(numpy.float16).astype(numpy.float32)
        else:
            stored[name] = array.astype(numpy.float16)
    return stored


def say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
