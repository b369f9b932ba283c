"""Continued traces read as one, wherever they were cut, a tag apart, which is one token."""

from itertools import pairwise, permutations
from pathlib import Path

import pytest

from distill.sampling.parse import split_think
from tests.warehouse.toy_warehouse import Toy, uid
from warehouse.checks import run_checks


def parts(text: str, *cuts: int) -> list[str]:
    borders = [0, *cuts, len(text)]
    return [text[begin:end] for begin, end in pairwise(borders)]


@pytest.mark.parametrize("tag", ["", "<think>"])
@pytest.mark.parametrize(
    "cuts",
    [(3,), (20,), (28,), (3, 6), (3, 28), (20, 31), (3, 6, 31)],
    ids=lambda cuts: "-".join(map(str, cuts)),
)
def test_a_trace_is_the_same_however_often_it_was_cut(
    tmp_path: Path, cuts: tuple[int, ...], tag: str
) -> None:
    whole = tag + "é🙂 first so, then so</think>\n\nso 🙂 it is"
    toy = Toy(tmp_path)
    with toy.write():
        toy.run("generate", "generate")
        toy.problem("p")
        parent, inside = None, not tag
        for number, text in enumerate(parts(whole, *(cut + len(tag) for cut in cuts))):
            shape, thought, answer = split_think(text, think_open=inside)
            inside = thought[0] is not None and answer[0] is None
            parent = toy.attempt(
                str(number), "p", sample_index=number, parent_attempt_id=parent, text=text,
                shape=shape, reasoning_begin=thought[0], reasoning_end=thought[1],
                answer_begin=answer[0], answer_end=answer[1], completion_tokens=len(text),
            )  # fmt: skip
        (row,) = toy.query("select * from full_traces where attempt_id = $id", id=parent)
        shape, thought, answer = split_think(whole, think_open=not tag)
        assert row["text"] == whole
        assert row["shape"] == shape
        assert (row["reasoning_begin"], row["reasoning_end"]) == thought
        assert (row["answer_begin"], row["answer_end"]) == answer
        assert (row["num_parts"], row["completion_tokens"]) == (len(cuts) + 1, len(whole))
        (trace,) = toy.query("select attempt_id, answer from traces")
        assert trace == {"attempt_id": parent, "answer": "\n\nso 🙂 it is"}
        assert toy.query("select count(*) as n from full_traces")[0]["n"] == len(cuts) + 1
        assert uid("0") != parent


@pytest.mark.parametrize("order", permutations("abc"), ids="".join)
def test_parts_may_come_in_any_order(tmp_path: Path, order: tuple[str, ...]) -> None:
    toy, parents = Toy(tmp_path), {"a": None, "b": uid("a"), "c": uid("b")}
    with toy.write():
        toy.run("generate", "generate")
        toy.problem("p")
        for name in order:
            toy.attempt(
                name, "p", sample_index=name, parent_attempt_id=parents[name], text=name,
                reasoning_end=1, answer_begin=None, answer_end=None, completion_tokens=10,
            )  # fmt: skip
        rows = toy.query(
            "select text, attempt_states.completion_tokens as tokens, is_trace "
            "from full_traces join attempt_states using (attempt_id) order by text"
        )
        assert rows == [
            {"text": "a", "tokens": 10, "is_trace": False},
            {"text": "ab", "tokens": 20, "is_trace": False},
            {"text": "abc", "tokens": 30, "is_trace": True},
        ]
    assert [found for found in run_checks(toy) if "kept up" in found.check] == []
