"""Train the encoder: ``python -m ingest.extract._train_encoder TRAIN TOLD LEFT_OUT MODEL_FOLDER CORPUS...``.

TRAIN, TOLD and LEFT_OUT are files as :mod:`ingest.extract._train_label` has them. MODEL_FOLDER holds ``model.safetensors`` and
``vocab.txt`` of all-MiniLM-L6-v2 (Apache-2.0). In four steps: its layers learn the language of CORPUS by guessing hidden words;
two networks of six layers learn from nine tenths of the annotated papers; they say what they find in the most promising of
the other papers; and a network of four layers, the one that ships, learns from the annotated papers and from them. On the
papers that were held out the trust in a reading is fitted. Writes ``_encoder.npz``, ``_relation.json`` and ``_trust.json``
beside this file. Needs torch and scikit-learn; takes ten minutes on one large GPU, and many hours without.

*Reference:* going on with masked language modelling on the texts of a field, arXiv 2004.10964; distillation, arXiv 1503.02531.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy
import torch
from torch import Tensor, nn
from torch.nn import functional

from ingest.extract import _annotations, _train_after, _train_label
from ingest.extract._encoder import unpack
from ingest.extract._label import probabilities
from ingest.extract._pieces import Pieces, cut
from ingest.extract._train_examples import Batch, Example, batch_of, example, lots, pruned
from ingest.extract._train_network import Encoder, body_of, packed, started, with_body
from kg.model import LABELS, slug

LAYERS, TEACHERS_LAYERS, TEACHERS = 4, 6, 2
HIDDEN = 0.2
"""Share of the pieces that are hidden, to be guessed."""
GUESSING_PAPERS, GUESSING_EPOCHS, GUESSING_BATCH = 50_000, 8, 128
EPOCHS, BATCH = 5, 32
PROMISING, PLAIN = 24_000, 4_000
"""Unannotated papers that the student learns from: the most promising, and others."""
PER_ANNOTATED = 1.5
"""So many unannotated papers to an annotated one in each epoch of the student."""
LIKELY = 0.2
"""Probability of "bio_inspired" from which the teachers' phrases are learned."""
KEPT = 32
"""Phrases of each kind that the teachers pass on."""


class Told(NamedTuple):
    """What the teachers say of the unannotated papers."""

    papers: list[Pieces]
    labels: Tensor
    """Probabilities, shape (papers, labels)."""
    places: Tensor
    """First and last piece of their likeliest phrases, shape (papers, roles, KEPT, 2)."""
    shares: Tensor
    """And the share of each, shape (papers, roles, KEPT)."""


def main() -> None:
    train, told, left_out, folder, *corpora = map(Path, sys.argv[1:])
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(0)
    documents = [*_train_label.documents(train), *_annotations.documents(corpora)]
    known, _ = _annotations.parted(documents)
    learning, held = _train_after.parted(known)
    words = pruned(folder / "vocab.txt", (f"{d['title']} {d['abstract']}" for d in [*documents, *_annotations.papers(corpora)]))
    vocabulary = {word: number for number, word in enumerate(words)}
    examples = [example(d, vocabulary) for d in learning]
    taken = {slug(d["title"]) for d in [*documents, *_train_label.documents(left_out)]}
    others = unannotated(corpora, taken, vocabulary)
    say(f"{len(learning)} papers to learn from, {len(held)} held out, {len(others)} not annotated; on {device}")
    bodies = {
        depth: adapted(started(folder, words, depth).to(device), others[:GUESSING_PAPERS]) for depth in (LAYERS, TEACHERS_LAYERS)
    }
    teachers = []
    for number in range(TEACHERS):
        torch.manual_seed(number)
        teacher = with_body(bodies[TEACHERS_LAYERS], len(words), TEACHERS_LAYERS).to(device)
        teachers.append(fine_tuned(teacher, examples, None, random.Random(number)))
    torch.manual_seed(0)
    student = with_body(bodies[LAYERS], len(words), LAYERS).to(device)
    student = fine_tuned(student, examples, heard(teachers, others[: PROMISING + PLAIN]), random.Random(0))
    path = Path(__file__).with_name("_encoder.npz")
    numpy.savez_compressed(path, **packed(student, words))
    with path.open("rb") as file, numpy.load(file, allow_pickle=False) as stored:
        encoder = unpack(dict(stored))
    say(_train_after.fit(documents, encoder, told, left_out, corpora))


