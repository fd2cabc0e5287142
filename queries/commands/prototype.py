"""List prototypes, and make a mapping into a PyTorch optimizer that stands alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kg import plugins
from kg.errors import Refused, Unreadable
from kg.model import Concept, Mapping, Spec
from queries.constants import constants, source_path
from queries.part_files import knob_option, known_part, own_parts, part_rows, path_option, use
from queries.plugin_group import KnownGroup
from queries.prototype_facts import carried_out, facts, raced
from queries.session import session, store_option
from queries.show import Answer, output_options
from queries.writing import whole

if TYPE_CHECKING:
    from kg.store import Store

PROTOTYPES = "adaptive.prototypes"
ROLES = ("sense", "respond", "act")
form_option = click.option(
    "--form",
    type=click.Choice(("optimizer", "regularizer")),
    default="optimizer",
    show_default=True,
    help="Make an optimizer, or a penalty to add to the loss that any optimizer is given.",
)


@click.group(
    cls=KnownGroup,
    noun="prototype command",
    epilog="""\b
Example:
  exapt prototype list
  exapt prototype make "synaptic scaling -> synaptic weight normalization" -o scaling.py
  exapt prototype compose --sense loss_stagnation --respond refractory --act shrink_and_perturb -o renewal.py
  exapt prototype compose --sense loss_spike --respond titration --act pull_to_init --form regularizer -o heat_penalty.py
  exapt prototype check renewal.py
