"""Data sets are listed as tasks find them, and fetched whole, checked, or not at all."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import json
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy
import pytest
from click.testing import Result

from ingest.http import Fetcher, NoAnswer
from kg import plugins
from kg.errors import Refused, Unreadable
from queries.data_sets import content
from queries.data_sets.catalogue import DATA_SETS, DataSet, Part, data_set
from queries.data_sets.fetch import fetch
from tests.loopback import Loopback, Reply

Run = Callable[..., Result]
PACKED, CSV = "application/gzip", "text/csv"
ROWS = 12


def idx(array: numpy.ndarray) -> bytes:
    head = bytes((0, 0, 8, array.ndim)) + b"".join(int(n).to_bytes(4) for n in array.shape)
    return head + array.astype(numpy.uint8).tobytes()


IMAGES = idx(numpy.random.default_rng(0).integers(0, 256, size=(6, 28, 28)))
LABELS = idx(numpy.arange(6))
BODIES = [gzip.compress(IMAGES, mtime=0), gzip.compress(LABELS, mtime=0)]
TABLE = ("a,b,class\n" + "".join(f"{n},{n / 2},{n % 2}\n" for n in range(ROWS))).encode()


def clothes(*, images: tuple[int, ...] = (6, 28, 28), labels: tuple[int, ...] = (6,), hashed: bool = True) -> DataSet:
    """Fashion-MNIST with six images."""
    shapes = (images, labels)
    parts = tuple(
        dataclasses.replace(
            part,
            size=len(body),
            sha256=hashlib.sha256(body).hexdigest() if hashed else "",
            check=partial(content.idx_text, shape=s),
        )
        for part, body, s in zip(data_set("fashion_mnist").parts, BODIES, shapes, strict=True)
    )
    return dataclasses.replace(data_set("fashion_mnist"), parts=parts)


def table(rows: int = ROWS, columns: int = 3) -> DataSet:
    """Elec2 with twelve rows."""
    check = partial(content.table_text, columns=columns, rows=rows)
    return dataclasses.replace(data_set("elec"), parts=(Part(name="elec.csv", size=len(TABLE), check=check),))


def fetcher(**more: object) -> Fetcher:
    return Fetcher(**({"interval": 0.0, "tries": 3, "pause": 0.0, "deadline": 20.0} | more))  # type: ignore[arg-type]


def serve(loopback: Loopback, *bodies: bytes, kind: str = PACKED) -> None:
    loopback.next = [Reply(body, kind=kind) for body in bodies]


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def test_what_is_fetched_is_what_the_task_reads(tmp_path: Path, loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    from adaptive.tasks import label_swap_fashion

    serve(loopback, *BODIES)
    written = fetch(clothes(), tmp_path / "new" / "data", fetcher(), url=f"{loopback.url}/fashion/")
    assert [request.path for request in loopback.requests] == [
        "/fashion/train-images-idx3-ubyte.gz",
        "/fashion/train-labels-idx1-ubyte.gz",
    ]
    assert [path.read_bytes() for path in written.files] == [IMAGES, LABELS]
    assert names(tmp_path / "new" / "data") == {"train-images-idx3-ubyte", "train-labels-idx1-ubyte"}
    assert all("its SHA-256 is the published one" in line for line in written.checked)
    assert "IDX, 6 x 28 x 28 bytes" in written.checked[0]
    monkeypatch.setenv("EXAPT_DATA", str(tmp_path / "new" / "data"))
    assert clothes().here() == written.files
    assert label_swap_fashion.missing() == ""


def test_digits_are_packed_so_that_they_are_not_taken_for_clothes(
    tmp_path: Path, loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    from adaptive.tasks import _mnist

    digits = dataclasses.replace(data_set("mnist"), parts=clothes().parts)
    serve(loopback, *BODIES)
    (path,) = fetch(digits, tmp_path, fetcher(), url=loopback.url).files
    assert names(tmp_path) == {"mnist.npz"}
    pixels, classes = _mnist.packed(path)
    assert pixels.shape == (6, 784) and classes.tolist() == [0, 1, 2, 3, 4, 5]


def test_a_body_that_is_cut_off_is_asked_for_again(tmp_path: Path, loopback: Loopback) -> None:
    told: list[str] = []
    first, second = BODIES
    loopback.next = [
        Reply(first[:-9], kind=PACKED, length=len(first)),
        Reply(first[:-9], kind=PACKED, length=-1),
        Reply(first, kind=PACKED),
        Reply(second, kind=PACKED),
    ]
    written = fetch(clothes(), tmp_path, fetcher(tell=told.append), url=loopback.url)
    assert written.files[0].read_bytes() == IMAGES
    assert len(told) == 2 and "the connection failed" in told[0] and "the file is cut off" in told[1]


@pytest.mark.parametrize("hashed", [True, False])
def test_a_body_that_is_always_cut_off_leaves_nothing(hashed: bool, tmp_path: Path, loopback: Loopback) -> None:
    loopback.otherwise = lambda request: Reply(BODIES[0][:-20], kind=PACKED)
    with pytest.raises(NoAnswer, match="cut off"):
        fetch(clothes(hashed=hashed), tmp_path, fetcher(), url=loopback.url)
    assert len(loopback.requests) == 3 and names(tmp_path) == set()


def test_a_busy_server_is_asked_again_and_a_dead_one_is_left(tmp_path: Path, loopback: Loopback) -> None:
    loopback.next = [Reply(b"busy", 503, "text/plain"), Reply(TABLE, kind=CSV)]
    assert fetch(table(), tmp_path, fetcher(), url=f"{loopback.url}/elec.csv").files == [tmp_path / "elec.csv"]
    assert (tmp_path / "elec.csv").read_bytes() == TABLE
    loopback.otherwise = lambda request: Reply(b"busy", 503, "text/plain")
    with pytest.raises(NoAnswer, match=r"status 503 .*3 tries"):
        fetch(table(), tmp_path / "more", fetcher(), url=f"{loopback.url}/elec.csv")
    assert not (tmp_path / "more").exists()


def test_another_file_is_refused_at_once(tmp_path: Path, loopback: Loopback) -> None:
    other = gzip.compress(idx(numpy.zeros((6, 28, 28))), mtime=0) + b"\0" * len(BODIES[0])
    serve(loopback, other)
    with pytest.raises(NoAnswer, match="another file: its SHA-256 is"):
        fetch(clothes(), tmp_path, fetcher(), url=loopback.url)
    assert len(loopback.requests) == 1 and names(tmp_path) == set()


def test_a_page_in_the_place_of_data_is_refused(tmp_path: Path, loopback: Loopback) -> None:
    serve(loopback, b"<html>Please log in</html>", kind="text/html")
    with pytest.raises(NoAnswer, match="text/html"):
        fetch(table(), tmp_path, fetcher(), url=f"{loopback.url}/elec.csv")
    serve(loopback, b"Please log in before you ask for anything here\n", kind="text/plain")
    with pytest.raises(NoAnswer, match="columns"):
        fetch(table(), tmp_path, fetcher(), url=f"{loopback.url}/elec.csv")
    assert names(tmp_path) == set()


@pytest.mark.parametrize("announced", [True, False])
def test_too_much_is_not_taken(announced: bool, tmp_path: Path, loopback: Loopback) -> None:
    loopback.next = [Reply(b"0,0,0\n" * 10_000, kind=CSV, repeat=400, length=None if announced else -1)]
    with pytest.raises(NoAnswer, match="too large"):
        fetch(table(), tmp_path, fetcher(), url=f"{loopback.url}/elec.csv")
    assert loopback.sent < 20_000_000 and names(tmp_path) == set()


def test_what_unpacks_to_too_much_is_not_unpacked(tmp_path: Path, loopback: Loopback) -> None:
    serve(loopback, gzip.compress(b"\0" * 50_000_000))
    with pytest.raises(NoAnswer, match="unpacks to more"):
        fetch(clothes(hashed=False), tmp_path, fetcher(), url=loopback.url)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"\x00\x00\x0d\x03" + IMAGES[4:], "no IDX file of bytes: it begins with 00 00 0d 03"),
        (idx(numpy.zeros((6, 32, 32))), "6 x 32 x 32 bytes, not the 6 x 28 x 28"),
        (IMAGES + b"x", "holds 4,705 bytes where its head says 6 x 28 x 28"),
        (BODIES[0][:-8] + b"\0" * 8, "cannot be unpacked"),
    ],
)
def test_without_a_hash_the_structure_decides(body: bytes, why: str, tmp_path: Path, loopback: Loopback) -> None:
    serve(loopback, body)
    with pytest.raises(NoAnswer, match=why):
        fetch(clothes(hashed=False), tmp_path, fetcher(), url=loopback.url)
    serve(loopback, IMAGES, LABELS)  # Unpacked, as some servers hand it out.
    written = fetch(clothes(hashed=False), tmp_path, fetcher(), url=loopback.url)
    assert "no SHA-256 is published" in written.checked[0]


def test_labels_of_other_images_are_refused(tmp_path: Path, loopback: Loopback) -> None:
    serve(loopback, IMAGES, idx(numpy.arange(5)))
    with pytest.raises(Unreadable, match="6 images and 5 labels"):
        fetch(clothes(labels=(5,), hashed=False), tmp_path, fetcher(), url=loopback.url)
    serve(loopback, IMAGES, idx(numpy.arange(6) + 7))
    with pytest.raises(NoAnswer, match="a class 12"):
        fetch(clothes(hashed=False), tmp_path, fetcher(), url=loopback.url)
    assert names(tmp_path) == set()


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (TABLE.replace(b"3,1.5,1", b"3,1.5"), "line 5 has 2 columns, not 3"),
        (TABLE.replace(b"3,1.5,1", b"3,nan,1"), "line 5 holds something that is no number"),
        (TABLE.replace(b"3,1.5,1", b"3,1.5,0.5"), "no class"),
        (TABLE + b"1,1,1\n", "13 rows, not 12"),
        (b"\xff\xfe" * 30, "no CSV file"),
        (b"", "0 columns"),
        (TABLE[:40], "cut off|columns"),
    ],
)
def test_a_table_that_does_not_hold_together_is_refused(body: bytes, why: str, tmp_path: Path, loopback: Loopback) -> None:
    loopback.otherwise = lambda request: Reply(body, kind=CSV)
    with pytest.raises(NoAnswer, match=why):
        fetch(table(), tmp_path, fetcher(), url=f"{loopback.url}/elec.csv")
    assert names(tmp_path) == set()


def test_what_is_there_stays_unless_it_is_to_be_replaced(tmp_path: Path, loopback: Loopback) -> None:
    (tmp_path / "elec.csv").write_text("mine")
    with pytest.raises(Refused, match="is there already; --force replaces it"):
        fetch(table(), tmp_path, fetcher(), url=f"{loopback.url}/elec.csv")
    assert loopback.requests == [] and (tmp_path / "elec.csv").read_text() == "mine"
    loopback.otherwise = lambda request: Reply(b"busy", 503, "text/plain")
    with pytest.raises(NoAnswer):
        fetch(table(), tmp_path, fetcher(), url=f"{loopback.url}/elec.csv", force=True)
    assert (tmp_path / "elec.csv").read_text() == "mine", "it stays until the new one is whole"
    serve(loopback, TABLE, kind=CSV)
    fetch(table(), tmp_path, fetcher(), url=f"{loopback.url}/elec.csv", force=True)
    assert (tmp_path / "elec.csv").read_bytes() == TABLE and names(tmp_path) == {"elec.csv"}


@pytest.mark.skipif(sys.platform == "win32", reason="links are made in the way of Unix")
def test_a_link_is_neither_followed_nor_written_through(tmp_path: Path, loopback: Loopback) -> None:
    outside, inside = tmp_path / "outside.txt", tmp_path / "data"
    outside.write_text("mine")
    inside.mkdir()
    (inside / "elec.csv").symlink_to(outside)
    loopback.otherwise = lambda request: Reply(TABLE, kind=CSV)
    with pytest.raises(Refused, match="there already"):
        fetch(table(), inside, fetcher(), url=f"{loopback.url}/elec.csv")
    (inside / f".elec.csv.{os.getpid()}.part").symlink_to(outside)
    fetch(table(), inside, fetcher(), url=f"{loopback.url}/elec.csv", force=True)
    assert outside.read_text() == "mine" and names(inside) == {"elec.csv"}
    assert not (inside / "elec.csv").is_symlink()


def test_where_no_file_can_be_is_refused(tmp_path: Path, loopback: Loopback) -> None:
    (tmp_path / "elec.csv").mkdir()
    with pytest.raises(Refused, match="it is a folder"):
        fetch(table(), tmp_path, fetcher(), url=loopback.url, force=True)
    (tmp_path / "file").write_text("")
    with pytest.raises(Refused, match="no folder"):
        fetch(table(), tmp_path / "file", fetcher(), url=loopback.url)
    serve(loopback, TABLE, kind=CSV)
    with pytest.raises(Unreadable, match="cannot be written"):
        fetch(table(), tmp_path / "file" / "below", fetcher(), url=f"{loopback.url}/elec.csv")


@pytest.mark.parametrize("place", ["file:///etc/passwd", "ftp://127.0.0.1/elec.csv", "//127.0.0.1/x", "elec.csv"])
def test_no_redirect_and_no_address_leads_out_of_the_web(place: str, tmp_path: Path, run: Run, loopback: Loopback) -> None:
    result = run("data", "fetch", "elec", "--to", tmp_path, "--url", place)
    assert result.exit_code == 2 and "no web address" in result.stderr
    if not place.startswith(("//", "elec")):
        loopback.next = [Reply(status=302, headers={"Location": place})]
        with pytest.raises(NoAnswer, match="no web address"):
            fetch(table(), tmp_path, fetcher(), url=f"{loopback.url}/elec.csv")
    assert names(tmp_path) == set()


def test_how_much_has_come_is_told(tmp_path: Path, loopback: Loopback) -> None:
    told: list[tuple[int, int | None]] = []
    serve(loopback, TABLE, kind=CSV)
    fetch(table(), tmp_path, fetcher(progress=lambda done, total: told.append((done, total))), url=f"{loopback.url}/elec.csv")
    assert told[-1] == (len(TABLE), len(TABLE))


def test_the_command_fetches_and_lists(
    tmp_path: Path, run: Run, loopback: Loopback, shared: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The true text, whose published hash it has, from a server of our own."""
    text = shared("data/tinyshakespeare.txt").read_bytes()
    monkeypatch.delenv("EXAPT_SHARED", raising=False)
    monkeypatch.setenv("EXAPT_DATA", str(tmp_path))
    loopback.otherwise = lambda request: Reply(text, kind="text/plain; charset=utf-8")
    result = run("data", "fetch", "tinyshakespeare", "--url", f"{loopback.url}/data/")
    assert result.exit_code == 0, result.output
    assert result.stdout.strip() == str(tmp_path / "tinyshakespeare.txt")
    assert loopback.requests[0].path == "/data/input.txt"
    assert "1,115,394 bytes, text, 1,115,394 characters; its SHA-256 is the published one" in result.stderr
    assert "export EXAPT_DATA" not in result.stderr
    rows = {row["name"]: row for row in json.loads(run("data", "list", "--format", "json").stdout)}
    assert rows["tinyshakespeare"]["found"] == [str(tmp_path / "tinyshakespeare.txt")]
    assert (rows["tinyshakespeare"]["bytes"], rows["tinyshakespeare"]["task"]) == (len(text), "char_lm")
    again = run("data", "fetch", "tinyshakespeare", "--url", f"{loopback.url}/data/")
    assert again.exit_code == 1 and "--force" in again.stderr
    elsewhere = run("data", "fetch", "tinyshakespeare", "--url", f"{loopback.url}/data/", "--to", tmp_path / "other")
    assert f"export EXAPT_DATA={tmp_path / 'other'}" in elsewhere.stderr


