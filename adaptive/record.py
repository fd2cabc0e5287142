"""What a race showed, as rows of the graph: every evaluation run, and one verdict a task. Only the harness writes these."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from adaptive.race import CANDIDATE, VALUE_OF, Race, Run, Verdict
from kg import plugins
from kg.errors import NotFound
from kg.model import Result

if TYPE_CHECKING:
    from adaptive.campaign import Finding
    from kg.store import Store

VERDICT = "verdict"


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
    verdict = finding.verdict
    yield Result(
        race=finding.race, prototype=finding.prototype, task=finding.task, arm=VERDICT, seed=0, metric=VERDICT,
        value=VALUE_OF[verdict.word], seconds=finding.seconds, mapping=mapping, versions=finding.versions, note=verdict.reason,
    )  # fmt: skip


def record_findings(store: Store, findings: Iterable[Finding]) -> tuple[int, int]:
    """Keeps ``findings`` in ``store``, all or nothing; how many bear on a mapping that it has, and how many on none.

    What they say against an analogy is kept as a contrast, see :mod:`adaptive.lessons`. The same findings twice change nothing.
    """
    from adaptive.lessons import record_lesson

    borne = alone = 0
    with store.transaction():
        for finding in findings:
            module = plugins.load("adaptive.prototypes", finding.prototype, kind="prototype")
            mapping = _mapping_between(store, str(module.MECHANISM), str(module.TECHNIQUE))
            borne, alone = borne + (mapping is not None), alone + (mapping is None)
            for result in results_of(finding, mapping=mapping):
                store.add_result(result)
            record_lesson(store, finding)
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


def _verdict(race: Race, verdict: Verdict, mapping: str | None) -> Result:
    runs = [run for run in race.runs if run.task == verdict.task]
    return Result(
        race=race.key,
        prototype=race.prototype,
        task=verdict.task,
        arm=VERDICT,
        seed=0,
        metric=VERDICT,
        value=VALUE_OF[verdict.word],
        budget=math.fsum(run.budget for run in runs),
        seconds=math.fsum(run.seconds for run in runs),
        mapping=mapping,
        versions=race.versions,
        note=verdict.reason,
    )
