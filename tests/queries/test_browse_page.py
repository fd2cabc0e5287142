"""The page in a real browser, cut off from the network: search, click, filter, expand, keys, table; nothing goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from kg.model import mapping_key
from kg.page.render import page as render
from kg.store import Store
from tests.queries.conftest import fill
from tests.queries.test_browse import fill_with_hostile

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

Open = Callable[..., "Page"]
HEAT = mapping_key("mechanism:heat-shock-response", "proposes", "technique:dynamic-regularization")
REPLAY = mapping_key("mechanism:hippocampal-replay", "inspires", "technique:experience-replay")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    with Store.open(folder / "graph.db") as store:
        fill(store)
        (folder / "page.html").write_bytes(render(store)[0])
    return folder / "page.html"


@pytest.fixture
def visit(browser: Browser, small: Path) -> Iterator[Open]:
    """Open a page at an address; at the end nothing may have gone wrong in it, and it may have asked for nothing."""
    wrong: list[str] = []
    context = browser.new_context(viewport={"width": 1400, "height": 900}, reduced_motion="reduce", offline=True)
    context.set_default_timeout(60_000)

    def opened(address: str = "", *, path: Path = small) -> Page:
        tab = context.new_page()
        tab.on(
            "console", lambda message: wrong.append(f"console: {message.text}") if message.type in ("error", "warning") else None
        )
        tab.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        tab.on(
            "request", lambda request: None if request.url.startswith(("file:", "blob:", "data:")) else wrong.append(request.url)
        )
        tab.goto(path.as_uri() + address)
        tab.wait_for_selector("html[data-ready]")
        return tab

    yield opened
    assert wrong == []
    context.close()


@pytest.mark.parametrize("accepted", [False, True])
def test_a_rejected_reading_is_said_to_be_one(visit: Open, tmp_path: Path, accepted: bool) -> None:
    with Store.open(":memory:") as store:
        fill(store)
        store.decide(REPLAY, "arxiv:1234.00001", accept=accepted)
        (tmp_path / "page.html").write_bytes(render(store)[0])
    tab = visit(f"#{REPLAY}", path=tmp_path / "page.html")
    said = [one.inner_text() for one in tab.locator("#details .proof").all()]
    assert len(said) == 2
    assert all(("rejected by a curator" in one) is not accepted for one in said)
    assert not any("speaks against it" in one for one in said)


def place(tab: Page, key: str) -> dict[str, float]:
    """Where a concept lies on the map, from the map's own corner."""
    tab.wait_for_selector("#map[data-settled=yes]", state="attached")
    tab.evaluate("map.paint()")
    found: Any = tab.evaluate("(key) => { const n = map.node(items.get(key)); return n && {x: n.sx, y: n.sy}; }", key)
    assert found, f"{key} is not on the map"
    return {"x": found["x"], "y": found["y"]}


def until(tab: Page, holds: str) -> None:
    """Wait until an expression holds; the page's policy keeps playwright's own way of waiting for that out."""
    for _ in range(100):
        if tab.evaluate(f"() => Boolean({holds})"):
            return
        tab.wait_for_timeout(100)
    raise AssertionError(f"{holds} does not hold")


def scene(tab: Page) -> set[str]:
    return set(tab.evaluate("map.scene.nodes.map(({id}) => id)"))


def test_a_search_finds_and_a_click_shows_the_evidence(visit: Open) -> None:
    tab = visit()
    tab.fill("#query", "HEAT shock")
    tab.locator("#results .item", has_text="heat shock response").first.click()
    details = tab.locator("#details")
    assert "heat shock response" in details.locator("h2").inner_text()
    details.locator(".item", has_text="dynamic regularization").click()
    assert "A cell under heat makes more chaperones" in details.locator("blockquote").inner_text()
    assert f"select={HEAT}" in tab.url
    tab.go_back()
    assert "heat shock response" in details.locator("h2").inner_text()


def test_a_search_that_finds_nothing_says_so(visit: Open) -> None:
    tab = visit()
    tab.fill("#query", "zzzz")
    tab.locator("#results", has_text="Nothing has all of these words").wait_for()
    tab.fill("#query", "")
    tab.locator("#results .item", has_text="protect old").wait_for()


def test_a_click_on_the_map_chooses_and_a_double_click_expands(visit: Open) -> None:
    tab = visit("#map=near&around=function:protect-old")
    assert scene(tab) == {"function:protect-old", "mechanism:hippocampal-replay", "technique:experience-replay"}
    tab.locator("#map").click(position=place(tab, "mechanism:hippocampal-replay"))  # type: ignore[arg-type]
    assert tab.locator("#details h2").inner_text() == "hippocampal replay"
    ends = [place(tab, key) for key in ("mechanism:hippocampal-replay", "technique:experience-replay")]
    quarter = {axis: ends[0][axis] * 0.75 + ends[1][axis] * 0.25 for axis in ("x", "y")}
    tab.locator("#map").click(position=quarter)  # type: ignore[arg-type]
    assert tab.evaluate("state.chosen.key") == REPLAY, "a line is a mapping"
    tab.evaluate("expand(items.get('function:respond-to-stress'))")
    assert {"function:protect-old", "function:respond-to-stress", "mechanism:heat-shock-response"} <= scene(tab)
    tab.locator("#map").dblclick(position=place(tab, "mechanism:heat-shock-response"))  # type: ignore[arg-type]
    assert "around=mechanism%3Aheat-shock-response" in tab.url


