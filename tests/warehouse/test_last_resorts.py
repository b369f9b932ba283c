"""The judge and the majority: asked where no rule decided, through the real engine."""

import io
import json

import pytest
from rich.console import Console

from distill.config.recipe import Recipe
from distill.errors import UserError
from distill.runs.context import Context
from distill.runs.home import Home
from distill.serving.pool import ServerPool
from distill.verify import judge
from tests.stub_server import running
from tests.warehouse.toy_pool import InProcessPool
from tests.warehouse.toy_warehouse import Toy, uid
from warehouse import verdicts, voting
from warehouse.judging import require_judge
from warehouse.stage import stage_run
from warehouse.verdicts import verify_attempts


@pytest.fixture(autouse=True)
def in_process(monkeypatch):
    monkeypatch.setattr(verdicts, "VerifierPool", InProcessPool)
    monkeypatch.setattr(voting, "VerifierPool", InProcessPool)


@pytest.fixture
def stub(tmp_path):
    with running(tmp_path / "log") as server:
        yield server


@pytest.fixture
def toy(tmp_path):
    return Toy(tmp_path)


def gold(toy, problem, answer, verifier="math"):
    row = {"problem_id": uid(problem), "verifier": verifier, "gold": {"answer": answer}}
    toy.insert_golds([row | {"origin": "source"}])


def context_of(tmp_path, verifiers, server=None, **verification):
    models = {"judge": {"source": "stub", "url": f"{server.url}/v1"}} if server else {}
    settings = {"num_workers": 1, "verifiers": verifiers} | verification
    home, console = Home.at(str(tmp_path)), Console(file=io.StringIO())
    requests = {"max_tries": 1}
    return Context(
        recipe=Recipe.model_validate(
            {"name": "toy", "verification": settings, "models": models, "requests": requests}
        ),
        home=home,
        data=None,
        servers=ServerPool(home, console, keep=False),
        console=console,
    )


def verify(context, *names):
    with stage_run(context, "generate") as (run, warehouse):
        rows = [{"run_id": run.run_id, "attempt_id": uid(name)} for name in names]
        warehouse.insert("run_attempts", rows)
    with stage_run(context, "verify") as (run, warehouse):
        return verify_attempts(context, run, warehouse, [uid(name) for name in names])


def answer(toy, name, problem, text):
    toy.attempt(name, problem, text=text, reasoning_end=0, answer_begin=0, answer_end=len(text))


def decisions(toy):
    rows = toy.query("select attempt_id, verifier, decision, reason from current_verdicts")
    return {row.pop("attempt_id"): tuple(row.values()) for row in rows}


def test_the_judge_is_asked_where_the_rules_did_not_decide(toy, tmp_path, stub):
    toy.problem("p", "s")
    toy.problem("essay", "s")
    gold(toy, "p", "4")
    gold(toy, "essay", r"\undefined{", "math")
    answer(toy, "rule", "p", r"\boxed{4}")
    answer(toy, "yes", "essay", "It is so. !judge-yes")
    answer(toy, "no", "essay", "It is not. !judge-no")
    answer(toy, "prose", "essay", "What now?")
    context = context_of(tmp_path, ["math", "judge"], stub)
    names = ("rule", "yes", "no", "prose")
    assert verify(context, *names).num_new == 7
    found = decisions(toy)
    assert found[uid("rule")] == ("math", "correct", "equal")
    assert found[uid("yes")] == ("judge", "correct", "judged")
    assert found[uid("no")] == ("judge", "wrong", "judged")
    assert found[uid("prose")][1] == "undecided"
    (row,) = toy.query(
        "select attempts.stream, attempts.text from verdicts join attempts on "
        "attempts.attempt_id = verdicts.judge_attempt_id where verdicts.decision = 'correct'"
    )
    assert (row["stream"], json.loads(row["text"])["correctness"]) == ("judge", "correct")
    assert len(stub.requests()) == 3
    assert r"\undefined{" in stub.requests()[0]["message"]
    assert verify(context, *names).num_new == 0
    (golds,) = toy.query("select count(*) as num from golds where verifier = 'math'")
    assert golds["num"] == 2


def test_another_way_of_reading_judges_asks_for_nothing(toy, tmp_path, stub, monkeypatch):
    toy.problem("essay", "s")
    gold(toy, "essay", "a reference", "judge")
    answer(toy, "yes", "essay", "It is so. !judge-yes")
    answer(toy, "silent", "essay", " ")
    context = context_of(tmp_path, ["judge"], stub)
    assert verify(context, "yes", "silent").decisions == {"correct": 1, "wrong": 1}
    newer = judge.VERIFIER.__class__(**(vars(judge.VERIFIER) | {"version": lambda: "2"}))
    monkeypatch.setitem(verdicts.verifier.__globals__["VERIFIERS"], "judge", newer)
    assert verify(context, "yes", "silent").num_new == 2
    assert len(stub.requests()) == 1
    assert len(toy.query("from verdicts")) == 4


def test_a_judge_that_fails_leaves_its_check_open(toy, tmp_path, stub):
    toy.problem("essay", "s")
    gold(toy, "essay", "a reference", "judge")
    answer(toy, "lost", "essay", "It is so. !400")
    answer(toy, "cut", "essay", "It is so. !length")
    context = context_of(tmp_path, ["judge"], stub)
    assert verify(context, "lost", "cut").decisions == {"undecided": 1, "none": 1}
    assert decisions(toy)[uid("cut")] == ("judge", "undecided", "the judge's answer: length")
    # the stub fails a message once only
    assert verify(context, "lost", "cut").num_new == 1


def test_a_recipe_without_a_judge_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"'judge' needs models\.judge"):
        require_judge(context_of(tmp_path, ["judge"]))


def test_a_majority_stands_beside_the_reference(toy, tmp_path):
    toy.problem("broken", "s")
    toy.problem("split", "s")
    gold(toy, "broken", r"\undefined{")
    votes = {"a": "0.5", "b": r"\frac12", "c": "1/2", "d": "7"}
    for name, text in votes.items():
        answer(toy, name, "broken", f"\\boxed{{{text}}}")
    for name, text in {"e": "1", "f": "2"}.items():
        answer(toy, name, "split", f"\\boxed{{{text}}}")
    context = context_of(tmp_path, ["math", "majority"])
    names = (*votes, "e", "f")
    assert verify(context, *names).decisions == {"correct": 3, "none": 2, "wrong": 1}
    found = decisions(toy)
    assert found[uid("a")] == ("majority", "correct", "equal")
    assert found[uid("d")] == ("majority", "wrong", "different")
    golds = toy.query("select verifier, gold, gold_version, origin from golds order by verifier")
    assert [row["verifier"] for row in golds] == ["majority", "math"]
    assert golds[0]["origin"] == "majority answer"
    assert golds[1]["gold"] == {"answer": r"\undefined{"}
    assert verify(context, *names).num_new == 0


def test_a_corrected_reference_goes_before_the_majority(toy, tmp_path):
    toy.problem("p", "s")
    gold(toy, "p", r"\undefined{")
    for name in ("a", "b", "c"):
        answer(toy, name, "p", r"\boxed{1}")
    context = context_of(tmp_path, ["math", "majority"])
    verify(context, "a", "b", "c")
    row = {"problem_id": uid("p"), "verifier": "math", "gold": {"answer": "2"}}
    toy.insert_golds([row | {"origin": "a person"}])
    assert verify(context, "a", "b", "c").decisions == {"wrong": 3}
    assert decisions(toy)[uid("a")] == ("math", "wrong", "different")
