"""However many processes read, and wherever they run, the graph is the same."""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from textwrap import dedent
from typing import NamedTuple

import pytest

from benchmarks import made_papers
from benchmarks.command import exapt, session_of
from benchmarks.crash import digest, kept
from ingest import engines
from ingest.pipeline import ingest
from kg.errors import Refused
from kg.model import Paper, Reading
from kg.store import Store

PAPERS = 1200


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_papers.write(tmp_path_factory.mktemp("papers") / "papers.jsonl", PAPERS, inspired=300)


@pytest.fixture(scope="module")
def serial(papers: Path) -> str:
    """Digest of the export of a run in one process."""
    store = papers.with_name("serial.db")
    taken_in(store, papers, "--jobs", 1)
    with Store.open(store) as opened:
        assert opened.counts()["mappings"] > 0 and opened.counts()["papers"] == PAPERS
    return digest(store)


def taken_in(store: Path, papers: Path, *options: object) -> None:
    done = subprocess.run(exapt("--store", store, "ingest", "jsonl", papers, *options), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("options", [("--jobs", 2), ()], ids=["two", "as many as fit"])
def test_processes_give_the_same_graph_as_one(tmp_path: Path, papers: Path, serial: str, options: tuple[object, ...]) -> None:
    taken_in(tmp_path / "graph.db", papers, *options)
    assert digest(tmp_path / "graph.db") == serial


def test_records_of_one_paper_in_one_batch_or_two_give_one_graph(tmp_path: Path) -> None:
    text = "Inspired by synaptic plasticity in the brain, we propose Hebbian dropout, a regularization method for deep networks."
    bare = Paper(key="title:x", title="Hebbian dropout", source="a")
    told = [bare, Paper(key="doi:10.1/x", title="Hebbian dropout", abstract=text, source="b"), bare]
    others = [
        Paper(key=f"arxiv:{n}", title=f"Bounds, part {n}", abstract="We prove lower bounds.", source="c") for n in range(60)
    ]
    exports = []
    for batch, jobs in ((1, 1), (2, 2), (500, 1), (7, 2)):
        with Store.open(":memory:") as store:
            ingest(store, [*told, *others, *told], batch=batch, jobs=jobs)
            exports.append(list(store.export()))
    assert all(export == exports[0] for export in exports)


def test_a_reader_that_waits_is_asked_ahead_in_this_process() -> None:
    class Waiting:
        __name__ = "waiting"
        VERSION = "1"
        asked: tuple[int, int] = (0, 0)

        def ahead(self, papers: Iterator[Paper], *, jobs: int) -> Iterator[Paper]:
            listed = list(papers)
            self.asked = (len(listed), jobs)
            return iter(listed)

        def read(self, paper: Paper) -> Reading:
            return Reading(label="other", label_score=0.5)

    reader = Waiting()
    papers = [Paper(key=f"arxiv:{n}", title=f"Part {n}", abstract="Text.", source="c") for n in range(5)]
    with Store.open(":memory:") as store:
        assert ingest(store, papers, readers=lambda paper: reader, jobs=3).read == 5
    assert reader.asked == (5, 3)


@pytest.mark.parametrize(
    ("engine", "scheduler", "said"),
    [
        ("spark", None, "there are: loky, dask, ray"),
        ("loky", "tcp://127.0.0.1:1", "no scheduler"),
        ("dask", None, "address of its scheduler"),
    ],
)
def test_what_an_engine_cannot_do_is_refused(engine: str, scheduler: str | None, said: str) -> None:
    with pytest.raises(Refused, match=said), engines.opened(engine, scheduler=scheduler):
        pass


@pytest.mark.skipif(importlib.util.find_spec("distributed") is None, reason="distributed is not installed")
def test_a_scheduler_that_does_not_answer_is_one_line(tmp_path: Path, papers: Path) -> None:
    options = ("--engine", "dask", "--scheduler", f"tcp://127.0.0.1:{free_port()}")
    command = exapt("--store", tmp_path / "graph.db", "ingest", "jsonl", papers, *options)
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1 and "dask scheduler" in done.stderr


@pytest.mark.skipif(importlib.util.find_spec("distributed") is None, reason="distributed is not installed")
def test_a_dask_cluster_that_loses_a_worker_gives_the_same_graph(tmp_path: Path, papers: Path, serial: str) -> None:
    with dask_cluster(tmp_path) as cluster:
        options = ("--engine", "dask", "--scheduler", cluster.address)
        command = exapt("--store", tmp_path / "graph.db", "ingest", "jsonl", papers, *options)
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        waited(lambda: 0 < len(kept(tmp_path / "graph.db")), process)
        assert len(kept(tmp_path / "graph.db")) < PAPERS
        cluster.workers[0].send_signal(signal.SIGKILL)
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said
    assert digest(tmp_path / "graph.db") == serial


@pytest.mark.skipif(importlib.util.find_spec("distributed") is None, reason="distributed is not installed")
def test_a_scheduler_without_workers_is_not_waited_for_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "WAIT", 0.5)
    with dask_cluster(tmp_path, workers=0) as cluster:
        said = rf"has no worker, .* `dask worker {cluster.address}`"
        with pytest.raises(Refused, match=said), engines.opened("dask", scheduler=cluster.address):
            pytest.fail("nobody is there")


