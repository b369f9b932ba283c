"""How DuckDB goes about questions that show texts: a bad plan holds all of them in memory."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.warehouse.test_marts import fill
from tests.warehouse.toy_warehouse import Toy, uid
from warehouse.compact import compact
from warehouse.scripts import statement


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Toy:
    toy = Toy(tmp_path_factory.mktemp("whole"))
    with toy.write():
        fill(toy)
    return toy


@pytest.fixture(scope="module")
def toy(tmp_path_factory) -> Toy:
    toy = Toy(tmp_path_factory.mktemp("plans"))
    with toy.write():
        fill(toy)
        toy.attempt("more", "p3", sample_index="0+1", parent_attempt_id=uid("t4"))
    return toy


def operators(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("children", ()):
        yield from operators(child)


def reads_texts(plan: dict[str, Any]) -> bool:
    scans = (scan.get("extra_info", {}) for scan in operators(plan))
    return any(
        str(scan.get("Table", "")).endswith("main.attempts") and "text" in scan["Projections"]
        for scan in scans
    )


@pytest.mark.parametrize("compacted", [False, True], ids=["as it grew", "compacted"])
@pytest.mark.parametrize("name", ["t2", "more"])
def test_a_trace_is_found_by_the_index(toy, name, compacted):
    if compacted:
        compact(toy)
    with toy.read() as connection:
        text = "explain (analyze, format json) select text from traces where attempt_id = $id"
        ((_, plan),) = connection.execute(text, {"id": uid(name)}).fetchall()
    scans = [
        scan["extra_info"]
        for scan in operators(json.loads(plan)["operator"][0])
        if reads_texts(scan | {"children": []})
    ]
    own = [scan for scan in scans if "parent_attempt_id" not in str(scan.get("Filters"))]
    assert [scan["Type"] for scan in own] == ["Index Scan"] * len(own)
    assert len(own) == 2  # its own text, and those that it continues


@pytest.mark.parametrize(
    "question",
    [
        "select verdict, avg(length(reasoning)) from traces group by verdict",
        "select text from traces where verdict = 'wrong' order by completion_tokens desc limit 5",
        "select problem, reasoning from traces where source = 'a' and domain = 'math'",
        "select traces.text from problems join traces using (problem_id)",
        "select text from traces semi join (from golds where verifier = 'math') using (problem_id)",
        "select text from traces",
        "select * from traces",
        "select text from attempts_all where outcome = 'length' and finish_reason = 'length'",
    ],
)
@pytest.mark.parametrize("name", ["whole", "toy"])
def test_no_join_holds_texts(request, name, question):
    with request.getfixturevalue(name).read() as connection:
        ((_, plan),) = connection.execute(f"explain (format json) {question}").fetchall()
    joins = [one for one in operators(json.loads(plan)[0]) if one["name"] == "HASH_JOIN"]
    assert joins
    held = [join["extra_info"] for join in joins if reads_texts(join["children"][1])]
    # parts of continued traces are put together before they are joined: held in any case
    assert [join for join in held if "last_id" not in join["Conditions"]] == []


@pytest.mark.parametrize("name", ["filter_traces", "verify_checks"])
def test_a_page_without_continued_traces_puts_none_together(toy, name):
    params = {"first_row": 0, "last_row": 1, "sources": ["a"], "asking_run": uid("run")}
    params |= {"attempt_ids": [uid("t1")], "verifiers": ["math"], "gold_versions": [1]}
    text = statement(name)
    scanned = {}
    for with_continued in (True, False):
        params["with_continued"] = with_continued
        with toy.read() as connection:
            used = {key: value for key, value in params.items() if f"${key}" in text}
            ((_, plan),) = connection.execute(f"explain (format json) {text}", used).fetchall()
        scanned[with_continued] = "trace_parts" in plan
    assert scanned == {True: True, False: False}