def test_evidence_without_text_names_paper_place_and_link(visit: Open) -> None:
    tab = visit(f"#{REPLAY}")
    proof = tab.locator("#details .proof")
    assert "Sleep and replay" in proof.inner_text()
    assert "2019" in proof.inner_text()
    assert "abstract 10–60" in proof.inner_text()
    assert "By reference" in proof.inner_text()
    assert tab.locator("#details .pairs").inner_text().split("\t")[0].strip() == "memory trace"


def test_filters_by_kind_relation_belief_and_year(visit: Open) -> None:
    tab = visit("#view=table")
    rows = tab.locator("#sheet tbody tr")
    assert rows.count() == 7
    tab.locator("#filters summary").click()
    tab.locator("input[name=relations][value=analogous]").uncheck()
    assert rows.count() == 4
    tab.fill("input[name=from]", "2020")
    assert rows.count() == 3
    tab.locator("input[name=belief]").fill("0.9")
    assert rows.count() == 0
    assert "belief=0.9" in tab.url
    tab.locator("#reset").click()
    assert rows.count() == 7
    tab.locator("#view-map").click()
    tab.locator("input[name=kinds][value=technique]").uncheck()
    tab.locator("#scene-all").click()
    kinds = {key.split(":")[0] for key in scene(tab)}
    assert kinds == {"mechanism", "function"}


def test_the_domain_filter_keeps_one_field(visit: Open, tmp_path: Path) -> None:
    from kg.model import Concept

    with Store.open(tmp_path / "domains.db") as store:
        fill(store)
        for name, domain in (("gene", "molecular"), ("hippocampal replay", "neuro")):
            store.add_concept(Concept(kind="mechanism", name=name, domain=domain, status="curated"))
        (tmp_path / "domains.html").write_bytes(render(store)[0])
    tab = visit("#view=table", path=tmp_path / "domains.html")
    tab.locator("#filters summary").click()
    tab.locator("input[name=domains][value='mechanism:neuro']").check()
    assert tab.locator("#sheet tbody tr").count() == 1
    assert "hippocampal replay" in tab.locator("#sheet tbody tr").inner_text()


def test_the_table_sorts_and_a_row_opens(visit: Open) -> None:
    tab = visit("#view=table")
    head = tab.locator("#sheet th", has_text="Mechanism")
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    names = tab.locator("#sheet tbody td:first-child").all_inner_texts()
    assert names == sorted(names)
    head.locator("button").click()
    assert tab.locator("#sheet tbody td:first-child").all_inner_texts() == sorted(names, reverse=True)
    tab.locator("#sheet tbody .link", has_text="hippocampal replay").click()
    assert f"select={REPLAY}" in tab.url
    tab.locator("#table-concepts").click()
    assert tab.locator("#sheet tbody tr").count() == len(tab.evaluate("concepts.map(({key}) => key)"))


def test_keys_alone_lead_from_the_search_to_the_map(visit: Open) -> None:
    tab = visit()
    tab.keyboard.press("/")
    tab.keyboard.type("hippocampal")
    tab.locator("#results .item", has_text="hippocampal replay").first.wait_for()
    until(tab, "document.querySelector('#results-title').textContent.startsWith('1 concept')")
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("Enter")
    assert "hippocampal replay" in tab.locator("#said").inner_text()
    tab.focus("#map")
    tab.keyboard.press("Enter")
    assert tab.evaluate("state.roots.map(({key}) => key)") == ["mechanism:hippocampal-replay"]
    place(tab, "mechanism:hippocampal-replay")
    tab.keyboard.press("ArrowRight")
    assert tab.evaluate("state.chosen.key") in ("function:protect-old", "technique:experience-replay")
    tab.keyboard.press("Enter")
    assert tab.evaluate("state.roots.length") == 2
    tab.keyboard.press("Escape")
    assert tab.evaluate("state.chosen") is None


def test_whoever_works_by_keyboard_stays_where_a_choice_was_made(visit: Open) -> None:
    tab = visit(f"#select={REPLAY}")
    tab.locator("#details .tag, #details .item").first.focus()
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.id") == "details"
    tab = visit("#view=table")
    row = tab.locator("#sheet tbody .link").nth(2)
    row.focus()
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.dataset.key") == row.get_attribute("data-key") == tab.evaluate("state.chosen.key")
    assert tab.locator("#sheet tbody tr.chosen .link").get_attribute("data-key") == row.get_attribute("data-key")


