"""Whether a row that comes from outside is one of an export: the fields of its record, each of its kind, under its own key."""

from __future__ import annotations

import dataclasses
import functools
import math
import types
import unicodedata
from collections.abc import Mapping as Table
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from kg.decisions import Decision
from kg.errors import Refused
from kg.model import Concept, Evidence, Mapping, Pair, Paper, Profile, Result, Span, concept_key, mapping_key

Row = dict[str, Any]
RECORDS: Table[str, type | None] = {
    "paper": Paper, "concept": Concept, "mapping": Mapping, "evidence": Evidence, "merge": None, "rename": None,
    "decision": Decision, "result": Result,
}  # fmt: skip
"""Types of rows in the order in which they come, each with its record where it has one."""
BY_HAND: Table[str, tuple[str, ...]] = {"merge": ("source", "target"), "rename": ("concept", "name")}
_MARKS: Table[str, tuple[str, ...]] = {"paper": ("key", "kind"), "concept": ("key", "kind"), "mapping": ("key", "relation")}
LONGEST = 2000
"""Characters of a key or name; no source of ours gives one as long."""
_NUMBERS = tuple[tuple[str, float | None], ...]
_OTHER = {"knobs": _NUMBERS, "value": float | None, "ids": tuple[tuple[str, str], ...]}
"""Fields that an export writes otherwise than the record has them: what JSON cannot write as a number is null."""
_NAMES = frozenset(
    "key source mapping mechanism technique paper parent target concept subject became name aliases by version race task arm"
    " metric prototype also_from".split()
)
"""Fields that name something: short, and letters all of it."""
_NO_LETTERS = ("Cc", "Cs")
_SAID: Table[object, str] = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}


def checked(row: Row) -> Row:
    """``row``, if it is one of an export.

    Raises:
        Refused: it is of no known type, lacks a field, has one that is unknown or of another kind, or has not its own key.
    """
    kind = row.get("type")
    if not isinstance(kind, str) or kind not in RECORDS:
        raise Refused(f"no row of an export is of the type {_short(kind)}; there are: {', '.join(RECORDS)}")
    fields, needed = _fields(kind)
    for name, value in row.items():
        if name == "type":
            continue
        if name not in fields:
            raise Refused(f"a {kind} has no field that is called {_short(name)}")
        if not _fits(value, fields[name]):
            raise Refused(f"the field {name} of this {kind} is {_short(value)}, not {_said(fields[name])}")
        if name in _NAMES:
            _check_name(kind, name, value)
    if lacking := [name for name in needed if row.get(name) in (None, "", [])]:
        raise Refused(f"this {kind} lacks its {' and its '.join(lacking)}")
    own = _own_key(kind, row)
    if own is not None and row["key"] != own:
        raise Refused(f"this {kind} has the key {_short(row['key'])}, and what it says has the key {_short(own)}")
    return row


def begins(row: object) -> bool:
    """Whether ``row``, right or wrong in all else, is meant as one of an export; a corpus may have a type, but not so."""
    if not isinstance(row, dict) or not isinstance(kind := row.get("type"), str) or kind not in RECORDS:
        return False
    return set(_MARKS.get(kind, _fields(kind)[1][:2])) <= row.keys()


def _own_key(kind: str, row: Row) -> str | None:
    if kind == "concept":
        return concept_key(row["kind"], row["name"])
    return mapping_key(row["mechanism"], row["relation"], row["technique"]) if kind == "mapping" else None


@functools.cache
def _fields(kind: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What each field of a row of this type holds, and which fields there must be."""
    record = RECORDS[kind]
    if record is None:
        return dict.fromkeys((*BY_HAND[kind], "by"), str), BY_HAND[kind]
    hints, needed = _hints(record), [field.name for field in dataclasses.fields(record) if _must_be(field)]
    if kind in ("concept", "mapping"):
        hints, needed = hints | {"key": str}, ["key", *needed]
    if kind == "paper":
        hints = hints | {"also_from": tuple[str, ...]}
    return hints, tuple(needed)


def _must_be(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING and field.name != "value"


@functools.cache
def _hints(record: type) -> dict[str, Any]:
    return {name: _OTHER.get(name, hint) for name, hint in get_type_hints(record).items()}


def _fits(value: Any, hint: Any) -> bool:
    """Whether JSON's ``value`` is what a field of type ``hint`` is written as."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return isinstance(value, str) and value in arguments
    if origin in (Union, types.UnionType):
        return any(value is None if one is type(None) else _fits(value, one) for one in arguments)
    if origin is tuple:
        if not isinstance(value, list):
            return False
        if arguments[-1] is Ellipsis:
            return all(_fits(item, arguments[0]) for item in value)
        return len(value) == len(arguments) and all(map(_fits, value, arguments))
    if hint is Span:
        return isinstance(value, list) and len(value) == 3 and all(map(_fits, value, get_type_hints(Span).values()))
    if hint in (Pair, Profile):
        return isinstance(value, dict) and _is_record(value, hint)
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return isinstance(value, hint) and (hint is bool or not isinstance(value, bool))


def _is_record(value: Row, record: type) -> bool:
    hints = _hints(record)
    needed = {field.name for field in dataclasses.fields(record) if _must_be(field)}
    return needed <= value.keys() <= hints.keys() and all(_fits(item, hints[name]) for name, item in value.items())


def _check_name(kind: str, name: str, value: str | list[str] | None) -> None:
    for text in value if isinstance(value, list) else [value or ""]:
        if len(text) > LONGEST:
            raise Refused(f"the field {name} of this {kind} has {len(text):,} characters, and a name has {LONGEST:,} at most")
        if not text.isprintable() and any(unicodedata.category(letter) in _NO_LETTERS for letter in text):
            raise Refused(f"the field {name} of this {kind} holds a control character or half of a letter: {_short(text)}")


def _said(hint: Any) -> str:
    arguments = get_args(hint)
    if get_origin(hint) is Literal:
        return f"one of {', '.join(arguments)}"
    if get_origin(hint) in (Union, types.UnionType):
        return _said(next(one for one in arguments if one is not type(None)))
    return _SAID.get(hint, "as an export has it")


def _short(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."