@pytest.mark.skipif(importlib.util.find_spec("distributed") is None, reason="distributed is not installed")
def test_a_cluster_that_lost_its_last_worker_is_not_waited_for_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dask_cluster(tmp_path, workers=1) as cluster:
        with pytest.raises(Refused, match="has no worker"), engines.opened("dask", scheduler=cluster.address) as pool:
            monkeypatch.setattr(engines, "WAIT", 0.5)
            future = pool.submit(time.sleep, 600)
            cluster.workers[0].kill()
            future.result()


@pytest.mark.skipif(importlib.util.find_spec("distributed") is None, reason="distributed is not installed")
@pytest.mark.parametrize(("lost", "said"), [("worker", "killed again and again"), ("scheduler", "is gone")])
def test_what_a_dask_cluster_loses_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, lost: str, said: str
) -> None:
    monkeypatch.setenv("DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES", "0")
    with dask_cluster(tmp_path, workers=1) as cluster:
        with pytest.raises(Refused, match=said) as refused, engines.opened("dask", scheduler=cluster.address) as pool:
            future = pool.submit(os._exit if lost == "worker" else time.sleep, 600)
            if lost == "scheduler":
                cluster.scheduler.kill()
            future.result()
    assert len(str(refused.value).splitlines()) == 1
    assert not [record for record in caplog.records if record.name == "distributed.client"]


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="ray is not installed")
def test_what_goes_wrong_on_ray_is_one_line() -> None:
    with pytest.raises(Refused, match="lost workers") as lost, engines.opened("ray", jobs=1) as pool:
        pool.submit(os._exit, 1).result()
    assert len(str(lost.value).splitlines()) == 1

    def refuse() -> None:
        raise Refused("no, thank you")

    with pytest.raises(Refused, match=r"^no, thank you$"), engines.opened("ray", jobs=1) as pool:
        pool.submit(refuse).result()


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="ray is not installed")
def test_ray_gives_the_same_graph(tmp_path: Path, papers: Path, serial: str) -> None:
    taken_in(tmp_path / "graph.db", papers, "--engine", "ray", "--jobs", 2)
    assert digest(tmp_path / "graph.db") == serial


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="ray is not installed")
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_a_ray_that_loses_a_worker_gives_the_same_graph(tmp_path: Path, papers: Path, serial: str) -> None:
    command = exapt("--store", tmp_path / "graph.db", "ingest", "jsonl", papers, "--engine", "ray", "--jobs", 2)
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    waited(lambda: 0 < len(kept(tmp_path / "graph.db")), process)
    assert len(kept(tmp_path / "graph.db")) < PAPERS
    names = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in descendants(process.pid)}
    at_work = [pid for pid, name in names.items() if name.startswith(b"ray::") and b"Agent" not in name]
    assert at_work
    os.kill(at_work[0], signal.SIGKILL)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    assert digest(tmp_path / "graph.db") == serial


