"""A Neo4j of one's own in a container, for those who have Docker."""

from __future__ import annotations

import os
import secrets
import shlex
import shutil
import socket
import subprocess
import time
from collections.abc import Callable

from kg.errors import Refused, StoreError

IMAGE = "neo4j:5-community"
NAME = "exapt-neo4j"
BOLT, BROWSER = 7687, 7474
WITHOUT_DOCKER = """Neo4j is not part of exapt. Each of these gives you one (5 or newer; the free Community edition will do):
  Docker         https://docs.docker.com/get-started/, then again: exapt neo4j up
  Neo4j Desktop  https://neo4j.com/download/: install it, make a local database, start it
  Aura           https://neo4j.com/product/auradb/: a free one in the cloud, at an address such as neo4j+s://1234abcd.databases.neo4j.io
Then tell exapt where it is, and send the graph there:
  export NEO4J_URI=bolt://localhost:7687 NEO4J_USERNAME=neo4j NEO4J_PASSWORD=...
  exapt neo4j push"""


def start(*, timeout: float, say: Callable[[str], None]) -> str:
    """Start the container, or start it again; lines for a shell that say how to reach it. Only this computer can.

    Raises:
        Refused: Docker is not here, or does not do it.
        StoreError: the server does not answer in ``timeout`` seconds.
    """
    docker = shutil.which("docker")
    if docker is None or _run(docker, "info", "--format", "{{.ServerVersion}}").returncode:
        say(WITHOUT_DOCKER)
        raise Refused("Docker is not here" if docker is None else "Docker is here, but it does not run; start it, then try again")
    there = _run(docker, "container", "inspect", NAME).returncode == 0
    password = os.environ.get("NEO4J_PASSWORD", "")
    if there:
        say(f"the container {NAME} is here already; starting it")
        made = _run(docker, "start", NAME)
    else:
        password = password or secrets.token_urlsafe(12)
        # Before anything can fail: the container keeps it, and nobody can ask it for that.
        say(f"its password: {password}")
        say(f"starting {IMAGE} as the container {NAME}; the first time, Docker fetches it")
        ports = [f"127.0.0.1:{port}:{port}" for port in (BROWSER, BOLT)]
        made = _run(
            docker, "run", "--detach", "--name", NAME, "--publish", ports[0], "--publish", ports[1],
            "--volume", f"{NAME}:/data", "--env", "NEO4J_AUTH", IMAGE, NEO4J_AUTH=f"neo4j/{password}",
        )  # fmt: skip
    if made.returncode:
        if not there:
            _run(docker, "rm", "--force", NAME)
        raise Refused(f"Docker could not start it: {' '.join(made.stderr.split())[:300]}")
    _wait(timeout)
    say(f"Neo4j Browser: http://localhost:{BROWSER}/browser/; stop it: docker stop {NAME}")
    say(f"remove it with its data: docker rm -f {NAME} && docker volume rm {NAME}")
    known = f"export NEO4J_PASSWORD={shlex.quote(password)}" if password else "# NEO4J_PASSWORD is the one it was made with"
    return f"export NEO4J_URI=bolt://localhost:{BOLT}\nexport NEO4J_USERNAME=neo4j\n{known}"


def _run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | environment, check=False)


def _wait(timeout: float) -> None:
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        try:
            with socket.create_connection(("127.0.0.1", BOLT), timeout=2) as connection:
                # The first words of Bolt: a port that Docker holds open already answers nothing until Neo4j is there.
                connection.sendall(bytes.fromhex("6060b017 00000005 00000004 00000003 00000000"))
                if len(connection.recv(4)) == 4:
                    return
        except OSError:
            pass
        time.sleep(0.5)
    raise StoreError(f"bolt://localhost:{BOLT}", f"it did not answer in {timeout:.0f} s; see: docker logs {NAME}")
