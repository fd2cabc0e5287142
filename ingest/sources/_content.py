"""Bytes of a file, of standard input or of a stream in hand, unpacked and decoded, or a reason why not.

Compression is told by its first bytes and encoding by trial, so a wrong suffix misleads nobody.
"""

from __future__ import annotations

import codecs
import gzip
import io
import re
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from kg.errors import BadRecord, Unreadable

Source = str | Path | BinaryIO
STANDARD_INPUT = "-"

_HEAD = 1 << 16
_GZIP = b"\x1f\x8b"
PDF = b"%PDF-"
_MARKS = (
    # The longer mark first: UTF-32 in little-endian order begins with UTF-16's mark.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_KNOWN_BINARY = (
    (PDF, "it is a PDF, not text; use: exapt ingest files"),
    (b"PK\x03\x04", "it is a zip archive or an office document, not text; save its text first"),
    (b"\x89PNG", "it is a picture, not text"),
    (b"\xff\xd8\xff", "it is a picture, not text"),
)
_DECLARED = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w.:-]+)", re.I)


class Skipped(BadRecord):
    """A whole file, an entry of a list, a paper in hand: something without a line of its own, passed over while the rest goes."""

    def __str__(self) -> str:
        return Unreadable.__str__(self)


class Content:
    """An open source: where it lies, in words, and its bytes, unpacked."""

    def __init__(self, where: str, stream: io.BufferedReader) -> None:
        self.where, self._stream = where, stream
        self._ahead: list[bytes] = []

    def head(self) -> bytes:
        """Some thousand first bytes, or fewer where there are no more; they stay to be read."""
        with self._told():
            return self._stream.peek(_HEAD)

    def read(self, most: int = -1) -> bytes:
        """All bytes, or the first ``most``."""
        with self._told():
            return self._stream.read(most)

    def first_line(self) -> bytes:
        """The first line that is not blank, or nothing; it stays to be given by :meth:`lines`, and from then on by that alone."""
        for line in self.lines():
            self._ahead.append(line)
            if line.strip():
                return line
        return b""

    def lines(self) -> Iterator[bytes]:
        while self._ahead:
            yield self._ahead.pop(0)
        while True:
            with self._told():
                line = self._stream.readline()
            if not line:
                return
            yield line

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except EOFError as error:
            raise Unreadable(self.where, "the compressed file ends too early; fetch it again") from error
        except (gzip.BadGzipFile, zlib.error) as error:
            raise Unreadable(self.where, "the compressed file is damaged; fetch it again") from error
        except OSError as error:
            raise Unreadable(self.where, error.strerror or str(error)) from error


@contextmanager
def opened(source: Source, *, pdf: bool = False) -> Iterator[Content]:
    """Open ``source`` for reading; a stream in hand stays open afterwards. With ``pdf``, a PDF is let through as it is.

    Raises:
        Unreadable: missing, a folder, not permitted, empty, binary, or damaged at its start.
    """
    if isinstance(source, str | Path) and str(source) != STANDARD_INPUT:
        path = Path(source)
        with _file(path) as stream:
            yield _checked(str(path), stream, pdf=pdf)
    elif isinstance(source, str | Path):
        yield _checked("standard input", sys.stdin.buffer, pdf=pdf)
    else:
        yield _checked(str(getattr(source, "name", "the stream")), source, pdf=pdf)


def _file(path: Path) -> BinaryIO:
    try:
        if path.is_dir():
            raise Unreadable(path, "it is a folder, not a file")
        return path.open("rb")
    except FileNotFoundError as error:
        raise Unreadable(path, "there is no such file") from error
    except (OSError, ValueError) as error:
        raise Unreadable(path, getattr(error, "strerror", None) or str(error)) from error


def _checked(where: str, stream: BinaryIO, *, pdf: bool) -> Content:
    content = Content(where, _buffered(stream))
    head = content.head()
    if head.startswith(_GZIP):
        content = Content(where, _buffered(cast(BinaryIO, gzip.GzipFile(fileobj=content._stream))))
        head = content.head()
    if not head.strip():
        rest = content.read()
        if not rest.strip():
            raise Unreadable(where, "it is empty")
        content = Content(where, _buffered(io.BytesIO(rest)))
        head = content.head()
    if pdf and is_pdf(head):
        return content
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return Content(where, _buffered(io.BytesIO(_recoded(content.read(), encoding, where))))
    for mark, why in _KNOWN_BINARY:
        if head.startswith(mark):
            raise Unreadable(where, why)
    if (at := head.find(0)) >= 0:
        raise Unreadable(where, f"it is binary, not text (a zero byte at offset {at})")
    return content


def is_pdf(head: bytes) -> bool:
    """Whether what begins like this is a PDF; some begin with blanks or a mark of UTF-8."""
    return head[:1024].lstrip(b"\xef\xbb\xbf\x00\r\n\t ").startswith(PDF)


def _buffered(stream: BinaryIO) -> io.BufferedReader:
    # A reader of our own has a known buffer, so that peeking shows enough; it is never closed with the stream in hand.
    return _Kept(cast(io.RawIOBase, stream), _HEAD)


class _Kept(io.BufferedReader):
    """A buffered reader that leaves its stream open when it goes."""

    def __del__(self) -> None:
        # The stream belongs to whoever opened it.
        if not self.closed:
            self.detach()


def _recoded(data: bytes, encoding: str, where: str) -> bytes:
    try:
        return data.decode(encoding).encode("utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        raise Unreadable(where, f"it is marked as {encoding.upper()} but is not from offset {error.start} on") from error


def text_of(data: bytes, where: str) -> str:
    """``data`` as text: UTF-8 with or without a mark, or the encoding that an HTML page declares.

    Raises:
        Unreadable: names the first byte that does not fit and its offset, or the zero byte of a binary file.
    """
    if (at := data.find(0)) >= 0:
        raise Unreadable(where, f"it is binary, not text (a zero byte at offset {at})")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if (declared := _DECLARED.search(data, 0, 4096)) and (text := _decoded(data, declared[1].decode("ascii"))):
            return text
        raise Unreadable(where, not_utf8(error, data)) from error


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except (LookupError, ValueError):
        return None


def not_utf8(error: UnicodeDecodeError, data: bytes) -> str:
    """Why ``data`` is no UTF-8, with the byte and where it stands."""
    return f"byte 0x{data[error.start]:02X} at offset {error.start} is not UTF-8; save the file as UTF-8"
