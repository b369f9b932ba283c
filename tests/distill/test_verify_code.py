# ruff: noqa: E501  (programs in tables)
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from distill.config.prompts import Verification
from distill.errors import UserError
from distill.verify import code as verifier
from distill.verify.pool import VerifierPool
from distill.verify.registry import require
from distill.verify.sandbox import host
from tests.distill.code_toys import code, needs_sandbox

CODE = Verification(verifiers=("code",), num_workers=1, timeout_sec=5)
MISSING = "wants a module that is not here"
DOUBLE = ["assert double(2) == 4", "assert double('a') == 'aa'"]
HUMANEVAL = {
    "prompt": 'from typing import List\n\n\ndef total(xs: List[int]) -> int:\n    """Add."""\n',
    "tests": [
        "def check(candidate):\n    assert candidate([1, 2]) == 3\n    assert candidate([]) == 0"
    ],
    "entry_point": "total",
}
PIECES = [
    "```python\n",
    "```\n",
    "def f(x):\n",
    "    return x\n",
    "print(input())\n",
    "(",
    "é",
    "\0",
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | st.text(max_size=200)


@pytest.fixture(scope="module")
def pool():
    with VerifierPool(CODE) as pool:
        yield pool


def decide(pool, answer, **gold):
    verdict = dict(pool.verify([code(0, answer, **gold)]))[0]
    return verdict.decision, verdict.reason


@needs_sandbox
@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("```python\ndef double(x):\n    return x * 2\n```", ("correct", "passed")),
        ("def double(x): return x + x", ("correct", "passed")),
        ("double = lambda x: 2 * x", ("correct", "passed")),
        ("def double(x): return x ** 2", ("wrong", "test: TypeError")),
        ("def double(x): return x", ("wrong", "test: AssertionError")),
        ("def double(x): pass", ("wrong", "test: AssertionError")),
        ("def doubled(x): return x * 2", ("wrong", "no code in the answer")),
        ("I cannot write that.", ("wrong", "no code in the answer")),
        ("import nowhere\ndef double(x): return x * 2", ("undecided", MISSING)),
        ("def double(x):\n    import nowhere\n    return x * 2", ("undecided", MISSING)),
        ("def double(x): return iter([x, x])", ("wrong", "test: AssertionError")),
        ("def double(x):\n    return x * 2\ndouble(undefined)", ("wrong", "raised NameError")),
    ],
)
def test_functions_are_tested(pool, answer, verdict):
    assert decide(pool, answer, tests=DOUBLE) == verdict


@needs_sandbox
@pytest.mark.parametrize(
    ("answer", "decision"),
    [
        ("    return sum(xs)\n", "correct"),
        ("return sum(xs)", "correct"),
        ("    return sum(xs)\n\n\nif __name__ == '__main__':\n    total(", "correct"),
        ("def total(xs: List[int]) -> int:\n    return sum(xs)", "correct"),
        ("    return sum(xs) + 1\n", "wrong"),
        ("    pass\n", "wrong"),
    ],
)
def test_an_answer_may_go_on_from_the_prompt(pool, answer, decision):
    assert decide(pool, answer, **HUMANEVAL)[0] == decision


