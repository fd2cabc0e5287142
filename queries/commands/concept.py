"""List concepts; merge two that are one, and split them again."""

from __future__ import annotations

import click

from kg.model import KINDS, Kind
from queries.plugin_group import KnownGroup
from queries.session import session, store_option
from queries.show import Answer, output_options


@click.group(
    cls=KnownGroup,
    noun="concept command",
    epilog="""\b
Example:
  exapt concept list chaperone
  exapt concept merge "heat shock protein" "heat shock response" --kind mechanism
""",
)
def command() -> None:
    """List, merge and split concepts. A merge keeps what it joins and can be undone."""


@command.command("list")
@click.argument("text", nargs=-1)
@click.option("--kind", type=click.Choice(KINDS), help="Only concepts of this kind.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="At most so many rows.")
@output_options
def list_concepts(text: tuple[str, ...], kind: Kind | None, limit: int) -> Answer:
    """List concepts, or those that TEXT finds.

    \b
    Example:
      exapt concept list chaperone --kind mechanism --format csv
    """
    with session().open() as store:
        said = " ".join(text)
        if said:
            kinds = (kind,) if kind else KINDS
            found = [store.concept(key) for key, _ in store.search(said, kinds=kinds, limit=limit + 1)]
        else:
            found = list(store.concepts(kind))
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
    note = f"no concept is found by {said!r}" if said and not rows else "the graph holds no concept yet" if not rows else ""
    if len(found) > limit:
        note = f"{limit} shown of more; --limit shows them"
    return Answer(
        columns=("concept", "kind", "name", "aliases", "family", "status", "profile"), rows=rows, aside=("aliases",), note=note
    )


@command.command("merge")
@click.argument("source")
@click.argument("target")
@click.option("--kind", type=click.Choice(KINDS), help="The kind of both, where a name alone does not tell.")
@store_option
def merge(source: str, target: str, kind: Kind | None) -> None:
    """Say that SOURCE is TARGET: its mappings, evidence and aliases are shown with it.

    \b
    Example:
      exapt concept merge "heat shock protein" "heat shock response" --kind mechanism
    """
    with session().open(write=True) as store:
        one, other = store.resolve_concept(source, kind), store.resolve_concept(target, kind)
        store.merge_concepts(one.key, other.key)
    session().say(f"{one.key} is now shown as {other.key}; undo: exapt concept split {one.key}")


@command.command("split")
@click.argument("source")
@store_option
def split(source: str) -> None:
    """Undo a merge: SOURCE, by its key, stands for itself again.

    \b
    Example:
      exapt concept split mechanism:heat-shock-protein
    """
    with session().open(write=True) as store:
        store.split_concept(source)
    session().say(f"{source} stands for itself again")


@command.command("merges")
@output_options
def merges() -> Answer:
    """List the merges that hold.

    \b
    Example:
      exapt concept merges
    """
    with session().open() as store:
        rows = [{"source": source, "target": target, "by": by} for source, target, by in store.merges()]
    return Answer(columns=("source", "target", "by"), rows=rows, note="" if rows else "no concept is merged")