def test_an_address_brings_back_what_was_seen(visit: Open) -> None:
    first = visit()
    first.fill("#query", "replay")
    until(first, "location.hash.includes('find=replay')")
    first.locator("#results .item", has_text="hippocampal replay").first.click()
    again = visit("#" + first.url.partition("#")[2])
    assert again.input_value("#query") == "replay"
    assert again.locator("#details h2").inner_text() == "hippocampal replay"
    assert scene(again) == scene(first)
    lost = visit("#select=mechanism:no-such-thing&map=nowhere&belief=x")
    assert "From biology" in lost.locator("#details h2").inner_text()


def test_dark_and_light(visit: Open) -> None:
    tab = visit()
    colours = set()
    for _ in range(3):
        tab.locator("#theme").click()
        colours.add(tab.evaluate("getComputedStyle(document.body).backgroundColor + map.inks.ink"))
    assert len(colours) == 2


def test_a_narrow_screen_shows_all_without_sideways_scrolling(visit: Open) -> None:
    tab = visit(f"#{HEAT}")
    tab.set_viewport_size({"width": 390, "height": 844})
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("width", [400, 1280])
@pytest.mark.parametrize("address", ["", f"#{HEAT}", f"#{REPLAY}", "#mechanism:heat-shock-response"])
def test_no_name_on_the_map_goes_past_its_edge(visit: Open, width: int, address: str) -> None:
    tab = visit()
    tab.set_viewport_size({"width": width, "height": 800})
    tab.goto(tab.url.partition("#")[0] + address)
    tab.reload()
    tab.wait_for_selector("#map[data-settled=yes]", state="attached")
    for zoom in (1, 2, 2):
        tab.evaluate("(zoom) => { map.step(zoom); map.paint(); }", zoom)
        across: float = tab.evaluate("map.size[0]")
        written: list[dict[str, Any]] = tab.evaluate("map.labels.written")
        assert all(0 <= one["left"] and one["right"] <= across for one in written), (across, written)
        assert written or zoom > 1


def test_hostile_text_is_shown_as_text(visit: Open, tmp_path: Path) -> None:
    fill_with_hostile(tmp_path / "hostile.db")
    with Store.open(tmp_path / "hostile.db", write=False) as store:
        (tmp_path / "hostile.html").write_bytes(render(store, title="<b>mine</b>")[0])
        keys = [mapping.key for mapping in store.mappings()]
    tab = visit("#map=all", path=tmp_path / "hostile.html")
    assert "<b>mine</b>" in tab.locator("h1").inner_text()
    for key in keys:
        tab.evaluate("(key) => { location.hash = key; }", key)
        until(tab, f"state.chosen?.key === '{key}'")
        assert tab.locator("#details .proof").count() == 1
        assert (tab.locator("#details a").get_attribute("href") or "").startswith("https://arxiv.org/abs/")
    shown = tab.evaluate(
        "mappings.map((m) => { details(m, acts); return document.querySelector('.end.mechanism bdi').textContent; })"
    )
    assert any("</script><script>window.hit = 1</script>" in name for name in shown)
    tab.locator("#view-table").click()
    assert tab.evaluate("window.hit") is None
    assert tab.locator("main img, main script").count() == 0


def test_five_thousand_concepts_are_laid_out_beside_the_page(visit: Open, tmp_path: Path) -> None:
    from kg.page.render import assemble

    hubs = [{"key": f"function:f{n}", "name": f"f_{n}", "kind": "function", "domain": f"group {n % 4}"} for n in range(40)]
    kinds = ("mechanism", "technique")
    ends = [{"key": f"{kinds[n % 2]}:c{n}", "name": f"concept {n}", "kind": kinds[n % 2]} for n in range(5000)]
    proof = {"paper": 0, "state": "by_reference", "place": "abstract 0–9", "by": "atlas"}
    alike = {"relation": "inspires", "belief": 0.8, "papers": 1, "evidence": [proof]}
    mappings = [
        {"key": f"m{n:010x}", "mechanism": 40 + 2 * n, "technique": 41 + 2 * (n * 7 % 2500), "functions": [n % 40], **alike}
        for n in range(2500)
    ]
    contents = {
        "concepts": hubs + ends, "mappings": mappings, "papers": [{"key": "arxiv:1", "title": "T", "year": 2020}],
        "left_out": {"mappings": 12, "concepts": 0, "least": 0.5},
    }  # fmt: skip
    (tmp_path / "large.html").write_bytes(assemble(contents))
    tab = visit("#map=all", path=tmp_path / "large.html")
    assert len(scene(tab)) == 5040
    assert "12 mappings" in tab.locator("#shown").inner_text()
    assert tab.evaluate("Boolean(map.helper)"), "a worker lays it out, so the page answers meanwhile"
    tab.fill("#query", "concept 4998")
    tab.locator("#results .item", has_text="concept 4998").first.click()
    assert tab.locator("#details h2").inner_text() == "concept 4998"
