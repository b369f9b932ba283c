import io
from types import SimpleNamespace

import pytest
from rich.console import Console

from distill.config.recipe import Recipe
from distill.errors import UserError
from distill.runs.context import Context
from distill.runs.home import Home
from tests.warehouse.toy_pool import InProcessPool
from tests.warehouse.toy_warehouse import Toy, uid
from warehouse import verdicts
from warehouse.stage import stage_run
from warehouse.verdicts import unverified, verify_attempts

GOLDS = [("1 + 1", "2"), ("2 + 2", "4"), ("3 + 3", "6")]


@pytest.fixture
def in_process(monkeypatch):
    monkeypatch.setattr(verdicts, "VerifierPool", InProcessPool)


@pytest.fixture
def toy(tmp_path):
    toy = Toy(tmp_path)
    for problem, answer in GOLDS:
        toy.problem(problem, "sums")
        gold = {"verifier": "math", "gold": {"answer": answer}, "origin": "sums"}
        toy.insert_golds([gold | {"problem_id": uid(problem)}])
    toy.problem("an open question", "talk")
    toy.attempt("right", "1 + 1", **text("I think.", "\\boxed{2}"))
    toy.attempt("wrong", "2 + 2", **text("I think é🙂.", "\\boxed{5}"))
    toy.attempt("silent", "3 + 3", **text("I think.", None))
    toy.attempt("open", "an open question", **text("I think.", "Perhaps."))
    return toy


def text(reasoning, answer):
    begin = len(reasoning) + len("</think>")
    there = answer is not None
    return {
        "text": f"{reasoning}</think>{answer or ''}",
        "reasoning_end": len(reasoning),
        "answer_begin": begin if there else None,
        "answer_end": begin + len(answer) if there else None,
    }


def context_of(tmp_path, **verification):
    settings = {"num_workers": 1, "verifiers": ["math"]} | verification
    return Context(
        recipe=Recipe.model_validate({"name": "toy", "verification": settings}),
        home=Home.at(str(tmp_path)),
        data=None,
        servers=SimpleNamespace(),
        console=Console(file=io.StringIO()),
    )


def verify(context, *names):
    with stage_run(context, "verify") as (run, warehouse):
        return verify_attempts(context, run, warehouse, [uid(name) for name in names])


ALL = ("right", "wrong", "silent", "open")


def test_verdicts_are_made_once(toy, tmp_path, monkeypatch):
    context = context_of(tmp_path)
    counts = verify(context, *ALL)
    assert (counts.num_attempts, counts.num_new) == (4, 3)
    assert counts.decisions == {"wrong": 2, "correct": 1, "none": 1}
    rows = toy.query(
        "select attempt_id, decision, reason, extracted, gold_version, verifier, score "
        "from verdicts"
    )
    found = {row.pop("attempt_id"): row for row in rows}
    common = {"verifier": "math", "gold_version": 1}
    assert found == {
        uid("right"): common
        | {"decision": "correct", "reason": "equal", "extracted": "2", "score": 1.0},
        uid("wrong"): common
        | {"decision": "wrong", "reason": "different", "extracted": "5", "score": 0.0},
        uid("silent"): common
        | {"decision": "wrong", "reason": "no answer", "extracted": None, "score": 0.0},
    }
    monkeypatch.setattr(verdicts, "VerifierPool", None)  # nobody is asked again
    assert verify(context, *ALL).num_new == 0
    run_id, attempt_ids = context.recipe.run_id("verify"), [uid(name) for name in ALL]
    assert unverified(toy, run_id, attempt_ids) == []


def test_a_corrected_gold_and_another_configuration_are_checked_again(toy, tmp_path, in_process):
    verify(context_of(tmp_path), *ALL)
    corrected = {"verifier": "math", "gold": {"answer": "5"}, "origin": "a person"}
    toy.insert_golds([corrected | {"problem_id": uid("2 + 2")}])
    counts = verify(context_of(tmp_path), *ALL)
    assert (counts.num_new, counts.decisions["correct"]) == (1, 2)
    assert verify(context_of(tmp_path, timeout_sec=7.0), *ALL).num_new == 3
    assert len(toy.query("from verdicts")) == 7


def test_only_what_is_asked_for_is_checked(toy, tmp_path, in_process):
    counts = verify(context_of(tmp_path), "right", "right")
    assert (counts.num_attempts, counts.num_new, counts.decisions) == (1, 1, {"correct": 1})


def test_the_verifiers_of_a_run_are_on_record(toy, tmp_path):
    context = context_of(tmp_path, verifiers=["reasoning-gym", "math"])
    verify(context)
    rows = toy.query("select run_id, verifier, version from run_verifiers order by position")
    assert [row["verifier"] for row in rows] == ["reasoning-gym", "math"]
    assert rows[1]["version"].startswith("2/math-verify-")
    assert {row["run_id"] for row in rows} == {context.recipe.run_id("verify")}


def test_what_was_decided_before_an_interrupt_is_kept(toy, tmp_path, monkeypatch):
    class Interrupted(InProcessPool):
        def verify(self, checks):
            yield next(iter(super().verify(checks)))
            raise KeyboardInterrupt

    monkeypatch.setattr(verdicts, "VerifierPool", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        verify(context_of(tmp_path), *ALL)
    assert len(toy.query("from verdicts")) == 1


def test_unknown_verifiers_are_refused(toy, tmp_path):
    with pytest.raises(UserError, match=r"no verifier 'maths' \(did you mean 'math'\?\)"):
        verify(context_of(tmp_path, verifiers=["maths"]), *ALL)
