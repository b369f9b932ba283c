from dataclasses import replace

import pytest

from eval import words
from tests.eval.toy_report import BASE, comparison


def test_numbers_as_they_are_printed():
    assert words.percent(0.425) == "42.5"
    assert words.signed(0.125) == "+12.5"
    assert words.signed(-0.05) == "\N{MINUS SIGN}5.0"
    assert words.signed(-0.0001) == "0.0"
    assert words.share(0.714) == "71%"
    assert words.count(1234.5) == "1,234"
    assert words.interval(0.1, 0.235) == "10.0\N{EN DASH}23.5"


def test_what_is_undefined_is_no_zero():
    assert words.percent(None) == words.signed(None) == words.share(None) == "\N{EN DASH}"
    assert (
        words.interval(None, None) == words.signed_interval(0.1, None) == words.p_value(None) == ""
    )


@pytest.mark.parametrize(
    ("p", "text"), [(0.0002, "p<0.001"), (0.031, "p=0.031"), (0.5, "p=0.50"), (1.0, "p=1.00")]
)
def test_p_values(p, text):
    assert words.p_value(p) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(3.04, "3.0 s"), (75, "1 min 15 s"), (3600 * 26 + 61, "26 h 1 min")]
)
def test_durations(seconds, text):
    assert words.duration(seconds) == text


def test_a_shown_difference_is_claimed():
    gain, _, recovered = words.conclusions(comparison("overall", 0.1, 0.4, 0.6), 0.95)
    assert gain == (
        "Student tiny-qwen solves 30.0 points more than its base "
        "(95% interval +22.0 to +39.0, p<0.001): more than chance explains."
    )
    assert recovered == "It closed 60% of the gap between base and teacher (interval 31% to 97%)."


def test_a_difference_that_may_be_chance_is_not_claimed_but_its_limit_named():
    _, difference, _ = words.conclusions(comparison("overall", 0.1, 0.4, 0.405), 0.95)
    assert difference.startswith(
        "No difference between student tiny-qwen and the teacher is shown: \N{MINUS SIGN}0.5 points"
    )
    # half the interval is 11.5 points, 1.96 standard errors; 2.80 of them are found in 4 of 5 cases
    assert "40 problems would show a true difference of 16 points four times in five" in difference


def test_interval_and_p_value_must_agree_for_a_claim():
    unsure = replace(comparison("overall", 0.1, 0.4, 0.6), gain_p_value=0.06)
    assert words.conclusions(unsure, 0.95)[0].startswith("No difference between")


def test_a_share_of_nothing_is_called_undefined():
    same = replace(comparison("overall", 0.4, 0.4, 0.41), recovered=None, teacher_model_id=BASE)
    assert words.conclusions(same, 0.95)[-1] == (
        "Teacher and base are the same model. Teacher \N{MINUS SIGN} base is +1.0 points and may "
        "be nothing, so the share of it that the student recovered is undefined."
    )


def test_without_a_teacher_only_the_gain_is_spoken_of():
    sentences = words.conclusions(comparison("overall", 0.1, 0.4, None), 0.95)
    assert len(sentences) == 1


def test_too_few_problems_to_show_anything():
    wide = replace(comparison("overall", 0.1, 0.4, None), gain_low=-0.8, gain_high=0.9)
    assert words.conclusions(wide, 0.95)[0].endswith("40 problems are too few to show any.")