def descendants(ancestor: int) -> list[int]:
    """The processes that ``ancestor`` and its own began, whatever session they are in."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
    found = [ancestor]
    for pid in found:  # grows as it goes
        found += [child for child, parent in parents.items() if parent == pid]
    return found[1:]


class Cluster(NamedTuple):
    address: str
    scheduler: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]]


@contextmanager
def dask_cluster(folder: Path, *, workers: int = 2) -> Iterator[Cluster]:
    """A scheduler that answers, and its workers, on loopback, each a process of its own."""
    address = f"tcp://127.0.0.1:{free_port()}"
    host, port = "127.0.0.1", address.rpartition(":")[2]
    scheduler = ["scheduler", "--host", host, "--port", port, "--no-dashboard", "--no-jupyter"]
    worker = ["worker", address, "--no-nanny", "--nthreads", "1", "--no-dashboard", "--local-directory", str(folder)]
    with ExitStack() as stack:
        started = []
        for arguments in (scheduler, *[worker] * workers):
            command = [sys.executable, "-m", "dask", *arguments]
            log = stack.enter_context((folder / "dask.log").open("ab"))
            process = subprocess.Popen(command, stdout=log, stderr=log)
            stack.callback(process.wait)
            stack.callback(process.kill)
            started.append(process)
        end = time.monotonic() + 30
        while True:
            with suppress(OSError), socket.create_connection((host, int(port)), 1):
                break
            assert time.monotonic() < end
            time.sleep(0.05)
        yield Cluster(address, started[0], started[1:])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def holds_papers(path: Path) -> bool:
    """Whether there is a store with papers in it, at the price of a look."""
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as store:
        return store.execute("SELECT 1 FROM paper LIMIT 1").fetchone() is not None
    return False


def waited(done: object, process: subprocess.Popen[str], seconds: float = 60) -> None:
    """Wait until ``done()``; the process must not end before."""
    assert callable(done)
    end = time.monotonic() + seconds
    while not done():
        assert process.poll() is None, process.stderr and process.stderr.read()
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_run_stopped_while_a_worker_hands_over_a_result_does_not_wait_for_the_rest_of_it() -> None:
    # Workers that do nothing but hand over are in the middle of it whenever they are killed.
    stopped = """
        from ingest import engines
        with engines.opened("loky", jobs=2) as pool:
            handed = [pool.submit(bytes, 100_000_000) for _ in range(12)]
            handed[0].result()
            raise SystemExit("stopped")
    """
    done = subprocess.run([sys.executable, "-c", dedent(stopped)], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (1, "stopped\n")


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
def test_no_worker_outlives_a_run_that_is_stopped(tmp_path: Path, sent: signal.Signals) -> None:
    papers = made_papers.write(tmp_path / "many.jsonl", 20_000, inspired=4000)
    command = exapt("--store", tmp_path / "graph.db", "ingest", "jsonl", papers, "--jobs", 2)
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    # The first papers are kept before the workers have begun.
    waited(lambda: len(session_of(process.pid)) > 2 and holds_papers(tmp_path / "graph.db"), process)
    if sent == signal.SIGINT:  # as a terminal does, to every process
        os.killpg(process.pid, signal.SIGINT)
    else:
        process.kill()
    _, said = process.communicate(timeout=20)
    if sent == signal.SIGINT:
        assert process.returncode == 130
        assert said.split("\n", 1)[-1] == "exapt: stopped; what was committed is kept\n"  # after the end of the line with ^C
    end = time.monotonic() + 10
    while session_of(process.pid):
        assert time.monotonic() < end, "a worker is still there"
        time.sleep(0.1)
    assert process.returncode == (130 if sent == signal.SIGINT else -signal.SIGKILL)  # it was not through
    assert kept(tmp_path / "graph.db")


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_a_worker_that_is_killed_ends_the_run_with_one_line_and_it_goes_on_from_there(
    tmp_path: Path, papers: Path, serial: str
) -> None:
    command = exapt("--store", tmp_path / "graph.db", "ingest", "jsonl", papers, "--jobs", 2)
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    while process.poll() is None:
        for worker in session_of(process.pid):
            with suppress(OSError):
                if b"popen_loky" in Path(f"/proc/{worker}/cmdline").read_bytes():
                    os.kill(worker, signal.SIGKILL)
        time.sleep(0.1)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 1
    assert len(said.splitlines()) == 1 and "a worker process was killed" in said
    taken_in(tmp_path / "graph.db", papers, "--jobs", 2)
    assert digest(tmp_path / "graph.db") == serial
