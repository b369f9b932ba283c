import numpy as np
import pytest
from reasoning_gym.factory import DATASETS, create_dataset

from distill.errors import UserError
from distill.verify import reasoning_gym
from distill.verify.base import Check
from distill.verify.reasoning_gym import make_gold
from distill.verify.registry import decide

WORDINGS = [
    "{}",
    "<answer>{}</answer>",
    "Some words come first.\n\n{}",
    "So it is \\boxed{{{}}}",
]


def entry(family, **settings):
    return create_dataset(family, seed=11, size=1, **settings)[0]


def verdict(answer, gold):
    return decide(Check(key=0, verifier="reasoning-gym", answer=answer, gold=gold))


@pytest.mark.parametrize("family", sorted(DATASETS.keys() - {"composite"}))
def test_references_solve_their_own_problems(family):
    item = entry(family)
    gold = make_gold(family, {}, item)
    if item["answer"] is not None:
        for wording in WORDINGS:
            got = verdict(wording.format(item["answer"]), gold)
            assert (wording, got.decision, got.reason) == (wording, "correct", "solved")


def test_partial_credit_is_wrong_and_the_score_is_kept():
    item = entry("chain_sum")
    got = verdict(f"<answer>{item['answer']} or so</answer>", make_gold("chain_sum", {}, item))
    assert (got.decision, got.reason) == ("wrong", "not solved")
    assert 0 < got.score < 0.99


def test_an_exception_of_the_scorer_is_undecided():
    gold = make_gold("prime_factorization", {}, entry("prime_factorization"))
    got = verdict("abc x def", gold)
    assert (got.decision, got.reason, got.score) == ("undecided", "raised ValueError", None)


def test_a_full_stop_at_the_end_of_a_sentence_is_no_part_of_the_answer():
    item = entry("chain_sum")
    got = verdict(f"The answer is {item['answer']}.", make_gold("chain_sum", {}, item))
    assert (got.decision, got.extracted) == ("correct", item["answer"])


def test_code_is_not_handed_to_scorers_that_would_run_it():
    gold = make_gold("spiral_matrix", {}, entry("spiral_matrix"))
    for answer in ("[].__class__", "[setattr(A, 'b', 1)]", "[(lambda: 1)()]"):
        assert verdict(answer, gold).reason == "answer holds code"


def test_a_scorer_that_leaves_the_process_is_undecided():
    gold = make_gold("spiral_matrix", {}, entry("spiral_matrix"))
    assert verdict("[exit(0)]", gold).reason == "raised SystemExit"


def test_settings_reach_the_scorer():
    settings = {"min_num_decimal_places": 1, "max_num_decimal_places": 1}
    item = entry("decimal_arithmetic", **settings)
    near = str(float(item["answer"]) + 0.05)
    assert verdict(near, make_gold("decimal_arithmetic", settings, item)).decision == "correct"
    assert verdict(near, make_gold("decimal_arithmetic", {}, item)).decision == "wrong"


def test_the_index_is_no_part_of_a_gold():
    first, second = entry("chain_sum"), create_dataset("chain_sum", seed=10, size=2)[1]
    assert first["metadata"] != second["metadata"]
    assert make_gold("chain_sum", {}, first) == make_gold("chain_sum", {}, second)


def test_numpy_and_sets_become_json():
    metadata = {"a": np.int64(3), "b": np.eye(1), "c": {2, 1}}
    gold = make_gold("chain_sum", {}, {"question": "q", "answer": "1", "metadata": metadata})
    assert gold["entry"]["metadata"] == {"a": 3, "b": [[1.0]], "c": [1, 2]}


def test_entries_that_score_otherwise_once_stored_are_refused(monkeypatch):
    class Picky:
        def score_answer(self, answer, entry):
            return float(isinstance(entry["metadata"]["a"], set))

    monkeypatch.setattr(reasoning_gym, "scorer", lambda family, settings: Picky())
    with pytest.raises(UserError, match="do not score alike"):
        make_gold("picky", {}, {"question": "q", "answer": "1", "metadata": {"a": {1}}})


def test_entries_that_are_not_json_are_refused():
    with pytest.raises(UserError, match="not JSON"):
        make_gold("chain_sum", {}, {"question": "q", "answer": "1", "metadata": {"a": object()}})
