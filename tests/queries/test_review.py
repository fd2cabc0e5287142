"""``exapt review``, driven as a person does (a pseudo-terminal of 80 columns) and as a script does (piped input)."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from ingest.gold import load_gold
from ingest.pipeline import ingest
from kg.errors import Mismatch
from kg.model import Concept, Evidence, Mapping, Paper, Span, sha256
from kg.store import Store
from queries.plain import cells, escaped
from queries.review import screen
from queries.review.sitting import Sitting, queue
from queries.review.spans import span_of, words_of

Run = Callable[..., Result]
CHECKOUT = Path(__file__).resolve().parents[2]
TEXTS = {
    1: "Cells make chaperones under stress. We tie the weight decay of a network to its loss in the same way.",
    2: "Octopus arms decide for themselves. Each layer gets an optimizer of its own.",
    3: "睡眠中の海馬リプレイは記憶を固定する。我々はこれを経験再生として深層強化学習に用い、"
    "忘却を防ぐ方法を提案し、長い文でも折り返すことを確かめる。",
    4: "تستجيب الخلايا للصدمة الحرارية. نضبط معدل التعلم بالطريقة نفسها.",
    5: "Hostile \x1b[2J\x1b]0;owned\x07 cells \u202eevil\u202c act. We prune \x9b31m weights.",
}
FOUND = {
    1: ("cell stress", "decay", 0.5, "stress", "weight decay"),
    2: ("octopus arm", "optimizer", 0.9, "Octopus arms", "optimizer"),
    3: ("海馬リプレイ", "経験再生", 0.45, "海馬リプレイ", "経験再生"),
    4: ("الصدمة الحرارية", "معدل التعلم", 0.6, "للصدمة الحرارية", "معدل التعلم"),
    5: ("hostile \x1b[31m cell", "weight pruning", 0.7, "cells", "prune"),
}


def key_of(number: int) -> str:
    return f"arxiv:2401.{number:05d}"


def fill(store: Store, *numbers: int) -> dict[int, str]:
    keys = {}
    for number in numbers:
        mechanism, technique, score, at, to = FOUND[number]
        text, title = TEXTS[number], f"Paper \x1b[5m number {number}" if number == 5 else f"Paper number {number}"
        store.add_paper(Paper(key=key_of(number), title=title, abstract=text, published="2024", label="bio_inspired"))
        ends = [
            store.add_concept(Concept(kind="mechanism", name=mechanism)),
            store.add_concept(Concept(kind="technique", name=technique)),
        ]
        keys[number] = store.add_mapping(Mapping(mechanism=ends[0], relation="inspires", technique=ends[1]))
        spans = [Span("abstract", text.index(words), text.index(words) + len(words)) for words in (at, to)]
        store.add_evidence(
            Evidence(
                mapping=keys[number], paper=key_of(number), passages=(Span("abstract", 0, len(text)),), by="abstract",
                score=score, text_sha256=sha256(text), mechanism_span=spans[0], technique_span=spans[1],
            )
        )  # fmt: skip
    return keys


@pytest.fixture
def papers(tmp_path: Path) -> Callable[..., Path]:
    def make(*numbers: int) -> Path:
        path = tmp_path / "graph.db"
        with Store.open(path) as store:
            fill(store, *numbers)
        return path

    return make


def decided(path: Path) -> dict[str, str]:
    with Store.open(path, write=False) as store:
        return {str(one.paper): one.action for one in store.decisions()}


def exported(path: Path) -> list[dict[str, object]]:
    with Store.open(path, write=False) as store:
        return list(store.export())


# As a person


class Person:
    """The real command in a pseudo-terminal of 80 by 24, one key at a time."""

    def __init__(self, path: Path, *arguments: str, columns: int = 80, **environment: str) -> None:
        self._end, inside = pty.openpty()
        fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        command = [sys.executable, "-m", "kg", "--store", str(path), "review", *arguments]
        given = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
        given |= {"TERM": "xterm", "PYTHONUTF8": "1"} | environment
        self.process = subprocess.Popen(
            command,
            stdin=inside,
            stdout=inside,
            stderr=inside,
            cwd=CHECKOUT,
            env=given,
            start_new_session=True,
            # Under nohup a hang-up is ignored, and children inherit that.
            preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
        )
        os.close(inside)
        self.seen = ""
        self._read = b""
        self._from = 0

    def sees(self, text: str) -> str:
        """Wait until ``text`` is on the screen after what was seen before."""
        limit = time.monotonic() + 30
        while text not in self.seen[self._from :]:
            ready, _, _ = select.select([self._end], [], [], max(0.0, limit - time.monotonic()))
            assert ready, f"waited for {text!r}, saw {self.seen[self._from :]!r}"
            try:
                part = os.read(self._end, 65536)
            except OSError:
                part = b""
            assert part, f"ended before {text!r}, saw {self.seen[self._from :]!r}"
            self._read += part
            self.seen = self._read.decode("utf-8", "replace")
        self._from = self.seen.index(text, self._from) + len(text)
        return self.seen

    def types(self, text: str) -> None:
        # getchar drops what came before it waits; a person types after seeing that it does.
        time.sleep(0.15)
        os.write(self._end, text.encode())

    def leaves(self) -> int:
        """Wait for the end; the exit status."""
        while True:
            try:
                part = os.read(self._end, 65536)
            except OSError:
                break
            if not part:
                break
            self._read += part
        self.seen = self._read.decode("utf-8", "replace")
        return self.process.wait(30)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(30)
        os.close(self._end)


@pytest.fixture
def person() -> Iterator[Callable[..., Person]]:
    opened: list[Person] = []

    def sit(*arguments: Any, **options: Any) -> Person:
        opened.append(Person(*arguments, **options))
        return opened[-1]

    yield sit
    for one in opened:
        one.close()


WAITS, LAST = "q quit  ?", "that was the last"


def test_a_person_decides_with_single_keys(papers: Callable[..., Path], person: Callable[..., Person]) -> None:
    path = papers(1, 2, 3)
    curator = person(path)
    curator.sees("1 of 3")
    curator.sees(WAITS)
    curator.types("a")
    curator.sees("accepted")
    curator.sees("2 of 3")
    curator.sees(WAITS)
    curator.types("?")
    curator.sees("reject: it does not")
    curator.sees(WAITS)
    curator.types("\x1b[A")
    curator.sees("no such key")
    curator.sees(WAITS)
    curator.types("r")
    curator.sees("3 of 3")
    curator.sees(WAITS)
    curator.types("s")
    curator.sees(LAST)
    curator.types("u")
    curator.sees("taken back: rejected")
    curator.sees("2 of 3")
    curator.sees(WAITS)
    curator.types("r")
    curator.sees("3 of 3")
    curator.sees(WAITS)
    curator.types("s")
    curator.sees(LAST)
    curator.types("q")
    assert curator.leaves() == 0
    assert "1 accepted, 1 rejected, 2 skipped; 0 of 3 left" in curator.seen
    assert decided(path) == {key_of(1): "accept", key_of(3): "reject"}


def test_a_person_fixes_the_words(papers: Callable[..., Path], person: Callable[..., Person]) -> None:
    path = papers(1)
    curator = person(path)
    curator.sees(WAITS)
    curator.types("f")
    curator.sees("mechanism: ")
    curator.types("chaperones\n")
    curator.sees("technique: ")
    curator.types("9-10\n")
    curator.sees("fixed: chaperones -> decay")
    curator.sees(LAST)
    curator.types("q")
    assert curator.leaves() == 0
    with Store.open(path, write=False) as store:
        assert {(one.action, one.became is None) for one in store.decisions()} == {("fix", False), ("accept", True)}


@pytest.mark.parametrize("end", ["\x03", "\x04", "kill", "hang up"])
def test_nothing_decided_is_lost_however_it_ends(papers: Callable[..., Path], person: Callable[..., Person], end: str) -> None:
    path = papers(1, 2)
    curator = person(path)
    curator.sees(WAITS)
    curator.types("r")
    curator.sees("2 of 2")
    curator.sees(WAITS)
    if end == "kill":
        curator.process.send_signal(signal.SIGKILL)
    elif end == "hang up":
        curator.process.send_signal(signal.SIGHUP)
    else:
        curator.types(end)
    status = curator.leaves()
    assert status == {"\x03": 130, "\x04": 0, "kill": -signal.SIGKILL, "hang up": -signal.SIGHUP}[end]
    if end == "\x03":
        assert "1 rejected; 1 of 2 left" in curator.seen and "Traceback" not in curator.seen
    assert decided(path) == {key_of(1): "reject"}


@pytest.mark.parametrize(("number", "columns"), [(1, 80), (3, 80), (4, 80), (5, 80), (3, 60), (5, 40)])
def test_every_line_fits_and_nothing_steers_the_terminal(
    papers: Callable[..., Path], person: Callable[..., Person], number: int, columns: int
) -> None:
    curator = person(papers(number), columns=columns, NO_COLOR="1")
    curator.sees(WAITS)
    curator.types("f")
    curator.sees("mechanism: ")
    curator.types("\n")
    curator.sees("technique: ")
    curator.types("\x04")
    curator.sees(WAITS)
    curator.types("q")
    assert curator.leaves() == 0
    lines = curator.seen.replace("\r", "").split("\n")
    assert max(map(cells, lines)) <= columns
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", curator.seen.replace("\r", ""))
    if number == 5:
        flat = "".join(lines)
        assert "\\x1b" in flat and "\\u202e" in flat and "\\x9b" in flat


def test_colours_only_where_they_are_wanted(papers: Callable[..., Path], person: Callable[..., Person]) -> None:
    path = papers(1)
    for environment, coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
        curator = person(path, **environment)
        curator.sees(WAITS)
        curator.types("q")
        curator.leaves()
        assert ("\x1b[" in curator.seen) is coloured
        plain = re.sub(r"\x1b\[[0-9;]*m", "", curator.seen)
        assert "under [stress]" in plain and "the {weight decay} of" in plain


# As a script


def test_piped_keys_drive_a_review(run: Run, papers: Callable[..., Path]) -> None:
    path = papers(1, 2, 3)
    result = run("--store", path, "review", input="a\nr\ns\n")
    assert result.exit_code == 0, result.output
    assert "1 accepted, 1 rejected, 1 skipped; 0 of 3 left" in result.stderr
    assert run("--store", path, "review", input="aq").exit_code == 0
    assert len(decided(path)) == 3
    assert "nothing to decide" in run("--store", path, "review").stderr


def test_the_mapping_nearest_to_doubt_comes_first(run: Run, papers: Callable[..., Path]) -> None:
    path = papers(1, 2, 3, 4, 5)
    shown = run("--store", path, "review", input="sssss").stdout
    assert re.findall(r"belief ([\d.]+)", shown) == ["0.40", "0.36", "0.48", "0.56", "0.72"]
    sure = run("--store", path, "review", "--least", "0.5", "--limit", "1", input="s").stdout
    assert re.findall(r"(\d+ of \d+), \w+, belief ([\d.]+)", sure) == [("1 of 1", "0.56")]
    assert key_of(2) in run("--store", path, "review", "--paper", key_of(2), "--relation", "inspires", input="q").stdout
    assert "nothing to decide" in run("--store", path, "review", "--relation", "contrasts").stderr
    assert run("--store", path, "review", "--paper", "arxiv:9").exit_code == 1


def test_undo_goes_back_in_a_sitting_and_across_sittings(run: Run, papers: Callable[..., Path]) -> None:
    path = papers(1, 2)
    before = exported(path)
    result = run("--store", path, "review", input="auruuq")
    assert result.stdout.count("taken back:") == 2 and "there is nothing to take back" in result.stdout
    assert "nothing decided; 2 of 2 left" in result.stderr
    assert exported(path) == before
    run("--store", path, "review", input="ar")
    assert "taken back: rejected octopus arm -> optimizer" in run("--store", path, "review", "--undo").stderr
    assert decided(path) == {key_of(1): "accept"}
    assert "accepted cell stress -> decay" in run("--store", path, "review", "--undo").stderr
    assert "no decision" in run("--store", path, "review", "--undo").stderr
    assert exported(path) == before


def test_words_are_fixed_by_name_or_number_and_checked(run: Run, papers: Callable[..., Path]) -> None:
    path = papers(1)
    wrong = run("--store", path, "review", input="f\nno such words\n\nq")
    assert "does not hold the words 'no such words'" in " ".join(wrong.stdout.split())
    assert decided(path) == {} and wrong.exit_code == 0
    right = run("--store", path, "review", input="f\n3\n\n")
    assert "fixed: chaperones -> decay" in right.stdout, right.stdout
    with Store.open(path, write=False) as store:
        (word,) = (one for one in store.evidence() if one.by == "curator" and one.stance == "for")
        assert (store.quote(word).mechanism, store.quote(word).technique) == ("chaperones", "weight decay")
        assert store.open_findings() == []
    half = run("--store", papers(2), "review", input="f\nOctopus")
    assert half.exit_code == 0 and len(decided(path)) == 1, "half an answer decides nothing"


def test_concepts_are_renamed_and_merged_on_the_way(run: Run, papers: Callable[..., Path]) -> None:
    path = papers(1, 2)
    before = exported(path)
    keys = "n\nt\nweight regularisation\nm\nm\noctopus arm\nm\nm\nno such concept\nn\nx\na\nq\n"
    result = run("--store", path, "review", input=keys)
    assert "renamed: weight regularisation" in result.stdout
    assert "shown as octopus arm" in result.stdout
    assert "no mechanism is called 'no such concept'" in result.stdout
    assert "1 accepted, 1 renamed, 1 merged" in result.stderr
    with Store.open(path, write=False) as store:
        (mapping,) = store.mappings(technique="technique:weight-regularisation")
        assert mapping.mechanism == "mechanism:octopus-arm"
        assert store.belief_of(mapping.key).value == 0.8
    for _ in range(3):
        run("--store", path, "review", "--undo")
    assert exported(path) == before


def test_text_of_others_is_escaped_in_what_is_piped_too(run: Run, papers: Callable[..., Path]) -> None:
    path = papers(5)
    result = run("--store", path, "review", input="f\n\n\nuaq")
    assert "fixed:" in result.stdout and "taken back: fixed" in result.stdout
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", result.stdout + result.stderr)
    undone = run("--store", path, "review", "--undo")
    assert "\x1b" not in undone.stderr and "\\x1b" in undone.stderr


# What is handed on


def test_decisions_are_written_as_annotated_abstracts(run: Run, papers: Callable[..., Path], tmp_path: Path) -> None:
    path, file = papers(1, 2, 3), tmp_path / "decisions.jsonl"
    run("--store", path, "review", input="f\nchaperones\nweight decay\nr\nq")
    for _ in range(2):
        result = run("--store", path, "review", "--export", file)
        assert result.exit_code == 0 and "2 papers with decisions" in result.stderr
    first = file.read_bytes()
    run("--store", path, "review", "--export", file)
    assert file.read_bytes() == first and not list(tmp_path.glob("*.part"))
    rows = [json.loads(line) for line in first.decode().splitlines()]
    assert [row["id"] for row in rows] == [key_of(1), key_of(3)]
    (mapping,) = rows[0]["mappings"]
    assert (mapping["mechanism"], mapping["technique"], mapping["relation"]) == ("chaperones", "weight decay", "inspires")
    field, start, end = mapping["mechanism_span"]
    assert rows[0][field][start:end] == "chaperones" and mapping["evidence"] in rows[0]["abstract"]
    assert [one["fixed"] for one in rows[0]["rejected"]] == [True]
    assert (rows[1]["label"], rows[1]["mappings"], rows[1]["rejected"][0]["technique"]) == ("other", [], "経験再生")
    gold = load_gold(file)
    assert [document.label for document in gold.documents] == ["bio_inspired", "other"]
    assert gold.documents[0].mappings[0].evidence == (mapping["evidence"],)
    assert run("--store", path, "review", "--export", tmp_path / "no" / "where").exit_code == 1
    assert run("--store", path, "review", "--export", file, "--undo").exit_code == 2


def test_an_end_that_is_named_where_no_text_is_can_be_kept(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "graph.db"
    with Store.open(path) as store:
        key, _ = store.add_paper(Paper(key=key_of(9), title="Ants find the way", abstract_sha256=sha256("unseen")))
        mechanism = store.add_concept(Concept(kind="mechanism", name="ants"))
        technique = store.add_concept(Concept(kind="technique", name="tsp"))
        mapping = store.add_mapping(Mapping(mechanism=mechanism, relation="inspires", technique=technique))
        store.add_evidence(
            Evidence(
                mapping=mapping, paper=key, passages=(Span("title", 0, 17),), text_sha256=sha256("Ants find the way"), by="atlas",
                mechanism_span=Span("title", 0, 4), technique_span=Span("abstract", 2, 5), score=0.5,
            )
        )  # fmt: skip
    result = run("--store", path, "review", input="f\n1-2\n\nq")
    assert "the technique is named in the abstract, whose text is not here" in result.stdout
    assert "fixed: Ants find -> tsp" in result.stdout


def test_text_that_the_store_does_not_hold_is_not_exported(run: Run, tmp_path: Path) -> None:
    path, file = tmp_path / "graph.db", tmp_path / "decisions.jsonl"
    with Store.open(path) as store:
        key, _ = store.add_paper(Paper(key=key_of(9), title="Known by title", abstract_sha256=sha256("unseen")))
        ends = [store.add_concept(Concept(kind=kind, name="a")) for kind in ("mechanism", "technique")]
        mapping = store.add_mapping(Mapping(mechanism=ends[0], relation="inspires", technique=ends[1]))
        span = (Span("abstract", 0, 4),)
        store.add_evidence(Evidence(mapping=mapping, paper=key, passages=span, text_sha256=sha256("unseen"), by="atlas"))
        store.decide(mapping, key, accept=True)
    run("--store", path, "review", "--export", file)
    (row,) = map(json.loads, file.read_text("utf-8").splitlines())
    assert "abstract" not in row and "evidence" not in row["mappings"][0]
    assert row["mappings"][0]["passages"] == [["abstract", 0, 4]]


def test_a_rejected_finding_stays_rejected_when_the_paper_is_read_again(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "graph.db"
    text = "Notes.\n• Genes ↔ Model architecture: written once.\n• Epigenetics ↔ Hyperparameters: how the text is used.\n"
    essay = Paper(key="title:00000000000000ab", title="Cells and nets", abstract=text, kind="essay", source="essay")
    with Store.open(path) as store:
        ingest(store, [essay])
        found = len(store.open_findings())
    assert found >= 2
    run("--store", path, "review", "--most", "1", input="raq")
    with Store.open(path) as store:
        before = {one.subject: one.action for one in store.decisions()}
        ingest(store, [essay], again=True)
        monkeypatch.setattr("ingest.extract.essay.VERSION", "newer")
        assert ingest(store, [essay]).read == 1, "a new version of the reader reads it anew"
        assert {one.version for one in store.evidence() if one.by == "essay"} == {"newer"}
        assert {one.subject: one.action for one in store.decisions()} == before
        rejected = [store.belief_of(key).value for key, action in before.items() if action == "reject"]
        assert rejected == [0.0]
        assert len(store.open_findings(paper=essay.key)) == found - 2


# Without a terminal


def test_a_sitting_passes_over_what_was_decided_meanwhile(tmp_path: Path) -> None:
    with Store.open(tmp_path / "graph.db") as store:
        keys = fill(store, 1, 2)
        sitting = Sitting(store, queue(store))
        store.decide(keys[1], key_of(1), accept=True)
        finding = sitting.current()
        assert finding is not None and finding.evidence.paper == key_of(2)
        sitting.accept(finding)
        assert sitting.current() is None and sitting.left == 0
        assert (sitting.undo(), sitting.position) != (None, 2)
        assert dict(sitting.tally) == {}
        sitting.undo()
        assert sitting.current() is not None and sitting.current().evidence.paper == key_of(1)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("weight  DECAY", "weight decay"),
        ("9-10", "weight decay"),
        ("5", "stress"),
        ("cell", "Cell"),
        ("Paper number", "Paper number"),
    ],
)
def test_typed_words_are_found_where_they_stand(typed: str, words: str) -> None:
    paper = Paper(key="arxiv:1", title="Paper number 1", abstract=TEXTS[1])
    span = span_of(paper, (Span("abstract", 0, len(TEXTS[1])),), typed)
    assert (paper.text(span.field) or "")[span.start : span.end] == words


def test_of_several_places_the_nearest_is_meant() -> None:
    paper = Paper(key="arxiv:1", title="T", abstract="a cell, a celled cell; a cell.")
    passage = (Span("abstract", 0, 30),)
    assert span_of(paper, passage, "cell").start == 2
    assert span_of(paper, passage, "cell", near=Span("abstract", 28, 29)).start == 25
    assert len(words_of(paper, passage)) == 7
    for typed in ("cell division", "8", "", "(", "1-9"):
        with pytest.raises(Mismatch):
            span_of(paper, passage, typed)


def test_marks_may_cross_and_wide_letters_count_twice() -> None:
    paper = Paper(key="arxiv:1", title="T", abstract="ab cd 睡眠睡眠 e\u0301")
    evidence = Evidence(
        mapping="m", paper="arxiv:1", passages=(Span("abstract", 0, 14),), mechanism_span=Span("abstract", 0, 5),
        technique_span=Span("abstract", 3, 10),
    )  # fmt: skip
    lines = screen.quote(paper, evidence, 40)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(lines))
    assert plain.strip() == "[ab {cd] 睡眠睡眠} e\u0301"
    narrow = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in screen.quote(paper, evidence, 9)]
    assert max(map(cells, narrow)) <= 9 and "".join("".join(narrow).split()) == "[ab{cd]睡眠睡眠}e\u0301"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain é 漢", "plain é 漢"),
        ("a\x1b[0m", "a\\x1b[0m"),
        ("\u202e", "\\u202e"),
        ("\ud800", "\\ud800"),
        ("می\u200cرود", "می\u200cرود"),
    ],
)
def test_what_steers_a_terminal_is_shown_and_not_sent(text: str, shown: str) -> None:
    assert escaped(text) == shown
