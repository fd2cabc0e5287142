"""``exapt extract --extractor llm``: same lines out, costs told before and after, nothing asked twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

pytest.importorskip("openai")

Run = Callable[..., Result]
KEYS = [
    "mechanism", "mechanism_span", "technique", "technique_span", "relation", "evidence", "evidence_span",
    "mechanism_concept", "technique_concept", "score", "hedged",
]  # fmt: skip
ABSTRACT = "Robots fall. Inspired by the righting reflex of cats, we propose CatFall, a controller for legged robots."
MAPPING = {
    "mechanism": "righting reflex of cats", "technique": "CatFall", "relation": "inspires", "evidence": ABSTRACT[13:],
    "mechanism_concept": "righting reflex", "technique_concept": "fall controller", "functions": [], "hedged": False,
    "confidence": 3,
}  # fmt: skip


class Handler(BaseHTTPRequestHandler):
    """Finds the mapping in a paper that has it, talks nonsense about "Nonsense", and takes one key only."""

    def log_message(self, *arguments: object) -> None:
        pass

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(request)  # type: ignore[attr-defined]
        text = request["messages"][1]["content"]
        if "Stuck" in text:
            self.server.stuck.set()  # type: ignore[attr-defined]
            self.server.freed.wait(60)  # type: ignore[attr-defined]
        mappings = [MAPPING, {**MAPPING, "technique": "invented"}] if "cats" in text else []
        content = json.dumps({"label": "bio_inspired" if mappings else "other", "label_confidence": 3, "mappings": mappings})
        message = {"role": "assistant", "content": "what?" if "Nonsense" in text else content}
        body: dict[str, Any] = {
            "choices": [{"finish_reason": "stop", "message": message}],
            "usage": {"prompt_tokens": 2000, "completion_tokens": 100},
        }
        right = self.headers["Authorization"] == "Bearer right"
        data = json.dumps(body if right else {"error": {"message": "bad key"}}).encode()
        try:
            self.send_response(200 if right else 401)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
        except OSError:  # the client was stopped
            self.close_connection = True


@pytest.fixture
def server() -> ThreadingHTTPServer:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.asked, server.stuck, server.freed = [], threading.Event(), threading.Event()  # type: ignore[attr-defined]
    return server


@pytest.fixture
def asked(server: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[dict[str, Any]]]:
    """What the language model that the environment names is asked."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    for name in ("EXAPT_LLM_PRICE_IN", "EXAPT_LLM_PRICE_OUT", "EXAPT_LLM_TIMEOUT", "EXAPT_LLM_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("EXAPT_LLM_URL", f"http://127.0.0.1:{server.server_port}/v1/")
    monkeypatch.setenv("EXAPT_LLM_MODEL", "small-1")
    monkeypatch.setenv("OPENAI_API_KEY", "right")
    monkeypatch.setenv("EXAPT_CACHE", str(tmp_path / "cache"))
    yield server.asked
    server.freed.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    documents: list[Any] = [{"id": str(number), "title": f"Plain {number}", "abstract": "Robots fall."} for number in range(9)]
    documents[3] = {"id": "cat", "title": "Cats", "abstract": ABSTRACT}
    lines = [json.dumps(document) for document in documents]
    lines.insert(5, "{broken")
    file = tmp_path / "in.jsonl"
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def test_the_same_lines_come_out_as_from_the_built_in_reader(run: Run, asked: list[Any], papers: Path) -> None:
    result = run("extract", papers, "--extractor", "llm", "--jobs", 3)
    assert result.exit_code == 0, result.stderr
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["id"] for row in rows] == ["0", "1", "2", "cat", "4", "5", "6", "7", "8"]
    assert all(list(row) == ["id", "label", "label_score", "mappings"] for row in rows)
    (mapping,) = rows[3]["mappings"]
    assert list(mapping) == KEYS
    assert mapping["evidence"] == ABSTRACT[13:] and mapping["technique"] == "CatFall"
    before, bad, after = result.stderr.splitlines()
    assert "9 papers: 9 requests, 0 answers from the cache (free)" in before
    assert "line 6" in bad
    assert "18,000 tokens in and 900 out" in after and "1 technique not in the text" in after


def test_a_rerun_asks_nothing_and_writes_the_same(run: Run, asked: list[Any], papers: Path) -> None:
    first = run("extract", papers, "--extractor", "llm")
    number = len(asked)
    again = run("extract", papers, "--extractor", "llm")
    assert (len(asked), again.stdout) == (number, first.stdout)
    assert "0 requests, 9 answers from the cache (free); 0 tokens in and 0 out" in again.stderr


