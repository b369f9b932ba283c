import dataclasses
import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datagen.filters import FILTERS, settings_of
from datagen.filters.base import Ruling, Trace
from datagen.filters.duplicate import keys_of
from datagen.filters.repetition import count_runs
from datagen.text.overlap import References
from datagen.text.words import words_of
from distill.errors import UserError

ALONE = {n: r for n, r in FILTERS.items() if not r.needs_references and not r.needs_all}
CASES = [(name, case) for name, rule in FILTERS.items() for case in rule.cases]
REFERENCES = References(words=[words_of("a ab"), words_of("ab " * 12)], min_words=1)
PIECES = st.sampled_from(
    [
        *["<think>", "</think>", " ", "\n", "<|eos|>", "a", "ab ", "\0", "哈" * 30, "\ud800"],
        *["\U0010ffff", "\\boxed{", "}", "I am DeepSeek", "I'm sorry, I can't help.", "```\n"],
        *["The answer is a", "zz" * 50],
    ]
)
TEXTS = st.lists(PIECES | st.text(max_size=5), max_size=40).map("".join)
TRACES = st.builds(
    Trace,
    text=TEXTS,
    shape=st.sampled_from(["field", "tags", "open_tag_in_prompt", "none", "?"]),
    prompt=st.none() | TEXTS,
    golds=st.lists(TEXTS, max_size=2).map(tuple),
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
    for rule in ALONE.values():
        assert {case.reason == "ok" for case in rule.cases} == {True, False}


@pytest.mark.parametrize("name", [name for name, rule in FILTERS.items() if not rule.needs_all])
@settings(deadline=None)
@given(trace=TRACES)
def test_filters_rule_on_any_trace(name, trace):
    given_ = settings_of(name, {"min_tokens": 3} if name == "length" else {})
    more = [REFERENCES] if FILTERS[name].needs_references else []
    ruling = FILTERS[name].apply(trace, given_, *more)
    assert isinstance(ruling, Ruling)
    again = dataclasses.replace(trace)  # without what was computed for the first time
    assert ruling == FILTERS[name].apply(again, given_, *more)
    assert ruling.keep == (ruling.reason == "ok")


@settings(deadline=None)
@given(traces=st.lists(TRACES, max_size=5), same_numbers=st.booleans())
def test_any_traces_can_be_compared(traces, same_numbers):
    given_ = settings_of("duplicate_trace", {"same_numbers": same_numbers})
    keys = keys_of(traces, given_)
    assert keys.shape == (len(traces), 15)
    alone = [keys_of([dataclasses.replace(trace)], given_)[0].tolist() for trace in traces]
    assert keys.tolist() == alone


def test_runs_are_counted():
    assert count_runs(words_of("a b a b a"), 2) == (4, 2, 2)
    assert count_runs(words_of("a b"), 3) == (0, 0, 0)
    assert count_runs(words_of("x" * 21), 1) == (5, 2, 4)


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
        for name, rule in ALONE.items():
            ruling = rule.apply(trace, settings_of(name, {}))
            if not ruling.keep:
                dropped[name] = dropped.get(name, 0) + 1
    # Of prompts about safety: two thirds are refused, and advice has no final answer.
    assert dropped == {"refusal": 631, "no_final_answer": 745, "mixed_languages": 1}


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
