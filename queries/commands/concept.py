"""List and show concepts; merge two that are one, rename one, and take either back."""

from __future__ import annotations

import click

from kg.model import KINDS, Concept, Kind
from queries.plugin_group import KnownGroup
from queries.session import session, store_option
from queries.show import Answer, output_options

STATUSES = ("curated", "proposed")


@click.group(
    cls=KnownGroup,
    noun="concept command",
    epilog="""\b
Example:
  exapt concept list chaperone
  exapt concept merge "bat echolocation" echolocation --kind mechanism
  exapt concept rename "rna interference" RNA interference
""",
)
def command() -> None:
    """List, show, merge, split and rename concepts. A merge or rename keeps what it joins and can be undone."""


@command.command("list")
@click.argument("text", nargs=-1)
@click.option("--kind", type=click.Choice(KINDS), help="Only concepts of this kind.")
@click.option("--status", type=click.Choice(STATUSES), help="Only those that a curator knows, or that readers proposed.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="At most so many rows.")
@output_options
def list_concepts(text: tuple[str, ...], kind: Kind | None, status: str | None, limit: int) -> Answer:
    """List concepts, or those that TEXT finds.

    \b
    Example:
      exapt concept list chaperone --kind mechanism --format csv
      exapt concept list --status proposed
    """
    with session().open() as store:
        said = " ".join(text)
        if said:
            # A status narrows what is found, so all of that has to be looked at.
            most = limit + 1 if status is None else 1_000_000
            found = [store.concept(key) for key, _ in store.search(said, kinds=(kind,) if kind else KINDS, limit=most)]
        else:
            found = list(store.concepts(kind))
    found = [concept for concept in found if status in (None, concept.status)]
    rows = [
        {
            "concept": concept.key,
            "kind": concept.kind,
            "name": concept.name,
            "aliases": list(concept.aliases),
            "family": concept.parent,
            "status": concept.status,
            "profile": concept.profile is not None,
        }
        for concept in found[:limit]
    ]
    what = f"no {status} {kind or 'concept'}" if status else f"no {kind or 'concept'}"
    note = "" if rows else f"{what} is found by {said!r}" if said else f"the graph holds {what} yet"
    if len(found) > limit:
        note = f"{limit} shown of more; --limit shows them"
    return Answer(
        columns=("concept", "kind", "name", "aliases", "family", "status", "profile"), rows=rows, aside=("aliases",), note=note
    )


@command.command("show")
@click.argument("concept", nargs=-1, required=True)
@click.option("--kind", type=click.Choice(KINDS), help="Its kind, where a name alone does not tell.")
@output_options
def show(concept: tuple[str, ...], kind: Kind | None) -> Answer:
    """Show all that is known of CONCEPT, by its key, name or alias.

    \b
    Example:
      exapt concept show heat shock response
    """
    with session().open() as store:
        found = store.resolve_concept(" ".join(concept), kind)
        names = {key: name for key, name, _ in store.renames()}
        merged = [
            f"{source} ({'renamed' if source in names else 'merged'} by {by})"
            for source, target, by in store.merges()
            if store.concept(target).key == found.key
        ]
        mappings = store.mappings(mechanism=found.key) or store.mappings(technique=found.key)
    return Answer(columns=("what", "value"), rows=_facts(found, merged, len(mappings)))


def _facts(concept: Concept, merged: list[str], mappings: int) -> list[dict[str, object]]:
    profile = concept.profile
    facts: dict[str, object] = {
        "concept": concept.key,
        "kind": concept.kind,
        "name": concept.name,
        "status": concept.status,
        "aliases": list(concept.aliases),
        "definition": concept.definition,
        "family": concept.parent,
        "functions": list(concept.functions),
        "domain": concept.domain,
        "see": list(concept.see),
        "profile": f"{profile.sense}, {profile.respond}, {profile.act}" if profile else "",
        "shown in place of": merged,
        "mappings": mappings,
    }
    return [{"what": what, "value": value} for what, value in facts.items() if value not in (None, "", [])]


@command.command("merge")
@click.argument("source")
@click.argument("target")
@click.option("--kind", type=click.Choice(KINDS), help="The kind of both, where a name alone does not tell.")
@click.option("--curator", metavar="NAME", default="curator", show_default=True, help="Who says so.")
@store_option
def merge(source: str, target: str, kind: Kind | None, curator: str) -> None:
    """Say that SOURCE is TARGET: its mappings, evidence and aliases are shown with it.

    \b
    Example:
      exapt concept merge "bat echolocation" echolocation --kind mechanism
    """
    with session().open(write=True) as store:
        one = store.resolve_concept(source, kind)
        # What has two kinds by name means the kind of the other.
        other = store.resolve_concept(target, kind or one.kind)
        merged = {key for key, to, _ in store.merges() if to == other.key}
        if one.key == other.key and (known := _called(merged, source)):
            session().say(f"{known} is shown as {other.key} already")
            return
        store.merge_concepts(one.key, other.key, by=curator)
    session().say(f"{one.key} is now shown as {other.key}; undo: exapt concept split {one.key}")


def _called(keys: set[str], text: str) -> str | None:
    """Which of ``keys`` is ``text``, or has it for a name."""
    from kg.model import concept_key

    return next((key for key in sorted(keys) if key == text or any(key == concept_key(kind, text) for kind in KINDS)), None)


@command.command("split")
@click.argument("source")
@click.option("--kind", type=click.Choice(KINDS), help="Its kind, where a name alone does not tell.")
@store_option
def split(source: str, kind: Kind | None) -> None:
    """Undo a merge or a rename: SOURCE, by its key or by the name that it had, stands for itself again.

    \b
    Example:
      exapt concept split mechanism:bat-echolocation
    """
    with session().open(write=True) as store:
        key = store.changed_concept(source, kind)
        store.split_concept(key)
        name = store.concept(key).name
    session().say(f"{key} stands for itself again, as {name}")


@command.command("rename")
@click.argument("concept")
@click.argument("name", nargs=-1, required=True)
@click.option("--kind", type=click.Choice(KINDS), help="Its kind, where a name alone does not tell.")
@click.option("--curator", metavar="NAME", default="curator", show_default=True, help="Who says so.")
@store_option
def rename(concept: str, name: tuple[str, ...], kind: Kind | None, curator: str) -> None:
    """Show CONCEPT as NAME from now on. Its old name and key still find it.

    \b
    Example:
      exapt concept rename "heat shock response" heat stress response
    """
    new = " ".join(name)
    with session().open(write=True) as store:
        old = store.resolve_concept(concept, kind)
        key = store.rename_concept(old.key, new, by=curator)
        shown = store.concept(key).name
    if old.name == shown:
        session().say(f"{key} is called {shown} already")
    else:
        session().say(f"{old.name} is now called {shown} ({key}); undo: exapt review --undo, or exapt concept split {old.key}")


@command.command("merges")
@output_options
def merges() -> Answer:
    """List the merges and renames that hold.

    \b
    Example:
      exapt concept merges
    """
    with session().open() as store:
        names = {key: (name, by) for key, name, by in store.renames()}
        merged = {source for source, _, _ in store.merges()}
        rows = [
            {"source": source, "target": target, "how": "rename" if source in names else "merge", "by": by}
            for source, target, by in store.merges()
        ]
        rows += [
            {"source": key, "target": name, "how": "rename", "by": by} for key, (name, by) in names.items() if key not in merged
        ]
    rows.sort(key=lambda row: row["source"])
    return Answer(columns=("source", "target", "how", "by"), rows=rows, note="" if rows else "no concept is merged or renamed")