@needs_sandbox
@pytest.mark.parametrize(
    ("answer", "tests"),
    [
        ("def f(xs): xs.sort()", ["xs = [2, 1]\nf(xs)\nassert xs == [1, 2]"]),
        ("def f(d): d.clear()", ["d = {1: 2}\nf(d)\nassert d == {}"]),
        ("def f(n):\n    yield from range(n)", ["assert list(f(3)) == [0, 1, 2]"]),
        ("def f(n):\n    while True: yield n", ["import itertools\nassert [*zip(f(1), 'ab')] == [(1, 'a'), (1, 'b')]"]),
        ("def f(x): raise ValueError('no')", ["try:\n    f(1)\n    assert False\nexcept ValueError as e:\n    assert str(e) == 'no'"]),
        ("def f(x): return {(1, 2): {3}, 'k': [None, 1.5, True, b'x', 2 ** 80, 1j]}",
         ["assert f(0) == {(1, 2): {3}, 'k': [None, 1.5, True, b'x', 2 ** 80, 1j]}"]),
        ("from collections import Counter\ndef f(x): return Counter(x)", ["assert f('aab') == {'a': 2, 'b': 1}"]),
        ("from fractions import Fraction\ndef f(x): return Fraction(x, 3)", ["assert f(2) * 3 == 2"]),
        ("class f:\n    def __init__(self): self.items = []\n    def push(self, x): self.items.append(x)\n"
         "    def __len__(self): return len(self.items)\n    def __getitem__(self, i): return self.items[i]",
         ["s = f()\ns.push(5)\ns.push([6])\nassert len(s) == 2 and s[1] == [6] and s.items == [5, [6]]"]),
        ("class Pair:\n    def __init__(self, a): self.a = a\ndef f(ps): return sum(p.a for p in ps)",
         ["assert f([Pair(1), Pair(2)]) == 3"]),
        ("from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\ndef f(x): return P(x).x",
         ["assert f(3) == 3"]),
        ("def sum(a): return 7", ["assert sum([1]) == 7"]),
        ("def f(xs): return [x for x in xs]", ["assert f(range(2, 9, 3)) == [2, 5, 8]"]),
        ("def check(n): return n > 7", ["assert check(8) and not check(7)"]),
        ("import sys\nsys.stdout.write('x' * 10**6)\ndef f(x): print('y' * 10**6); return x", ["assert f(1) == 1"]),
    ],
)  # fmt: skip
def test_what_goes_to_and_from_a_candidate_is_as_if_it_were_here(pool, answer, tests):
    entry_point = answer.split("(")[0].removeprefix("def ") if answer.startswith("def ") else None
    gold = {"tests": tests, "entry_point": entry_point}
    assert decide(pool, answer, **gold) == ("correct", "passed")


@needs_sandbox
def test_the_entry_point_may_be_a_method(pool):
    answer = "class Solution:\n    def twice(self, x):\n        return 2 * x"
    test = "def check(candidate):\n    assert candidate(3) == 6"
    verdict = decide(pool, answer, tests=[test], entry_point="Solution().twice")
    assert verdict == ("correct", "passed")


@needs_sandbox
def test_what_cannot_be_decided_is_undecided(pool):
    answer = "def f(g): return g(1)"
    tests = ["assert f(lambda x: x + 1) == 2"]
    assert decide(pool, answer, tests=tests) == ("undecided", "a function cannot cross")
    dates = ["import datetime\nassert day(1) == datetime.date(2026, 1, 1)"]
    day = "import datetime\ndef day(n): return datetime.date(2026, 1, n)"
    assert decide(pool, day, tests=dates) == ("undecided", "a date cannot cross")
    slow = ["while True: pass", "assert f(1)"]
    decision, reason = decide(pool, answer, tests=slow)
    assert decision == "undecided"
    assert reason in ("tests end without an outcome", "timeout")


