"""What is in a file that was fetched: unpacked within a limit, looked at before it counts, made into what a task reads."""

from __future__ import annotations

import csv
import gzip
import io
import math
import zlib
from collections.abc import Sequence

from ingest.http import Transient

GZIP = b"\x1f\x8b"
BYTES = 0x08
"""The IDX code of unsigned bytes."""
CLASSES = 10
RATIO = 64
"""Unpacked bytes for each packed one, at the most; images pack to a fifth, text to a third."""


def unpacked(data: bytes) -> bytes:
    """``data``, gzipped or not.

    Raises:
        Transient: the packed bytes end too early.
        ValueError: they are broken, or would unpack to more than data does.
    """
    if not data.startswith(GZIP):
        return data
    most = RATIO * len(data)
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            whole = file.read(most + 1)
    except EOFError as error:
        raise Transient("the file is cut off") from error
    except (OSError, zlib.error) as error:
        raise ValueError(f"it cannot be unpacked ({error})") from error
    if len(whole) > most:
        raise ValueError(f"it unpacks to more than {most:,} bytes")
    return whole


def idx_text(data: bytes, *, shape: tuple[int, ...]) -> str:
    """Looks at an IDX file of bytes, the format of MNIST; says what it holds.

    Raises:
        Transient: it is shorter than its head says.
        ValueError: it is no such file, or one of another shape.
    """
    said = _shape(data)
    if said != shape:
        raise ValueError(f"it holds {_by(said)} bytes, not the {_by(shape)} of this data set")
    held = len(data) - 4 - 4 * len(said)
    if held < math.prod(said):
        raise Transient(f"the file is cut off: {held:,} bytes where its head says {_by(said)}")
    if held > math.prod(said):
        raise ValueError(f"it holds {held:,} bytes where its head says {_by(said)}")
    if len(shape) == 1 and max(data[8:]) >= CLASSES:
        raise ValueError(f"it names a class {max(data[8:])}, and there are {CLASSES}, from 0")
    return f"IDX, {_by(shape)} bytes"


def _shape(data: bytes) -> tuple[int, ...]:
    """The shape that the head of an IDX file of bytes says."""
    if len(data) < 4 or data[:3] != bytes((0, 0, BYTES)) or not data[3]:
        raise ValueError(f"it is no IDX file of bytes: it begins with {data[:4].hex(' ')}")
    if len(data) < 4 + 4 * data[3]:
        raise Transient("the file is cut off within its head")
    return tuple(int.from_bytes(data[at : at + 4]) for at in range(4, 4 + 4 * data[3], 4))


def _by(shape: tuple[int, ...]) -> str:
    return " x ".join(f"{n:,}" for n in shape)


def table_text(data: bytes, *, columns: int, rows: int) -> str:
    """Looks at a CSV file of finite numbers with a head line, whose last column is a class; says what it holds.

    Raises:
        Transient: it has fewer rows than it should.
        ValueError: it is no such table, or one of another width.
    """
    try:
        lines = [line for line in csv.reader(io.StringIO(data.decode("utf-8"), newline="")) if line]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"it is no CSV file ({error})") from error
    if not lines or len(lines[0]) != columns:
        raise ValueError(f"its first line has {len(lines[0]) if lines else 0} columns, not {columns}")
    if len(lines) - 1 < rows:
        raise Transient(f"the file is cut off: {len(lines) - 1:,} rows, not {rows:,}")
    if len(lines) - 1 > rows:
        raise ValueError(f"it has {len(lines) - 1:,} rows, not {rows:,}")
    for number, line in enumerate(lines[1:], start=2):
        if len(line) != columns:
            raise ValueError(f"line {number} has {len(line)} columns, not {columns}")
        if not all(_finite(field) for field in line) or not float(line[-1]).is_integer():
            raise ValueError(f"line {number} holds something that is no number, or no class in the end")
    return f"CSV, {rows:,} rows of {columns} numbers"


def _finite(field: str) -> bool:
    try:
        return math.isfinite(float(field))
    except ValueError:
        return False


def text_text(data: bytes) -> str:
    """Looks at a text; says how long it is.

    Raises:
        ValueError: it is none, or empty.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"it is no text ({error})") from error
    if not text.strip():
        raise ValueError("it is empty")
    return f"text, {len(text):,} characters"


def single(parts: Sequence[bytes], names: Sequence[str]) -> dict[str, bytes]:
    """The only part as the only file."""
    return dict(zip(names, parts, strict=True))


def pair(parts: Sequence[bytes], names: Sequence[str]) -> dict[str, bytes]:
    """Images and labels as two IDX files.

    Raises:
        ValueError: there are not as many labels as images.
    """
    images, labels = (_shape(part)[0] for part in parts)
    if images != labels:
        raise ValueError(f"there are {images:,} images and {labels:,} labels")
    return dict(zip(names, parts, strict=True))


def packed(parts: Sequence[bytes], names: Sequence[str]) -> dict[str, bytes]:
    """Images and labels as the arrays ``images`` (images, height, width) and ``labels`` (images,) of one compressed .npz file.

    Raises:
        ValueError: there are not as many labels as images.
    """
    import numpy

    pair(parts, ("images", "labels"))
    arrays = [numpy.frombuffer(part, dtype=numpy.uint8, offset=4 + 4 * part[3]).reshape(_shape(part)) for part in parts]
    out = io.BytesIO()
    numpy.savez_compressed(out, images=arrays[0], labels=arrays[1])
    (name,) = names
    return {name: out.getvalue()}
