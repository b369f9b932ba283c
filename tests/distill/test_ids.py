from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill.config.models import Sampling
from distill.ids import (
    attempt_id,
    canonical_json,
    canonical_text,
    content_id,
    problem_id,
    prompt_id,
    replace_surrogates,
)

MESSAGES = [{"role": "user", "content": "What is 2 + 2?"}]
MODEL = content_id("model")


def sampling_id(sampling):
    return content_id(sampling.model_dump(mode="json"))


def test_ids_are_what_they_have_always_been():
    """A change here re-keys every warehouse: what was paid for would be asked for again."""
    sampling = sampling_id(Sampling())
    assert {
        "content": str(content_id({"a": 1, "b": None})),
        "problem": str(problem_id("What is 2 + 2?")),
        "prompt": str(prompt_id(MESSAGES)),
        "sampling": str(sampling),
        "attempt": str(attempt_id(prompt_id(MESSAGES), MODEL, sampling, "datagen", 0)),
        "import": str(attempt_id(prompt_id(MESSAGES), MODEL, None, "import", "abc")),
    } == {
        "content": "46e0ff59-f616-4548-3174-89fbea1133a4",
        "problem": "a338b2ca-3d74-5b57-7efc-f81527f18d56",
        "prompt": "0d878483-b4ea-7833-d080-41c9645478ac",
        "sampling": "569d9d3e-71eb-ddc4-64d6-4ee5c0775552",
        "attempt": "30d01cb1-7b72-f0f4-89d4-2363a2aad361",
        "import": "a90e7dc4-8eab-b1ce-1a2f-493daf45bcbe",
    }


def test_canonical_json_sorts_keys_and_keeps_text_as_it_is():
    value = {"b": [1, 2.5, 1e-7, None, True], "a": "é\n😀", "n": UUID(int=1)}
    assert canonical_json(value) == (
        '{"a":"é\\n😀","b":[1,2.5,1e-07,null,true],"n":"00000000-0000-0000-0000-000000000001"}'
    )


def test_canonical_json_refuses_what_json_cannot_say():
    with pytest.raises(ValueError, match="JSON compliant"):
        canonical_json(float("nan"))
    with pytest.raises(TypeError, match="set has no canonical JSON"):
        canonical_json({1})


@pytest.mark.parametrize(
    "other", ["What is 2 + 2?\n", "\n\nWhat is 2 + 2?  ", "What is 2 + 2?\r\n", "What is 2 + 2?\t"]
)
def test_white_space_around_lines_makes_no_other_problem(other):
    assert problem_id(other) == problem_id("What is 2 + 2?")


@pytest.mark.parametrize("other", [" What is 2 + 2?", "What is 2  + 2?", "what is 2 + 2?"])
def test_white_space_and_case_inside_mean_something(other):
    assert problem_id(other) != problem_id("What is 2 + 2?")


def test_composed_and_decomposed_letters_are_the_same_problem():
    assert problem_id("caf\N{LATIN SMALL LETTER E WITH ACUTE}") == problem_id(
        "cafe\N{COMBINING ACUTE ACCENT}"
    )


def test_every_part_of_an_attempt_is_in_its_key():
    sampling = sampling_id(Sampling())
    base = (prompt_id(MESSAGES), MODEL, sampling, "datagen", 0)
    others = [
        (prompt_id([]), *base[1:]),
        (base[0], content_id("other"), *base[2:]),
        (*base[:2], sampling_id(Sampling(top_k=1)), *base[3:]),
        (*base[:2], None, *base[3:]),
        (*base[:3], "datagen/2", 0),
        (*base[:4], 1),
        (*base[:4], "0"),
    ]
    assert len({attempt_id(*parts) for parts in [base, *others]}) == 8


@given(st.text(alphabet=st.characters(exclude_categories=[])))
def test_any_text_has_an_id_and_a_canonical_form_that_stays(text):
    assert canonical_text(canonical_text(text)) == canonical_text(text)
    assert problem_id(text) == problem_id(canonical_text(text))
    assert prompt_id([{"role": "user", "content": text}]).int >= 0
    replace_surrogates(text).encode()
