import itertools
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reasoning_gym.factory import create_dataset

from distill.config.prompts import Verification
from distill.verify.base import Check
from distill.verify.pool import BATCH_SIZE, VerifierPool
from distill.verify.reasoning_gym import make_gold

FIVE = {"answer": "5"}
ENDLESS = r"\boxed{9^{9^{9^{9}}}}"
SPIRAL = make_gold("spiral_matrix", {}, create_dataset("spiral_matrix", seed=1, size=1)[0])
PIECES = ["\\boxed{", "}", "\\frac{", "^", "2", "x", "$", "=", "\\sqrt{", "(", ",", "<answer>", " "]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | st.text(max_size=200)


@pytest.fixture(scope="module")
def pool():
    with VerifierPool(Verification(num_workers=2, timeout_sec=1.5)) as pool:
        yield pool


def math(key, answer, gold=FIVE):
    return Check(key=key, verifier="math", answer=answer, gold=gold)


def test_every_check_comes_back_once(pool):
    checks = [math(n, f"\\boxed{{{n}}}") for n in range(100)]
    verdicts = dict(pool.verify(checks))
    assert {n: v.decision for n, v in verdicts.items()} == {
        n: "correct" if n == 5 else "wrong" for n in range(100)
    }
    assert all(v.milliseconds > 0 for v in verdicts.values())


def test_no_checks_no_verdicts():
    with VerifierPool(Verification()) as idle:
        assert list(idle.verify([])) == []
        assert idle._workers == []


def test_a_hanging_check_is_undecided_and_takes_no_other_with_it(pool):
    begun = time.monotonic()
    checks = [math(0, "5"), math("hangs", ENDLESS), *(math(n, "5") for n in range(1, 20))]
    verdicts = dict(pool.verify(checks))
    assert (verdicts["hangs"].decision, verdicts["hangs"].reason) == ("undecided", "timeout")
    assert [verdicts[n].decision for n in range(20)] == ["correct"] * 20
    assert time.monotonic() - begun < 60


def test_verdicts_are_made_in_any_thread(pool):
    found = []
    checks = [math(0, r"\boxed{\frac{x}{2}}", {"answer": "0.5x"}), math(1, r"\boxed{5}")]
    thread = threading.Thread(target=lambda: found.extend(pool.verify(checks)))
    thread.start()
    thread.join(60)
    assert [verdict.decision for _, verdict in sorted(found, key=lambda item: item[0])] == (
        ["correct"] * 2
    )


def test_checks_that_come_while_the_only_worker_is_being_replaced_are_made():
    with VerifierPool(Verification(num_workers=1, timeout_sec=1.5)) as pool:
        last = BATCH_SIZE - 1
        checks = [math(n, ENDLESS if n == last else "5") for n in range(2 * BATCH_SIZE)]
        verdicts = dict(pool.verify(checks))
        assert sorted(verdicts) == list(range(2 * BATCH_SIZE))
        assert verdicts[last].reason == "timeout"
        assert dict(pool.verify([math("hangs", ENDLESS)]))["hangs"].reason == "timeout"
        assert [key for key, _ in pool.verify([math("next", "5")])] == ["next"]


def test_a_dying_worker_is_replaced_and_its_check_undecided():
    with VerifierPool(Verification(num_workers=1, timeout_sec=60)) as pool:

        def kill_once_busy():
            while not (pool._workers and pool._workers[0].batch):
                time.sleep(0.01)
            pool._workers[0].process.kill()

        threading.Thread(target=kill_once_busy, daemon=True).start()
        checks = [math("first", ENDLESS), *(math(n, "5") for n in range(20))]
        verdicts = dict(pool.verify(checks))
    assert (verdicts["first"].decision, verdicts["first"].reason) == ("undecided", "crash")
    assert [verdicts[n].decision for n in range(20)] == ["correct"] * 20


def test_scorers_can_neither_write_nor_start_anything(pool, tmp_path):
    target = tmp_path / "written"
    answers = [
        f"[Random.__init__.__globals__['_os'].system('touch {target}')]",
        f"[Path({str(target)!r}).touch()]",
        "['a' * 10**11]",
    ]
    checks = [
        Check(key=n, verifier="reasoning-gym", answer=answer, gold=SPIRAL)
        for n, answer in enumerate(answers)
    ]
    assert {v.decision for _, v in pool.verify(checks)} <= {"wrong", "undecided"}
    assert not target.exists()


def test_checks_are_read_only_as_fast_as_they_are_done(pool):
    source = (math(n, "5") for n in itertools.count())
    verdicts = pool.verify(source)
    next(verdicts)
    assert next(source).key <= 2 * BATCH_SIZE
    verdicts.close()


def test_stopping_early_leaves_nothing_stale(pool):
    for _key, _verdict in pool.verify(math(("old", n), "5") for n in range(50)):
        break
    assert [key for key, _ in pool.verify([math("new", "5")])] == ["new"]


@settings(max_examples=15, deadline=None)
@given(answers=st.lists(TEXTS, min_size=1, max_size=15))
def test_any_text_gets_a_decision_from_every_verifier(pool, answers):
    checks = [math(("math", n), answer) for n, answer in enumerate(answers)]
    checks += [
        Check(key=("gym", n), verifier="reasoning-gym", answer=answer, gold=SPIRAL)
        for n, answer in enumerate(answers)
    ]
    checks += [math(("gold", n), "5", gold={"answer": answer}) for n, answer in enumerate(answers)]
    verdicts = list(pool.verify(checks))
    assert sorted(key for key, _ in verdicts) == sorted(check.key for check in checks)
    assert {v.decision for _, v in verdicts} <= {"correct", "wrong", "undecided"}
