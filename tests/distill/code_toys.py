"""What the tests of the code verifier share."""

import pytest

from distill.verify.base import Check
from distill.verify.sandbox.host import refusal

needs_sandbox = pytest.mark.skipif(refusal() is not None, reason=f"no sandbox: {refusal()}")


def code(key, answer, **gold):
    return Check(key=key, verifier="code", answer=answer, gold=gold)
