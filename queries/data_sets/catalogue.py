"""The data sets that tasks can use: one record each, with its source, its licence and the file names that the task looks for.

A SHA-256 stands here where many independent public sources name the same one for the file at its address; where none is
published, what is fetched is checked for its structure alone, and that is said.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from kg.errors import NotFound
from queries.data_sets import content

IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
SAMPLES, SIDE = 60_000, 28
STREAMS = "https://raw.githubusercontent.com/scikit-multiflow/streaming-datasets/master/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One file at its source."""

    name: str
    size: int
    """Bytes that it has there, about; more than twice as many and one MiB are not taken."""
    check: Callable[[bytes], str]
    """Looks at the unpacked bytes; says what it found, raises ``ValueError`` or ``Transient``."""
    sha256: str = ""
    """Of the file as it lies there, packed where it is packed; empty where none is published."""

    @property
    def most(self) -> int:
        """Bytes of an answer that are taken at the most."""
        return 2 * self.size + (1 << 20)


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """What a task needs and does not make itself."""

    name: str
    title: str
    task: str
    """The task that wants it."""
    licence: str
    source: str
    """The folder on the web in which its parts lie."""
    parts: tuple[Part, ...]
    wanted: tuple[tuple[str, ...], ...]
    """Names of the files that the task looks for: each of these, under one of its names."""
    writes: tuple[str, ...]
    """Names of the files that it is written to."""
    made: Callable[[Sequence[bytes], Sequence[str]], dict[str, bytes]]
    """From the unpacked parts to files of these names; raises ``ValueError`` where the parts do not belong together."""
    beside: tuple[Path, ...] = ()
    """Where systems that package the data put it."""

    @property
    def size(self) -> int:
        """Bytes to fetch."""
        return sum(part.size for part in self.parts)

    def here(self) -> list[Path]:
        """Its files, where each of them is found; else nothing."""
        from adaptive.tasks import _data

        found = [_data.found(*names, beside=self.beside) for names in self.wanted]
        return [path for path in found if path] if all(found) else []


def _images(images: tuple[int, str], labels: tuple[int, str]) -> tuple[Part, ...]:
    """The two parts of a set of images in the format of MNIST, each with its size and hash."""
    return (
        Part(name=f"{IMAGES}.gz", size=images[0], sha256=images[1], check=partial(content.idx_text, shape=(SAMPLES, SIDE, SIDE))),
        Part(name=f"{LABELS}.gz", size=labels[0], sha256=labels[1], check=partial(content.idx_text, shape=(SAMPLES,))),
    )


DATA_SETS = (
    DataSet(
        name="mnist",
        title="MNIST, the 60,000 training digits",
        task="label_swap_mnist",
        licence="CC BY-SA 3.0",
        source="https://ossci-datasets.s3.amazonaws.com/mnist/",
        parts=_images(
            (9_912_422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
            (28_881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
        ),
        wanted=(("mnist10k.npz", "mnist.npz"),),
        # Under their own names they would be taken for Fashion-MNIST, whose files are called the same.
        writes=("mnist.npz",),
        made=content.packed,
    ),
    DataSet(
        name="fashion_mnist",
        title="Fashion-MNIST, the 60,000 training images",
        task="label_swap_fashion",
        licence="MIT",
        source="https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        parts=_images(
            (26_421_880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
            (29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
        ),
        wanted=((IMAGES, f"{IMAGES}.gz"), (LABELS, f"{LABELS}.gz")),
        writes=(IMAGES, LABELS),
        made=content.pair,
        beside=(Path("/usr/share/datasets/fashion-mnist"), Path("/usr/share/dataset-fashion-mnist")),
    ),
    DataSet(
        name="elec",
        title="Elec2, 45,312 half-hours of a market for electricity",
        task="elec",
        licence="none stated",
        source=STREAMS,
        parts=(Part(name="elec.csv", size=3_200_586, check=partial(content.table_text, columns=7, rows=45_312)),),
        wanted=(("elec.csv.gz", "elec.csv"),),
        writes=("elec.csv",),
        made=content.single,
    ),
    DataSet(
        name="weather",
        title="NOAA weather, 18,159 days at a station in Nebraska",
        task="weather",
        licence="public domain (NOAA)",
        source=STREAMS,
        parts=(Part(name="weather.csv", size=772_138, check=partial(content.table_text, columns=9, rows=18_159)),),
        wanted=(("weather.csv.gz", "weather.csv"),),
        writes=("weather.csv",),
        made=content.single,
    ),
    DataSet(
        name="tinyshakespeare",
        title="Plays of Shakespeare, 1.1 million characters",
        task="char_lm",
        licence="public domain (the text)",
        source="https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/",
        parts=(
            Part(
                name="input.txt",
                size=1_115_394,
                sha256="86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
                check=content.text_text,
            ),
        ),
        wanted=(("tinyshakespeare.txt",),),
        writes=("tinyshakespeare.txt",),
        made=content.single,
    ),
)


def data_set(name: str) -> DataSet:
    """The data set called ``name``; dashes count as underscores.

    Raises:
        NotFound: there is none; carries the names that exist.
    """
    wanted = name.replace("-", "_").lower()
    for one in DATA_SETS:
        if one.name == wanted:
            return one
    raise NotFound("data set", name, [one.name for one in DATA_SETS])
