"""The page as a file: what it holds, that it is the same each time, and that no text of others gets out of its place."""

from __future__ import annotations

import http.client
import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from kg.model import Paper, Span, sha256
from kg.page.render import embedded, page
from kg.store import Store
from tests.queries.conftest import state

Run = Callable[..., Result]
HOSTILE = (
    "</script><script>window.hit = 1</script>",
    "<!--<script>",
    '"><img src=x onerror="window.hit=2">',
    "line\u2028paragraph\u2029 tab\t nul\x00 bell\x07 escape\x1b[31m",
    "‮ drawkcab שלום عالم",
    "ten thousand " + "x" * 10_000,
    "@@DATA@@ ]]> ${1} \\u003c/script> 'or 1=1; MATCH (n) DETACH DELETE n //",
)


def held(text: str) -> dict[str, Any]:
    """What a browser reads from the page's data."""
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    found = json.loads(data)
    assert isinstance(found, dict)
    return found


def fill_with_hostile(path: Path) -> None:
    with Store.open(path) as store:
        for number, name in enumerate(HOSTILE):
            name = name.replace("\x00", "\x01")  # the store itself refuses NUL
            text = f"Inspired by {name}, we do it."
            paper = Paper(
                key=f"arxiv:1234.{number:05d}", title=name, abstract=text, published="2020", url="javascript:window.hit=3"
            )
            store.add_paper(paper)
            passage = Span("abstract", 0, len(text))
            state(
                store,
                name,
                "inspires",
                f"technique {name}",
                paper.key,
                passage=passage,
                digest=sha256(text),
                functions=("protect_old",),
            )


def test_a_page_is_one_file_and_always_the_same(run: Run, graph: Path, tmp_path: Path) -> None:
    one, two = tmp_path / "one.html", tmp_path / "two.html"
    for path in (one, two):
        result = run("--store", graph, "browse", "-o", path)
        assert result.exit_code == 0, result.output
        assert str(path) in result.stderr
    assert one.read_bytes() == two.read_bytes()
    assert run("--store", graph, "browse", "-o", "-").stdout_bytes == one.read_bytes()
    assert not list(tmp_path.glob("*.part"))
    exported = tmp_path / "three.html"
    run("--store", graph, "export", "html", "-o", exported)
    assert exported.read_bytes() == one.read_bytes()


def test_the_page_holds_quotes_or_places_of_all_evidence(graph: Path) -> None:
    with Store.open(graph, write=False) as store:
        text, contents = page(store)
        found = held(text.decode())
        assert found == json.loads(json.dumps(contents))
        assert {item["key"] for item in found["mappings"]} == {mapping.key for mapping in store.mappings()}
        assert {item["key"] for item in found["concepts"]} == {concept.key for concept in store.concepts()}
    proofs = [proof for mapping in found["mappings"] for proof in mapping["evidence"]]
    assert {proof["state"] for proof in proofs} == {"quoted", "by_reference", "mismatch"}
    for proof in proofs:
        assert ("quotes" in proof) == (proof["state"] == "quoted")
        assert re.fullmatch(r"abstract \d+–\d+", proof["place"])
    said = ["".join(words for words, _ in passage) for proof in proofs for passage in proof.get("quotes", [])]
    assert "A protein receives no gradient, unlike a weight." in said


def test_the_words_that_name_both_ends_are_marked(tmp_path: Path) -> None:
    text = "Like sleep, replay helps networks."
    with Store.open(tmp_path / "g.db") as store:
        store.add_paper(Paper(key="arxiv:1234.00009", title="T", abstract=text, published="2020"))
        key = state(
            store, "sleep", "inspires", "replay", "arxiv:1234.00009", passage=Span("abstract", 0, len(text)), digest=sha256(text)
        )
        (evidence,) = store.evidence(mapping=key)
        marked = Span("abstract", 5, 10), Span("abstract", 12, 18)
        changes = dict(mechanism_span=marked[0], technique_span=marked[1], by="abstract")
        store.add_evidence(type(evidence)(**{name: getattr(evidence, name) for name in evidence.__slots__} | changes))
        _, contents = page(store)
    quotes = [proof["quotes"] for proof in contents["mappings"][0]["evidence"]]
    assert [[["Like ", ""], ["sleep", "mechanism"], [", ", ""], ["replay", "technique"], [" helps networks.", ""]]] in quotes


