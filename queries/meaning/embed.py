"""With a sentence-embedding model that the user has: functions by how near whole sentences are, and not by their words alone.

The model reads the definition and the lay phrases of each function once, and what it makes of them is kept in the cache folder;
a question then costs the loading of the model and one sentence. Nothing is downloaded: the model is a folder on this machine.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kg.errors import Refused, Unreadable
from queries.meaning import _texts, table
from queries.session import progress_line
from queries.words import telling

if TYPE_CHECKING:
    import numpy

LOT = 256
"""Phrases that a model reads at a time."""
NEAREST = 3
"""A function is as near as its nearest texts are on average."""
SHARPNESS = 15.0
"""By how much nearness, a cosine, is stretched to a logarithm of odds, as worked best on the test questions."""


def functions_in(text: str, folder: Path, *, least: float = 0.04) -> dict[str, float]:
    """Function ids that ``text`` speaks of by the model in ``folder`` and the table of words together, the likeliest first.

    Each has its probability. The two err on different questions, so together they err on fewer.

    Raises:
        Refused: sentence-transformers is not installed.
        Unreadable: ``folder`` holds no model of it.
    """
    import numpy

    model = _Model(folder)
    functions, rows = _known(model)
    near = rows @ model.rows([text])[0]
    words = table.shipped()
    said = table.evidence(telling(text), words) or [0.0] * len(words.functions)
    which = numpy.array([words.functions.index(function) for function in functions])
    best = [float(numpy.sort(near[which == place])[-NEAREST:].mean()) for place in range(len(words.functions))]
    sums = numpy.array(said) + SHARPNESS * numpy.array(best)
    powers = numpy.exp(sums - sums.max())
    found = zip(words.functions, (powers / powers.sum()).tolist(), strict=True)
    return dict(sorted((pair for pair in found if pair[1] >= least), key=lambda pair: (-pair[1], pair[0])))


class _Model:
    """A model in a folder, loaded when it is first needed."""

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise Unreadable(folder, "it is no folder with a sentence-embedding model")
        self.folder = folder
        self._loaded: Any = None

    def rows(self, texts: list[str]) -> numpy.ndarray[Any, Any]:
        """Unit vectors of ``texts``, shape ``(texts, dimensions)``."""
        import numpy

        made = self._model().encode(texts, normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False)
        return numpy.asarray(made, numpy.float32)

    def _model(self) -> Any:
        if self._loaded is None:
            # Its libraries would look for newer files in the net, and draw bars over the answer.
            os.environ.update({"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"})
            try:
                sentences = importlib.import_module("sentence_transformers")
                importlib.import_module("transformers.utils.logging").disable_progress_bar()
            except ImportError as error:
                needed = "a model of sentences needs sentence-transformers; add it: pip install 'exapt[embed]'"
                raise Refused(needed) from error
            # Weights as safetensors only: other forms of them can hold code.
            only = {"local_files_only": True, "trust_remote_code": False, "model_kwargs": {"use_safetensors": True}}
            try:
                self._loaded = sentences.SentenceTransformer(str(self.folder), device="cpu", **only)
            except (OSError, ValueError, LookupError, TypeError) as error:
                why = f"no sentence-embedding model can be loaded from it ({str(error).splitlines()[0]})"
                raise Unreadable(self.folder, why) from error
        return self._loaded

    def files(self) -> list[tuple[str, int, int]]:
        """Name, size and time of each file: another model in the same folder is another model."""
        found = sorted(path for path in self.folder.rglob("*") if path.is_file())
        return [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in found]


def _known(model: _Model) -> tuple[list[str], numpy.ndarray[Any, Any]]:
    """Function and unit vector of every text that is known to speak of one."""
    import numpy

    lay = _texts.lay_words()
    told = [(name, text) for name, defined in _texts.definitions().items() for text in (defined, *lay[name].phrases)]
    functions, texts = [name for name, _ in told], [text for _, text in told]
    said = repr((str(model.folder.resolve()), model.files(), told)).encode()
    kept = _cache() / f"phrases-{hashlib.sha256(said).hexdigest()[:32]}.npy"
    try:
        rows = numpy.load(kept, allow_pickle=False)
        if rows.ndim == 2 and len(rows) == len(texts):
            return functions, rows
    except (OSError, ValueError):
        pass
    lots, progress = range(0, len(texts), LOT), progress_line("phrases, read once with this model")
    found = []
    for start in lots:
        found.append(model.rows(texts[start : start + LOT]))
        progress(min(start + LOT, len(texts)), len(texts))
    rows = numpy.vstack(found)
    _keep(kept, rows)
    return functions, rows


def _keep(path: Path, rows: numpy.ndarray[Any, Any]) -> None:
    import numpy

    part = path.with_suffix(f".{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            numpy.save(file, rows, allow_pickle=False)
        part.replace(path)
    except OSError:  # a cache that cannot be written costs time, not the answer
        part.unlink(missing_ok=True)


def _cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    if not home and sys.platform == "darwin":
        home = str(Path.home() / "Library" / "Caches")
    return (Path(home) if home else Path.home() / ".cache") / "exapt"
