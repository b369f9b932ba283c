from hypothesis import given
from hypothesis import strategies as st

from distill.verify.extract import boxes, final_answer, unwrap

PIECES = ["\\boxed{", "{", "}", "\\", "<answer>", "</answer>", "answer: ", "$", "**", "\\text{"]
MARKUP = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=30).map("".join)


def contents(text):
    return [box.content for box in boxes(text)]


def test_boxes_match_braces():
    assert contents(r"so \boxed{\frac{1}{2}} and \boxed {3}") == [r"\frac{1}{2}", "3"]


def test_boxes_ignore_escaped_braces():
    assert contents(r"\boxed{\{1, 2\}}") == [r"\{1, 2\}"]


def test_boxes_keep_the_outermost():
    assert contents(r"\boxed{a \boxed{b} c}") == [r"a \boxed{b} c"]


def test_an_unclosed_box_is_none_but_hides_no_other():
    assert contents(r"\boxed{4 and \boxed{5}") == ["5"]


def test_tags_go_before_boxes():
    assert final_answer(r"<answer>1</answer> <answer> 2 </answer> \boxed{3}") == "2"


def test_boxes_go_before_words():
    assert final_answer(r"The answer is 4. \boxed{\text{yes}}") == "yes"


def test_announced_answers():
    assert final_answer("The answer is: **42**\nI hope that helps.") == "42"
    assert final_answer("**Answer:** $x = 1$") == "x = 1"
    assert final_answer("Answer: a: b") == "a: b"


def test_last_line_otherwise():
    assert final_answer("7 + 5 = 12\n\n12\n") == "12"


def test_as_many_lines_as_the_reference_has():
    assert final_answer("The answer is this:\n1 2\n\n3 4\n", num_lines=3) == "1 2\n\n3 4"


def test_unwrap_takes_off_every_layer():
    assert unwrap(r"**$\text{Kim}$**") == "Kim"


@given(MARKUP)
def test_extraction_never_raises_and_boxes_lie_in_the_text(text):
    assert isinstance(final_answer(text), str)
    assert isinstance(final_answer(text, num_lines=3), str)
    found = boxes(text)
    assert all(text[box.end - 1] == "}" for box in found)
    assert [box.begin for box in found] == sorted(box.begin for box in found)
