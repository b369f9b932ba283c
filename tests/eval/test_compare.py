from uuid import UUID

import numpy as np
import pytest

from eval.compare import compare
from eval.scores import Result
from eval.statistics import Method

METHOD = Method(num_resamples=500)


def result(rates, benchmark="toy", ids=None):
    ids = range(len(rates)) if ids is None else ids
    return Result(
        benchmark=benchmark,
        problem_ids=tuple(UUID(int=number) for number in ids),
        rates=np.array(rates, dtype=float),
        num_undecided=0,
        num_truncated=0,
        mean_completion_tokens=None,
        verifiers="",
    )


def test_one_row_a_benchmark_and_one_over_all():
    sides = {
        "student": [result([1, 1, 0, 0], "a"), result([1, 1], "b")],
        "base": [result([1, 0, 0, 0], "a"), result([0, 0], "b")],
        "teacher": [result([1, 1, 1, 0], "a"), result([1, 1], "b")],
    }
    a, b, overall = compare(sides, METHOD)
    assert [row["benchmark"] for row in (a, b, overall)] == ["a", "b", "overall"]
    assert (a["gain"], a["difference"], a["p_value"]) == (0.25, -0.25, 1.0)
    assert (b["gain"], b["gain_p_value"], b["difference"]) == (1.0, 0.5, 0.0)
    assert overall["num_problems"] == 6
    assert overall["gain"] == 0.625
    assert overall["student_pass_at_1"] == 0.75


def test_only_problems_that_all_have_answered_are_compared():
    sides = {
        "student": [result([1, 1, 0], ids=[1, 2, 3])],
        "base": [result([0, 1], ids=[2, 3])],
        "teacher": [result([0, 1, 1], ids=[1, 2, 4])],
    }
    row = compare(sides, METHOD)[0]
    assert row["num_problems"] == 1
    assert (row["student_pass_at_1"], row["base_pass_at_1"], row["gain"]) == (1.0, 0.0, 1.0)
    assert (row["gain_low"], row["gain_high"]) == (None, None)


@pytest.mark.parametrize("present", ["base", "teacher"])
def test_a_role_that_is_not_there_leaves_null(present):
    sides = {"student": [result([1, 1, 0, 1])], present: [result([0, 1, 0, 1])]}
    row = compare(sides, METHOD)[0]
    absent = {"base": ("difference", "p_value"), "teacher": ("gain", "gain_p_value")}
    given = {"base": ("gain", "gain_p_value"), "teacher": ("difference", "p_value")}
    assert all(row[name] is None for name in (*absent[present], "recovered"))
    assert all(row[name] is not None for name in given[present])


def test_no_problem_in_common_is_null_and_no_zero():
    row = compare({"student": [result([1.0], ids=[1])], "base": [result([1.0], ids=[2])]}, METHOD)[
        0
    ]
    assert row["num_problems"] == 0
    assert row["gain"] is row["student_pass_at_1"] is row["gain_p_value"] is None
