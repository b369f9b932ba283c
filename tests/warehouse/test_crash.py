"""kill -9 at random moments; make bench ONLY=warehouse_crash does it a hundred times."""

import pytest

from tests.warehouse.crashing import KINDS, survive


@pytest.mark.parametrize("what", KINDS)
def test_going_on_after_a_kill_loses_and_doubles_nothing(tmp_path, what):
    assert survive(what, tmp_path, num_kills=2, seed=1).num_kills == 2
