from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Run = Callable[..., Result]
ESSAY = """# Cells and nets

Chaperone proteins keep other proteins from misfolding in a cell. Machine learning models overfit, and regularization prevents it.

- Genes ↔ Model architecture: the part that is written once.
- Epigenetics ↔ Hyperparameters: the part that is tuned.
- Chaperones ↔ Optimization techniques: the part that helps.
"""
LINES = [
    {"id": "one00001", "title": "A first paper", "abstract": "Inspired by the retina, we build a camera.", "year": 2020},
    {"id": "two00002", "title": "A second paper", "abstract": "Nothing of biology here.", "year": 2021},
]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_an_essay_twice_changes_nothing_the_second_time(run: Run, store: Path, tmp_path: Path) -> None:
    essay = write(tmp_path / "essay.md", ESSAY)
    first = run("--store", store, "ingest", "files", essay, "--format", "json")
    assert first.exit_code == 0, first.stderr
    said = json.loads(first.stdout)
    assert said["new"] == 1
    assert said["mappings"] >= 3
    before = run("--store", store, "export", "jsonl", "-o", "-").stdout
    second = json.loads(run("--store", store, "ingest", "files", essay, "--format", "json").stdout)
    assert (second["new"], second["known"], second["evidence"]) == (0, 1, 0)
    assert run("--store", store, "export", "jsonl", "-o", "-").stdout == before


def test_the_summary_goes_to_standard_error_and_quiet_silences_it(run: Run, store: Path, tmp_path: Path) -> None:
    essay = write(tmp_path / "essay.md", ESSAY)
    result = run("--store", store, "ingest", "files", essay)
    assert result.stdout == ""
    assert "papers: 1 new" in result.stderr
    assert run("-q", "--store", store, "ingest", "files", essay).stderr == ""


def test_a_broken_line_is_named_and_the_rest_is_ingested(run: Run, store: Path, tmp_path: Path) -> None:
    lines = [json.dumps(LINES[0]), '{"title": "cut', json.dumps({"id": "x"}), json.dumps(LINES[1])]
    file = write(tmp_path / "papers.jsonl", "\n".join(lines))
    result = run("--store", store, "ingest", "jsonl", file, "--format", "json")
    assert result.exit_code == 0
    said = json.loads(result.stdout)
    assert said["new"] == 2
    assert len(said["failed"]) == 2
    assert f"{file}, line 2" in result.stderr
    assert f"{file}, line 3" in result.stderr


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("missing.txt", None),
        ("empty.txt", b""),
        ("blank.txt", b" \n\t\n"),
        ("binary.txt", b"\x00\x01\x02" * 50),
        ("latin.txt", "Die Zelle überlebt.\n".encode("latin-1") * 5),
        ("picture.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 50),
        ("broken.jsonl", b'{"title": \n{"also":\n'),
        ("cut.gz", gzip.compress(b"some words " * 999, mtime=0)[:60]),
    ],
)
@pytest.mark.parametrize("source", ["files", "jsonl", "hf"])
def test_what_cannot_be_read_is_one_line_and_makes_no_store(
    run: Run, store: Path, tmp_path: Path, source: str, name: str, content: bytes | None
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    result = run("--store", store, "ingest", source, path)
    assert result.exit_code == 1
    lines = result.stderr.splitlines()
    assert lines, "a reason is given"
    assert all(line.startswith("exapt: ") and name in line for line in lines), result.stderr
    assert not store.exists()


def test_one_good_file_among_bad_ones_is_enough(run: Run, store: Path, tmp_path: Path) -> None:
    essay = write(tmp_path / "essay.md", ESSAY)
    result = run("--store", store, "ingest", "files", tmp_path / "missing.txt", essay)
    assert result.exit_code == 0
    assert "missing.txt" in result.stderr
    assert "1 new" in result.stderr


def test_a_snapshot_in_which_nothing_fits_is_said_and_is_no_error(run: Run, store: Path, tmp_path: Path) -> None:
    lines = [{"id": f"2405.0000{n}", "title": f"Made {n}", "abstract": "x y", "categories": "math.CO"} for n in (1, 2)]
    file = write(tmp_path / "dump.json", "".join(json.dumps(line) + "\n" for line in lines))
    ingest = ("--store", store, "ingest", "arxiv-snapshot", file)
    for chosen in (("--category", "cs.NE"), ("--from", "2024-01-01")):
        result = run(*ingest, *chosen, "--format", "json")
        assert (result.exit_code, json.loads(result.stdout)["new"]) == (0, 0)
        assert result.stderr.splitlines()[-1] == f"no paper of {file} fits"
    write(file, file.read_text() + "{cut\n")
    result = run(*ingest, "--category", "cs.NE")
    assert result.exit_code == 0 and "dump.json, line 3" in result.stderr and "fits" in result.stderr
    assert not store.exists()


def test_a_list_of_nothing_is_said(run: Run, store: Path, tmp_path: Path) -> None:
    result = run("--store", store, "ingest", "jsonl", write(tmp_path / "papers.json", "[]"))
    assert (result.exit_code, result.stderr) == (1, "exapt: cannot read the input: it holds no paper\n")


def test_many_failures_are_counted_after_the_first_ten(run: Run, store: Path, tmp_path: Path) -> None:
    file = write(tmp_path / "papers.jsonl", json.dumps(LINES[0]) + "\n" + "{}\n" * 25)
    result = run("--store", store, "ingest", "jsonl", file)
    assert result.stderr.count("papers.jsonl, line") == 10
    assert "and 15 more" in result.stderr


def test_a_listing_of_daily_papers_is_read_packed_or_not(run: Run, store: Path, tmp_path: Path) -> None:
    listing = [
        {"paper": {"id": "2401.00001", "title": "A listed paper", "summary": "A summary.", "publishedAt": "2024-01-01T00:00:00Z"}}
    ]
    plain = write(tmp_path / "a.json", json.dumps(listing))
    packed = tmp_path / "b.json.gz"
    packed.write_bytes(gzip.compress(json.dumps(listing).encode()))
    said = json.loads(run("--store", store, "ingest", "hf", "--from", plain, packed, "--format", "json").stdout)
    assert (said["new"], said["known"]) == (1, 1)
    assert run("ingest", "hf").exit_code == 2


def test_the_atlas_answers_the_first_question(run: Run, store: Path) -> None:
    first = run("--store", store, "ingest", "atlas", "--format", "json")
    assert first.exit_code == 0, first.stderr
    assert json.loads(first.stdout)["mappings"] > 1500
    asked = run("--store", store, "ask", "analogies", "my network forgets the first task", "--format", "json")
    rows = json.loads(asked.stdout)
    assert sum("protect old" in row["shared"] for row in rows) >= 5
    assert all("by reference" in item["text"] for row in rows for item in row["evidence"])
    assert json.loads(run("--store", store, "ask", "analogies", "how do cells survive heat stress", "--format", "json").stdout)


def test_the_seed_documents_go_through_the_same_commands(run: Run, store: Path, shared: Callable[[str], Path]) -> None:
    assert run("--store", store, "ingest", "files", shared("seeds")).exit_code == 0
    asked = run("--store", store, "ask", "analogies", "how do cells survive heat stress", "--format", "json")
    best = json.loads(asked.stdout)[0]
    assert best["mechanism"] == "heat shock response"
    assert best["evidence"][0]["quotes"]
    layers = json.loads(run("--store", store, "ask", "layers", "--levels", "3", "--format", "json").stdout)
    said = [[level["text"] for level in row["levels"]] for row in layers]
    assert ["gene/model architecture", "epigenetics/hyperparameter", "chaperone/optimization technique"] in said
