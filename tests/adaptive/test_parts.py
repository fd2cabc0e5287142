"""Every part says what it is and fits others or says why not; knobs are sane; a user's own part is found like ours."""

from __future__ import annotations

import inspect
import itertools
import math
import re

import pytest

from adaptive import own_parts, parts
from adaptive.compile import compile_spec
from adaptive.contract.world import batches, live, network
from adaptive.knobs import Knob
from adaptive.standalone import standalone
from kg.errors import NotFound, Refused, Unreadable
from kg.model import Spec

EVERY = [(role, name) for role in parts.ROLES for name in parts.names(role)]


def test_there_are_as_many_parts_as_a_grammar_needs():
    sense, respond, act = (len(parts.names(role)) for role in parts.ROLES)
    assert sense >= 12 and respond >= 10 and act >= 12


@pytest.mark.parametrize(("role", "name"), EVERY)
def test_a_part_says_what_it_is(role, name):
    part = parts.part(role, name)
    for constant in ("EQUATION", "UNITS", "REFERENCE"):
        assert getattr(part, constant)
    assert re.search(r"arXiv (\d{4}\.\d{4,5}|[a-z-]+/\d{7})|doi 10\.\d{4,}/", part.REFERENCE)
    assert part.RANGE[0] < part.RANGE[1]
    function = getattr(part, role)
    keywords = [p.name for p in inspect.signature(function).parameters.values() if p.kind is p.KEYWORD_ONLY]
    assert keywords == list(part.KNOBS)
    assert all(part.KNOBS[knob].accepts(value) for knob, value in part.NEUTRAL.items())
    assert part.__doc__ and function.__doc__
    assert own_parts._wrong(role, part) == ""
    if role == "act":
        assert len(inspect.signature(function).parameters) == 1 + len(getattr(part, "READS", ())) + len(part.KNOBS)


def test_parts_that_do_not_fit_are_refused_with_those_that_would():
    with pytest.raises(Refused, match=r"titration responds to stress, but gradient_agreement senses agreement; .*hill"):
        parts.join("gradient_agreement", "titration", "learning_rate")
    with pytest.raises(Refused, match=r"weight_decay takes activation, but loss_trend with hill gives tone; .*learning_rate"):
        parts.join("loss_trend", "hill", "weight_decay")
    with pytest.raises(
        Refused, match=r"lateral_inhibition responds for each unit or weight, but loss_spike senses each network; .*hill"
    ):
        parts.join("loss_spike", "lateral_inhibition", "weight_decay")
    with pytest.raises(Refused, match=r"unit_reset acts on each unit, but loss_spike senses each network; .*weight_decay"):
        parts.join("loss_spike", "hill", "unit_reset")
    with pytest.raises(NotFound, match=r"loss_spik.*did you mean loss_spike"):
        parts.join("loss_spik", "hill", "weight_decay")


def test_whatever_does_not_fit_is_refused_with_what_would():
    for names in itertools.product(parts.names("sense"), ("hill", "titration", "lateral_inhibition"), ("momentum", "unit_reset")):
        if parts.fits(*names):
            parts.join(*names)
            continue
        with pytest.raises(Refused, match=" what ") as refusal:
            parts.join(*names)
        assert "nothing yet" not in str(refusal.value)


def test_every_sense_has_a_response_and_every_response_an_act():
    fitting = set()
    for names in itertools.product(*(parts.names(role) for role in parts.ROLES)):
        if parts.fits(*names):
            fitting |= {("sense", names[0]), ("respond", names[1]), ("act", names[2])}
    assert fitting == set(EVERY)


@pytest.mark.parametrize("numbers", [(2.0, 0.0, 1.0, False, 0.0, 1.0), (0.5, 0.0, 1.0, True), (0.5, 2.0, 1.0)])
def test_a_knob_that_contradicts_itself_is_refused(numbers):
    with pytest.raises(ValueError, match=r"knob|logarithmic"):
        Knob(*numbers)


def test_a_knob_is_searched_from_end_to_end():
    knob = Knob(0.1, 0.01, 1.0, log=True)
    assert [knob.at(x) for x in (0.0, 0.5, 1.0)] == pytest.approx([0.01, 0.1, 1.0])
    assert Knob(0.0, -1.0, 1.0, least=-2.0).at(0.25) == -0.5
    assert not knob.accepts(math.nan)
    assert knob.accepts(0.0)