@pytest.mark.parametrize("name", ["elec", "weather"])
def test_the_shared_streams_have_the_structure_that_is_asked_for(name: str, shared: Callable[[str], Path]) -> None:
    one = data_set(name)
    unpacked = content.unpacked(shared(f"data/{name}.csv.gz").read_bytes())
    assert len(unpacked) == one.parts[0].size
    assert "numbers" in one.parts[0].check(unpacked)


def test_what_is_missing_is_said(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from adaptive.tasks import _data

    monkeypatch.setattr(_data, "folders", lambda: [tmp_path])
    result = run("data", "list", "--format", "json")
    rows = json.loads(result.stdout)
    assert {row["name"] for row in rows if row["found"] == "missing"} >= {"mnist", "elec", "weather", "tinyshakespeare"}
    assert "exapt data fetch NAME --to FOLDER" in result.stderr


def test_names_that_do_not_exist_and_folders_that_are_not_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EXAPT_DATA", raising=False)
    wrong = run("data", "fetch", "fashion")
    assert wrong.exit_code == 1 and "fashion_mnist" in wrong.stderr
    assert run("data", "fetch", "../elec").exit_code == 1
    nowhere = run("data", "fetch", "fashion-mnist")
    assert nowhere.exit_code == 1 and "--to" in nowhere.stderr


def test_every_data_set_is_what_its_task_looks_for() -> None:
    wanting = {}
    for name in plugins.names("adaptive.tasks"):
        task = plugins.load("adaptive.tasks", name)
        if hasattr(task, "missing"):
            wanting[name] = task
    assert {one.task for one in DATA_SETS} == set(wanting)
    for one in DATA_SETS:
        task = wanting[one.task]
        files = getattr(task, "FILES", None)
        wanted = (tuple(files),) if files else tuple((name, f"{name}.gz") for name in (task.IMAGES, task.LABELS))
        assert one.wanted == wanted and one.beside == getattr(task, "BESIDE", ())
        assert all(name in names for name, names in zip(one.writes, one.wanted, strict=True))
        assert (bool(one.here()), one.title != "") == (task.missing() == "", True)
        assert one.source.startswith("https://") and one.source.endswith("/") and one.licence
