"""The page of all prototypes stands alone, escapes what it is told, and says of each what its numbers say."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from adaptive import bench, campaign, exhibit, gallery, telling
from adaptive.campaign import Finding
from adaptive.trial import plugin_module
from kg.errors import Refused
from tests.adaptive.test_report import Balanced, parsed
from tests.adaptive.test_telling import CASES, plainly

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NAMES = tuple(bench.prototypes())[: len(CASES)]
HOSTILE = '''"""Ends here</p><script>alert(1)</script> & "there" <b>."""

from adaptive.prototypes.adaptive_eta import *  # noqa

TITLE = '</title><script>alert("x")</script>|a|b'
MECHANISM, TECHNIQUE = "<img src=x onerror=alert(1)>", "'\\"><svg onload=alert(2)>"
DESCRIPTION = "<style>*{display:none}</style>"
FUNCTION = "<iframe src='http://evil.example'>"
BECAUSE, REFUTED_BY = "<object data=x>", "hypergradient <a href='javascript:alert(3)'>is as good</a>"
PAIRS = (("<b>left", "right</li>"),)
PRIOR_ART = "arXiv 1703.04782, doi 10.1007/BF00992696\\"onclick=alert(4), http://evil.example/<i>"
EQUATIONS = ("a < b </code>",)
'''


def of_all() -> list[Finding]:
    """One prototype for each case, with the plain task of each."""
    found = []
    for name, case in zip(NAMES, CASES.values(), strict=True):
        found += [dataclasses.replace(case, prototype=name), dataclasses.replace(plainly(), prototype=name)]
    return found


@pytest.fixture(scope="module")
def findings() -> list[Finding]:
    return of_all()


@pytest.fixture(scope="module")
def page(findings: list[Finding]) -> str:
    return gallery.html(findings)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    path = tmp_path_factory.mktemp("prototypes") / "hostile.py"
    path.write_text(HOSTILE, encoding="utf-8")
    return plugin_module(str(path))


def safe(text: str) -> Balanced:
    """The page as parsed, once nothing in it can run, load or lead anywhere but to papers and its own sections."""
    seen = parsed(text)
    tags = [tag for tag, _ in seen.seen]
    assert tags.count("script") == 1
    assert set(tags).isdisjoint({"link", "img", "iframe", "object", "form", "base"}) and tags.count("style") == 1
    anchors = {attributes["id"] for _, attributes in seen.seen if "id" in attributes}
    for tag, attributes in seen.seen:
        assert not any(name.startswith("on") or name in ("src", "xlink:href", "data") for name in attributes)
        if (address := attributes.get("href")) is not None:
            assert tag == "a"
            assert re.match(r"https://(arxiv\.org/abs|doi\.org)/", address) or address[1:] in anchors
    outside = re.sub(r'<a href="https://[^"]*">', "", text)
    assert "https:" not in outside and "url(" not in outside and "@import" not in outside
    return seen


def test_the_page_is_well_formed_and_leads_only_to_papers_and_itself(page: str) -> None:
    safe(page)
    assert "http://" not in page


def test_every_prototype_has_a_section_that_the_table_and_the_forest_lead_to(findings: list[Finding], page: str) -> None:
    seen = parsed(page).seen
    ids = [attributes["id"] for _, attributes in seen if "id" in attributes]
    assert len(ids) == len(set(ids)) and set(NAMES) <= set(ids)
    links = [attributes.get("href") for tag, attributes in seen if tag == "a"]
    for entry in gallery.entries(findings):
        # In the table and among the functions, and in both forests where the race came to its end.
        assert links.count(f"#{entry.anchor}") == (2 if entry.standing == "not run to the end" else 4)


def test_each_section_says_what_is_told_of_it(findings: list[Finding], page: str) -> None:
    words = " ".join(" ".join(parsed(page).text).split())
    for entry in gallery.entries(findings):
        assert entry.title in words and " ".join(telling.paragraph(entry.findings).split()) in words
        assert telling.headline(entry.findings) in words
        assert exhibit.linked(entry.text("PRIOR_ART")) in page and "arXiv" not in re.sub("<a .*?</a>", "", page)
    for pair in campaign.module_of(NAMES[0]).PAIRS:
        assert f"{pair[0]} ↔ {pair[1]}" in words


def test_the_counts_are_those_of_the_standings(findings: list[Finding], page: str) -> None:
    standings = [entry.standing for entry in gallery.entries(findings)]
    for word in telling.ORDER:
        assert f"<strong>{standings.count(word)}</strong>{word}</li>" in page
    ended = sum(word != "not run to the end" for word in standings)
    assert f"at most {0.025 * ended:.1f} of {ended} better" in page


def test_the_page_and_its_words_say_what_each_race_is_corrected_for_and_what_better_takes(
    findings: list[Finding], page: str
) -> None:
    ended = sum(entry.standing != "not run to the end" for entry in gallery.entries(findings))
    words = f"over these {len(NAMES)} prototypes luck alone would call at most {0.025 * ended:.1f} better"
    for text in (" ".join(parsed(page).text), gallery.document(findings)):
        assert f"Each race is corrected for its own comparisons: {words}" in text
        assert "made no more than 1.1 times the passes of the best baseline" in text


def test_entries_are_sorted_by_standing_and_then_by_size(findings: list[Finding]) -> None:
    every = gallery.entries(findings)
    ranks = [telling.ORDER.index(entry.standing) for entry in every]
    assert ranks == sorted(ranks)
    gains = [effect[0] for e in every if e.standing == "better" and (effect := e.effect(e.own.verdict.baseline))]
    assert len(gains) == 2 and gains == sorted(gains, reverse=True)


def test_gains_are_in_standard_deviations_of_the_baseline(findings: list[Finding]) -> None:
    (entry,) = gallery.entries([dataclasses.replace(CASES["helps"], prototype=NAMES[0])])
    effect, versus = entry.effect("adamw"), entry.own.against("adamw")
    assert effect is not None and versus is not None
    assert versus.difference / effect[0] == pytest.approx(0.05, rel=0.5), "seeds differ by 0.05"
    assert effect[1] < effect[0] < effect[2]


def test_a_mechanism_that_seldom_responded_does_not_read_as_silent() -> None:
    one = dataclasses.replace(CASES["helps"], prototype=NAMES[0])
    rare = dataclasses.replace(one, verdict=dataclasses.replace(one.verdict, fired=2e-5))
    (often,), (seldom,) = gallery.entries([one]), gallery.entries([rare])
    assert "It responded at 50.0% of the steps." in exhibit.article(often)
    assert exhibit.article(seldom).count("less than 0.01% of the steps") == 2
    assert "0.00%" not in exhibit.article(seldom) and " 0.0%" not in exhibit.article(seldom)


def test_nothing_is_claimed_from_a_candidate_that_failed(findings: list[Finding]) -> None:
    (entry,) = gallery.entries([dataclasses.replace(CASES["failed"], prototype=NAMES[0])])
    assert entry.effect("adamw") is None and exhibit.gain(entry, "adamw") == "–"
    section = exhibit.article(entry)
    assert "3 of 20 failed" in section and "<td>yes</td>" not in section


def test_what_comes_from_outside_is_escaped(hostile: ModuleType) -> None:
    bad = '"><script>x</script>'
    own = dataclasses.replace(
        CASES["helps"], prototype=bad, metric=bad, race=bad, versions=((bad, bad),), knobs=((bad, 1.0),), task=bad
    )
    found = [own, dataclasses.replace(plainly(), prototype=bad)]
    text = gallery.html(found, module_of=lambda _: hostile)
    seen = safe(text)
    assert text.count("<script") == 1 and "<img" not in text and "<b>left" not in text
    assert '</title><script>alert("x")</script>|a|b' in "".join(seen.text)
    assert 'href="https://arxiv.org/abs/1703.04782"' in text
    table = gallery.markdown(found, module_of=lambda _: hostile).splitlines()
    assert len(table) == 3 and all(line.count("|") == 6 for line in table) and "<script" not in table[2]


def test_markdown_has_a_row_for_each_prototype(findings: list[Finding]) -> None:
    _, rule, *rows = gallery.markdown(findings).splitlines()
    assert rule == "|---|---|---|---|---|" and len(rows) == len(NAMES)
    assert [row.split("|")[5].strip() for row in rows] == [entry.standing for entry in gallery.entries(findings)]
    assert "AdamW: +3.8 points (+3.2 to +4.4)" in "".join(rows)


def test_the_page_is_the_same_every_time_and_small(findings: list[Finding], page: str, tmp_path: Path) -> None:
    path = gallery.write(findings, tmp_path / "deep" / "races.html")
    assert path.read_text(encoding="utf-8") == page
    assert len(page) / len(NAMES) < 4e6 / 49


def test_a_race_that_was_run_again_replaces_the_former() -> None:
    first, second = (dataclasses.replace(CASES[case], prototype=NAMES[0]) for case in ("worse", "helps"))
    (entry,) = gallery.entries([first, second])
    assert entry.standing == "better" and len(entry.findings) == 1


def test_names_that_look_alike_get_different_anchors(findings: list[Finding]) -> None:
    module = campaign.module_of(NAMES[0])
    every = gallery.entries(
        [dataclasses.replace(CASES["helps"], prototype=name) for name in ("a b", "a-b")], module_of=lambda _: module
    )
    assert len({entry.anchor for entry in every}) == 2


def test_no_findings_make_no_page() -> None:
    with pytest.raises(Refused, match="no findings"):
        gallery.html([])
    with pytest.raises(Refused, match="own task"):
        gallery.html([plainly()])


@pytest.mark.parametrize("width", [1400, 390], ids=["desktop", "phone"])
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_in_a_browser_it_fits_asks_for_nothing_and_sorts(
    browser: Browser, findings: list[Finding], tmp_path: Path, width: int, scripts: bool
) -> None:
    path = gallery.write(findings, tmp_path / "races.html")
    wrong: list[str] = []
    context = browser.new_context(viewport={"width": width, "height": 900}, java_script_enabled=scripts, offline=True)
    tab = context.new_page()
    tab.on("console", lambda message: wrong.append(message.text))
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    tab.on("request", lambda request: None if request.url.startswith("file:") else wrong.append(request.url))
    tab.goto(path.as_uri())
    box = tab.locator("section").first.bounding_box()
    assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= width
    rows = tab.locator("table.sortable tbody tr")
    assert rows.count() == len(NAMES)
    if scripts:
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        head = tab.locator("table.sortable th").nth(5)
        for order in ("descending", "ascending"):
            head.locator("button").focus()
            tab.keyboard.press("Enter")
            assert head.get_attribute("aria-sort") == order
            shown = rows.evaluate_all("rows => rows.map(row => row.cells[5].dataset.value)")
            numbers = [float(value) for value in shown if value]
            assert numbers == sorted(numbers, reverse=order == "descending")
            assert shown[-1] == "", "what has no number comes last"
    else:
        assert tab.locator("table.sortable button").count() == 0
    assert wrong == []
    context.close()


def test_as_markdown_each_prototype_has_a_heading_its_biology_and_what_was_shown(findings: list[Finding], tmp_path: Path) -> None:
    text = gallery.write(findings, tmp_path / "verdicts.md").read_text(encoding="utf-8")
    for entry in gallery.entries(findings):
        assert f"### {entry.title}: {entry.standing}" in text
    assert text.count("**What the races showed.**") == len(NAMES)
    assert gallery.markdown(findings).splitlines()[2] in text


def test_as_markdown_nothing_from_outside_is_markup(hostile: ModuleType) -> None:
    found = [dataclasses.replace(next(iter(CASES.values())), prototype="x")]
    text = gallery.document(found, module_of=lambda _: hostile)
    bare = re.sub(r"\\<", "", text)
    assert not re.search(r"<\s*/?\s*(script|img|svg|style|iframe|b)\b", bare)