def test_a_dry_run_asks_nothing(run: Run, asked: list[Any], papers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run("extract", papers, "--extractor", "llm", "--dry-run")
    assert (result.exit_code, asked) == (0, [])
    assert "9 papers: 9 requests" in result.stdout and "unknown price" in result.stdout
    monkeypatch.setenv("EXAPT_LLM_PRICE_IN", "2.5")
    monkeypatch.setenv("EXAPT_LLM_PRICE_OUT", "10")
    assert ", cost 0.0" in run("extract", papers, "--extractor", "llm", "--dry-run").stdout
    monkeypatch.delenv("EXAPT_LLM_URL")
    assert run("extract", papers, "--extractor", "llm", "--dry-run").exit_code == 0
    assert asked == []


def test_what_a_reading_into_the_store_takes_is_told_before_and_after(run: Run, asked: list[Any], papers: Path) -> None:
    store = ("--store", papers.with_name("graph.db"))
    result = run(*store, "ingest", "jsonl", papers, "--extractor", "llm", "--read-at-most", "5")
    assert (result.exit_code, len(asked)) == (0, 5), result.stderr
    lines = result.stderr.splitlines()
    assert "to read: 5 papers: 5 requests, 0 answers from the cache (free)" in lines[0]
    assert "language model: 5 requests" in lines[-1]
    result = run(*store, "read", "--extractor", "llm")
    assert "to read: 4 papers: 4 requests" in result.stderr.splitlines()[0] and len(asked) == 9


def test_a_dry_run_of_reading_into_the_store_asks_nothing(
    run: Run, asked: list[Any], papers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = ("--store", papers.with_name("graph.db"))
    monkeypatch.setenv("EXAPT_LLM_PRICE_IN", "2.5")
    monkeypatch.setenv("EXAPT_LLM_PRICE_OUT", "10")
    result = run("-q", *store, "ingest", "jsonl", papers, "--extractor", "llm", "--dry-run", "--format", "json")
    told = json.loads(result.stdout)
    assert (told["new"], told["waiting"], asked) == (9, 9, [])
    assert "9 papers: 9 requests" in result.stderr and ", cost 0.0" in result.stderr
    result = run(*store, "read", "--at-most", "3", "--extractor", "llm", "--dry-run")
    assert "3 papers: 3 requests" in result.stderr and "language model:" not in result.stderr
    assert asked == []
    run(*store, "read", "--extractor", "llm")
    assert "0 papers: 0 requests" in run(*store, "reextract", "--extractor", "llm", "--dry-run").stderr
    monkeypatch.setenv("EXAPT_LLM_MODEL", "small-2")
    assert "9 papers: 9 requests" in run(*store, "reextract", "--extractor", "llm", "--dry-run").stderr
    assert json.loads(run(*store, "read", "--format", "json").stdout)["read"] == 0, "nothing waits after a dry run"
    assert len(asked) == 9


def test_a_dry_run_without_a_language_model_makes_no_sense(run: Run, papers: Path) -> None:
    assert run("--store", papers.with_name("graph.db"), "ingest", "jsonl", papers, "--dry-run").exit_code == 2


def test_a_paper_without_a_usable_answer_is_named_and_the_rest_goes_on(run: Run, asked: list[Any], tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text('{"id": "x", "title": "Nonsense"}\n{"id": "y", "title": "Sense"}', encoding="utf-8")
    result = run("extract", file, "--extractor", "llm")
    assert result.exit_code == 0
    assert [json.loads(line)["id"] for line in result.stdout.splitlines()] == ["y"]
    assert "exapt: cannot read x: the language model gave no usable answer" in result.stderr
    assert "3 bad answers, 1 papers skipped" in result.stderr


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_ctrl_c_ends_it_at_once_and_keeps_the_answers(run: Run, asked: list[Any], server: Any, tmp_path: Path) -> None:
    titles = ["One", "Two", "Stuck", "Four"]
    file, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    file.write_text("\n".join(json.dumps({"id": title, "title": title}) for title in titles), encoding="utf-8")
    # A shell may have told its background jobs to ignore the signal.
    code = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from kg.__main__ import main; main()"
    command = [sys.executable, "-c", code, "extract", str(file), "--extractor", "llm", "--jobs", "1", "-o", str(out)]
    for jobs in ("1", "2"):
        command[-3] = jobs
        server.stuck.clear()
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            assert server.stuck.wait(60)
            process.send_signal(signal.SIGINT)
            _, told = process.communicate(timeout=60)
        assert process.returncode == 130, told
        assert "Traceback" not in told and told.splitlines()[-1].startswith("exapt: stopped")
        assert not out.exists()
    server.freed.set()
    result = run("extract", file, "--extractor", "llm")
    assert [json.loads(line)["id"] for line in result.stdout.splitlines()] == titles
    titles_asked = [request["messages"][1]["content"].splitlines()[1] for request in asked]
    assert [titles_asked.count(f"Title: {title}") for title in titles[:2]] == [1, 1]


def test_a_wrong_key_is_one_line(run: Run, asked: list[Any], papers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXAPT_LLM_KEY", "wrong")
    result = run("-q", "extract", papers, "--extractor", "llm", "-o", papers.with_name("out.jsonl"))
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert "EXAPT_LLM_KEY" in result.stderr and "wrong" not in result.stderr
    assert not papers.with_name("out.jsonl").exists()


def test_no_model_named_is_one_line(run: Run, papers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EXAPT_LLM_URL", raising=False)
    result = run("extract", papers, "--extractor", "llm")
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert "EXAPT_LLM_URL" in result.stderr


@pytest.mark.parametrize("option", [("--dry-run",), ("--jobs", "2")])
def test_options_of_the_language_model_go_with_it(run: Run, papers: Path, option: tuple[str, ...]) -> None:
    assert run("extract", papers, *option).exit_code == 2