def test_a_limit_keeps_the_most_believed_and_says_what_it_left(run: Run, graph: Path, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    result = run("--store", graph, "browse", "-o", path, "--limit", 2)
    assert "left out" in result.stderr
    found = held(path.read_text("utf-8"))
    with Store.open(graph, write=False) as store:
        beliefs = sorted((belief.value for belief in store.beliefs().values()), reverse=True)
    assert [item["belief"] for item in found["mappings"]] == pytest.approx(beliefs[:2])
    assert found["left_out"]["mappings"] == len(beliefs) - 2
    assert found["left_out"]["concepts"] > 0


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    fill_with_hostile(tmp_path / "hostile.db")
    with Store.open(tmp_path / "hostile.db", write=False) as store:
        text, contents = page(store, title="<b>mine</b> & yours")
    read = text.decode()
    assert held(read) == json.loads(json.dumps(contents))
    assert read.count("<script") == 3, "data, engine, view: no other"
    assert "<b>mine" not in read
    assert "onerror" not in re.sub(r'<script type="application/json".*?</script>', "", read, flags=re.DOTALL).split("<script")[0]
    assert all(paper["url"].startswith("https://arxiv.org/abs/") for paper in contents["papers"]), "javascript: is no address"
    names = {concept["name"] for concept in contents["concepts"]}
    assert {name.replace("\x00", "\x01") for name in HOSTILE} <= names


@pytest.mark.parametrize("text", ["</script>", "<!--", "]]>", "\u2028", "\ud800", "&amp;"])
def test_data_cannot_end_its_element(text: str) -> None:
    written = embedded({"a": text})
    assert not set(written) & set("<>&\u2028\u2029")
    assert json.loads(written) == {"a": text}


def test_the_page_may_fetch_nothing_and_run_nothing_else(graph: Path) -> None:
    with Store.open(graph, write=False) as store:
        text = page(store)[0].decode()
    policy = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)[0]
    assert "default-src &#x27;none&#x27;" in policy
    assert "unsafe" not in policy
    own = (Path(__file__).parents[2] / "kg" / "page").glob("*.js")
    for script in own:
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|fetch\(|XMLHttp", script.read_text("utf-8")
        ), script
    assert "Permission to use, copy, modify" in text, "the library's licence travels with it"


IMPOSSIBLE = [(("--serve", "-o", "x.html"), 2), (("--port", "8000"), 2), (("--limit", "0"), 2), (("-o", "no/such/x.html"), 1)]


@pytest.mark.parametrize(("arguments", "status"), IMPOSSIBLE)
def test_what_cannot_be_done_is_one_line(run: Run, graph: Path, arguments: tuple[str, ...], status: int) -> None:
    result = run("--store", graph, "browse", *arguments)
    assert result.exit_code == status
    assert "Error" in result.stderr or len(result.stderr.splitlines()) == 1


def test_an_empty_graph_says_what_to_do(run: Run, tmp_path: Path) -> None:
    Store.open(tmp_path / "empty.db").close()
    result = run("--store", tmp_path / "empty.db", "browse", "-o", tmp_path / "x.html")
    assert result.exit_code == 1
    assert "exapt ingest atlas" in result.stderr
    assert not (tmp_path / "x.html").exists()


def test_it_is_served_on_this_computer_alone_as_the_store_is_now(graph: Path) -> None:
    command = [sys.executable, "-m", "kg", "--store", str(graph), "browse", "--serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            address = process.stdout.readline().strip()
            port = int(re.fullmatch(r"http://127\.0\.0\.1:(\d+)/", address)[1])  # type: ignore[index]

            def ask(path: str = "/", method: str = "GET", **headers: str) -> tuple[int, str]:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
                connection.request(method, path, headers=headers)
                answer = connection.getresponse()
                text = answer.read().decode()
                connection.close()
                return answer.status, text

            assert len(held(ask()[1])["mappings"]) == 7
            with Store.open(graph) as store:
                paper = Paper(key="arxiv:1234.00007", title="New", published="2021", abstract_sha256=sha256("x"))
                store.add_paper(paper)
                state(
                    store,
                    "torpor",
                    "inspires",
                    "early stopping",
                    paper.key,
                    passages=(Span("abstract", 0, 5),),
                    digest=sha256("x"),
                )
            assert len(held(ask()[1])["mappings"]) == 8
            assert ask("/../graph.db")[0] == 404
            assert ask(Host="evil.example")[0] == 403
            assert ask(method="HEAD") == (200, "")
            assert ask(method="POST")[0] == 501
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0
