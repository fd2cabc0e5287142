"""Wander through the graph in a browser: one page that works offline."""

from __future__ import annotations

import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import click

from kg.errors import Refused
from queries.session import Session, session, store_option
from queries.writing import check, whole

LOOPBACK = "127.0.0.1"
FILE = "exapt.html"


@click.command(
    epilog="""\b
Example:
  exapt browse
  exapt browse -o graph.html --limit 1000
  exapt browse --serve --open
"""
)
@click.option("-o", "--output", metavar="FILE", help=f'Where to write the page, {FILE} unless said; "-" is standard output.')
@click.option("--serve", is_flag=True, help="Show the page at an address of this computer alone, until Ctrl-C; write no file.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port to serve at; a free one unless said.")
@click.option(
    "--limit", type=click.IntRange(1), default=5000, show_default=True, help="At most so many mappings, the most believed first."
)
@click.option("--title", default="exapt", show_default=True, help="Heading of the page.")
@click.option("--open", "show", is_flag=True, help="Open the page in the browser.")
@store_option
def command(output: str | None, serve: bool, port: int, limit: int, title: str, show: bool) -> None:
    """Write the graph as one page of HTML to search, filter and wander through. It needs no network and no server.

    The same graph gives the same page. What --limit leaves out is said here and on the page.
    """
    if serve and output:
        raise click.UsageError("--serve writes no file; leave out -o")
    if port and not serve:
        raise click.UsageError("--port goes with --serve")
    current = session()
    if serve:
        _serve(lambda: _page(current, limit, title, say=False), _page(current, limit, title), port, show)
        return
    path = Path(output or FILE)
    if output != "-":
        check(path)
    text = _page(current, limit, title)
    if output == "-":
        sys.stdout.buffer.write(text)
        return
    with whole(path) as half:
        half.write_bytes(text)
    current.say(f"{path}: {len(text) / 1e6:.1f} MB; open it in any browser")
    if show:
        click.launch(path.resolve().as_uri())


def _page(current: Session, limit: int, title: str, *, say: bool = True) -> bytes:
    from kg.page.render import page

    with current.open() as store:
        text, held = page(store, limit=limit, title=title)
    left = held["left_out"]
    if not held["concepts"]:
        raise Refused("the graph is empty; `exapt ingest atlas` brings the mappings that ship with exapt")
    if say and left["mappings"]:
        current.say(
            f"{len(held['mappings']):,} mappings on the page; {left['mappings']:,} of belief {left['least']:.2f} or less left out"
            f" (--limit {limit})"
        )
    return text


def _serve(page: Callable[[], bytes], first: bytes, port: int, show: bool) -> None:
    try:
        server = ThreadingHTTPServer((LOOPBACK, port), handler(page, first))
    except OSError as error:
        raise Refused(f"port {port} cannot be served ({error.strerror}); leave out --port to take a free one") from error
    address = f"http://{LOOPBACK}:{server.server_port}/"
    with server:
        click.echo(address)
        session().say("reload it to see what has changed in the store; Ctrl-C ends")
        if show:
            click.launch(address)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            session().say("ended")


def handler(page: Callable[[], bytes], first: bytes) -> type[BaseHTTPRequestHandler]:
    """Answers ``/`` with the page as the store has it now, and nothing else; ``first`` is answered where that fails."""

    class Page(BaseHTTPRequestHandler):
        server_version, sys_version = "exapt", ""

        def do_GET(self) -> None:
            # Another site that has its own name point here must not read the graph through a visitor's browser.
            host = (self.headers.get("Host") or "").rpartition(":")[0] or self.headers.get("Host")
            if host not in (LOOPBACK, "localhost"):
                self.send_error(403)
            elif self.path.partition("?")[0] != "/":
                self.send_error(404)
            else:
                self._send(self._now())

        do_HEAD = do_GET

        def _now(self) -> bytes:
            from kg.errors import ExaptError

            try:
                return page()
            except ExaptError:
                return first

        def _send(self, text: bytes) -> None:
            self.send_response(200)
            for name, value in (
                ("Content-Type", "text/html; charset=utf-8"),
                ("Content-Length", str(len(text))),
                ("Content-Security-Policy", "frame-ancestors 'none'"),
                ("X-Content-Type-Options", "nosniff"),
                ("Referrer-Policy", "no-referrer"),
                ("Cache-Control", "no-store"),
            ):
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(text)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the name that the base class gives
            pass

    return Page
