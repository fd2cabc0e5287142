"""Answers of language models on disk, one JSON file each, so that a rerun costs nothing.

A file is named by the hash of all that the answer depends on and takes its name only when it is whole. What is read back is
verified against the text like a fresh answer, so a damaged or forged file can do no more than a bad answer could.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

from ingest.extract._llm_answer import LONGEST, Completion
from ingest.extract._llm_prompt import PROMPT_VERSION, Message
from kg.errors import Refused
from kg.model import sha256


def cache_folder() -> Path:
    """``EXAPT_CACHE``, or where this platform keeps caches (``~/.cache/exapt`` on Linux), and ``llm`` in it.

    Raises:
        Refused: platformdirs is not installed and no folder is named.
    """
    if named := os.environ.get("EXAPT_CACHE"):
        return Path(named).expanduser() / "llm"
    try:
        from platformdirs import user_cache_path
    except ImportError as error:
        raise Refused("the language-model reader needs platformdirs; add it: pip install 'exapt[llm]'") from error
    return user_cache_path("exapt", appauthor=False) / "llm"


class Cache:
    """Answers kept in ``folder``; two programs may share it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @staticmethod
    def key(url: str, model: str, asked: list[Message]) -> str:
        return sha256(json.dumps([url, model, PROMPT_VERSION, asked], ensure_ascii=False))

    def get(self, key: str) -> Completion | None:
        """The answer kept under ``key``; ``None`` where there is none that can be read."""
        try:
            with self._path(key).open(encoding="utf-8") as file:
                value = json.loads(file.read(2 * LONGEST))
            content = value["content"]
        except (OSError, ValueError, LookupError, TypeError, RecursionError):
            return None
        return Completion(content=content) if isinstance(content, str) else None

    def put(self, key: str, said: Completion, model: str) -> None:
        """Keep an answer.

        Raises:
            Refused: the folder cannot be written; going on would pay for answers that are lost.
        """
        path = self._path(key)
        value = {"model": model, "prompt": PROMPT_VERSION, "content": said.content}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, suffix=".part", delete=False) as file:
                half = Path(file.name)
                try:
                    json.dump(value, file)
                    file.close()
                    half.replace(path)
                finally:
                    half.unlink(missing_ok=True)
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise Refused(f"answers cannot be kept in {self.folder} ({why}); set EXAPT_CACHE to a folder that can") from error

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.json"
