import os
from pathlib import Path

import pytest

from distill.config.prompts import Verification
from distill.verify.pool import VerifierPool
from tests.distill.code_references import emptied, references, with_another_operator
from tests.distill.code_toys import code, needs_sandbox

pytestmark = [
    needs_sandbox,
    pytest.mark.slow,
    pytest.mark.skipif("DISTILL_DATA" not in os.environ, reason="DISTILL_DATA is not set"),
]
SURVIVING = {"humaneval": ["humaneval/41"], "mbpp": ["mbpp/385"]}
"""Mutants that their problem's own tests let pass, in a plain Python process too."""


@pytest.mark.parametrize(("name", "size"), [("humaneval", 164), ("mbpp", 399)])
def test_references_pass_and_what_is_not_quite_them_fails(name, size):
    found = references(name, Path(os.environ["DISTILL_DATA"]))
    checks = [code((r.name, "whole"), f"```python\n{r.solution}\n```", **r.gold) for r in found]
    checks += [code((r.name, "body"), r.body, **r.gold) for r in found if r.body]
    checks += [code((r.name, "empty"), emptied(r), **r.gold) for r in found[::3]]
    checks += [
        code((r.name, "operator"), mutant, **r.gold)
        for r in found[::8]
        if (mutant := with_another_operator(r))
    ]
    with VerifierPool(Verification(verifiers=("code",), timeout_sec=15)) as pool:
        verdicts = dict(pool.verify(checks))
    kinds = ("whole", "body", "empty", "operator")
    of = {kind: {k: v for k, v in verdicts.items() if k[1] == kind} for kind in kinds}
    assert len(of["whole"]) == size
    assert {v.reason for v in (of["whole"] | of["body"]).values()} == {"passed"}
    assert {v.decision for v in of["empty"].values()} == {"wrong"}
    surviving = sorted(key for (key, _), v in of["operator"].items() if v.decision == "correct")
    assert surviving == SURVIVING[name]
