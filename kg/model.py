"""The records of the graph: frozen, plain, and free of any storage.

A **paper** holds text; an **evidence** is one or more spans of that text which state a **mapping** from a biological mechanism
to a machine-learning technique; both ends of a mapping are **concepts**; a **spec** makes a mapping run; a **result** is what a
race showed. Keys are strings that mean the same in every store; integer ids never leave the store.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, NamedTuple

Kind = Literal["mechanism", "technique", "function", "family"]
Relation = Literal["inspires", "analogous", "contrasts", "proposes"]
Label = Literal["bio_inspired", "bio_hardware", "bio_model", "bio_application", "other"]
TextField = Literal["title", "abstract"]

KINDS: tuple[Kind, ...] = ("mechanism", "technique", "function", "family")
RELATIONS: tuple[Relation, ...] = ("inspires", "analogous", "contrasts", "proposes")
LABELS: tuple[Label, ...] = ("bio_inspired", "bio_hardware", "bio_model", "bio_application", "other")


def sha256(text: str) -> str:
    """Hex digest of ``text`` in UTF-8; what a by-reference evidence carries to know its text again."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def slug(name: str) -> str:
    """``name`` as lower-case words of letters and digits joined by dashes; ``"Hsp70's role"`` gives ``"hsp70-s-role"``."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return re.sub(r"[\W_]+", "-", folded).strip("-")


def concept_key(kind: Kind, name: str) -> str:
    """``"mechanism:heat-shock-response"``. A name of symbols only is keyed by its hash, a very long one by its start and hash."""
    words = slug(name)
    if not words or len(words) > 120:
        words = f"{words[:100]}~{sha256(name)[:12]}".lstrip("-")
    return f"{kind}:{words}"


def mapping_key(mechanism: str, relation: Relation, technique: str) -> str:
    """``"m"`` and ten hex digits of the hash of both concept keys and the relation: short enough to type."""
    return "m" + sha256(f"{mechanism}\n{relation}\n{technique}")[:10]


@lru_cache(maxsize=4096)  # asked several times for each paper that comes in
def title_key(title: str) -> str:
    """Key of a paper of which only the title is known: ``"title:"`` and sixteen hex digits, blind to case and punctuation."""
    return "title:" + sha256(slug(title))[:16]


class Span(NamedTuple):
    """Characters ``start`` to ``end`` (Unicode code points, end excluded) of one field of a paper."""

    field: TextField
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A text of the literature: an article's title and abstract, or a whole essay.

    ``abstract`` holds an essay's body when ``kind`` is ``"essay"``; it is ``None`` where only facts of the paper are known,
    and then ``abstract_sha256`` names the text that evidence refers to.
    """

    key: str
    """``"arxiv:2205.08645"`` (no version), ``"doi:10.1000/x"`` (lower case), else :func:`title_key`."""
    title: str
    abstract: str | None = None
    abstract_sha256: str | None = None
    kind: Literal["article", "essay"] = "article"
    authors: tuple[str, ...] = ()
    n_authors: int | None = None
    published: str | None = None
    """ISO date, or a year alone where no more is known."""
    published_text: str | None = None
    """The date as printed by the source, where it prints one."""
    listed: str | None = None
    """ISO date on which a listing such as Hugging Face daily papers carried it."""
    venue: str | None = None
    url: str | None = None
    source: str = ""
    """Name of the source plug-in, such as ``"hf_daily"``."""
    ids: tuple[tuple[str, str], ...] = ()
    """Outside ids as (scheme, value), sorted: ``("arxiv", "2205.08645")``, ``("doi", …)``, ``("corpus", …)``."""
    raw_sha256: str | None = None
    label: Label | None = None
    label_score: float | None = None

    @property
    def year(self) -> int | None:
        return int(self.published[:4]) if self.published and self.published[:4].isdigit() else None

    def text(self, name: TextField) -> str | None:
        return self.title if name == "title" else self.abstract


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """How a mechanism regulates: what it senses, how it responds, what it acts on, as names of parts in ``adaptive.parts``."""

    sense: str
    respond: str
    act: str
    knobs: tuple[tuple[str, float], ...] = ()
    """Overrides of the parts' default knobs, as ("respond.capacity", 1.0)."""
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """A mechanism, a technique, a function that both can serve, or the family that a mechanism or technique belongs to."""

    kind: Kind
    name: str
    aliases: tuple[str, ...] = ()
    see: tuple[str, ...] = ()
    """Outside ids, such as ``"GO:0009408"``."""
    domain: str | None = None
    """Field of biology or of computing: ``"neuro"``, ``"molecular"``, ``"learning"``, ``"robotics"`` …"""
    parent: str | None = None
    """Key of the family."""
    functions: tuple[str, ...] = ()
    """Keys of the functions that it serves, such as ``"function:protect-old"``."""
    definition: str = ""
    status: Literal["curated", "proposed"] = "proposed"
    profile: Profile | None = None

    @property
    def key(self) -> str:
        return concept_key(self.kind, self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What plays the same role on both sides: (misfolded protein, exploding gradient)."""

    mechanism_role: str
    technique_role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """``mechanism`` (a concept key) maps to ``technique`` (a concept key)."""

    mechanism: str
    relation: Relation
    technique: str
    functions: tuple[str, ...] = ()
    pairs: tuple[Pair, ...] = ()

    @property
    def key(self) -> str:
        return mapping_key(self.mechanism, self.relation, self.technique)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Where ``paper`` states ``mapping``, found ``by`` which reader, and how sure that reader was."""

    mapping: str
    paper: str
    passages: tuple[Span, ...]
    """The sentence that states it, or two where an essay states it across lines; in order of the text."""
    mechanism_span: Span | None = None
    technique_span: Span | None = None
    text_sha256: str = ""
    """:func:`sha256` of the field that ``passages`` refer to, so that a quote is shown only from the text that was read."""
    by: str = ""
    """``"essay"``, ``"abstract"``, ``"atlas"``, ``"race"``, ``"curator"`` …"""
    version: str = ""
    score: float = 1.0
    """Probability, 0 to 1, that the passage states the mapping."""
    stance: Literal["for", "against"] = "for"
    hedged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """A mapping bound to parts: enough to compile it, and nothing that a paper's text could reach."""

    name: str
    sense: str
    respond: str
    act: str
    knobs: tuple[tuple[str, float], ...] = ()
    mapping: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One run of one arm of a race, or the verdict on a whole race (``arm`` is then ``"verdict"``)."""

    race: str
    """Key of the race; the same configuration has the same key."""
    prototype: str
    task: str
    arm: str
    seed: int
    metric: str
    value: float
    """NaN where the run failed, and where a verdict says nothing of the mapping (:mod:`kg.verdict`); ``note`` then says how."""
    budget: float = 0.0
    """Forward-equivalents spent."""
    seconds: float = 0.0
    mapping: str | None = None
    knobs: tuple[tuple[str, float], ...] = ()
    source_sha256: str = ""
    versions: tuple[tuple[str, str], ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A mapping as an extractor finds it in one paper, before grounding names its concepts for good."""

    mechanism: str
    mechanism_span: Span
    technique: str
    technique_span: Span
    relation: Relation
    passages: tuple[Span, ...]
    mechanism_concept: str
    technique_concept: str
    score: float = 1.0
    hedged: bool = False
    functions: tuple[str, ...] = ()
    why: tuple[str, ...] = field(default=(), compare=False)
    """What the reader saw, for ``--explain``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """All that an extractor says of one paper."""

    label: Label
    label_score: float
    found: tuple[Found, ...] = ()