""",
)
def command() -> None:
    """Prototypes: mappings that run as PyTorch optimizers, or as regularizers beside any optimizer."""


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
    """Show what a prototype is: its equations, its analogy, prior art, what would refute it, and the evidence in the graph.

    \b
    Example:
      exapt prototype show heat_shock_regularization
    """
    path = source_path(PROTOTYPES, name, kind="prototype")
    module = plugins.load(PROTOTYPES, name, kind="prototype")
    rows = [*facts(module), *raced(path.stem)]
    if Path(session().store).exists():
        with session().open() as store:
            rows += carried_out(store, module)
    else:
        rows.append(("mapping", "no graph here yet: exapt ingest files, or exapt ingest atlas, makes one"))
    rows += [(f"knob {knob}", _range(value)) for knob, value in module.KNOBS.items()]
    rows.append(("file", str(path)))
    return Answer(columns=("what", "value"), rows=[{"what": what, "value": value} for what, value in rows])


@command.command("check")
@click.argument("prototype", metavar="NAME|FILE")
@output_options
def check_prototype(prototype: str) -> Answer:
    """Hold a prototype to the contract that every racer keeps: a name, or your own Python file with KNOBS and build.

    Every point is tried on a small world that changes halfway. The status is 1 where one does not hold. A file whose build makes
    a torch.nn.Module of weights alone is held to the points of a regularizer.

    \b
    Example:
      exapt prototype check heat_shock_regularization
      exapt prototype check renewal.py
      exapt prototype check heat_penalty.py
    """
    from adaptive.contract import check
    from adaptive.trial import plugin_module

    module = plugin_module(prototype) if prototype.endswith(".py") else plugins.load(PROTOTYPES, prototype, kind="prototype")
    if lacking := [name for name in ("KNOBS", "build") if not hasattr(module, name)]:
        raise Unreadable(prototype, f"it has no {' and no '.join(lacking)}; exapt prototype compose -o FILE writes one that has")
    findings = check(module)
    broken = [finding.point for finding in findings if not finding.passed]
    rows = [
        {
            "point": finding.point,
            "what": finding.title,
            "holds": "NO" if not finding.passed else "yes" if finding.applies else "does not apply",
            "seen": finding.detail,
        }
        for finding in findings
    ]
    kept = sum(finding.passed and finding.applies for finding in findings)
    note = f"{kept} of {len(findings)} points hold, {len(broken)} do not" + (f": {', '.join(broken)}" if broken else "")
    return Answer(columns=("point", "what", "holds", "seen"), rows=rows, note=note, status=1 if broken else 0)


@command.command("make")
@click.argument("mapping", nargs=-1, required=True)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The file to write.")
@click.option("--sense", metavar="PART", help="Bind by hand what is sensed.")
@click.option("--respond", metavar="PART", help="Bind by hand how it responds.")
@click.option("--act", metavar="PART", help="Bind by hand what is acted on.")
@form_option
@knob_option
@path_option
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
@store_option
def make(
    mapping: tuple[str, ...],
    output: Path,
    form: str,
    knobs: tuple[str, ...],
    folders: tuple[Path, ...],
    force: bool,
    **by_hand: str | None,
) -> None:
    """Write one file with a PyTorch optimizer, or a regularizer, made from MAPPING; it imports torch alone.

    MAPPING is its key, the start of its key, or "mechanism -> technique". Parts named by hand win over those that the mechanism's
    regulatory profile names; `exapt prototype parts` lists them. What acts as a pull or as decay can be a regularizer as well.

    \b
    Example:
      exapt prototype make "synaptic scaling -> synaptic weight normalization" -o scaling.py
      exapt prototype make "synaptic scaling -> synaptic weight normalization" --form regularizer -o scaling_penalty.py
      exapt prototype make m32fc --sense loss_spike --respond hill --act learning_rate -o mine.py
    """
    from queries.ask.explain import mappings_called

    _free(output, force)
    own = own_parts(folders)
    for role, part in by_hand.items():
        if part:
            known_part(role, part, own)
    values = dict(map(_knob, knobs))
    with session().open() as store:
        chosen = max(mappings_called(store, " ".join(mapping)), key=lambda found: (store.belief_of(found.key).value, found.key))
        mechanism, technique = store.concept(chosen.mechanism), store.concept(chosen.technique)
        note, nearest = _note(store, chosen), _nearest(store, mechanism)
    from adaptive.compile import spec_for

    use(folders)
    spec = spec_for(chosen, mechanism, technique, knobs=values.items(), nearest=nearest, **by_hand)
    _write(output, _text(spec, form, note), spec, form)


@command.command("compose")
@click.option("--sense", metavar="PART", required=True, help="What is sensed.")
@click.option("--respond", metavar="PART", required=True, help="How it responds.")
@click.option("--act", metavar="PART", required=True, help="What is acted on.")
@form_option
@knob_option
@path_option
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="The file to write; it is shown if not given."
)
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
def compose(
    form: str,
    knobs: tuple[str, ...],
    folders: tuple[Path, ...],
    output: Path | None,
    force: bool,
    sense: str,
    respond: str,
    act: str,
) -> None:
    """Bind parts by hand into one file with a PyTorch optimizer, or a regularizer; no mapping is needed.

    Parts that do not fit are refused, with those that would. A regularizer is a torch.nn.Module: in every step it is called with
    the loss, and what it returns is added to the loss, whatever the optimizer.

    \b
    Example:
      exapt prototype compose --sense loss_stagnation --respond refractory --act shrink_and_perturb -o renewal.py
      exapt prototype compose --sense unit_dormancy --respond ramp --act unit_reset
      exapt prototype compose --sense loss_spike --respond titration --act pull_to_init --form regularizer -o heat_penalty.py
    """
    if output is not None:
        _free(output, force)
    own = own_parts(folders)
    for role, part in zip(ROLES, (sense, respond, act), strict=True):
        known_part(role, part, own)
    values = tuple(sorted(dict(map(_knob, knobs)).items()))
    from adaptive.compile import settings

    use(folders)
    sense, respond, act = (part.replace("-", "_") for part in (sense, respond, act))
    spec = Spec(name=f"{sense}-{respond}-{act}".replace("_", "-"), sense=sense, respond=respond, act=act, knobs=values)
    settings(spec)
    text = _text(spec, form)
    if output is None:
        click.echo(text, nl=False)
    else:
        _write(output, text, spec, form)


@command.command("parts")
@click.option("--role", type=click.Choice(ROLES), help="Only those that can take this role.")
@path_option
@output_options
def parts(role: str | None, folders: tuple[Path, ...]) -> Answer:
    """List the parts that a prototype can be made of, with what they take and give and their equations.

    A folder of your own may hold more: see the file of any part for the form.

    \b
    Example:
      exapt prototype parts --role act
      exapt prototype parts --path my_parts
    """
    rows = [row for row in part_rows(folders) if role in (None, row["role"])]
    return Answer(columns=("role", "part", "takes", "gives", "what", "equation", "reference"), rows=rows)


def _free(output: Path, force: bool) -> None:
    if output.exists() and not force:
        raise Refused(f"{output} exists; --force replaces it")


def _text(spec: Spec, form: str, note: str = "") -> str:
    """The file of ``spec`` as an optimizer or as a regularizer."""
    if form == "regularizer":
        from adaptive.regularizer_file import regularizer_file

        return regularizer_file(spec, mapping_note=note)
    from adaptive.standalone import standalone

    return standalone(spec, mapping_note=note)


def _write(output: Path, text: str, spec: Spec, form: str) -> None:
    with whole(output) as half:
        half.write_text(text, encoding="utf-8")
    acts = "acts on" if form == "optimizer" else "as a penalty by"
    session().say(f"{output}: senses {spec.sense}, responds by {spec.respond}, {acts} {spec.act}; needs torch alone")


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


def _range(knob: object) -> str:
    default, low, high = (getattr(knob, part, None) for part in ("default", "low", "high"))
    return f"{default:g} ({low:g} to {high:g})" if None not in (default, low, high) else str(knob)
