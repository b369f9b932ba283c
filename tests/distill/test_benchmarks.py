import os
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest

from distill import benchmarks
from distill.benchmarks import gym_family, load
from distill.benchmarks.published import PUBLISHED
from distill.config.training import BenchmarkSpec
from distill.errors import UserError

needs_data = pytest.mark.skipif("DISTILL_DATA" not in os.environ, reason="DISTILL_DATA is not set")
OFFLINE = "Hub dataset 'openai/gsm8k' (test): no network"


def data():
    return Path(os.environ["DISTILL_DATA"])


@needs_data
@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_published_benchmarks_are_what_they_should_be(name):
    benchmark = load(BenchmarkSpec(name=name), data())
    assert len(benchmark.problems) == PUBLISHED[name].num_problems
    assert benchmark.content_hash == PUBLISHED[name].content_hash
    assert len({problem.problem_id for problem in benchmark.problems}) == len(benchmark.problems)


@needs_data
def test_a_limit_takes_the_first_and_hashes_them_alone():
    all_, few = (load(BenchmarkSpec(name="gsm8k", limit=limit), data()) for limit in (None, 2))
    assert few.problems == all_.problems[:2]
    assert few.content_hash != all_.content_hash
    assert few.problems[0].golds == {"math": {"answer": "18"}}
    assert few.problems[0].source_row == "1"
    assert few.licence == "MIT"


@needs_data
def test_benchmarks_of_code_bring_tests_and_the_name_that_they_call():
    humaneval, mbpp = (load(BenchmarkSpec(name=n), data()).problems for n in ("humaneval", "mbpp"))
    gold = humaneval[0].golds["code"]
    assert gold["entry_point"] == "has_close_elements"
    assert gold["prompt"].strip("\n") == humaneval[0].text
    assert "def check(candidate)" in gold["tests"][0]
    assert mbpp[0].text == (
        "Write a function to find the shared elements from the given two lists.\n"
        "Your code should pass these tests:\n\n" + "\n".join(mbpp[0].golds["code"]["tests"])
    )
    assert mbpp[74].golds["code"]["entry_point"] == "sum"
    assert mbpp[52].golds["code"]["tests"][0] == "import math"


def test_what_no_hub_dataset_holds_wants_its_file(tmp_path):
    with pytest.raises(UserError, match=r"no mbpp_sanitized.json in .*: no Hub dataset is known"):
        load(BenchmarkSpec(name="mbpp"), tmp_path)


def test_changed_files_are_refused(tmp_path):
    row = '{"problem": "1 + 1?", "answer": "2"}\n'
    (tmp_path / "aime2024.jsonl").write_text(row)
    with pytest.raises(UserError, match="1 problems, not 30"):
        load(BenchmarkSpec(name="aime2024"), tmp_path)
    (tmp_path / "aime2024.jsonl").write_text(row * 30)
    benchmarks.published_problems.cache_clear()
    with pytest.raises(UserError, match="not those that scores are published for"):
        load(BenchmarkSpec(name="aime2024"), tmp_path)


def test_what_is_nowhere_is_left_out_or_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(benchmarks, "published_problems", lambda name, data: OFFLINE)
    assert load(BenchmarkSpec(name="gsm8k", optional=True), tmp_path) is None
    with pytest.raises(UserError, match=r"no gsm8k_test.jsonl in .*no network.*--data"):
        load(BenchmarkSpec(name="gsm8k"), tmp_path)


def test_unknown_names_get_the_nearest():
    with pytest.raises(UserError, match=r"'gsm8' \(did you mean 'gsm8k'\?\)"):
        load(BenchmarkSpec(name="gsm8"), None)


def test_a_gym_benchmark_has_distinct_problems():
    spec = BenchmarkSpec(name="rg/coin_flip", limit=40, settings={"min_trials": 3, "max_trials": 3})
    benchmark = load(spec, None)
    assert gym_family(spec) == "coin_flip"
    assert 1 < len(benchmark.problems) < 40
    assert len({problem.text for problem in benchmark.problems}) == len(benchmark.problems)
    assert benchmark.content_hash == load(spec, None).content_hash
    assert benchmark.licence == "Apache-2.0"


def test_ids_of_gym_problems_stay_as_they_are():
    problem = load(BenchmarkSpec(name="rg/chain_sum", limit=1, seed=7), None).problems[0]
    assert problem.text.endswith("arithmetic problem: 60 + 93 - 16 + 19 =")
    assert problem.problem_id == UUID("018bc56b-e818-3130-74cf-723cf3c35fca")


def test_gym_problems_are_the_same_in_every_process():
    code = (
        "from distill.benchmarks import load\n"
        "from distill.config.training import BenchmarkSpec\n"
        "print(load(BenchmarkSpec(name='rg/ransom_note', limit=5), None).content_hash)"
    )
    hashes = {
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parents[2])},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(hashes) == 1


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("rg/chain_sums", {}, r"no family 'chain_sums' \(did you mean 'chain_sum'\?\)"),
        ("rg/chain_sum", {"max_term": 3}, r"no setting 'max_term' \(did you mean 'max_terms'\?\)"),
        ("rg/chain_sum", {"min_terms": 0}, "do not work: min_terms must be positive"),
        ("rg/chain_sum", {"min_terms": "a"}, "do not work: "),
    ],
)
def test_families_and_settings_that_do_not_work_are_refused(name, settings, message):
    with pytest.raises(UserError, match=message):
        load(BenchmarkSpec(name=name, settings=settings), None)
