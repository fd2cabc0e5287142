"""Where an analogy ends, as races show it: contrasts for the graph, quoted from what exapt itself says of a race.

Two things speak against a likeness. The mechanism does harm: its base step does better without it. Or it helps, but not for the
reason that the analogy gives: a replay of another run's response, the same shuffled in time, or its constant average do as well
as far as can be told, so nothing is gained by answering when there is something to answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from adaptive import telling, telling_shams, telling_words
from adaptive.campaign import Finding, module_of
from kg.belief import RACE as BY
from kg.errors import NotFound
from kg.model import Evidence, Mapping, Paper, Span, sha256
from kg.verdict import METAPHOR

if TYPE_CHECKING:
    from kg.store import Store

SURE = 0.5
"""A race of one task says so of that task; as likely as not, another would not."""


def lesson(finding: Finding) -> str:
    """What the race of a prototype on its own task says against its analogy, in one sentence; empty where it says nothing.

    A race that was not run to the end says nothing: the seeds that are left are no fair sample.
    """
    module = module_of(finding.prototype)
    mechanism, technique = str(module.MECHANISM), str(module.TECHNIQUE)
    task, off = telling_words.where(finding.task), finding.against("off")
    if off is None or finding.verdict.fired == 0.0 or finding.verdict.word == "not run to the end":
        return ""
    opening = f"{technique[:1].upper()}{technique[1:]} is unlike {mechanism} in that, raced on {task} as {module.TITLE},"
    shown = telling_words.shown(finding, "off")
    if shown == "loss":
        return f"{opening} it does harm: its base step alone does better by {telling_words.amount(finding, off, sign=-1)}."
    equal = telling_shams.as_good(finding) if shown == "gain" and not telling_shams.lucky(finding) else ()
    if equal:
        names = telling_words.listed(equal)
        same = f"{names} did as well as far as can be told"
        return f"{opening} its gain over the base step alone does not come from answering in time: {same}."
    return ""


def record_lessons(store: Store, findings: Iterable[Finding]) -> list[str]:
    """Keeps what races say against their analogies as contrasts between the two concepts; the keys of these.

    Each race has one note, quoted as a paper is; it takes the place of an older one, however that was worded. A prototype that
    is a known method by another name teaches nothing of its mechanism.
    """
    own = {finding.race: finding for finding in findings if finding.role == "own"}
    notes = {
        race: _note(finding, said)
        for race, finding in own.items()
        if (said := lesson(finding)) and telling.standing([finding]) != METAPHOR
    }
    for older in list(store.papers(source=BY)):
        race = _race_of(older)
        note = notes.get(race)
        if race in own and (note is None or (older.key, older.title, older.abstract) != (note.key, note.title, note.abstract)):
            store.remove_note(older.key)
    return [key for race, note in notes.items() if (key := _record(store, own[race], note))]


def _note(finding: Finding, said: str) -> Paper:
    title = f"Race {finding.race} of {module_of(finding.prototype).TITLE}, told by exapt"
    return Paper(key=f"{BY}:{finding.race}:{finding.task}", title=title, abstract=said, kind="essay", source=BY)


def _race_of(note: Paper) -> str:
    return note.title.removeprefix("Race ").partition(" of ")[0]


def _record(store: Store, finding: Finding, note: Paper) -> str | None:
    module, said = module_of(finding.prototype), note.abstract or ""
    try:
        mechanism = store.resolve_concept(str(module.MECHANISM), "mechanism").key
        technique = store.resolve_concept(str(module.TECHNIQUE), "technique").key
    except NotFound:
        return None
    key, _ = store.add_paper(note)
    mapping = store.add_mapping(Mapping(mechanism=mechanism, relation="contrasts", technique=technique))
    evidence = Evidence(
        mapping=mapping, paper=key, passages=(Span("abstract", 0, len(said)),), mechanism_span=_span(said, str(module.MECHANISM)),
        technique_span=_span(said, str(module.TECHNIQUE)), text_sha256=sha256(said), by=BY, score=SURE,
    )  # fmt: skip
    store.replace_readings(key, BY, [evidence])
    return mapping


def lessons(findings: Sequence[Finding]) -> list[tuple[Finding, str]]:
    """The findings that say something against their analogy, and what."""
    return [(finding, said) for finding in findings if finding.role == "own" and (said := lesson(finding))]


def _span(text: str, words: str) -> Span | None:
    start = text.casefold().find(words.casefold())
    return Span("abstract", start, start + len(words)) if start >= 0 else None