OWN = '''
"""Calm: the loss is exactly what it was before."""

from adaptive.knobs import Knob
from adaptive.parts.elementwise import State

EQUATION = "A = 1 if loss_t = loss_{t-1} else 0"
UNITS = "all or nothing"
RANGE = (0.0, 1.0)
REFERENCE = "the user"
KNOBS = {"floor": Knob(0.5, 0.1, 1.0)}
NEUTRAL: dict = {}
SIGNAL, SCOPE, QUANTITY = "loss", "network", "agreement"
START = {"before": 0.0}


def sense(loss, state, *, floor):
    """1 where nothing moved, else the floor."""
    return (1.0 if loss == state["before"] else floor), {"before": loss if math.isfinite(loss) else 0.0}
'''


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A folder with a part of a user's own."""
    monkeypatch.setattr(parts, "_OWN", {})
    monkeypatch.delitem(own_parts.sys.modules, "own_parts.sense.stillness", raising=False)
    (tmp_path / "stillness.py").write_text(
        OWN.replace("from adaptive.knobs", "import math\n\nfrom adaptive.knobs"), encoding="utf-8"
    )
    return tmp_path


def test_a_part_of_a_users_own_is_found_compiled_and_written_down(own):
    parts.search(own)
    assert "stillness" in parts.names("sense")
    spec = Spec(name="own", sense="stillness", respond="hill", act="learning_rate")
    optimizer = compile_spec(spec)((model := network()).parameters(), lr=0.05)
    live(model, optimizer, batches(5))
    assert optimizer.response > 0.0
    space: dict = {"__name__": "made"}
    exec(compile(standalone(spec), "made", "exec"), space)
    twin = space["build"]((other := network()).parameters(), lr=0.05, weight_decay=0.0)
    live(other, twin, batches(5))
    assert twin.response == optimizer.response
    parts.search(own)


def test_a_part_of_a_users_own_may_lie_in_a_folder_by_role(own):
    (own / "act").mkdir()
    (own / "act" / "mine.py").write_text("def act(response):\n    return 1.0\n", encoding="utf-8")
    assert own_parts.parts_in(own).keys() == {("sense", "stillness"), ("act", "mine")}


@pytest.mark.parametrize(("change", "complaint"), [
    (("START = ", "BEGIN = "), "needs START"),
    (("*, floor", "*, ceiling"), "keyword arguments of sense are ceiling, and KNOBS has floor"),
    (('"loss", "network"', '"weather", "network"'), "SIGNAL says 'weather'"),
    (("KNOBS = {", "KNOBS = 1 / 0, {"), "ZeroDivisionError"),
])  # fmt: skip
def test_a_part_that_lacks_the_form_is_refused_by_what_it_lacks(own, change, complaint):
    path = own / "stillness.py"
    path.write_text(path.read_text(encoding="utf-8").replace(*change), encoding="utf-8")
    parts.search(own)
    with pytest.raises(Unreadable, match=complaint):
        parts.part("sense", "stillness")


def test_a_part_that_uses_what_its_file_defines_cannot_stand_alone(own):
    path = own / "stillness.py"
    path.write_text(path.read_text(encoding="utf-8").replace("else floor)", "else FLOOR)") + "\nFLOOR = 0.5\n", encoding="utf-8")
    parts.search(own)
    with pytest.raises(Refused, match="uses FLOOR, which its own file defines"):
        standalone(Spec(name="own", sense="stillness", respond="hill", act="learning_rate"))


def test_a_name_that_is_taken_and_a_folder_without_parts_are_refused(own, tmp_path_factory):
    (own / "loss_spike.py").write_text("def sense(): ...\n", encoding="utf-8")
    with pytest.raises(Refused, match="a part to sense called loss_spike exists"):
        parts.search(own)
    with pytest.raises(Unreadable, match="no file in it"):
        parts.search(tmp_path_factory.mktemp("empty"))
    with pytest.raises(Unreadable, match="no folder"):
        parts.search(own / "nowhere")