def unannotated(corpora: Sequence[Path], taken: set[str], vocabulary: dict[str, int]) -> list[Pieces]:
    """The other papers of ``corpora``: :data:`PROMISING` by the look at their words first, then all others in random order."""
    found = {slug(p["title"]): p for p in _annotations.papers(corpora) if len(p["abstract"]) > 20}
    papers = [paper for name, paper in found.items() if name not in taken]
    inspired = LABELS.index("bio_inspired")
    looks = [shares[inspired] for shares in probabilities([(paper["title"], paper["abstract"]) for paper in papers])]
    order = sorted(range(len(papers)), key=lambda n: -looks[n])
    rest = order[PROMISING:]
    random.Random(0).shuffle(rest)
    return [cut(papers[n]["title"], papers[n]["abstract"], vocabulary) for n in [*order[:PROMISING], *rest]]


def adapted(network: Encoder, papers: list[Pieces]) -> dict[str, Tensor]:
    """The body of ``network`` after guessing hidden pieces of ``papers``."""
    device, width = network.word.weight.device, network.word.weight.shape[1]
    guess = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.LayerNorm(width)).to(device)
    bias = nn.Parameter(torch.zeros(network.word.num_embeddings, device=device))
    trained = [*(p for name, p in network.named_parameters() if name.split(".")[0] in ("word", "pos", "norm", "layers"))]
    trained += [*guess.parameters(), bias]
    optimizer = torch.optim.AdamW(trained, lr=4e-4, weight_decay=0.01, betas=(0.9, 0.98))
    lengths, shuffler = [len(p.ids) for p in papers], random.Random(0)
    progress = Progress("guessing hidden words", optimizer, GUESSING_EPOCHS * (len(papers) // GUESSING_BATCH))
    network.train()
    for _ in range(GUESSING_EPOCHS):
        for rows in lots(lengths, range(len(papers)), GUESSING_BATCH, shuffler):
            batch = batch_of(papers, rows, device)
            hidden = (torch.rand(batch.ids.shape, device=device) < HIDDEN) & (batch.field > 0)
            how = torch.rand(batch.ids.shape, device=device)
            # Of the hidden pieces eight in ten show the mark for the unknown, one another piece, one itself.
            shown = torch.where(hidden & (how < 0.8), 0, batch.ids)
            shown = torch.where(hidden & (how > 0.9), torch.randint_like(batch.ids, network.word.num_embeddings), shown)
            with autocast(device):
                states = network(shown, batch.mask)
                scores = functional.linear(guess(states[hidden]), network.word.weight, bias)
            progress.step(functional.cross_entropy(scores.float(), batch.ids[hidden]), trained)
    return body_of(network)


def fine_tuned(network: Encoder, examples: list[Example], told: Told | None, shuffler: random.Random) -> Encoder:
    """``network`` after learning labels and phrases together; its embeddings stay as they are."""
    device = network.word.weight.device
    for name, parameter in network.named_parameters():
        parameter.requires_grad = name.split(".")[0] not in ("word", "pos", "typ", "norm")
    layers = [p for name, p in network.named_parameters() if name.startswith("layers.")]
    heads = [p for name, p in network.named_parameters() if p.requires_grad and not name.startswith("layers.")]
    optimizer = torch.optim.AdamW([{"params": layers, "lr": 2e-4}, {"params": heads, "lr": 1e-3}], weight_decay=0.01)
    papers = [e.pieces for e in examples]
    lengths, other_lengths = [len(p.ids) for p in papers], [len(p.ids) for p in told.papers] if told else []
    more = round(PER_ANNOTATED * len(examples)) if told else 0
    progress = Progress("fine-tuning", optimizer, EPOCHS * ((len(examples) + more) // BATCH))
    for _ in range(EPOCHS):
        network.train()
        given = [(False, rows) for rows in lots(lengths, range(len(papers)), BATCH, shuffler)]
        drawn = shuffler.sample(range(len(other_lengths)), min(more, len(other_lengths)))
        given += [(True, rows) for rows in lots(other_lengths, drawn, BATCH, shuffler)]
        shuffler.shuffle(given)
        for is_told, rows in given:
            if is_told and told:
                loss = loss_of_told(network, batch_of(told.papers, rows, device), told)
            else:
                loss = loss_of(network, batch_of(papers, rows, device), [examples[row] for row in rows])
            progress.step(loss, [*layers, *heads])
    return network.eval()


def loss_of(network: Encoder, batch: Batch, examples: list[Example]) -> Tensor:
    """How far the label and the phrases of annotated papers are missed."""
    device = batch.ids.device
    with autocast(device):
        states = network(batch.ids, batch.mask)
    wanted = torch.tensor([e.label for e in examples], device=device)
    loss = functional.cross_entropy(network.labels(states.float(), batch.mask), wanted, label_smoothing=0.05)
    stated = [row for row, one in enumerate(examples) if one.gold[0]]
    if not stated:
        return loss
    length = batch.ids.shape[1]
    shares = network.phrases(states[stated].float(), batch.allowed(stated))
    missed = [
        -torch.logsumexp(
            shares[n, role, [i * length + j for i, j in gold]] + torch.tensor([*gold.values()], device=device).log(), 0
        )
        for n, row in enumerate(stated)
        for role, gold in enumerate(examples[row].gold)
    ]
    return loss + 0.5 * torch.stack(missed).sum() / len(stated)


def loss_of_told(network: Encoder, batch: Batch, told: Told) -> Tensor:
    """How far ``network`` is from what the teachers say."""
    device, rows = batch.ids.device, torch.tensor(batch.rows)
    with autocast(device):
        states = network(batch.ids, batch.mask)
    wanted = told.labels[rows].to(device)
    loss = -(wanted * network.labels(states.float(), batch.mask).log_softmax(-1)).sum(-1).mean()
    inspired = told.labels[rows][:, LABELS.index("bio_inspired")]
    likely = [n for n, share in enumerate(inspired.tolist()) if share > LIKELY]
    if not likely:
        return loss
    places = told.places[rows[likely]].to(device)
    shares = network.phrases(states[likely].float(), batch.allowed(likely))
    mine = shares.gather(2, places[..., 0] * batch.ids.shape[1] + places[..., 1])
    missed = -(told.shares[rows[likely]].to(device) * mine).sum((1, 2)) * inspired[likely].to(device)
    return loss + 0.5 * missed.sum() / len(batch.rows)


@torch.no_grad()
def heard(teachers: list[Encoder], papers: list[Pieces]) -> Told:
    """The mean of what ``teachers`` say of ``papers``."""
    device = teachers[0].word.weight.device
    labels = torch.zeros(len(papers), len(LABELS))
    places, shares = torch.zeros(len(papers), 2, KEPT, 2, dtype=torch.long), torch.zeros(len(papers), 2, KEPT)
    order = sorted(range(len(papers)), key=lambda n: len(papers[n].ids))
    for begin in range(0, len(order), 2 * BATCH):
        rows = order[begin : begin + 2 * BATCH]
        batch = batch_of(papers, rows, device)
        allowed, length = batch.allowed(range(len(rows))), batch.ids.shape[1]
        said, found = [], []
        for teacher in teachers:
            with autocast(device):
                states = teacher(batch.ids, batch.mask)
            said.append(teacher.labels(states.float(), batch.mask).softmax(-1))
            found.append(teacher.phrases(states.float(), allowed).exp())
        best = torch.stack(found).mean(0).topk(min(KEPT, length * length), -1)
        labels[rows] = torch.stack(said).mean(0).cpu()
        kept = best.indices.shape[-1]
        places[rows, :, :kept] = torch.stack([best.indices // length, best.indices % length], -1).cpu()
        shares[rows, :, :kept] = (best.values / best.values.sum(-1, keepdim=True)).cpu()
    return Told(papers, labels, places, shares)


def autocast(device: torch.device) -> torch.autocast:
    """Sixteen bits where they are fast."""
    return torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda")


class Progress:
    """Steps of an optimizer with a warm start and a linear end, and a line now and then."""

    def __init__(self, what: str, optimizer: torch.optim.Optimizer, steps: int) -> None:
        self.what, self.optimizer, self.steps = what, optimizer, max(1, steps)
        self.schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda t: min(1.0, (t + 1) / 100) * max(0.02, 1 - t / self.steps)
        )
        self.done, self.began = 0, time.monotonic()

    def step(self, loss: Tensor, parameters: list[nn.Parameter]) -> None:
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(parameters, 1.0)
        self.optimizer.step()
        self.schedule.step()
        self.done += 1
        if self.done % 200 == 0 or self.done == self.steps:
            say(f"{self.what}: {self.done} of {self.steps}, loss {loss.item():.3f}, {time.monotonic() - self.began:.0f} s")


def say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
