import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datagen.filters import FILTERS, settings_of
from datagen.filters.base import Ruling, Trace
from datagen.filters.repetition import count_runs
from distill.errors import UserError

CASES = [(name, case) for name, rule in FILTERS.items() for case in rule.cases]
PIECES = st.sampled_from(["<think>", "</think>", " ", "\n", "<|eos|>", "a", "ab ", "\0", "哈" * 30])
TEXTS = st.lists(PIECES | st.text(max_size=5), max_size=40).map("".join)
TRACES = st.builds(
    Trace,
    text=TEXTS,
    shape=st.sampled_from(["field", "tags", "open_tag_in_prompt", "none", "?"]),
    reasoning=st.none() | TEXTS,
    answer=st.none() | TEXTS,
    outcome=st.sampled_from(["ok", "length", "refused"]),
    completion_tokens=st.none() | st.integers(0, 100_000),
)


@pytest.mark.parametrize(("name", "case"), CASES)
def test_cases_beside_the_filters(name, case):
    ruling = FILTERS[name].apply(case.trace, settings_of(name, case.settings))
    assert (ruling.reason, ruling.keep) == (case.reason, case.reason == "ok")


def test_every_filter_has_a_case_for_both_rulings():
    for rule in FILTERS.values():
        assert {case.reason == "ok" for case in rule.cases} == {True, False}


@pytest.mark.parametrize("name", FILTERS)
@given(trace=TRACES)
def test_filters_rule_on_any_trace(name, trace):
    settings = settings_of(name, {"min_tokens": 3} if name == "length" else {})
    ruling = FILTERS[name].apply(trace, settings)
    assert isinstance(ruling, Ruling)
    assert ruling == FILTERS[name].apply(trace, settings)
    assert ruling.keep == (ruling.reason == "ok")


def test_runs_are_counted():
    assert count_runs("a b a b a", 2) == (4, 2, 2)
    assert count_runs("a b", 3) == (0, 0, 0)
    assert count_runs("x" * 21, 1) == (5, 2, 4)


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("repetitions", {}, r"no filter 'repetitions' \(did you mean 'repetition'\?\)"),
        ("length", {"max_token": 3}, r"filters.length: no setting 'max_token' \(did you mean"),
        ("length", {"max_tokens": -3}, "filters.length.max_tokens: .*greater than.*, got -3"),
    ],
)
def test_unknown_filters_and_settings_are_refused(name, settings, message):
    with pytest.raises(UserError, match=message):
        settings_of(name, settings)


@pytest.mark.skipif("DISTILL_DATA" not in os.environ, reason="DISTILL_DATA is not set")
def test_real_r1_traces_pass():
    rows = json.loads(Path(os.environ["DISTILL_DATA"], "r1_traces_star1.json").read_text())
    dropped = {}
    for row in rows:
        reasoning, _, answer = row["response"].removeprefix("<think>").partition("</think>")
        trace = Trace(text=row["response"], shape="tags", reasoning=reasoning, answer=answer)
        for name, rule in FILTERS.items():
            ruling = rule.apply(trace, settings_of(name, {}))
            if not ruling.keep:
                dropped[row["id"]] = (name, ruling.reason)
    assert dropped == {}


@pytest.mark.skipif("DISTILL_DATA" not in os.environ, reason="DISTILL_DATA is not set")
def test_a_real_loop_is_dropped():
    path = Path(os.environ["DISTILL_DATA"], "r1_distill_qwen7b_math500_pilot.jsonl")
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    reasons = [
        FILTERS["repetition"].apply(Trace(text=r["full_response"]), settings_of("repetition", {}))
        for r in rows
    ]
    assert [(n, ruling.reason) for n, ruling in enumerate(reasons) if not ruling.keep] == [
        (9, "repeats itself")
    ]
