"""What a race showed, as rows of the graph: every evaluation run, and one verdict a task. Only the harness writes these."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from adaptive.race import CANDIDATE, VALUE_OF, Race, Run, Verdict
from kg import plugins
from kg.errors import NotFound
from kg.model import Result
from kg.verdict import METAPHOR, UNFINISHED

if TYPE_CHECKING:
    from adaptive.campaign import Finding, Role
    from kg.store import Store

VERDICT, PROTOTYPES = "verdict", "adaptive.prototypes"


def results(race: Race, *, mapping: str | None = None) -> Iterator[Result]:
    """Rows of ``race``, its verdicts last; the candidate's and the verdicts carry ``mapping``, the key of what was raced."""
    sources = dict(race.sources)
    for course in race.courses:
        for arm in race.arms(course.name):
            for run in race.evaluations(course.name, arm):
                yield _row(race, run, course.metric, sources, mapping if arm == CANDIDATE else None)
    for verdict in race.verdicts:
        yield _verdict(race, verdict, mapping)


def results_of(finding: Finding, *, mapping: str | None = None) -> Iterator[Result]:
    """Rows of what a race showed on one task, from its finding: every arm on every seed, and the verdict last."""
    for arm, values in finding.values:
        for seed, value in zip(finding.seeds, values, strict=True):
            yield Result(
                race=finding.race, prototype=finding.prototype, task=finding.task, arm=arm, seed=seed, metric=finding.metric,
                value=value, mapping=mapping if arm == CANDIDATE else None, knobs=finding.knobs if arm == CANDIDATE else (),
                versions=finding.versions,
            )  # fmt: skip
    value, note = _said(finding.verdict, role=finding.role, known=_known_method(finding))
    yield Result(
        race=finding.race, prototype=finding.prototype, task=finding.task, arm=VERDICT, seed=0, metric=VERDICT, value=value,
        seconds=finding.seconds, mapping=mapping, versions=finding.versions, note=note,
    )  # fmt: skip


def record_findings(store: Store, findings: Iterable[Finding]) -> tuple[int, int]:
    """Keeps ``findings`` in ``store``, all or nothing; how many bear on a mapping that it has, and how many on none.

    What they say against an analogy is kept as a contrast, see :mod:`adaptive.lessons`. The same findings twice change nothing;
    verdicts and notes of the same races, however an older version kept them, give way.
    """
    from adaptive.lessons import record_lessons

    findings = tuple(findings)
    borne = alone = 0
    with store.transaction():
        for finding in findings:
            module = plugins.load(PROTOTYPES, finding.prototype, kind="prototype")
            mapping = _mapping_between(store, str(module.MECHANISM), str(module.TECHNIQUE))
            borne, alone = borne + (mapping is not None), alone + (mapping is None)
            for result in results_of(finding, mapping=mapping):
                store.add_result(result)
        record_lessons(store, findings)
    return borne, alone


def record(store: Store, race: Race) -> str | None:
    """Keeps ``race`` in ``store``, all or nothing; returns the key of the mapping that it bears on, or None where there is none.

    The mapping is the one that joins the prototype's mechanism and technique, most evidence first where several do. The same
    race twice changes nothing.
    """
    mapping = mapping_of(store, race)
    with store.transaction():
        for result in results(race, mapping=mapping):
            store.add_result(result)
    return mapping


def mapping_of(store: Store, race: Race) -> str | None:
    """Key of the mapping in ``store`` from the race's mechanism to its technique."""
    return _mapping_between(store, race.mechanism, race.technique)


def _mapping_between(store: Store, mechanism: str, technique: str) -> str | None:
    if not (mechanism and technique):
        return None
    try:
        mechanism = store.resolve_concept(mechanism, "mechanism").key
        technique = store.resolve_concept(technique, "technique").key
    except NotFound:
        return None
    # A mapping that says where the analogy ends is not what the prototype carries out.
    found = [m for m in store.mappings(mechanism=mechanism, technique=technique) if m.relation != "contrasts"]
    return max(found, key=lambda m: (len(store.evidence(m.key)), m.key)).key if found else None


def _row(race: Race, run: Run, metric: str, sources: dict[str, str], mapping: str | None) -> Result:
    folder = "baselines" if run.arm in race.baselines else "prototypes"
    name = run.arm if run.arm in race.baselines else race.prototype
    source = sources.get(f"adaptive/{folder}/{name}.py") or sources.get(f"{name}.py", "")
    return Result(
        race=race.key,
        prototype=race.prototype,
        task=run.task,
        arm=run.arm,
        seed=run.seed,
        metric=metric,
        value=run.value,
        budget=run.budget,
        seconds=run.seconds,
        mapping=mapping,
        knobs=run.knobs,
        source_sha256=source,
        versions=race.versions,
        note=run.note,
    )


def _said(verdict: Verdict, *, role: Role, known: str = "") -> tuple[float, str]:
    """What ``verdict`` says of the mapping as a number, NaN where it says nothing, and why, as :mod:`kg.verdict` reads it.

    Args:
        known: the method that the prototype is by another name; empty where it is none.
    """
    word, why = verdict.word, verdict.reason
    if known:
        silent = f"{known} by another name, so this says nothing about the mechanism"
        return math.nan, f"{METAPHOR}: {silent}; in numbers {word}, {why}"
    if word == UNFINISHED or verdict.fired == 0.0:
        return math.nan, f"{word}: {why}"
    if role == "plain" and VALUE_OF[word] == 0:
        return math.nan, f"{word}: {why}; no benefit is expected here, so this says nothing about the mechanism"
    return VALUE_OF[word], why


def _known_method(finding: Finding) -> str:
    """What people call the method that the prototype of ``finding`` is by another name; empty where it is none."""
    from adaptive import telling, telling_words

    if finding.role != "own" or finding.likeness is None or telling.standing([finding]) != METAPHOR:
        return ""
    return telling_words.method(finding.likeness.method)


def _role(race: Race, task: str) -> Role:
    """Whether no benefit is expected of the race's prototype on ``task``, as far as its file, which ships, tells."""
    from adaptive import campaign

    known = race.prototype in plugins.names(PROTOTYPES)
    return "plain" if known and task == campaign.tasks_of(campaign.module_of(race.prototype))[1] else "own"


def _verdict(race: Race, verdict: Verdict, mapping: str | None) -> Result:
    value, note = _said(verdict, role=_role(race, verdict.task))
    runs = [run for run in race.runs if run.task == verdict.task]
    return Result(
        race=race.key,
        prototype=race.prototype,
        task=verdict.task,
        arm=VERDICT,
        seed=0,
        metric=VERDICT,
        value=value,
        budget=math.fsum(run.budget for run in runs),
        seconds=math.fsum(run.seconds for run in runs),
        mapping=mapping,
        versions=race.versions,
        note=note,
    )
