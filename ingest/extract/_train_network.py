"""The encoder of :mod:`ingest.extract._encoder` as torch trains it, how it begins, and how it is stored.

*Reference:* MiniLM, arXiv 2002.10957; biaffine span scores, arXiv 1611.01734.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy
import torch
from torch import Tensor, nn
from torch.nn import functional

from ingest.extract._encoder import HEADS, ROLES, WIDEST
from ingest.extract._pieces import LONGEST
from kg.model import LABELS

PARTS = ("word", "pos", "typ", "norm", "layers")
"""The weights that are not of a head."""


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
    """Names of its weights are those of the arrays that are shipped."""

    def __init__(self, pieces: int, layers: int = 4, width: int = 384, side: int = 128) -> None:
        super().__init__()
        self.word, self.pos, self.typ = nn.Embedding(pieces, width), nn.Embedding(LONGEST, width), nn.Embedding(2, width)
        self.norm, self.drop = nn.LayerNorm(width, eps=1e-12), nn.Dropout(0.1)
        self.layers = nn.ModuleList(Layer() for _ in range(layers))
        self.left, self.right = nn.Linear(width, side * len(ROLES)), nn.Linear(width, side * len(ROLES))
        self.start, self.stop = nn.Linear(width, len(ROLES)), nn.Linear(width, len(ROLES))
        self.length = nn.Parameter(torch.zeros(len(ROLES), WIDEST))
        self.label = nn.Sequential(nn.Linear(3 * width, 128), nn.GELU(), nn.Dropout(0.2), nn.Linear(128, len(LABELS)))

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """States (batch, pieces, width) of piece numbers (batch, pieces); ``mask`` is true where there is a piece."""
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
        return out.float()

    def phrases(self, x: Tensor, allowed: Tensor) -> Tensor:
        """Log shares (batch, role, pieces * pieces) of a phrase by its first and last piece, among those ``allowed``."""
        batch, pieces, _ = x.shape
        left, right = (f(x).view(batch, pieces, len(ROLES), -1).transpose(1, 2) for f in (self.left, self.right))
        scores = (left @ right.transpose(-1, -2)).float() / left.shape[-1] ** 0.5
        scores = scores + self.start(x).permute(0, 2, 1)[..., None] + self.stop(x).permute(0, 2, 1)[:, :, None, :]
        place = torch.arange(pieces, device=x.device)
        scores = scores + self.length[:, (place[None] - place[:, None]).clamp(0, WIDEST - 1)][None]
        out: Tensor = scores.masked_fill(~allowed[:, None], -1e4).flatten(2).log_softmax(-1)
        return out


def started(folder: Path, words: list[str], layers: int) -> Encoder:
    """An encoder that begins where MiniLM's lower ``layers`` ended."""
    given = safetensors(folder / "model.safetensors")
    full = {word: number for number, word in enumerate((folder / "vocab.txt").read_text(encoding="utf-8").splitlines())}
    network = Encoder(len(words), layers)
    state = network.state_dict()
    state["word.weight"] = given["embeddings.word_embeddings.weight"][[full[word] for word in words]]
    state["pos.weight"] = given["embeddings.position_embeddings.weight"][:LONGEST]
    state["typ.weight"] = given["embeddings.token_type_embeddings.weight"]
    names = {
        "q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value", "o": "attention.output.dense",
        "n1": "attention.output.LayerNorm", "f1": "intermediate.dense", "f2": "output.dense", "n2": "output.LayerNorm",
    }  # fmt: skip
    for kind in ("weight", "bias"):
        state[f"norm.{kind}"] = given[f"embeddings.LayerNorm.{kind}"]
        for number in range(layers):
            for mine, theirs in names.items():
                state[f"layers.{number}.{mine}.{kind}"] = given[f"encoder.layer.{number}.{theirs}.{kind}"]
    network.load_state_dict(state)
    return network


def body_of(network: Encoder) -> dict[str, Tensor]:
    """A copy of all weights but those of the heads."""
    return {name: tensor.detach().clone() for name, tensor in network.state_dict().items() if name.split(".")[0] in PARTS}


def with_body(body: dict[str, Tensor], pieces: int, layers: int) -> Encoder:
    """An encoder with that body and new heads."""
    network = Encoder(pieces, layers)
    network.load_state_dict({**network.state_dict(), **body})
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


def packed(network: Encoder, words: list[str]) -> dict[str, Any]:
    """Large matrices in eight bits with a scale a row; the rest in sixteen bits."""
    stored: dict[str, Any] = {"vocabulary": numpy.frombuffer("\n".join(words).encode(), numpy.uint8)}
    for name, tensor in network.state_dict().items():
        array = tensor.cpu().numpy()
        if array.ndim == 2 and array.size > 10_000:
            scale = numpy.maximum(numpy.abs(array).max(axis=1), 1e-8) / 127
            stored[name] = numpy.rint(array / scale[:, None]).astype(numpy.int8)
            stored[f"{name}.scale"] = scale.astype(numpy.float16).astype(numpy.float32)
        else:
            stored[name] = array.astype(numpy.float16)
    return stored
