import pytest

from distill.verify.code_output import same_output


@pytest.mark.parametrize(
    ("printed", "expected", "same"),
    [
        ("4\n", "4", True),
        ("1 2 \n3\n\n", "1 2\n3", True),
        ("1  2", "1 2", True),
        ("1\n2", "1 2", False),
        ("", "", True),
        ("", "0", False),
        ("4 ", "5", False),
        ("YES", "Yes", False),
        ("0.3333333", "0.333333333", True),
        ("0.33", "0.333333333", False),
        ("1", "1.0", True),
        ("1.0", "1", False),
        ("100000000", "100000001", False),
        ("1e-3", "0.001", True),
        ("1_0", "10.0", False),
        ("nan", "nan", True),
        ("nan", "1.0", False),
        ("inf", "1e999", False),
        ("٣", "3.0", False),
        ("0", "0.0000001", False),
        ("-0.0", "0.0", True),
        ("a 1.0000001", "a 1.0", True),
        ("b 1.0", "a 1.0", False),
    ],
)
def test_outputs(printed, expected, same):
    assert same_output(printed, expected) is same
