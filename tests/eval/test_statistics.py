import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import binomtest

from eval.statistics import (
    Estimate,
    Method,
    constant_interval,
    difference,
    estimate,
    least_detectable_difference,
    pass_at_1,
    pass_rates,
    recovered,
    resample,
    sign_flip_p_value,
    standard_error,
    tail,
)

METHOD = Method(num_resamples=2000)


def values(*numbers: float) -> np.ndarray:
    return np.array(numbers, dtype=float)


def half(num_ones: int, num_problems: int) -> np.ndarray:
    return np.repeat([1.0, 0.0], [num_ones, num_problems - num_ones])


@pytest.mark.parametrize("k", [8, 16, 32, 64])
def test_pass_at_1_does_not_depend_on_how_many_responses_were_asked_for(k):
    # Found elsewhere: the same responses gave .4375, .2188, .1094, .0547 for k = 8, 16, 32, 64.
    rates = pass_rates([k // 2, 3 * k // 8], [k, k])
    assert pass_at_1([rates]) == 0.4375


def test_pass_rates_are_over_the_responses_that_exist():
    assert pass_rates([1, 1], [1, 2]).tolist() == [1.0, 0.5]


def test_overall_is_the_unweighted_mean_over_benchmarks():
    assert pass_at_1([half(30, 30), half(0, 500)]) == 0.5


def test_nothing_measured_is_undefined_not_zero():
    assert estimate([], METHOD) == Estimate()
    assert estimate([values()], METHOD) == Estimate()
    assert estimate([half(1, 2), values()], METHOD) == Estimate()
    assert difference([values()], [values()], METHOD) == Estimate()
    assert sign_flip_p_value([values()], [values()], METHOD) is None
    assert recovered([values()], [values()], [values()], METHOD) == Estimate()


def test_one_problem_has_no_interval():
    assert estimate([values(0.25)], METHOD) == Estimate(value=0.25)
    assert estimate([half(1, 2), values(1.0)], METHOD) == Estimate(value=0.75)


def test_interval_golden_value():
    found = estimate([half(12, 40)], Method())
    assert found == Estimate(value=0.3, low=0.15, high=0.45)


def test_seed_decides_the_interval():
    strata = [np.linspace(0, 1, 37)]
    assert estimate(strata, Method(seed=1)) == estimate(strata, Method(seed=1))
    assert estimate(strata, Method(seed=1)) != estimate(strata, Method(seed=2))


def test_none_solved_is_not_certainly_none():
    found = estimate([half(0, 40)], METHOD)
    assert (found.value, found.low) == (0.0, 0.0)
    assert found.high == pytest.approx(binomtest(0, 40).proportion_ci(0.95, "exact").high)
    found = estimate([half(40, 40)], METHOD)
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low == pytest.approx(binomtest(40, 40).proportion_ci(0.95, "exact").low)


def test_same_answers_are_not_certainly_the_same_model():
    low, high = constant_interval(0.0, 40, 0.95, (-1.0, 1.0))
    found = difference([half(10, 40)], [half(10, 40)], METHOD)
    assert found == Estimate(value=0.0, low=low, high=high)
    assert high == -low == pytest.approx(0.08810, abs=1e-5)


def test_resampling_stays_within_benchmarks_and_keeps_columns_together():
    pairs = np.stack([half(3, 6), half(3, 6) + 0.5], axis=1)
    means = resample([pairs, np.ones((2, 2))], METHOD)
    assert means.shape == (2000, 2)
    assert np.allclose(means[:, 1] - means[:, 0], 0.25)
    assert set(np.round(means[:, 0] * 12 - 6, 9)) <= set(range(7))


def test_resampling_in_chunks(monkeypatch):
    monkeypatch.setattr("eval.statistics.CHUNK", 100)
    means = resample([half(15, 30)[:, None]], METHOD)
    assert means.shape == (2000, 1)
    assert means.mean() == pytest.approx(0.5, abs=0.01)


def test_tail_corrects_the_level_for_few_problems():
    assert tail([10**6], 0.95) == pytest.approx(0.025, abs=1e-6)
    assert tail([40], 0.95) == pytest.approx(0.02025, abs=1e-5)
    assert tail([8], 0.95) < tail([8, 8], 0.95) < tail([8] * 10, 0.95) < 0.025


@pytest.mark.parametrize(
    ("num_problems", "k", "shape"),
    [(8, 4, (2, 2)), (20, 1, (0.5, 0.5)), (40, 4, (0.3, 2.7)), (100, 1, (0.5, 0.5))],
)
def test_interval_covers_the_truth_as_often_as_it_says(num_problems, k, shape):
    rng = np.random.default_rng(7)
    method = Method(num_resamples=800)
    hits = 0
    for _ in range(500):
        difficulty = rng.beta(*shape, num_problems)
        found = estimate([rng.binomial(k, difficulty) / k], method)
        hits += found.holds(shape[0] / sum(shape))
    assert 0.92 <= hits / 500 <= 0.985


def test_stratified_interval_covers_the_truth():
    rng = np.random.default_rng(8)
    method = Method(num_resamples=800)
    hits = sum(
        estimate([rng.binomial(1, p, n) * 1.0 for p, n in ((0.3, 15), (0.8, 60))], method).holds(
            0.55
        )
        for _ in range(500)
    )
    assert 0.92 <= hits / 500 <= 0.985


def test_paired_interval_is_shorter_than_what_the_problems_difficulty_makes_of_each():
    rng = np.random.default_rng(0)
    difficulty = rng.uniform(size=200)
    base, student = difficulty, np.clip(difficulty + 0.05, 0, 1)
    paired = difference([student], [base], METHOD)
    alone = estimate([student], METHOD)
    assert paired.low > 0.04
    assert paired.high - paired.low < 0.1 * (alone.high - alone.low)


@pytest.mark.parametrize(("wins", "losses"), [(5, 0), (6, 0), (7, 2), (3, 3), (12, 4)])
def test_sign_flips_are_mcnemars_exact_test_for_one_response_a_problem(wins, losses):
    student = np.concatenate([half(wins, wins + losses), half(10, 20)])
    base = np.concatenate([1 - half(wins, wins + losses), half(10, 20)])
    exact = binomtest(wins, wins + losses).pvalue
    assert sign_flip_p_value([student], [base], METHOD) == pytest.approx(exact)


def test_no_difference_at_all_has_p_one():
    assert sign_flip_p_value([half(3, 9)], [half(3, 9)], METHOD) == 1.0


def test_random_flips_agree_with_all_flips_and_are_never_zero(monkeypatch):
    rng = np.random.default_rng(3)
    student, base = [rng.uniform(size=12)], [rng.uniform(size=12) - 0.2]
    exact = sign_flip_p_value(student, base, Method())
    monkeypatch.setattr("eval.statistics.MAX_EXACT", 5)
    assert sign_flip_p_value(student, base, Method()) == pytest.approx(exact, abs=0.015)
    ones, zeros = [half(300, 300)], [half(0, 300)]
    assert sign_flip_p_value(ones, zeros, METHOD) == 1 / 2001


def test_p_value_is_rarely_small_without_a_difference():
    rng = np.random.default_rng(5)
    p = [
        sign_flip_p_value(
            [rng.binomial(4, d) / 4], [rng.binomial(4, d) / 4], Method(num_resamples=400)
        )
        for d in rng.uniform(size=(400, 30))
    ]
    assert 0.02 <= np.mean(np.array(p) <= 0.05) <= 0.08


def test_flips_weigh_benchmarks_alike():
    student, base = [half(4, 4), half(0, 400)], [half(0, 4), half(4, 400)]
    assert sign_flip_p_value(student, base, Method()) == 2 / 2**8 * 2**4


def test_recovered_share():
    rng = np.random.default_rng(1)
    base, teacher = rng.binomial(1, 0.2, 200) * 1.0, rng.binomial(1, 0.8, 200) * 1.0
    student = np.where(rng.uniform(size=200) < 0.5, base, teacher)
    found = recovered([student], [base], [teacher], METHOD)
    gain = pass_at_1([student]) - pass_at_1([base])
    assert found.value == pytest.approx(gain / (pass_at_1([teacher]) - pass_at_1([base])))
    assert 0.3 < found.low < found.value < found.high < 0.7
    assert recovered([teacher], [base], [teacher], METHOD) == Estimate(value=1.0)


def test_recovered_is_undefined_where_there_may_be_no_gap():
    assert recovered([half(9, 20)], [half(8, 20)], [half(10, 20)], METHOD) == Estimate()
    assert recovered([values(1.0)], [values(0.0)], [values(1.0)], METHOD) == Estimate()


def test_recovered_of_a_base_that_is_better_than_its_teacher():
    found = recovered([half(20, 40)], [half(40, 40)], [half(0, 40)], METHOD)
    assert found.value == 0.5
    assert found.low < 0.5 < found.high


def test_least_detectable_difference_of_thirty_problems():
    # AIME has 30: two models that solve half of it each must differ by 36 points.
    assert least_detectable_difference(standard_error(30)) == pytest.approx(0.3617, abs=1e-4)
    assert least_detectable_difference(standard_error(30, deviation=0.3)) < 0.16


@given(arrays(float, st.integers(2, 30), elements=st.sampled_from([0.0, 0.25, 0.5, 1.0])))
def test_interval_holds_its_value_and_stays_in_bounds(rates):
    found = estimate([rates], Method(num_resamples=200))
    assert 0 <= found.low <= found.value <= found.high <= 1