@needs_sandbox
@pytest.mark.parametrize(
    ("program", "verdict"),
    [
        ("a, b = map(int, input().split())\nprint(a + b)", ("correct", "passed")),
        ("import sys\nprint(sum(map(int, sys.stdin.read().split())))", ("correct", "passed")),
        ("def main():\n    print(sum(map(int, open(0).read().split())))\n\nif __name__ == '__main__':\n    main()",
         ("correct", "passed")),
        ("import threading\nt = threading.Thread(target=lambda: print(sum(map(int, input().split()))))\nt.start()",
         ("correct", "passed")),
        ("print(sum(map(int, input().split())) - 1)", ("wrong", "other output")),
        ("print(3); input()", ("wrong", "other output")),
        ("print(sum(map(int, input().split())), end=' \\n\\n')", ("correct", "passed")),
        ("input(); input(); input()", ("wrong", "exit status 1")),
        ("import sys\nprint(sum(map(int, input().split())))\nsys.exit(0)", ("correct", "passed")),
        ("There is no program here", ("wrong", "no code in the answer")),
        ("```cpp\nint main() {}\n```", ("undecided", "written in cpp")),
        ("```bash\nls\n```", ("wrong", "no code in the answer")),
        ("import nowhere\nprint(input())", ("undecided", MISSING)),
    ],
)  # fmt: skip
def test_programs_are_run_on_every_input(pool, program, verdict):
    answer = (
        program
        if program.startswith(("There", "```"))
        else f"So:\n```python\n{program}\n```\nDone."
    )
    assert decide(pool, answer, inputs=["1 2\n", "3 4\n"], outputs=["3\n", "7"]) == verdict


@pytest.mark.parametrize(
    ("gold", "complaint"),
    [
        ({"tests": ["assert f(1) == 2"]}, None),
        ({"tests": "assert f(1) == 2", "entry_point": "f", "prompt": "def f(x):\n    '''x'''"}, None),
        ({"inputs": ["1"], "outputs": ["2"]}, None),
        ({"answer": "x"}, 'must be {"tests": [...]} or {"inputs": [...], "outputs": [...]}'),
        ("x", 'must be {"tests": [...]} or {"inputs": [...], "outputs": [...]}'),
        ({"tests": []}, 'must have source in "tests", as a text or a list of texts'),
        ({"tests": [1]}, 'must have source in "tests", as a text or a list of texts'),
        ({"tests": ["assert f("]}, "has a test that is no Python"),
        ({"tests": ["x"], "prompt": 3}, 'must have texts as "entry_point" and "prompt", or leave them out'),
        ({"inputs": ["1"], "outputs": []}, 'must have as many texts in "outputs" as in "inputs", and one at least'),
    ],
)  # fmt: skip
def test_golds_have_a_shape(gold, complaint):
    assert verifier.VERIFIER.check_gold(gold) == complaint


def test_without_a_sandbox_nothing_is_wrong_and_stages_are_refused(monkeypatch):
    monkeypatch.setattr(host.shutil, "which", lambda name: None)
    host.require.cache_clear()
    with pytest.raises(
        UserError, match=r"cannot be run here.*bubblewrap, is not installed.*Install the package"
    ):
        require(CODE)
    verifier._load(CODE)
    verdict = verifier._check("def double(x): return x", {"tests": DOUBLE})
    assert (verdict.decision, verdict.reason[:12]) == ("undecided", "no sandbox: ")


def test_a_sandbox_that_fails_says_what_bubblewrap_says(monkeypatch):
    monkeypatch.setattr(host, "_mounts", lambda: ["--ro-bind", "/nowhere", "/nowhere"])
    with pytest.raises(UserError, match=r"Can't find source path /nowhere"):
        host.Sandbox()


@needs_sandbox
@settings(max_examples=20, deadline=None)
@given(answers=st.lists(TEXTS, min_size=1, max_size=8))
def test_any_text_gets_a_decision(pool, answers):
    checks = [
        code(("f", n), answer, tests=["assert f(1) == 1"]) for n, answer in enumerate(answers)
    ]
    checks += [code(("p", n), a, inputs=["1"], outputs=["1"]) for n, a in enumerate(answers)]
    checks += [code(("gold", n), "def f(x): return x", tests=[a]) for n, a in enumerate(answers)]
    checks += [
        code(("io", n), "print(input())", inputs=[a], outputs=[a]) for n, a in enumerate(answers)
    ]
    verdicts = dict(pool.verify(checks))
    assert set(verdicts) == {check.key for check in checks}
    assert {v.decision for v in verdicts.values()} <= {"correct", "wrong", "undecided"}
    assert not {v.reason for v in verdicts.values()} & {"crash", "timeout"}
