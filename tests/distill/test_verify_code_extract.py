# ruff: noqa: E501  (programs in tables)
import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill.verify.code_extract import blocks, module, program
from distill.verify.sandbox.inside.tester import free_names

PIECES = [
    "```python\n",
    "```\n",
    "~~~\n",
    "def f(x):\n",
    "    return x\n",
    "import os\n",
    "(",
    "é",
    "\0",
    "\\",
    "f(",
    "@a\n",
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=15).map("".join) | st.text(max_size=300)
DEF = "def f(x):\n    return x"


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (f"```python\n{DEF}\n```", [DEF + "\n"]),
        (f"~~~ py\n{DEF}\n~~~~", [DEF + "\n"]),
        (f"a\n```\n{DEF}\n```\nb\n```bash\npip install x\n```", [DEF + "\n"]),
        (f"````markdown\nx\n````\n```Python3 title\n{DEF}\n```", [DEF + "\n"]),
        (f"1. so\n   ```python\n   {DEF.replace(chr(10), chr(10) + '   ')}\n   ```", [DEF + "\n"]),
        (f"```python\n{DEF}", [DEF]),
        ("```python\n\n```", []),
        ("no code", []),
    ],
)
def test_blocks(answer, found):
    assert blocks(answer) == found


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (f"```python\n{DEF}\n```", DEF + "\n"),
        (f"```python\ndef f(x): return 0\n```\nbetter:\n```python\n{DEF}\n```\n", DEF + "\n"),
        (f"```python\n{DEF}\n```\nUse it:\n```python\nprint(f(1))\n```", DEF + "\n"),
        ("```python\nimport math\n```\nthen\n```python\ndef f(x): return math.pi\n```",
         "import math\n\n\ndef f(x): return math.pi\n"),
        ("```python\ndef g(x): return h(x)\n```\n```python\ndef h(x): return x\n```\n```python\ndef f(x): return g(x)\n```",
         "def g(x): return h(x)\n\n\ndef h(x): return x\n\n\ndef f(x): return g(x)\n"),
        (f"```python\ndef f(x): return 0\n```\n```python\n{DEF}\nbroken(\n```", "def f(x): return 0\n"),
        (DEF, DEF),
        (f"Here it is:\n\n{DEF}\n\nThis returns its argument.", DEF + "\n"),
        (f"import is not needed.\n\n{DEF}\n", DEF + "\n"),
        (f"```python\n{DEF}\n    # cut he", f"{DEF}\n    # cut he"),
        (f"```python\n{DEF[:-9]}", None),
        ("```python\ndef g(x): return x\n```", None),
        ("```javascript\nfunction f(x) { return x }\n```", None),
        ("The answer is 4.", None),
        ("", None),
    ],
)  # fmt: skip
def test_the_module_that_defines_a_function(answer, found):
    text = module(answer, "f")
    assert (text and text.rstrip()) == (found and found.rstrip())


def test_the_prompt_stands_before_a_function_that_repeats_it():
    prompt = "import math\n\ndef helper(x):\n    return x\n\ndef f(x):\n    '''Do.'''\n"
    whole = module(f"```python\n{DEF}\n```", "f", prompt)
    assert whole == f"{prompt.rstrip()}\n\n\n{DEF}\n"


@pytest.mark.parametrize(
    "body",
    [
        "    return x\n",
        "return x",
        "    y = x\n    return y\n\nSo it returns x.",
        "```python\n    return x\n```",
    ],
)
def test_a_body_goes_on_from_the_prompt(body):
    namespace = {}
    exec(module(body, "f", 'def f(x):\n    """Do."""\n'), namespace)
    assert namespace["f"](3) == 3


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (
            "```python\nprint(input())\n```\nFor example:\n```python\nprint(3)\n```",
            "print(input())\n",
        ),
        ("```python\nn = int(input())\n```\n```python\nprint(n)\n```", "n = int(input())\n"),
        ("```\nprint(3)\n```", "print(3)\n"),
        ("```cpp\nint main() {}\n```", None),
        ("Nothing to see.", None),
    ],
)
def test_the_program(answer, found):
    assert program(answer) == found


def test_free_names():
    source = "import math\ndef check(c):\n    assert set(f(1)) == g(math.pi)\nassert check(f)"
    assert free_names(source) == ["f", "g"]


@given(TEXTS, TEXTS)
def test_any_text_can_be_searched(answer, prompt):
    for text in (module(answer, "f"), module(answer, None, prompt), program(answer)):
        assert text is None or compile(text, "found", "exec", dont_inherit=True)
