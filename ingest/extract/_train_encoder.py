"""Train the encoder: ``python -m ingest.extract._train_encoder TRAIN TOLD LEFT_OUT MODEL_FOLDER CORPUS...``.

TRAIN, TOLD and LEFT_OUT are files as :mod:`ingest.extract._train_label` has them. MODEL_FOLDER holds ``model.safetensors`` and
``vocab.txt`` of all-MiniLM-L6-v2 (Apache-2.0). Its lower four layers are fine-tuned on nine tenths of the annotated papers; on
the rest the trust in a reading is fitted. Pieces that hardly occur in TRAIN and CORPUS are left out of the vocabulary. Writes
``_encoder.npz``, ``_relation.json`` and ``_trust.json`` beside this file. Needs torch and scikit-learn; takes about an hour on
two cores.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy
import torch
from torch import Tensor, distributed, nn
from torch.multiprocessing.spawn import start_processes
from torch.nn import functional

from ingest.extract import _annotations, _relation, _train_label, _trust
from ingest.extract._encoder import HEADS, ROLES, STATED, WIDEST, runs, unpack
from ingest.extract._pieces import START, STOP, UNKNOWN, Pieces, cut
from ingest.score import bag
from kg.model import LABELS, Span, TextField, sha256

LAYERS = 4
EPOCHS = 4
BATCH = 12
PARTS = 2
"""Processes that share a batch."""
SHOWN = 64
KEPT_PIECES = 18_500
"""Few enough for all trained weights together to stay below 15 MB."""
LESS = 0.7
"""What a phrase other than the annotated one is worth, at most."""
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
        self.evidence, self.relation = nn.Linear(2 * width, 1), nn.Linear(2 * width, len(STATED))
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
    gold: list[dict[tuple[int, int], float]]
    """For each role, first and last piece of the annotated phrases (worth 1) and of those that would count as right (less)."""
    runs: list[tuple[int, int]]
    """First and last piece of the title and of each sentence."""
    stated: list[tuple[int, int]]
    """Sentence that states a mapping, and the number of its relation."""


def main() -> None:
    train, told, left_out, folder, *corpora = map(Path, sys.argv[1:])
    torch.set_num_threads(1)
    torch.manual_seed(0)
    documents = [*_train_label.documents(train), *_annotations.documents(corpora)]
    held = [d for d in documents if int(sha256(d["title"])[:8], 16) % HELD == 0]
    chosen = {id(d) for d in held}
    learning = [d for d in documents if id(d) not in chosen]
    say(f"{len(learning)} papers to learn from, {len(held)} held out")
    words = pruned(folder / "vocab.txt", (f"{d['title']} {d['abstract']}" for d in [*documents, *_annotations.papers(corpora)]))
    network = started(folder, words)
    vocabulary = {word: number for number, word in enumerate(words)}
    examples = [example(d, vocabulary) for d in learning]
    path = Path(__file__).with_name("_encoder.npz")
    with TemporaryDirectory() as meeting:
        # Forked, so that the examples are shared; one thread each is faster than two threads on one batch.
        start_processes(part_of_training, (network, examples, words, path, f"file://{meeting}/meet"), PARTS, start_method="fork")  # type: ignore[no-untyped-call]
    with path.open("rb") as file, numpy.load(file, allow_pickle=False) as stored:
        encoder = unpack(dict(stored))
    _relation.fit(learning, Path(__file__).with_name("_relation.json"))
    look = _train_label.fit(learning, _train_label.told(told, corpora, [*documents, *_train_label.documents(left_out)]))
    say(_trust.fit(held, encoder, look, Path(__file__).with_name("_trust.json")))


def part_of_training(part: int, network: Encoder, examples: list[Example], words: list[str], path: Path, meeting: str) -> None:
    """One process of the training; the first one writes the weights after every epoch, so that one cut short leaves some."""
    torch.manual_seed(part)
    distributed.init_process_group("gloo", init_method=meeting, rank=part, world_size=PARTS)
    for _ in fine_tune(network, examples, part):
        if part == 0:
            numpy.savez_compressed(path, **packed(network, words))
    distributed.destroy_process_group()


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
    title, abstract = document["title"], document["abstract"]
    pieces = cut(title, abstract, vocabulary)
    sentences = runs(pieces, title, abstract)
    gold: list[dict[tuple[int, int], float]] = [{}, {}]
    stated: list[tuple[int, int]] = []
    for mapping in document["mappings"]:
        found = [located(document, mapping["evidence"], mapping[role], pieces) for role in ROLES]
        if not all(found):
            continue
        told = [n for n, (span, _, _) in enumerate(sentences) if holds(document, mapping["evidence"], span)]
        stated.extend((n, STATED.index(mapping["relation"])) for n in told)
        inside = [sentences[n][1:] for n in told]
        for role, place, accepted in zip(ROLES, found, gold, strict=True):
            for phrase, share in alike(document, (mapping[role], mapping[f"{role}_concept"]), pieces).items():
                near = any(first <= phrase[0] and phrase[1] <= last for first, last in inside)
                accepted[phrase] = max(accepted.get(phrase, 0.0), LESS * share * share * (1.0 if near else 0.5))
            if place is not None:
                accepted[place] = 1.0
    return Example(pieces, LABELS.index(document["label"]), gold, [(first, last) for _, first, last in sentences], stated)


def holds(document: dict[str, Any], evidence: str, span: Span) -> bool:
    """Whether ``evidence`` lies for the most part in the sentence ``span``, or the sentence in it."""
    at = document[span.field].find(evidence)
    both = min(at + len(evidence), span.end) - max(at, span.start)
    return bool(at >= 0 and both > 0.5 * min(len(evidence), span.end - span.start))


def alike(document: dict[str, Any], names: tuple[str, str], pieces: Pieces) -> dict[tuple[int, int], float]:
    """Every phrase that shares half its words or more with one of ``names``, and how many it shares."""
    wanted = [bag(name) for name in names]
    any_of = set().union(*wanted)
    words = [n for n, first in enumerate(pieces.first) if first]
    ends = {first: last for first, last in zip(words, [n for n, last in enumerate(pieces.last) if last], strict=True)}
    texts = {n: next(iter(bag(document[s.field][s.start : s.end]) or [""])) for n in words if (s := pieces.spans[n]) is not None}
    found: dict[tuple[int, int], float] = {}
    for place, first in enumerate(words):
        if texts[first] not in any_of:  # the shortest of the phrases that share the same words begins with a word of the name
            continue
        held: Counter[str] = Counter()
        for word in words[place:]:
            last = ends[word]
            if last - first >= WIDEST or pieces.spans[word].field != pieces.spans[first].field:  # type: ignore[union-attr]
                break
            if texts[word]:
                held[texts[word]] += 1
            share = max(2 * (held & name).total() / (held.total() + name.total()) for name in wanted)
            if share >= 0.5 and texts[word] in any_of:
                found[first, last] = share
    return found


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


def fine_tune(network: Encoder, examples: list[Example], part: int) -> Iterator[int]:
    """Label and phrases together; embeddings stay as they are. Gives the number of epochs done after each."""
    for name, parameter in network.named_parameters():
        parameter.requires_grad = name.split(".")[0] not in ("word", "pos", "typ", "norm")
    layers = [p for name, p in network.named_parameters() if name.startswith("layers.")]
    trained = [(name, p) for name, p in network.named_parameters() if p.requires_grad]
    heads = [p for name, p in trained if not name.startswith("layers.")]
    optimizer = torch.optim.AdamW([{"params": layers, "lr": 1.5e-4}, {"params": heads, "lr": 1e-3}], weight_decay=0.01)
    steps = EPOCHS * (len(examples) // BATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda t: min(1.0, (t + 1) / 80) * max(0.02, 1 - t / steps))
    shuffler, began, done, total = random.Random(0), time.monotonic(), 0, 0.0
    for epoch in range(EPOCHS):
        network.train()
        for batch in batches(examples, shuffler):
            loss = loss_of(network, batch[part::PARTS])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            averaged([*layers, *heads])
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            done, total = done + 1, total + loss.item()
            if done % SHOWN == 0 and part == 0:
                say(f"step {done} of {steps}, loss {total / SHOWN:.3f}, {time.monotonic() - began:.0f} s")
            if done % SHOWN == 0:
                total = 0.0
        network.eval()
        yield epoch + 1


def averaged(parameters: list[nn.Parameter]) -> None:
    """Give every process the mean of all their gradients."""
    grads = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
    together = torch.cat([g.reshape(-1) for g in grads])
    distributed.all_reduce(together)
    together /= PARTS
    at = 0
    for parameter in parameters:
        parameter.grad = together[at : at + parameter.numel()].view_as(parameter).clone()
        at += parameter.numel()


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
        -torch.logsumexp(shares[n, role, [i * length + j for i, j in gold]] + torch.tensor([*gold.values()]).log(), 0)
        for n, row in enumerate(stated)
        for role, gold in enumerate(batch[row].gold)
    ]
    told = [sentence_loss(network, states[row], batch[row]) for row in stated if batch[row].stated]
    return loss + 0.5 * (torch.stack(missed).sum() + sum(told, torch.zeros(()))) / len(stated)


def sentence_loss(network: Encoder, states: Tensor, one: Example) -> Tensor:
    """Which sentence states the mapping, and what it says of the two sides."""
    parts = [states[first : last + 1] for first, last in one.runs]
    pooled = torch.stack([torch.cat([part.mean(0), part.amax(0)]) for part in parts])
    places, relations = (torch.tensor(column) for column in zip(*one.stated, strict=True))
    evidence = -torch.logsumexp(network.evidence(pooled)[:, 0].log_softmax(0)[places.unique()], 0)  # type: ignore[no-untyped-call]
    return 0.5 * evidence + 0.5 * functional.cross_entropy(network.relation(pooled[places]), relations)


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
