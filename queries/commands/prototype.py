"""List prototypes, and make a mapping into a PyTorch optimizer that stands alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kg import plugins
from kg.errors import Refused, Unreadable
from kg.model import Concept, Mapping, Spec
from queries.constants import constants, source_path
from queries.plugin_group import KnownGroup
from queries.session import session, store_option
from queries.show import Answer, output_options

if TYPE_CHECKING:
    from kg.store import Store

PROTOTYPES = "adaptive.prototypes"
ROLES = ("sense", "respond", "act")


@click.group(
    cls=KnownGroup,
    noun="prototype command",
    epilog="""\b
Example:
  exapt prototype list
  exapt prototype make "heat shock response -> dynamic regularization" -o heat_shock.py
""",
)
def command() -> None:
    """Prototypes: mappings that run as PyTorch optimizers."""


@command.command("list")
@output_options
def list_prototypes() -> Answer:
    """List the prototypes that come with exapt.

    \b
    Example:
      exapt prototype list --format md
    """
    rows = []
    for name in plugins.names(PROTOTYPES):
        stated = constants(PROTOTYPES, name)
        rows.append({"prototype": name, **{key: stated.get(key.upper(), "") for key in ("mechanism", "technique", "title")}})
    return Answer(columns=("prototype", "mechanism", "technique", "title"), rows=rows)


@command.command("show")
@click.argument("name")
@output_options
def show_prototype(name: str) -> Answer:
    """Show what a prototype does, its knobs and its file.

    \b
    Example:
      exapt prototype show heat_shock_regularization
    """
    path = source_path(PROTOTYPES, name, kind="prototype")
    module = plugins.load(PROTOTYPES, name, kind="prototype")
    spec = getattr(module, "SPEC", None)
    facts: list[tuple[str, object]] = [
        ("title", module.TITLE),
        ("mechanism", module.MECHANISM),
        ("technique", module.TECHNIQUE),
        ("description", " ".join(module.DESCRIPTION.split())),
    ]
    if isinstance(spec, Spec):
        facts += [(role, f"{getattr(spec, role)}: {_part(role, getattr(spec, role))}") for role in ROLES]
    facts += [(f"knob {knob}", _range(value)) for knob, value in module.KNOBS.items()]
    facts.append(("file", str(path)))
    return Answer(columns=("what", "value"), rows=[{"what": what, "value": value} for what, value in facts])


@command.command("make")
@click.argument("mapping", nargs=-1, required=True)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The file to write.")
@click.option("--sense", metavar="PART", help="Bind by hand what is sensed.")
@click.option("--respond", metavar="PART", help="Bind by hand how it responds.")
@click.option("--act", metavar="PART", help="Bind by hand what is acted on.")
@click.option("--knob", "knobs", metavar="NAME=VALUE", multiple=True, help="Set a knob of a part, such as act.gain=2.")
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
@store_option
def make(mapping: tuple[str, ...], output: Path, knobs: tuple[str, ...], force: bool, **by_hand: str | None) -> None:
    """Write one file with a PyTorch optimizer made from MAPPING; it imports torch alone.

    MAPPING is its key, the start of its key, or "mechanism -> technique". Parts named by hand win over those that the mechanism's
    regulatory profile names; `exapt prototype parts` lists them.

    \b
    Example:
      exapt prototype make "heat shock response -> dynamic regularization" -o heat_shock.py
      exapt prototype make m3fa9 --sense loss_spike --respond hill --act learning_rate -o mine.py
    """
    from queries.ask.explain import mappings_called

    if output.exists() and not force:
        raise Refused(f"{output} exists; --force replaces it")
    for role, part in by_hand.items():
        if part:
            source_path(f"adaptive.parts.{role}", part, kind=f"part to {role} with")
    values = dict(map(_knob, knobs))
    with session().open() as store:
        chosen = max(mappings_called(store, " ".join(mapping)), key=lambda found: (store.belief_of(found.key).value, found.key))
        mechanism, technique = store.concept(chosen.mechanism), store.concept(chosen.technique)
        note, nearest = _note(store, chosen), _nearest(store, mechanism)
    from adaptive.compile import spec_for
    from adaptive.standalone import standalone

    spec = spec_for(chosen, mechanism, technique, knobs=values.items(), nearest=nearest, **by_hand)
    text = standalone(spec, mapping_note=note)
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Unreadable(output, f"it cannot be written ({error.strerror})") from error
    session().say(f"{output}: senses {spec.sense}, responds by {spec.respond}, acts on {spec.act}; needs torch alone")


@command.command("parts")
@output_options
def parts() -> Answer:
    """List the parts that a prototype can be made of.

    \b
    Example:
      exapt prototype parts
    """
    rows = []
    for role in ROLES:
        for name in plugins.names(f"adaptive.parts.{role}"):
            stated = constants(f"adaptive.parts.{role}", name)
            rows.append({"role": role, "part": name, "what": _part(role, name), "equation": stated.get("EQUATION")})
    return Answer(columns=("role", "part", "what", "equation"), rows=rows)


def _knob(text: str) -> tuple[str, float]:
    """``"act.gain=2"`` as a name and a number."""
    name, _, value = text.partition("=")
    try:
        return name.strip(), float(value)
    except ValueError as error:
        raise Refused(f"--knob takes NAME=NUMBER, such as act.gain=2, not {text!r}") from error


def _nearest(store: Store, mechanism: Concept) -> list[str]:
    """Mechanisms that have a regulatory profile, those first that do most of what ``mechanism`` does."""

    def likeness(other: Concept) -> int:
        return len(set(other.functions) & set(mechanism.functions)) + 2 * (
            other.parent is not None and other.parent == mechanism.parent
        )

    bound = [other for other in store.concepts("mechanism") if other.profile is not None]
    return [other.name for other in sorted(bound, key=lambda other: (-likeness(other), other.name))[:4]]


def _note(store: Store, mapping: Mapping) -> str:
    """Which mapping and evidence the file comes from; facts and places alone, since quotes belong to their papers."""
    mechanism, technique = store.concept(mapping.mechanism), store.concept(mapping.technique)
    lines = [f"Mapping {mapping.key}: {mechanism.name} {mapping.relation} {technique.name}."]
    for item in store.evidence(mapping=mapping.key)[:5]:
        paper = store.paper(item.paper)
        place = ", ".join(f"{span.field} {span.start}-{span.end}" for span in item.passages)
        lines.append(f"Evidence: {paper.title} ({paper.key}), {place}.")
    return "\n".join(lines)


def _part(role: str, name: str) -> str:
    return str(constants(f"adaptive.parts.{role}", name)["doc"]).partition("\n")[0]


def _range(knob: object) -> str:
    default, low, high = (getattr(knob, part, None) for part in ("default", "low", "high"))
    return f"{default:g} ({low:g} to {high:g})" if None not in (default, low, high) else str(knob)
