import io
import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from typer.testing import CliRunner

from distill.cli.main import app
from distill.errors import UserError
from tests.warehouse.test_render import HOSTILE
from tests.warehouse.toy_warehouse import Toy, uid
from warehouse.terminal import acts
from warehouse.trace_page import FOLD_CHARS, Page, Text, find_trace, sample_traces, trace_page


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    toy = Toy(tmp_path_factory.mktemp("traces"))
    toy.run("generate", "generate", recipe="tiny")
    toy.run("dataset", "dataset", recipe="tiny", day=2)
    toy.problem("What is 3 + 4?", "sums")
    gold = {"problem_id": uid("What is 3 + 4?"), "verifier": "math", "gold": {"answer": "7"}}
    toy.insert("golds", [gold | {"gold_version": 1, "origin": "sums"}])
    for name in "ab":
        toy.attempt(name, "What is 3 + 4?")
    toy.verdict("a", "math", "correct", extracted="7")
    toy.verdict("a", "judge", "undecided", extracted=None)
    toy.filtered("a", repetition=True, length=False)
    toy.insert("datasets", [{"dataset_id": uid("set"), "num_items": 1, "created": "2026-01-01"}])
    item = {"dataset_id": uid("set"), "position": 0, "attempt_id": uid("a"), "split": "train"}
    toy.insert("dataset_items", [item | {"training_prompt_id": uid("p"), "weight": 1.0}])
    arm = {"dataset_id": uid("set"), "arm": "verified", "selection_hash": uid("s")}
    toy.insert("dataset_arms", [arm | {"run_id": uid("dataset"), "selection": {}}])
    return toy


def printed(text, width=100):
    console = Console(file=io.StringIO(), force_terminal=True, width=width, highlight=False)
    console.print(text)
    return console.file.getvalue()


def test_a_page_tells_what_a_person_asks(toy):
    page = str(trace_page(toy, uid("a")))
    title, *_ = page.splitlines()[1:]
    assert title == "correct, dropped by length · teacher · datagen · 100 tokens"
    assert "── problem \nWhat is 3 + 4?\n" in page
    assert "── prompt, assistant \nyes\n" in page
    assert "── reasoning 4 characters\né🙂 a\n" in page
    assert "── answer \nanswer a\n" in page
    assert re.search(r"^→  math +correct +because +answered 7, reference 7 +1$", page, re.M)
    assert re.search(
        r"^ {3}judge +undecided +because +no answer found, no reference +1$", page, re.M
    )
    assert re.search(r"^length +drops +because$", page, re.M)
    lineage = dict(line.split("  ", 1) for line in page.split("── lineage \n")[1].splitlines())
    assert lineage["source"].strip() == "sums row 0, math, MIT, revision 1"
    assert lineage["sampling"].strip() == '{"temperature":0.6}'
    assert "generate of tiny, 2026-01-01 00:00 UTC" in lineage["asked by"]
    assert "arm verified, train, position 0 of 1" in lineage["trained on"]


def test_what_nobody_checked_says_so(toy):
    page = str(trace_page(toy, uid("b")))
    assert page.splitlines()[1].startswith("unchecked · teacher")
    assert "nothing checked it" in page
    assert "no rule judged it" in page


def test_an_id_may_be_given_by_its_beginning(toy):
    whole = str(uid("a"))
    for prefix in (whole, whole[:9], whole.replace("-", "").upper()[:10]):
        assert find_trace(toy, prefix) == uid("a")
    with pytest.raises(UserError, match="made of the digits"):
        find_trace(toy, "xyz")
    with pytest.raises(UserError, match="there is none"):
        find_trace(toy, "0" * 32)


def test_several_ids_with_one_beginning_are_told(tmp_path):
    toy = Toy(tmp_path)
    toy.run("generate", "generate")
    toy.problem("p")
    for name in map(str, range(40)):
        toy.attempt(name, "p")
    ids = sorted(str(uid(name)) for name in map(str, range(40)))
    double = next(a[0] for a, b in pairwise(ids) if a[0] == b[0])
    with pytest.raises(UserError, match=f"several ids begin so: {double}.*Give more digits"):
        find_trace(toy, double)


def test_a_sample_is_drawn_by_seed_and_condition(toy):
    assert sample_traces(toy, "verdict = 'correct' -- and only these", 5, 0) == [uid("a")]
    assert set(sample_traces(toy, "true", 5, 0)) == {uid("a"), uid("b")}
    draws = {sample_traces(toy, "true", 1, seed)[0] for seed in range(20)}
    assert draws == {uid("a"), uid("b")}
    with pytest.raises(UserError, match='"verdikt" not found'):
        sample_traces(toy, "verdikt = 'wrong'", 1, 0)


def test_long_texts_are_folded_unless_all_is_asked_for():
    text = "".join(f"line {number}\n" for number in range(1000))
    for full in (False, True):
        page = Page(text=Text(), full=full)
        page.body(text)
        assert ("line 500" in str(page.text)) is full
        assert ("--full" in str(page.text)) is not full
    assert len(str(page.text)) == len(text)
    folded = Page(text=Text(), full=False)
    folded.body(text)
    assert len(str(folded.text)) < FOLD_CHARS
    assert str(folded.text).endswith("line 999\n")


def test_nothing_of_a_model_acts_on_the_terminal_or_is_markup(tmp_path):
    toy = Toy(tmp_path)
    toy.run("generate", "generate")
    toy.problem(HOSTILE, HOSTILE)
    text = f"{HOSTILE}\u2066[/] :smile: [link=file:///etc]x\u200f"
    span = {"reasoning_begin": 0, "reasoning_end": 9, "answer_begin": 9, "answer_end": len(text)}
    toy.attempt("a", HOSTILE, model=HOSTILE, text=text, **span)
    toy.verdict("a", HOSTILE, "wrong", reason=HOSTILE, extracted=HOSTILE)
    toy.filtered("a", **{HOSTILE: False})
    out = printed(trace_page(toy, uid("a")), width=400)
    ours = re.sub(r"\x1b\[[0-9;]*m", "", out)  # colours are all that the page may send
    assert not [c for c in ours if c != "\n" and acts(c)]
    assert "[bold]x[/bold]" in ours
    assert "<U+2066>[/] :smile: [link=file:///etc]x<U+200F>" in ours
    assert "\x1b[2J" not in out


@settings(deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=[])))
def test_no_text_acts_or_breaks_a_page(text):
    page = Page(text=Text(), full=True)
    page.body(text)
    assert not [c for c in str(page.text) if c != "\n" and acts(c)]
    printed(page.text)


def test_the_command_shows_and_samples(toy):
    runner = CliRunner(env={"DISTILL_HOME": str(toy.path.parent)})
    shown = runner.invoke(app, ["traces", "show", str(uid("b"))[:12], str(uid("a"))])
    assert shown.output.index(str(uid("b"))) < shown.output.index(str(uid("a")))
    sampled = runner.invoke(app, ["traces", "sample", "-w", "verdict = 'correct'", "-n", "9"])
    assert str(uid("a")) in sampled.output
    assert str(uid("b")) not in sampled.output
    refused = runner.invoke(app, ["traces", "sample", "-w", "false"])
    assert "no trace for which false holds" in str(refused.exception)
