"""A person at a terminal: the real command in a pseudo-terminal, one key at a time."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]


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
