"""One file of HTML out of the page's parts: nothing is fetched, and only the scripts whose digests it names may run."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from functools import cache
from importlib.resources import files

from kg.page.contents import Plain, contents
from kg.store import Store

LIMIT = 5000
"""Mappings on a page unless said otherwise: a file of some megabytes, which a browser opens in a second or two."""
TITLE = "exapt"
_ENGINE = (
    "vendor/d3-dispatch.min.js",
    "vendor/d3-quadtree.min.js",
    "vendor/d3-timer.min.js",
    "vendor/d3-force.min.js",
    "layout.js",
)
"""Scripts that also run beside the page, in a worker."""
_VIEW = (
    *(f"vendor/d3-{name}.min.js" for name in ("selection", "color", "interpolate", "ease", "transition", "drag", "zoom")),
    *("elements.js", "graph.js", "search.js", "scenes.js", "labels.js", "plan.js", "paint.js", "map.js", "details.js"),
    *("finder.js", "table.js", "address.js", "start.js"),
)


def page(store: Store, *, limit: int = LIMIT, title: str = TITLE) -> tuple[bytes, Plain]:
    """The page as bytes, the same for the same store, and what :func:`kg.page.contents.contents` put on it."""
    held = contents(store, limit=limit)
    return assemble(held, title=title), held


def assemble(held: Plain, *, title: str = TITLE) -> bytes:
    """The page of these contents."""
    style = _part("page.css")
    engine = "\n".join(map(_part, _ENGINE))
    view = "\n".join(['"use strict";', *map(_part, _VIEW)])
    parts = {
        "TITLE": html.escape(title),
        "POLICY": html.escape(policy(style, engine, view)),
        "LICENCES": html.escape(_part("vendor/LICENSE")).replace("--", "- -"),
        "STYLE": style,
        "DATA": embedded(held),
        "ENGINE": engine,
        "VIEW": view,
    }
    template = _part("page.html")
    pieces = template.split("@@")  # a name between two pairs of @ stands for a part; parts are not looked into
    text = "".join(parts[piece] if number % 2 else piece for number, piece in enumerate(pieces))
    # Half a character of a pair can stand in data alone, where this is how JSON writes it.
    return text.encode("utf-8", "backslashreplace")


def policy(style: str, *scripts: str) -> str:
    """Content-Security-Policy that lets this style and these scripts be, and nothing else, the network least of all."""

    def digest(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {' '.join(map(digest, scripts))}",
            f"style-src {digest(style)}",
            "worker-src blob:",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types layout",
        )
    )


def embedded(value: object) -> str:
    """``value`` as JSON that cannot end the element that it stands in, whatever its strings say."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False)
    for letter in "<>&\u2028\u2029\x7f":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


@cache
def _part(name: str) -> str:
    return files("kg.page").joinpath(name).read_text("utf-8")
